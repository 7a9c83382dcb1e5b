"""Bounds of plugins' answers, and what the till makes of a missing one.

A guard raises BadAnswer; the host counts that as a failure of the plugin, so that no answer out of
bounds ever reaches a price, a balance or a page.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from core.hookcalls import ApiCall
from core.hookfacts import KINDS, Fact
from core.hooktypes import (
    SEVERITIES,
    ApprovalKind,
    BasketView,
    Check,
    CheckSpec,
    DocumentKind,
    FieldGroup,
    ItemAttribute,
    ItemVeto,
    Job,
    LineField,
    MenuItem,
    Panel,
    PanelSpec,
    PointsChange,
    Preset,
    PriceChange,
    VisitPart,
)
from core.kernel.i18n import _
from core.kernel.plugin_types import BLOCK, BadAnswer, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from core.kernel.permissions import Permission
    from core.kernel.plugin_types import Answer
    from core.kernel.settings import SettingSpec

POINTS_CAP = 1_000_000
VERB = re.compile(r"[a-z][a-z0-9_]{1,30}")
MENU_GROUPS = frozenset({"till", "members", "appointments", "followups", "marketing", "reports", "settings"})
OVERRIDE_UNAVAILABLE = "care.override.major"


def _prefixed(key: str, code: str) -> None:
    if not code.startswith(f"{key}."):
        raise BadAnswer(f"{code} does not carry the prefix {key}.")


def _permission(key: str, value: Permission, _given: Mapping[str, Any]) -> None:
    _prefixed(key, value.code)
    if value.plugin != key:
        raise BadAnswer(f"permission {value.code} does not name its plugin")


def _setting(key: str, value: SettingSpec, _given: Mapping[str, Any]) -> None:
    _prefixed(key, value.key)


def _attribute(key: str, value: ItemAttribute, _given: Mapping[str, Any]) -> None:
    _prefixed(key, value.key)


def _line_field(key: str, value: LineField, _given: Mapping[str, Any]) -> None:
    _prefixed(key, value.key)


def _panel_spec(key: str, value: PanelSpec, _given: Mapping[str, Any]) -> None:
    _prefixed(key, value.key)
    _prefixed(key, value.permission)
    if not value.template.startswith(f"{key}/"):
        raise BadAnswer(f"template {value.template} does not lie in templates/{key}/")


def _check_spec(key: str, value: CheckSpec, _given: Mapping[str, Any]) -> None:
    _prefixed(key, value.code)
    if value.severity not in SEVERITIES:
        raise BadAnswer(f"{value.severity} is no severity")


def _fact(key: str, value: Fact, _given: Mapping[str, Any]) -> None:
    _prefixed(key, value.key)
    if value.kind not in KINDS or not callable(value.source):
        raise BadAnswer(f"fact {value.key} is of no known kind")
    if value.permission:
        _prefixed(key, value.permission)
    if value.extra.get("named"):
        raise BadAnswer(f"fact {value.key} would name conditions, which is core's own")
    if {param.name for param in value.params} & {"fact", "op", "value"}:
        raise BadAnswer(f"fact {value.key} has a parameter that the language needs itself")


def _preset(key: str, value: Preset, _given: Mapping[str, Any]) -> None:
    if value.key != key:
        raise BadAnswer(f"preset {value.key} is not the plugin's")


def _job(key: str, value: Job, _given: Mapping[str, Any]) -> None:
    _prefixed(key, value.name)


def _api_call(key: str, value: ApiCall, _given: Mapping[str, Any]) -> None:
    _prefixed(key, value.permission)
    if not VERB.fullmatch(value.verb) or not value.about or not value.answer:
        raise BadAnswer(f"call {value.verb} has no proper name, says nothing or answers nothing")


def _menu_item(key: str, value: MenuItem, _given: Mapping[str, Any]) -> None:
    _prefixed(key, value.key)
    _prefixed(key, value.permission)
    if value.group not in MENU_GROUPS:
        raise BadAnswer(f"menu entry {value.key} belongs to the unknown group {value.group}")
    blueprint = value.endpoint.partition(".")[0]
    if blueprint != key and not blueprint.startswith(f"{key}_"):
        raise BadAnswer(f"menu entry {value.key} leads to {value.endpoint}, not to the plugin")


def _panel(key: str, value: Panel, given: Mapping[str, Any]) -> None:
    known = {spec.key for spec in given["host"].declared_by("register_panels", key)}
    if value.key not in known:
        raise BadAnswer(f"panel {value.key} was not declared")


def _visit_part(key: str, value: VisitPart, _given: Mapping[str, Any]) -> None:
    if value.key != key:
        _prefixed(key, value.key)
    if value.schema < 1:
        raise BadAnswer(f"part {value.key} counts its schema from 1")


def _document_kind(key: str, value: DocumentKind, _given: Mapping[str, Any]) -> None:
    for code in (value.key, value.read, value.write):
        _prefixed(key, code)


def _field_group(key: str, value: FieldGroup, _given: Mapping[str, Any]) -> None:
    _prefixed(key, value.key)
    for field in value.fields:
        _prefixed(key, field.name)


def _check(key: str, value: Check, given: Mapping[str, Any]) -> None:
    specs = {spec.code: spec for spec in given["host"].declared_by("register_checks", key)}
    if value.code not in specs:
        raise BadAnswer(f"finding {value.code} was not declared")
    if value.severity not in SEVERITIES:
        raise BadAnswer(f"{value.severity} is no severity")
    if SEVERITIES.index(value.severity) > SEVERITIES.index(specs[value.code].severity):
        raise BadAnswer(f"finding {value.code} is graver than declared")
    if value.line is not None:
        _line(value.line, given["basket"])


def _line(number: int, basket: BasketView) -> Any:
    line = next((row for row in basket.lines if row.line == number), None)
    if line is None:
        raise BadAnswer(f"there is no line {number}")
    return line


def _price_change(key: str, value: PriceChange, given: Mapping[str, Any]) -> None:
    _prefixed(key, value.rule)
    line = _line(value.line, given["basket"])
    if type(value.amount_fen) is not int or not 0 <= line.net_fen + value.amount_fen <= line.list_fen:
        raise BadAnswer(f"{value.rule} would leave 0..list on line {value.line}")


def _item_veto(key: str, value: ItemVeto, given: Mapping[str, Any]) -> None:
    _prefixed(key, value.rule)
    if all(item.code != value.item_code for item in given["items"]):
        raise BadAnswer(f"{value.item_code} was not asked about")


def _points_change(key: str, value: PointsChange, given: Mapping[str, Any]) -> None:
    _prefixed(key, value.rule)
    if type(value.points) is not int or not 0 <= value.points <= POINTS_CAP:
        raise BadAnswer(f"{value.rule} gives {value.points} points")
    if value.line is not None:
        _line(value.line, given["basket"])


def _approval_kind(key: str, value: ApprovalKind, _given: Mapping[str, Any]) -> None:
    _prefixed(key, value.kind)
    _prefixed(key, value.ask)
    _prefixed(key, value.approve)
    if value.ask == value.approve:
        raise BadAnswer(f"{value.kind} is approved by whoever may ask for it")


def _person_id(_key: str, value: int, _given: Mapping[str, Any]) -> None:
    if value <= 0:
        raise BadAnswer(f"{value} is no person")


GUARDS: dict[str, Callable[[str, Any, Mapping[str, Any]], None]] = {
    "register_permissions": _permission,
    "presets": _preset,
    "register_settings": _setting,
    "register_item_attributes": _attribute,
    "register_line_fields": _line_field,
    "register_panels": _panel_spec,
    "register_visit_parts": _visit_part,
    "register_document_kinds": _document_kind,
    "register_checks": _check_spec,
    "register_facts": _fact,
    "register_jobs": _job,
    "register_approvals": _approval_kind,
    "register_calls": _api_call,
    "person_circle": _person_id,
    "menu_items": _menu_item,
    "home_cards": _panel,
    "person_panels": _panel,
    "person_form_fields": _field_group,
    "checkout_checks": _check,
    "adjust_price": _price_change,
    "earn_points": _points_change,
    "item_vetoes": _item_veto,
}


def has_attributes_of(key: str, attributes: Mapping[str, Any]) -> bool:
    """Return whether any attribute of the plugin `key` is set."""
    return any(name.startswith(f"{key}.") and value not in (None, "", (), []) for name, value in attributes.items())


def answered(answers: Iterable[Answer]) -> list[Answer]:
    """Return the answers that are there."""
    return [answer for answer in answers if not answer.failed]


def unavailable_findings(answers: Iterable[Answer], basket: BasketView) -> list[tuple[str, Check]]:
    """Return (plugin, finding) for each missing answer, on lines with that plugin's attributes only.

    A missing check is `check_unavailable`, major, overridable; a missing price, coupon or points
    answer is `price_unavailable`, info: core's own figures hold (architecture.md section 6).
    """
    findings = []
    for answer in answers:
        if not isinstance(answer.value, Unavailable):
            continue
        missing = answer.value
        for line in basket.lines:
            if has_attributes_of(missing.plugin, line.attributes):
                findings.append((missing.plugin, _unavailable(missing, line.line)))
    return findings


def _unavailable(missing: Unavailable, line: int) -> Check:
    evidence = {"plugin": missing.plugin, "hook": missing.hook, "number": missing.number}
    if missing.on_error == BLOCK:
        return Check(
            code="check_unavailable",
            severity="major",
            text=_(
                "“%(plugin)s”的安全检查暂时不可用（编号 %(number)s）。请人工核对后由有权限的人放行，其他行不受影响。",
                plugin=missing.plugin,
                number=missing.number,
            ),
            line=line,
            override=OVERRIDE_UNAVAILABLE,
            evidence=evidence,
        )
    return Check(
        code="price_unavailable",
        severity="info",
        text=_(
            "“%(plugin)s”的优惠规则暂时不可用（编号 %(number)s），本行按会员方案计价。",
            plugin=missing.plugin,
            number=missing.number,
        ),
        line=line,
        evidence=evidence,
    )
