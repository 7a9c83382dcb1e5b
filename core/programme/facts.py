"""Conditions over facts: which facts there are, whether a condition may use them, and one SELECT for it.

Facts are offered through the plugin host by the room that owns them. A condition compiles into criteria over
persons; every leaf is two-valued (no NULL ever decides), hence `not` is the complement among the franchise's
active persons. Statements are made of mapped classes only, so the session's franchise holds in every part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import and_, case, false, func, literal, not_, or_, select, true

from core.hookfacts import Ago, Days, Fact, FactScope, Named, Of, Rows, Source, Total
from core.kernel import clock
from core.kernel.errors import FieldError, Invalid
from core.kernel.i18n import _
from core.kernel.permissions import may
from core.kernel.runtime import runtime
from core.kernel.tenancy import current_actor
from core.people.models import Person
from core.programme import conditions as lang
from core.programme.conditions import All, Any_, Condition, Leaf, Not
from core.programme.fact_tests import Band, Test, years_before

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    Criterion = ColumnElement[bool]

Purpose = Literal["care", "marketing", "price"]
CONSENT = "consent"
HEALTH = "health"
MAX_NESTED = 8

KIND_OPS: dict[str, tuple[str, ...]] = {
    "number": lang.RANGE_OPS,
    "money": lang.RANGE_OPS,
    "choice": lang.CODE_OPS,
    "set": lang.SET_OPS,
    "text": lang.TEXT_OPS,
    "flag": ("is",),
}


# -- which facts there are -------------------------------------------------------------------------


def offered(plugins: Iterable[str] | None = None) -> dict[str, Fact]:
    """Return the facts of core and of the plugins that are on (default: the actor's), in their order."""
    host = runtime().host
    if host is None:
        return {}
    on = frozenset(current_actor().plugins if plugins is None else plugins)
    answers = [one for one in host.declared("register_facts") if not one.failed]
    return {one.value.key: one.value for one in answers if one.plugin is None or one.plugin in on}


def usable(plugins: Iterable[str] | None = None) -> dict[str, Fact]:
    """Return the facts that the acting staff may use: those without a permission or with one they hold."""
    actor = current_actor()
    return {key: fact for key, fact in offered(plugins).items() if not fact.permission or may(actor, fact.permission)}


def for_prices() -> dict[str, Fact]:
    """Return the facts that the acting staff may build conditions of price and points with: none about health."""
    return {key: fact for key, fact in usable().items() if fact.prices and not fact.health}


def ops_of(fact: Fact) -> tuple[str, ...]:
    """Return the operators that a fact takes; `known` where there may be no data."""
    return (
        (*KIND_OPS[fact.kind], "known")
        if fact.missing is None and fact.kind not in ("set", "flag")
        else (KIND_OPS[fact.kind])
    )


def params_of(fact: Fact, leaf: Leaf) -> dict[str, int]:
    """Return the fact's parameters as the leaf gives them, else their defaults."""
    return {param.name: param.default for param in fact.params} | dict(leaf.params)


def scope_of(session: Session | None = None, person_id: int | None = None, at: dt.date | None = None) -> FactScope:
    """Return the scope of the acting franchise's business date (or of the date `at`)."""
    actor = current_actor()
    return FactScope(at or clock.today(actor.tz), actor.tz, session, person_id)


# -- may it be used --------------------------------------------------------------------------------


def problems(
    condition: Condition, facts: Mapping[str, Fact], purpose: Purpose = "care", path: str = "condition"
) -> list[FieldError]:
    """Return what is wrong with a condition for a purpose, each fault at its path.

    A health fact selects for marketing only beside the person's consent, excludes without it, and never
    prices (architecture.md section 4; PIPL art. 24, 28).
    """
    found: list[FieldError] = []
    for where, leaf, _selects in lang.walk(condition, path):
        fact = facts.get(leaf.fact)
        if fact is None:
            text = _("没有“%(fact)s”这条事实，或它所属的业态没有启用。", fact=leaf.fact)
            found.append(FieldError(f"{where}.fact", text))
            continue
        found += _misfits(fact, leaf, where)
        if purpose == "price" and (fact.health or not fact.prices):
            found.append(FieldError(f"{where}.fact", _not_for_prices(fact)))
    if purpose == "marketing":
        found += _unconsented(condition, facts, path)
    return found


def _not_for_prices(fact: Fact) -> str:
    if fact.health:
        return _("“%(fact)s”是健康信息，不能影响价格和积分。", fact=str(fact.label))
    if fact.extra.get("why"):
        return _("“%(fact)s”不能写进会员方案：%(why)s", fact=str(fact.label), why=str(fact.extra["why"]))
    return _("“%(fact)s”不能写进会员方案：它会变，已发布的方案不会。请写出具体条件。", fact=str(fact.label))


def _misfits(fact: Fact, leaf: Leaf, where: str) -> list[FieldError]:
    found = []
    if leaf.op not in ops_of(fact):
        found.append(FieldError(f"{where}.op", _("“%(fact)s”不能这样比较。", fact=str(fact.label))))
    elif fact.kind in ("number", "money") and leaf.op in lang.RANGE_OPS:
        bounds = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
        if any(not fact.low <= int(one) <= fact.high for one in bounds):
            text = _("应在 %(low)d 到 %(high)d 之间。", low=fact.low, high=fact.high)
            found.append(FieldError(f"{where}.value", text))
    known = {param.name: param for param in fact.params}
    for name, value in leaf.params:
        if name not in known:
            found.append(FieldError(f"{where}.{name}", _("“%(fact)s”没有这个参数。", fact=str(fact.label))))
        elif not known[name].low <= value <= known[name].high:
            text = _("应在 %(low)d 到 %(high)d 之间。", low=known[name].low, high=known[name].high)
            found.append(FieldError(f"{where}.{name}", text))
    return found


def _unconsented(condition: Condition, facts: Mapping[str, Fact], path: str, *, covered: bool = False,
                 selects: bool = True) -> list[FieldError]:  # fmt: skip
    """Return the health leaves that select without the consent standing beside them in an `all`.

    A leaf that holds for a person about whom nothing is known excludes (`none_of`, `is no`); under a `not` it selects.
    """
    if isinstance(condition, Leaf):
        fact = facts.get(condition.fact)
        if fact is None or not fact.health or covered:
            return []
        if selects == Test(condition.op, condition.value, fact.missing).missing_holds:
            return []
        text = _("“%(fact)s”是健康信息：选人营销须同时满足“同意健康信息”，只用来排除则不需要。", fact=str(fact.label))
        return [FieldError(f"{path}.fact", text)]
    if isinstance(condition, Not):
        return _unconsented(condition.part, facts, f"{path}.not", covered=covered, selects=not selects)
    both = isinstance(condition, All) == selects  # an `any` under a `not` is an `all` of exclusions
    kind = "all" if isinstance(condition, All) else "any"
    inside = covered or (both and selects and any(_is_consent(part) for part in condition.parts))
    found = []
    for place, part in enumerate(condition.parts):
        found += _unconsented(part, facts, f"{path}.{kind}.{place}", covered=inside, selects=selects)
    return found


def _is_consent(condition: Condition) -> bool:
    return (
        isinstance(condition, Leaf) and condition.fact == CONSENT and condition.op == "any_of"
        and condition.value == (HEALTH,)
    )  # fmt: skip


def ensure(condition: Condition, purpose: Purpose = "care", facts: Mapping[str, Fact] | None = None) -> None:
    """Raise Invalid with every fault of a condition for a purpose."""
    errors = problems(condition, offered() if facts is None else facts, purpose)
    if errors:
        raise Invalid(_("条件有 %(n)d 处需要修改。", n=len(errors)), errors=errors)


# -- conditions kept elsewhere ---------------------------------------------------------------------


def resolve(session: Session, condition: Condition, facts: Mapping[str, Fact] | None = None,
            inside: tuple[str, ...] = ()) -> Condition:  # fmt: skip
    """Return the condition with named ones (segments) written out; raise Invalid where they go in a circle.

    `inside` are the codes being defined, for a segment that is about to be saved.
    """
    known = offered() if facts is None else facts
    scope = scope_of(session)
    trees: dict[str, Condition] = {}

    def written_out(leaf: Leaf, stack: tuple[str, ...]) -> Condition:
        fact = known.get(leaf.fact)
        source = fact.source(scope, {}) if fact is not None and fact.extra.get("named") else None
        if not isinstance(source, Named) or not isinstance(leaf.value, tuple):
            return leaf
        codes = tuple(str(one) for one in leaf.value)
        circle = next((code for code in codes if code in stack), None)
        if circle is not None or len(stack) > MAX_NESTED:
            raise Invalid(
                _("人群“%(code)s”绕了一圈又引用到自己。请去掉其中一处引用。", code=circle or codes[0]),
                code="condition_circle",
            )
        wanted = tuple(code for code in codes if code not in trees)
        if wanted:
            trees.update({code: lang.parse(data) for code, data in source.trees(session, wanted).items()})
        parts = tuple(
            lang.replaced(trees[code], lambda one, code=code: written_out(one, (*stack, code)))  # type: ignore[misc]
            for code in codes
            if code in trees
        )
        found: Condition = Any_(parts)
        return Not(found) if leaf.op == "none_of" else found

    return lang.replaced(condition, lambda leaf: written_out(leaf, inside))


# -- one SELECT ------------------------------------------------------------------------------------


def criterion(condition: Condition, scope: FactScope, facts: Mapping[str, Fact]) -> Criterion:
    """Return the criterion over persons for a condition without named ones; it is never NULL."""
    if isinstance(condition, Leaf):
        fact = facts.get(condition.fact)
        if fact is None:
            raise Invalid.field("condition", _("没有“%(fact)s”这条事实，或它所属的业态没有启用。", fact=condition.fact))
        return leaf_criterion(fact, condition, scope)
    if isinstance(condition, Not):
        return not_(criterion(condition.part, scope, facts))
    parts = [criterion(part, scope, facts) for part in condition.parts]
    if not parts:
        return true() if isinstance(condition, All) else false()
    return and_(*parts) if isinstance(condition, All) else or_(*parts)


def leaf_criterion(fact: Fact, leaf: Leaf, scope: FactScope) -> Criterion:
    """Return the two-valued criterion of one leaf."""
    test = Test(leaf.op, leaf.value, fact.missing)
    source = fact.source(scope, params_of(fact, leaf))
    if isinstance(source, Of):
        return test.total(source.value)
    if isinstance(source, Ago):
        return _ago(source, test, scope)
    if isinstance(source, Total):
        return _total(source, test, scope)
    if isinstance(source, Rows):
        return _rows(source, test, scope)
    if isinstance(source, Days):
        return _days(source, test, scope)
    raise Invalid.field("condition", _("请先把引用的人群展开。"))


def _ago(source: Ago, test: Test, scope: FactScope) -> Criterion:
    there = source.column.is_not(None)
    if source.never is not None:
        there = and_(there, source.column != source.never)
    if test.op == "known":
        return there if test.value else not_(there)
    inside = and_(there, _ago_between(source, test.band, scope))
    return or_(not_(there), inside) if test.missing_holds else inside


def _ago_between(source: Ago, band: Band, scope: FactScope) -> Criterion:
    """Return the bounds on the column itself, so that its index serves."""
    parts: list[Any] = []
    if band.low is not None:
        if source.unit == "years":
            parts.append(source.column <= years_before(scope.today, band.low))
        elif source.instant:
            parts.append(source.column < scope.instant(band.low - 1))
        else:
            parts.append(source.column <= scope.day(band.low))
    if band.high is not None:
        if source.unit == "years":
            parts.append(source.column > years_before(scope.today, band.high + 1))
        elif source.instant:
            parts.append(source.column >= scope.instant(band.high))
        else:
            parts.append(source.column >= scope.day(band.high))
    return and_(*parts)


def _total(source: Total, test: Test, scope: FactScope) -> Criterion:
    person = source.rows.selected_columns[0]
    rows = source.rows if scope.person_id is None else source.rows.where(person == scope.person_id)
    grouped = rows.group_by(person)
    if test.missing_holds:
        return Person.id.not_in(grouped.having(not_(test.band.holds(source.value))))
    return Person.id.in_(grouped.having(test.band.holds(source.value)))


def _rows(source: Rows, test: Test, scope: FactScope) -> Criterion:
    rows = source.rows
    if scope.person_id is not None and source.anchor is None:
        rows = rows.where(rows.selected_columns[0] == scope.person_id)
    if source.code is not None:
        rows = rows.where(source.code.in_(test.codes))
    anchor = Person.id if source.anchor is None else source.anchor
    found = anchor.in_(rows)
    if source.anchor is not None:
        found = and_(anchor.is_not(None), found)
    return not_(found) if test.negative else found


def _days(source: Days, test: Test, scope: FactScope) -> Criterion:
    known = source.known
    if test.op == "known":
        return known if test.value else not_(known)
    low, high = test.band.low or 0, test.band.high
    if high is None:
        return known if low <= 0 else and_(known, not_(source.find(scope, 0, low - 1)))
    return and_(known, source.find(scope, low, high))


def _active() -> Criterion:
    return and_(Person.franchise_id == current_actor().franchise_id, Person.active.is_(True))


def persons(session: Session, condition: Condition, facts: Mapping[str, Fact] | None = None) -> Select[Any]:
    """Return the SELECT of the ids of the franchise's active persons for whom a condition holds.

    Named conditions are read and written out first. Raises Invalid for a fact that is not offered.
    """
    known = offered() if facts is None else facts
    plain = resolve(session, condition, known)
    return select(Person.id).where(_active(), criterion(plain, scope_of(session), known))


def holding(
    session: Session,
    conditions: Sequence[Condition],
    person_id: int,
    facts: Mapping[str, Fact] | None = None,
    at: dt.date | None = None,
) -> tuple[bool, ...]:
    """Return which conditions hold for one active person as of a date (default: today), in one SELECT.

    None holds for a person of another franchise.
    """
    known = offered() if facts is None else facts
    scope = scope_of(session, person_id, at)
    asked = [case((criterion(one, scope, known), 1), else_=0).label(f"c{n}") for n, one in enumerate(conditions)]
    row = session.execute(select(*asked).where(_active(), Person.id == person_id)).first() if asked else None
    return tuple(bool(one) for one in row) if row is not None else (False,) * len(conditions)


def banded(
    fact: Fact, params: Mapping[str, int], bands: Sequence[tuple[Band, str]], rest: str, scope: FactScope
) -> Any:
    """Return an expression over persons: the code of the first band that holds the fact's figure, else `rest`.

    For grades and classes. Raises Invalid for a fact that is no figure of the person's row and no total.
    """
    source: Source = fact.source(scope, {param.name: param.default for param in fact.params} | dict(params))
    if isinstance(source, Total):
        person = source.rows.selected_columns[0]
        figure = case(*((band.holds(source.value), literal(code)) for band, code in bands), else_=literal(rest))
        rows = source.rows.with_only_columns(figure, maintain_column_froms=True).where(person == Person.id)
        missing = next((code for band, code in bands if band.covers(int(fact.missing or 0))), rest)
        return func.coalesce(rows.group_by(person).correlate(Person).scalar_subquery(), literal(missing))
    tests = [(Test("between", band.pair, fact.missing), code) for band, code in bands]
    if isinstance(source, Ago):
        return case(*((_ago(source, test, scope), literal(code)) for test, code in tests), else_=literal(rest))
    if isinstance(source, Of):
        return case(*((test.total(source.value), literal(code)) for test, code in tests), else_=literal(rest))
    raise Invalid.field("fact", _("“%(fact)s”不是数字，不能用来分级。", fact=str(fact.label)))
