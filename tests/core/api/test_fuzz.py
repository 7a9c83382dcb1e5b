"""Schemathesis over the OpenAPI document: whatever is sent, an answer that the document describes."""

from __future__ import annotations

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode

from core.api import app as api
from core.api.calls import PREFIX
from core.api.documents import document

EXAMPLES = int(os.environ.get("HUIKE_FUZZ_EXAMPLES", "40"))
ALWAYS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")
NAMES = {GenerationMode.POSITIVE: ALWAYS, GenerationMode.NEGATIVE: (*ALWAYS, "negative_data_rejection")}


def known_ids(till: Any) -> dict[str, list[str]]:
    """Return ids that exist, so that calls get past "not found"."""
    holder = till.enrol("刘超明", "13800005051")["id"]
    till.sell(holder, "CARD-FAMILY")
    order = till.sell(holder, "F-RESIN", "CHECK")["order_no"]
    member = till.member(holder)
    return {
        "member_id": [holder], "household_id": [member["household"]["id"]],
        "card_id": [card["id"] for card in member["cards"]], "code": ["CHECK", "PASTE"], "order_no": [order],
    }  # fmt: skip


@pytest.mark.timeout(180)
@pytest.mark.parametrize("mode", list(NAMES), ids=lambda mode: mode.value)
def test_every_operation_answers_as_documented(dental, mode):
    app = dental.client.application
    raw = document(app, api.documented())
    ids = known_ids(dental)
    config = SchemathesisConfig.from_dict({})
    schema = schemathesis.openapi.from_wsgi(f"{PREFIX}/openapi.json", app, config=config)
    assert len(raw["paths"]) == len(schema.raw_schema["paths"])
    checks = CHECKS.get_by_names(list(NAMES[mode]))
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query):
            continue

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def one(case):
            nonlocal tried
            tried += 1
            for name, values in ids.items():
                if name in case.path_parameters and tried % 4:
                    case.path_parameters[name] = values[tried % len(values)]
            headers = {
                "Authorization": f"Bearer {dental.token}", "X-Staff": dental.house.numbers["owner"],
                "Accept-Encoding": "identity",
            }  # fmt: skip
            case.headers.update(headers)
            case.cookies.clear()
            response = case.call()
            case.validate_response(response, checks=checks)

        one()
    assert tried >= EXAMPLES * 10
