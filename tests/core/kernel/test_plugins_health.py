"""Failures, quarantine and times; what is stored about them."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from core import hookguards
from core.hooktypes import Check, PersonView
from core.kernel.models import PluginFailure
from core.kernel.plugin_health import Health, Limits, describe, store_failures
from core.kernel.plugin_types import BadAnswer, PluginFailed, Unavailable
from tests.plugin_broken.hooks import CANARY
from tests.plugin_kit import A, basket_with, empty_database, make_bench  # noqa: F401

ATTRIBUTE = {"plugin_broken.x": "1"}
BROKEN, DEMO = "tests.plugin_broken", "tests.plugin_demo"


class Ticks:
    """A clock turned by hand."""

    def __init__(self):
        self.at = 0.0

    def __call__(self):
        return self.at


@pytest.fixture
def broken(make_bench):  # noqa: F811
    bench = make_bench(DEMO, BROKEN, limits=Limits(failures=3))
    bench.switch("plugin_broken", True)
    bench.switch("plugin_demo", True)
    bench.host.health.retry("plugin_broken")
    bench.host.health.drain()
    return bench


def test_three_failures_isolate_the_hook_for_the_next_call_only_for_a_while():
    ticks = Ticks()
    health = Health(Limits(failures=3, quarantine_s=60), ticks)
    for _n in range(3):
        assert health.isolated("aa", "adjust_price") is None
        number = health.failed("aa", "adjust_price", "X", 5, 1)
    assert health.isolated("aa", "adjust_price") == number
    assert health.isolated("aa", "menu_items") is None
    ticks.at = 61
    assert health.isolated("aa", "adjust_price") is None
    health.failed("aa", "adjust_price", "X", 5, 1)
    assert health.isolated("aa", "adjust_price")
    health.retry("aa")
    assert health.isolated("aa", "adjust_price") is None


def test_old_failures_do_not_count():
    ticks = Ticks()
    health = Health(Limits(failures=2, window_s=10), ticks)
    health.failed("aa", "h", "X", 1, 1)
    ticks.at = 11
    health.failed("aa", "h", "X", 1, 1)
    assert health.isolated("aa", "h") is None


def test_a_slow_call_counts_as_a_failure_of_the_next_one():
    health = Health(Limits(failures=1, budget_us=1000), Ticks())
    health.answered("aa", "h", 999)
    assert health.isolated("aa", "h") is None
    health.answered("aa", "h", 2_000_000)
    assert health.isolated("aa", "h")
    figures = health.of("aa")[0]
    assert (figures.calls, figures.failures, figures.isolated) == (2, 1, True)
    assert figures.p95_us == 2_000_000


def test_numbers_are_four_hex_digits():
    number = Health().failed("aa", "h", "X", 1, 1)
    assert len(number) == 4
    assert int(number, 16) >= 0


def test_what_is_kept_of_an_error_names_its_place_never_its_message():
    try:
        raise ValueError(CANARY)
    except ValueError as problem:
        what = describe(problem)
    assert what.startswith("ValueError @ ")
    assert "test_plugins_health.py" in what
    assert CANARY not in what


def test_failures_are_stored_after_the_request_in_a_unit_of_their_own(broken):
    answers = broken.call("menu_items")
    missing = next(a.value for a in answers if a.plugin == "plugin_broken")
    assert isinstance(missing, Unavailable)
    assert store_failures(broken.db, broken.host.health) == 1
    assert store_failures(broken.db, broken.host.health) == 0
    with broken.unit(mode="read") as session:
        row = session.scalars(select(PluginFailure)).one()
        assert (row.key, row.hook, row.number) == ("plugin_broken", "menu_items", missing.number)
        assert CANARY not in row.what


def test_an_isolated_hook_is_not_called_and_still_attributed(broken):
    for _n in range(3):
        broken.call("adjust_price", basket=basket_with(ATTRIBUTE))
    before = broken.host.health.of("plugin_broken")
    answers = broken.call("adjust_price", basket=basket_with(ATTRIBUTE))
    assert [a.plugin for a in answers if a.failed] == ["plugin_broken"]
    assert broken.host.health.of("plugin_broken") == before
    assert next(h for h in before if h.hook == "adjust_price").isolated


def test_one_failing_plugin_does_not_silence_the_rest(broken):
    answers = broken.call("person_alerts", person=PersonView(1, "x"))
    assert {(a.plugin, a.failed) for a in answers} == {("plugin_broken", True), ("plugin_demo", False)}


def test_a_failing_statement_spoils_neither_the_unit_nor_the_cores_rows(broken, monkeypatch):
    from core.org.models import Store

    def raises(ctx, basket):
        ctx.session.add(Store(code="s2", name="写到一半"))
        ctx.session.flush()
        ctx.session.execute(text("SELECT nothing FROM nowhere"))

    patch_hook(broken.host, "plugin_broken", "checkout_checks", raises, monkeypatch)
    with broken.unit() as session:
        session.add(Store(code="mine", name="核心"))
        answers = broken.host.call("checkout_checks", _context(session), basket=basket_with(ATTRIBUTE))
        assert [a.plugin for a in answers if a.failed] == ["plugin_broken"]
    with broken.unit(mode="read") as session:
        assert set(session.scalars(select(Store.code))) == {"s1", "mine"}


def test_a_plugin_cannot_commit(broken, monkeypatch):
    from core.org.models import Store

    patch_hook(broken.host, "plugin_broken", "checkout_checks", lambda ctx, basket: ctx.session.commit(), monkeypatch)
    with pytest.raises(RuntimeError, match="later"), broken.unit() as session:
        session.add(Store(code="till", name="收银的半张单"))
        answers = broken.host.call("checkout_checks", _context(session), basket=basket_with(ATTRIBUTE))
        assert answers[0].failed
        raise RuntimeError("later")
    with broken.unit(mode="read") as session:
        assert set(session.scalars(select(Store.code))) == {"s1"}


def test_what_a_plugin_writes_with_success_stays(broken):
    with broken.unit() as session:
        broken.host.call("save_person_fields", _context(session), person_id=5, values={"plugin_demo.note": "左侧靠窗"})
    with broken.unit(mode="read") as session:
        sections = broken.host.deliver("plugin_demo", "personal_data", _context(session), person_id=5)
        assert sections[0].value.rows[0][1] == "左侧靠窗"


def test_block_duties_stop_when_a_plugin_fails(broken):
    with pytest.raises(PluginFailed) as refusal, broken.unit() as session:
        broken.host.call_installed("erase_person", _context(session), person_id=5, mode="erase")
    assert refusal.value.plugin == "plugin_broken"
    assert refusal.value.number in refusal.value.message
    assert refusal.value.status == 503


def test_unavailable_checks_become_findings_on_lines_with_the_plugins_attributes_only(broken):
    basket = basket_with(ATTRIBUTE)
    findings = hookguards.unavailable_findings(broken.call("checkout_checks", basket=basket), basket)
    assert [(plugin, f.code, f.severity, f.line) for plugin, f in findings] == [
        ("plugin_broken", "check_unavailable", "major", 1)
    ]
    assert findings[0][1].override == "care.override.major"
    plain = basket_with({})
    assert hookguards.unavailable_findings(broken.call("checkout_checks", basket=plain), plain) == []


def test_an_unavailable_price_is_an_info_finding_and_the_core_price_holds(broken):
    basket = basket_with(ATTRIBUTE)
    answers = broken.call("adjust_price", basket=basket)
    assert hookguards.answered(answers) == []
    findings = hookguards.unavailable_findings(answers, basket)
    assert [(f.code, f.severity, f.line) for _p, f in findings] == [("price_unavailable", "info", 1)]


def test_a_bad_answer_is_a_failure_of_the_whole_answer(broken, monkeypatch):
    basket = basket_with({"plugin_demo.colour": "red"})
    for bad in (
        ["x"],
        "x",
        [Check("plugin_demo.other", "info", "t")],
        [Check("plugin_demo.red", "contraindicated", "t")],
        [Check("plugin_demo.red", "info", "t", line=9)],
    ):
        patch_hook(broken.host, "plugin_demo", "checkout_checks", lambda ctx, basket, bad=bad: bad, monkeypatch)
        broken.host.health.retry("plugin_demo")
        answers = broken.call("checkout_checks", basket=basket)
        assert [a.failed for a in answers if a.plugin == "plugin_demo"] == [True], bad


@pytest.mark.parametrize("amount", [1, -20_001, 0.5, True])
def test_a_price_never_leaves_zero_to_list(amount):
    from core.hooktypes import PriceChange

    with pytest.raises(BadAnswer):
        hookguards.GUARDS["adjust_price"]("k", PriceChange(1, amount, "t", "k.r"), {"basket": basket_with({})})


@pytest.mark.parametrize("points", [-1, 1_000_001, 1.5, True])
def test_points_stay_within_the_cap(points):
    from core.hooktypes import PointsChange

    with pytest.raises(BadAnswer):
        hookguards.GUARDS["earn_points"]("k", PointsChange(points, "t", "k.r"), {"basket": basket_with({})})


def _context(session):
    from core.hooktypes import hook_context

    return hook_context(session)


class _Function:
    """Stands for an implementation: pluggy's own is sealed."""

    def __init__(self, plugin_name, function, argnames):
        self.plugin_name, self.function, self.argnames = plugin_name, function, argnames


def patch_hook(host, key, hook, function, monkeypatch):
    """Let one plugin answer a hook with another function."""
    original = host._implementations

    def implementations(name):
        if name != hook:
            return original(name)
        return [_Function(key, function, i.argnames) if i.plugin_name == key else i for i in original(name)]

    monkeypatch.setattr(host, "_implementations", implementations)


def test_the_till_of_another_franchise_is_not_asked(broken):
    from tests.plugin_kit import B

    assert broken.call("checkout_checks", B, basket=basket_with(ATTRIBUTE)) == []
    assert A != B
