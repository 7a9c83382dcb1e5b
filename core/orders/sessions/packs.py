"""Courses and bundles as orders sell them and take them back (S2-07, B12, S18, S20).

A line of n pieces hands out n courses. Giving a line back takes the sessions that were not used and pays out their
share; used ones stay. Whatever the sequence, uses and refunds together come to the line's price (I27).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.catalog import prices as item_prices
from core.catalog import services as catalog
from core.catalog.models import Item
from core.courses import rules as course_rules
from core.courses import services as courses
from core.kernel.errors import FieldError, Invalid, Refusal
from core.kernel.i18n import _, listed
from core.kernel.money import split_largest_remainder
from core.wallet import services as wallet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from core.courses.models import Course
    from core.courses.services import Pack, PartState
    from core.kernel.statements import Statements
    from core.ledger.services import Posting
    from core.orders.models import OrderLine
    from core.orders.selling.settle import Plan


def resolve(session: Session, items: Iterable[Item], today: date) -> dict[str, Pack]:
    """Return what the items that are courses or bundles hand out, by code; reads nothing for a basket without any.

    Raises Refusal `course_incomplete` for an item that names no session or an item that does not exist.
    """
    found = {
        item.code: (item, terms)
        for item in items
        if (terms := course_rules.terms_of(item.code, item.kind, item.sessions, catalog.attributes_of(item)))
    }
    if not found:
        return {}
    wanted = {part.code for _item, terms in found.values() for part in terms.parts}
    rows = {row.code: row for row in session.scalars(select(Item).where(Item.code.in_(wanted)))}
    for item, terms in found.values():
        _refuse_incomplete(item, terms, rows)
    bundled = [rows[part.code] for _item, terms in found.values() if len(terms.parts) > 1 for part in terms.parts]
    costs = item_prices.of(session, bundled, today) if bundled else {}
    return {
        code: courses.Pack(
            item.id, code, terms, tuple(rows[part.code] for part in terms.parts),
            tuple(costs.get(rows[part.code].id, 1) * part.total for part in terms.parts),
        )
        for code, (item, terms) in found.items()
    }  # fmt: skip


def _refuse_incomplete(item: Item, terms: course_rules.Terms, rows: Mapping[str, Item]) -> None:
    missing = [part.code for part in terms.parts if part.code not in rows]
    if missing:
        raise Refusal(
            _("“%(name)s”里写的项目不存在：%(codes)s。请先在项目页改正。", name=item.name, codes=listed(missing)),
            code="course_incomplete",
            errors=[FieldError("lines.item", _("没有编码为 %(code)s 的项目。", code=missing[0]))],
        )  # fmt: skip
    if not terms.sessions:
        raise Refusal(
            _("“%(name)s”没有写共几次，不能销售。请先在项目页填写。", name=item.name), code="course_incomplete",
            errors=[FieldError("lines.item", _("疗程须填写共几次，1 到 1,000。"))],
        )  # fmt: skip


def issue(st: Statements, plan: Plan, posting: Posting) -> None:
    """Hand out the courses that the order sold, to the person treated on the line, else to the payer."""
    request, entity = plan.priced.request, None
    for asked, line in zip(request.lines, plan.priced.quote.lines, strict=True):
        pack = plan.priced.packs.get(line.item)
        if pack is None:
            continue
        entity = wallet.entity_of(st, posting.store_id) if entity is None else entity
        owner = asked.for_member_id or request.member_id
        if owner is None:
            raise Refusal(_("疗程和套餐须卖给一位会员。请先选择会员。"), code="course_needs_member")
        origin = courses.Origin("order", plan.order_id, plan.line_ids[line.line])
        for share in split_largest_remainder(line.net_fen, [1] * line.qty):
            courses.issue(st, pack, owner, share, posting, origin, starts_on=plan.came_on, entity=entity)


# -- giving back -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PartBack:
    """So many unused sessions of a part that go back, and their share of the price in fen."""

    course: Course
    part: PartState
    sessions: int
    fen: int


@dataclass(slots=True)
class PackBack:
    """What giving back a line takes: parts, and the pieces of the line that end with it."""

    parts: list[PartBack]
    ended: list[int]

    @property
    def fen(self) -> int:
        """Return what is paid out, fen."""
        return sum(one.fen for one in self.parts)

    @property
    def sessions(self) -> int:
        """Return the sessions that go back."""
        return sum(one.sessions for one in self.parts)


def plan_back(
    session: Session, lines: Mapping[int, OrderLine], asked: Mapping[int, int], sessions: Mapping[int, int], today: date
) -> dict[int, PackBack]:
    """Return what giving back `asked` (line: pieces) takes from the courses of these lines, by line.

    `sessions` says how many sessions of a line go back; without, all that are not used. The courses are locked. Raises
    Refusal `course_used_up` (409) when nothing is left, Invalid for more than there is.
    """
    by_line = {line.id: line for line in lines.values()}
    held = courses.lock(session, courses.of_lines(session, by_line))
    parts = courses.parts_of(session, [one.id for one in held], today)
    found: dict[int, PackBack] = {}
    owned: dict[int, list[Course]] = {}
    for one in held:
        owned.setdefault(by_line[one.order_line_id or 0].line_no, []).append(one)
    for line_no, own in owned.items():
        wanted = sessions.get(line_no)
        if not asked.get(line_no):
            found[line_no] = PackBack([], [])
            continue
        found[line_no] = _line_back(line_no, own, parts, asked[line_no], wanted)
    strange = [n for n in sessions if n not in owned]
    if strange:
        raise Invalid.field("lines", _("第 %(n)d 行不是疗程，不能按次退。", n=strange[0]))
    return found


def _line_back(
    line_no: int, own: list[Course], parts: Mapping[int, list[PartState]], pieces: int, wanted: int | None
) -> PackBack:
    """Choose the pieces with the most left, the newest first, and take what is asked of them."""
    left = {one.id: sum(part.usable for part in parts[one.id]) for one in own}
    able = sorted((one for one in own if left[one.id]), key=lambda one: (-left[one.id], -one.id))
    if not able:
        raise Refusal(
            _("第 %(n)d 行的疗程没有可退的次数：已用完、已退完或已过期。过期的请先办延期。", n=line_no),
            code="course_used_up", status=409,
        )  # fmt: skip
    if pieces > len(able):
        raise Invalid.field("lines", _("第 %(n)d 行还可退 %(left)d 件。", n=line_no, left=len(able)))
    chosen = able[:pieces]
    most = sum(left[one.id] for one in chosen)
    if wanted is not None and not 1 <= wanted <= most:
        raise Invalid.field("lines", _("第 %(n)d 行未用 %(left)d 次，最多退这么多。", n=line_no, left=most))
    rest, taken, ended = most if wanted is None else wanted, [], []
    for one in chosen:
        whole = True
        for part in parts[one.id]:
            n = min(part.usable, rest)
            rest -= n
            whole = whole and n == part.left and not part.used
            if n:
                taken.append(PartBack(one, part, n, course_rules.back(part.open_fen, part.left, n)))
        if whole:
            ended.append(one.id)
    return PackBack(taken, ended)


def names(session: Session, told: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return what the items of sessions that move are called, for the sentences of a refund."""
    codes = {str(one["item"]) for one in told}
    return {code: item.name for code, item in catalog.by_codes(session, codes).items()} if codes else {}


def take_back(st: Statements, back: Mapping[int, PackBack], posting: Posting) -> list[dict[str, object]]:
    """Take the sessions of `plan_back` out of their courses; return what moved as the refund's answer tells it."""
    told = []
    for line_no, pack in back.items():
        for one in pack.parts:
            courses.give_back(st, one.course, one.part, one.sessions, one.fen, posting)
            told.append(
                {
                    "course_id": str(one.course.id), "line": line_no, "item": one.part.row.item_code,
                    "sessions": one.sessions, "used": one.part.used, "returned": 0,
                    "remaining": one.part.usable - one.sessions,
                    "amount_fen": one.fen,
                }
            )  # fmt: skip
        for course_id in pack.ended:
            courses.end(st, course_id)
    return told
