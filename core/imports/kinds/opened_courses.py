"""Courses that members bought elsewhere: the sessions they have left and what these are worth (B56, "going live")."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import select

from core.catalog.models import Item
from core.courses import opening as courses
from core.courses import rules as course_rules
from core.courses import services as course_services
from core.courses.models import Course
from core.imports import rules, words
from core.imports.kinds import cells
from core.imports.kinds.base import Unit, Wording
from core.imports.kinds.keyed import marks, portions
from core.imports.kinds.opening import (
    CARD,
    MEMBER,
    ROWS,
    Known,
    OpeningKind,
    OpeningTask,
    OpeningWriter,
    Row,
    card,
    posting,
    records_of,
    until,
    who,
)
from core.imports.rules import Field
from core.imports.settings import COURSES_PRESET
from core.kernel.days import add_months
from core.kernel.errors import Refusal
from core.kernel.i18n import _, _l, ngettext
from core.kernel.statements import Statements
from core.kernel.web.formats import number as shown_number
from core.orders.sessions import packs

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session

    from core.imports.cleaning import Problem
    from core.imports.models import ImportBatch
    from core.imports.rules import ColumnMap, Vocabulary

MAX_FEN = 10**9
FIELDS = (
    Field(MEMBER, _l("会员号或手机")), Field(CARD, _l("会员卡号")), Field("item", _l("疗程编码或名称")),
    Field("remaining", _l("剩余次数")), Field("total", _l("总次数")), Field("paid", _l("剩余金额（元）")),
    Field("until", _l("疗程到期日")),
)  # fmt: skip

WORDS = Wording(
    title=_l("导入未用完的疗程"),
    noun=_l("未用完的疗程"),
    wants=_l("会员号、手机或卡号，至少一列；疗程编码、剩余次数必填；总次数、剩余金额、到期日可选"),
    checks=(
        _l("先导入会员和项目；疗程要在项目里，类型是“疗程”。"),
        _l("剩余金额是没用完的那几次值多少钱，核销和退款都按它算；不填就是 0 元。"),
        _l("到期日是最后可用的一天；没有填的按项目的有效期从今天起算。"),
    ),
    recognised=(_l("会员号相同"), _l("本人手机相同"), _l("会员卡号或旧卡号相同")),
    filled=_l("每份文件只能导入一次。已由别的文件导入过、次数金额都相同的不会再加；不同的会退回核对。"),
    record=_l("疗程"),
    name=_l("会员"),
    run=lambda n: ngettext("入账 %(many)s 个疗程", "入账 %(many)s 个疗程", n, many=shown_number(n)),
    nothing=_l("名单里的疗程都已入账；执行也不会再加。"),
    none_at_all=_l("没有导入任何疗程。"),
    taken_out=(_l("收回的疗程"), lambda n: ngettext("%(many)s 个", "%(many)s 个", n, many=shown_number(n))),
    restored=_l("恢复原样的疗程"),
    stays=_l("保留不动的疗程"),
    used=_l("导入后核销过、停用、延期或转让过的疗程会保留；收回以反向分录入账，原来的分录和审计记录都保留。"),
    undo=lambda n: ngettext("收回本批 %(many)s 个疗程", "收回本批 %(many)s 个疗程", n, many=shown_number(n)),
    undone=lambda p, c, s: _(
        "收回了 %(p)s 个疗程；%(s)s 个因之后用过或改过而保留。", p=shown_number(p), s=shown_number(s)
    ),
    until=lambda at: _("可以撤销到 %(at)s；之后用过或改过的疗程会保留。", at=at),
    late=_l("之后用过或改过"),
    too_late=_l("只能在导入结束后 24 小时内撤销。现在请在会员页逐个处理。"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Give:
    """A course that a member is given: sessions left, their worth in fen, the first day of no use, those used before.

    Two are the same whatever was used before: that number is only shown.
    """

    id: int
    code: str
    sessions: int
    paid: int
    ends: date | None
    used: int = field(default=0, compare=False)

    def at(self, record_id: int) -> Give:
        """Return the same under a record's id."""
        return replace(self, id=record_id)


@dataclass
class CoursesTask(OpeningTask):
    """What the rows of a list of courses are judged by; `sorts` are the courses of the catalogue by code."""

    sorts: dict[str, courses.Sort]
    money: ClassVar[frozenset[str]] = frozenset({"paid"})  # type: ignore[misc]

    def amiss(self, values: dict[str, Any]) -> list[Problem]:
        """Return what is missing, and more sessions left than there were."""
        problems: list[Problem] = [
            (name, f"missing_{name}", None) for name in ("item", "remaining") if name not in values
        ]
        if not problems and values.get("total", values["remaining"]) < values["remaining"]:
            problems.append(("remaining", "more_than_total", values["total"]))
        return problems

    def look_up(self, session: Session, st: Statements, known: Known, person_ids: Collection[int]) -> None:
        """Find the courses that lists gave these members."""
        known.given |= {pid: [] for pid in person_ids}
        found = session.execute(
            select(
                Course.person_id, Course.id, Course.item_code, Course.sessions, Course.paid_fen, Course.expires_on
            ).where(
                Course.person_id.in_(person_ids), Course.source_kind == courses.ORIGIN,
                Course.state != course_rules.ENDED,
            )
        )  # fmt: skip
        for row in found:
            known.given[row.person_id].append(Give(row.id, row.item_code, row.sessions, row.paid_fen, row.expires_on))

    def wanted(self, row: Row, known: Known) -> Give:
        """Return the course that a row gives."""
        given = row.values
        months = self.sorts[given["item"]].months
        ends = given.get("until", add_months(self.today, months) if months else None)
        used = given.get("total", given["remaining"]) - given["remaining"]
        return Give(0, given["item"], given["remaining"], given.get("paid", 0), ends, used)

    def same(self, given: Give, wanted: Give) -> bool:
        """Return whether all of it agrees."""
        return given.at(0) == wanted

    def against(self, others: Sequence[Give], wanted: Give, row: Row) -> tuple[Give | None, list[Problem]]:
        """Return the course unless another list gave it; another number of sessions is refused."""
        if not wanted.sessions:
            return None, []
        alike = [
            one for one in others
            if one.code == wanted.code and ("until" not in row.values or one.ends == wanted.ends)
        ]  # fmt: skip
        if not alike:
            return wanted, []
        if any((one.sessions, one.paid) == (wanted.sessions, wanted.paid) for one in alike):
            return None, []
        return None, [("remaining", "opened_before", shown_number(alike[0].sessions))]

    def amounts(self, row: Row, decision: Any) -> dict[str, int]:
        """Return what a row brings by unit."""
        return {"rows": 1, "sessions": row.values["remaining"], "paid": row.values.get("paid", 0)}

    def writer(self, session: Session) -> CoursesWriter:
        """Return a writer of courses."""
        return CoursesWriter(session, self)


class CoursesWriter(OpeningWriter):
    """Books a chunk of courses."""

    def flush(self) -> None:
        """Write what was noted."""
        post = posting(self.task.batch_id)
        brought = [
            courses.Brought(record, person, self.task.sorts[give.code], give.sessions, give.paid, give.ends, give.used)
            for record, person, give in self.made
        ]
        st = self.statements()
        courses.bring(st, brought, post)
        for one in brought:
            courses.note(st, one)
        self.made.clear()


class CoursesKind(OpeningKind):
    """Courses with sessions left."""

    key = "courses"
    icon = "cal"
    preset = COURSES_PRESET
    words = WORDS
    sources = (course_services.OWNER,)
    units = (
        ROWS, Unit("sessions", _l("剩余次数"), ledger=True), Unit("paid", _l("剩余金额（元）"), money=True),
    )  # fmt: skip

    def vocabulary(self) -> Vocabulary:
        """Return the fields of a course."""
        return rules.vocabulary(FIELDS, ("item", "remaining"), words.COURSE_HEADINGS)

    def task(
        self, session: Session, headings: Sequence[str], mapping: ColumnMap, today: date, batch_id: int, sha256: bytes
    ) -> CoursesTask:
        """Return what a list of courses is judged by."""
        able, known = _sorts(session, today)
        table = cells.squeezed_table((code, (name,)) for code, name in known)

        def item(typed: str) -> str:
            code = table.get(rules.squeezed(typed))
            if code is None:
                raise cells.Bad("unknown_course")
            if code not in able:
                raise cells.Bad("course_of_many")
            return code

        cleaners = {
            MEMBER: who, CARD: card, "item": item, "remaining": cells.whole(0, course_rules.MAX_SESSIONS),
            "total": cells.whole(0, course_rules.MAX_SESSIONS), "paid": cells.money(MAX_FEN), "until": until(today),
        }  # fmt: skip
        places = {name: headings.index(heading) for name, heading in mapping.columns.items()}
        return CoursesTask(today, batch_id, places, cleaners, self.vocabulary().labels(), able)

    def booked(self, session: Session, batch: ImportBatch) -> dict[str, int]:
        """Return the sessions and their worth that a batch gave, less what was taken back."""
        st, found = Statements(session, batch.franchise_id), super().booked(session, batch)
        found["paid"] = 0
        for part in portions(records_of(session, batch)):
            row = st.one(
                "SELECT COALESCE(SUM(paid_fen - refunded_fen), 0) FROM course WHERE franchise_id = ?"  # noqa: S608
                f" AND id IN ({marks(part)})",
                [st.franchise_id, *part],
            )
            found["paid"] += int(row[0]) if row else 0
        return found

    def used(self, session: Session, batch: ImportBatch, record_ids: Sequence[int]) -> dict[int, str]:
        """Return the courses that were used or changed since."""
        st = Statements(session, batch.franchise_id)
        return dict.fromkeys(courses.used(st, record_ids), _("之后用过或改过"))

    def take_out(self, session: Session, batch: ImportBatch, record_ids: Sequence[int]) -> None:
        """End courses whose sessions are all there; the movements are reversed."""
        st = Statements(session, batch.franchise_id)
        courses.take_back(st, record_ids, posting(batch.id))
        self.note_undone(st, batch, record_ids)


def _sorts(session: Session, today: date) -> tuple[dict[str, courses.Sort], list[tuple[str, str]]]:
    """Return the courses of one part by code, and (code, name) of every course, whole or not."""
    items = session.scalars(select(Item).where(Item.kind == "course").order_by(Item.code)).all()
    found: dict[str, courses.Sort] = {}
    for item in items:
        try:
            own = packs.resolve(session, [item], today)
        except Refusal:
            continue  # half filled in: the row says so
        found |= {code: sort for code, pack in own.items() if (sort := courses.sort_of(pack))}
    return found, [(item.code, item.name) for item in items]
