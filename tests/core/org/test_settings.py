"""Settings by layer: the nearest that says something counts; who may set what; every change is in the trail."""

from __future__ import annotations

import re
import threading

import pytest
from sqlalchemy import select

from core.kernel import audit, settings
from core.kernel.errors import Invalid
from core.kernel.models import AuditEntry
from core.kernel.tenancy import acting
from core.orders.settings import ADJUST_MAX, REFUND_PROOF_ABOVE
from core.org import staffing
from core.org.settings import IDLE_MINUTES
from tests.core.desk.conftest import desk, sit, web
from tests.core.desk.desk_kit import plain

LIMIT = REFUND_PROOF_ABOVE
__all__ = ["desk", "sit", "web"]


def value(house, key=LIMIT, store=None):
    with house.unit("read") as session:
        return settings.value(session, key, store)


def test_the_nearest_layer_counts_and_a_reset_uncovers_the_next(any_installation):
    house, actor = any_installation, any_installation.actor(any_installation.dental)
    store = actor.store_id
    with acting(actor):
        assert value(house) == 20_000
        with house.unit() as session:
            settings.change(session, LIMIT, 30_000, "chain")
        assert value(house) == 30_000
        with acting(house.actor(house.pharmacy)):
            assert value(house) == 30_000, "the other franchise belongs to the same chain"
        with house.unit() as session:
            settings.change(session, LIMIT, 40_000)
            settings.change(session, LIMIT, 50_000, "store", store)
        assert (value(house), value(house, store=house.dental.other_store_id)) == (50_000, 40_000)
        with acting(house.actor(house.pharmacy)):
            assert value(house) == 30_000
        with house.unit() as session:
            settings.reset(session, LIMIT, "store", store)
            settings.reset(session, LIMIT)
        assert value(house) == 30_000
        with house.unit() as session:
            settings.reset(session, LIMIT, "chain")
            settings.reset(session, LIMIT, "chain")
        assert value(house) == 20_000


def test_a_value_that_does_not_fit_and_a_layer_that_has_no_say(installation):
    actor = installation.actor(installation.dental)
    with acting(actor):
        for wrong in (-1, True, "200", 10**9):
            with pytest.raises(Invalid), installation.unit() as session:
                settings.change(session, LIMIT, wrong)
        with pytest.raises(Invalid), installation.unit() as session:
            settings.change(session, ADJUST_MAX, 5, "store", actor.store_id)
        with pytest.raises(Invalid), installation.unit() as session:
            settings.change(session, LIMIT, 5, "store")
        assert value(installation) == 20_000


def test_who_changed_what_from_what_to_what(installation):
    with acting(installation.actor(installation.dental)):
        with installation.unit() as session:
            settings.change(session, LIMIT, 30_000)
            settings.change(session, LIMIT, 30_000)
            settings.change(session, LIMIT, 31_000)
            settings.reset(session, LIMIT)
        with installation.unit("read") as session:
            rows = session.scalars(
                select(AuditEntry).where(AuditEntry.action.like("settings.%")).order_by(AuditEntry.id)
            ).all()
            assert [(row.action, audit.detail_of(row)["value"]) for row in rows] == [
                ("settings.changed", [None, 30_000]), ("settings.changed", [30_000, 31_000]),
                ("settings.reset", [31_000, None]),
            ]  # fmt: skip


# -- on screen -------------------------------------------------------------------------------------


def form_of(text, key):
    """Return the hidden fields of a setting's form."""
    part = text[text.index(f'id="s-{key}"') :]
    part = part[: part.index("</form>")]
    return dict(re.findall(r'name="(layer|store|was)" value="([^"]*)"', part))


def test_an_owner_sets_and_takes_back(sit):
    owner = sit("owner")
    page = owner.get("/settings").text
    assert "系统默认" in page
    form = form_of(page, LIMIT)
    assert owner.post(f"/settings/{LIMIT}", {**form, "value": "350.50"}).status_code == 303
    with acting(owner.actor):
        assert value(owner.installation) == 35_050
    page = owner.get("/settings").text
    assert 'value="350.50"' in page
    assert "不另设时是 ¥200.00（系统默认）" in plain(page)
    stale = owner.post(f"/settings/{LIMIT}", {**form, "value": "1"})
    assert stale.status_code == 409
    assert "刚被别人改过" in plain(stale.text)
    wrong = owner.post(f"/settings/{LIMIT}", {**form_of(page, LIMIT), "value": "abc"})
    assert wrong.status_code == 422
    assert 'value="abc"' in wrong.text
    assert 'aria-invalid="true"' in wrong.text
    assert owner.post(f"/settings/{LIMIT}", {**form_of(page, LIMIT), "reset": "1"}).status_code == 303
    with acting(owner.actor):
        assert value(owner.installation) == 20_000


def test_a_stores_layer_on_screen(sit):
    owner = sit("owner")
    other = str(owner.house.other_store_id)
    page = owner.get(f"/settings?layer=store&store={other}").text
    assert ADJUST_MAX not in page, "what a store has no say in is not shown there"
    form = form_of(page, LIMIT)
    assert form["store"] == other
    assert owner.post(f"/settings/{LIMIT}", {**form, "value": "10"}).status_code == 303
    with acting(owner.actor):
        assert (value(owner.installation), value(owner.installation, store=int(other))) == (20_000, 1_000)
    foreign = str(owner.installation.pharmacy.store_id)
    assert owner.get(f"/settings?layer=store&store={foreign}").status_code == 404
    assert owner.post(f"/settings/{LIMIT}", {**form, "store": foreign, "value": "10"}).status_code == 404
    assert owner.post("/settings/no.such", {**form, "value": "10"}).status_code == 404
    assert owner.post(f"/settings/{ADJUST_MAX}", {**form, "value": "10"}).status_code == 404


def test_who_may_set_what(installation, sit):
    for role, layer, allowed in (
        ("auditor", "franchise", False), ("manager", "franchise", False), ("manager", "store", True),
        ("rule_keeper", "store", False), ("owner", "chain", False),
    ):  # fmt: skip
        one = sit(role)
        page = one.get(f"/settings?layer={layer}").text
        form = {"layer": layer, "was": "", "value": "12"}
        answer = one.post(f"/settings/{LIMIT}", form)
        with acting(one.actor), installation.unit("read") as session:
            said = settings.stated(session, LIMIT)
        assert said.get("chain") is None
        assert (answer.status_code == 303) is allowed, (role, layer)
        assert ('name="value"' in page) is allowed, (role, layer)
    assert sit("front_desk").get("/settings").status_code == 403


def test_the_chains_administrator_sets_for_all_franchises(installation, sit):
    with acting(installation.actor(installation.dental)), installation.unit() as session:
        chief, _password = staffing.add_staff(
            session, number="700", name="总部员", roles=[("chain_admin", None)], store_id=installation.dental.store_id
        )
        installation.dental.staff["chain_admin"] = chief.id
    chain = sit("chain_admin")
    page = chain.get("/settings").text
    assert "总部" in plain(page)
    assert chain.post(f"/settings/{LIMIT}", {**form_of(page, LIMIT), "value": "88"}).status_code == 303
    with acting(installation.actor(installation.pharmacy)):
        assert value(installation) == 8_800
    denied = chain.post(f"/settings/{LIMIT}", {"layer": "franchise", "was": "", "value": "1"})
    assert denied.status_code == 403


def test_idle_minutes_of_the_chain_count_at_the_lock(installation, sit):
    desk = sit("front_desk")
    with acting(desk.actor), installation.unit() as session:
        settings.change(session, IDLE_MINUTES, 1, "chain")
    from core.kernel import clock

    desk.get("/till")
    with clock.frozen_at(clock.from_ms(clock.now_ms() + 90_000)):
        assert "/lock" in desk.get("/till").location


def test_lists_of_texts_keep_their_order(sit):
    owner = sit("owner")
    key = "desk.reasons_refund"
    form = form_of(owner.get("/settings").text, key)
    assert owner.post(f"/settings/{key}", {**form, "value": " 客人改期 \n\n收错钱\n收错钱\n"}).status_code == 303
    with acting(owner.actor):
        assert value(owner.installation, key) == ["客人改期", "收错钱"]
    form = form_of(owner.get("/settings").text, key)
    for wrong in ("", "\n".join(f"原因{n}" for n in range(21)), "长" * 61):
        assert owner.post(f"/settings/{key}", {**form, "value": wrong}).status_code == 422


def test_two_people_who_set_something_for_the_first_time_at_once_both_succeed(any_installation):
    house, actor = any_installation, any_installation.actor(any_installation.dental)
    start, failures = threading.Barrier(4), []

    def go(limit, layer, store):
        with acting(actor):
            start.wait()
            try:
                with house.unit() as session:
                    settings.change(session, LIMIT, limit, layer, store)
            except Exception as problem:  # noqa: BLE001 (told below)
                failures.append(problem)

    wanted = [(30_000, "franchise", None), (40_000, "franchise", None), (50_000, "store", actor.store_id),
              (60_000, "store", actor.store_id)]  # fmt: skip
    threads = [threading.Thread(target=go, args=one) for one in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with acting(actor):
        assert value(house) in {50_000, 60_000}
        assert value(house, store=house.dental.other_store_id) in {30_000, 40_000}
