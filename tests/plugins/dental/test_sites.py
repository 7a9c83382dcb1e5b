"""A line's tooth typed at the till: read, refused with the field's name, and the checks and the order know it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.desk.models import TillDraft
from core.desk.rules import Draft
from core.kernel.errors import Invalid
from core.kernel.tenancy import acting
from core.orders.sites import sites_of
from plugins.dental import chart, sites
from plugins.dental.chart import Entry
from tests.core.api.conftest import api_app, till_of
from tests.core.desk.desk_kit import plain


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("36mo", "36 MO"), (" 36 om ", "36 MO"), ("#36-MO", "36 MO"), ("３６ＭＯ", "36 MO"), ("36 M, O", "36 MO"),
        ("36", "36"), ("11 O", "11 I"), ("16 L", "16 P"), ("55 F", "55 B"), ("21S", "21S"),
    ],
)  # fmt: skip
def test_a_tooth_is_read_as_it_is_kept(typed, kept):
    assert sites.read(typed) == kept
    assert sites.read(kept) == kept


@pytest.mark.parametrize("typed", ["39", "56", "3", "左下6", "MO", "36 Q", "36 36", "136", "<b>"])
def test_what_is_no_tooth_or_surface_is_refused_by_its_field(typed):
    with pytest.raises(Invalid) as refused:
        sites.read(typed)
    assert [one.field for one in refused.value.errors] == ["site"]


def draft(desk):
    with acting(desk.actor), desk.installation.unit("read") as session:
        return Draft.from_text(session.scalars(select(TillDraft)).one().basket)


def site(desk, text, n=0):
    key = draft(desk).lines[n].key
    return desk.post(f"/till/lines/{key}/site", {"site": text})


def add(desk, member, *items):
    desk.post("/till/member", {"person_id": str(member)})
    for item in items:
        desk.post("/till/lines", {"item": item})


def test_typed_on_the_line_the_checks_fire_by_it_and_the_order_keeps_it_sealed(desk, sit):
    member = desk.enrol()
    with acting(sit("clinician").actor), desk.installation.unit() as session:
        chart.note(session, member, [Entry("46", "missing", cause="caries")])
    add(desk, member, "F-RESIN", "PASTE")
    page = desk.till()
    assert page.count("牙位与牙面</label>") == 1  # toothpaste has no tooth
    assert site(desk, "46 o").status_code == 303
    assert "46 在牙位图上已缺失" in plain(desk.till())
    refused = site(desk, "99")
    assert refused.status_code == 422
    assert "没有“99”这颗牙" in plain(refused.text)
    assert refused.text.count(" autofocus") == 1  # the wrong field has the focus, not the box for items
    assert 'value="99"' in refused.text  # what was typed stays, what was kept before too
    assert draft(desk).lines[0].site == "46 O"
    assert site(desk, "36mo").status_code == 303
    page = desk.till()
    assert "已缺失" not in plain(page)
    assert 'value="36 MO"' in page
    answer = desk.pay(desk.pay_form(page), kind="cash")
    order = desk.order_of(answer)
    with acting(desk.actor), desk.installation.unit("read") as session:
        assert sites_of(session, [order.id]) == {(order.id, 1): "36 MO"}


def test_empty_takes_it_away_and_the_same_item_again_is_a_line_of_its_own(desk):
    add(desk, desk.enrol(), "F-RESIN")
    site(desk, "36")
    desk.post("/till/lines", {"item": "F-RESIN"})
    assert [line.site for line in draft(desk).lines] == ["36", ""]
    site(desk, "")
    assert [line.site for line in draft(desk).lines] == ["", ""]
    gone = desk.post("/till/lines/nothere/site", {"site": "36"})
    assert gone.status_code == 409


def test_a_reader_that_breaks_is_counted_and_the_line_sells_with_what_was_typed(desk, request):
    def broken(_text):
        raise RuntimeError

    add(desk, desk.enrol(), "F-RESIN")
    request.addfinalizer(lambda: object.__setattr__(sites.FIELD, "read", sites.read))
    object.__setattr__(sites.FIELD, "read", broken)
    assert site(desk, "左下 6").status_code == 303
    assert draft(desk).lines[0].site == "左下 6"
    assert desk.pay(desk.pay_form(desk.till()), kind="cash").status_code == 303


def test_the_api_names_the_field_and_keeps_the_same_text(installation):
    till = till_of(installation, api_app(installation), installation.dental)
    basket = {"lines": [{"item": "PASTE", "qty": 1}, {"item": "F-RESIN", "qty": 1, "site": "39 MO"}]}
    status, code, problem = till.problem(till.call("POST", "/quotes", basket))
    assert (status, code) == (422, "invalid")
    assert [one["field"] for one in problem["errors"]] == ["lines.1.site"]
    basket["lines"][1]["site"] = "36om"
    quote = till.ok("POST", "/quotes", basket)
    order = {"quote_id": quote["quote_id"], "tenders": [{"kind": "cash", "amount_fen": quote["total_fen"]}]}
    made = till.ok("POST", "/orders", order, key="s-1")
    with acting(installation.actor(installation.dental, "owner")), installation.unit("read") as session:
        assert sites_of(session, [int(made["id"])]) == {(int(made["id"]), 2): "36 MO"}
