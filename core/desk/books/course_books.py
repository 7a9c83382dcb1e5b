"""Read-only records of courses that were sold and of the sessions used."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import exists, func, select

from core.catalog.models import Item
from core.courses.models import Course, CoursePart, CourseUse, CourseUseUndo
from core.courses.permissions import VIEW
from core.desk.assets.course_views import METHOD_NAMES, STATE_NAMES
from core.desk.books import books
from core.kernel import clock
from core.kernel.i18n import _, _l
from core.kernel.tenancy import current_actor
from core.kernel.web.book_view import BookView
from core.kernel.web.formats import day, moment, number, yuan
from core.kernel.web.lists import Column, Filter, ListSpec, Sort, address, link
from core.ledger.models import Account

STATES = tuple(STATE_NAMES.items())
METHODS = tuple(METHOD_NAMES.items())[:2]
_item = select(Item.name).where(Item.id == Course.item_id).correlate(Course).scalar_subquery().label("item_name")
_left = (
    select(func.coalesce(func.sum(Account.balance), 0))
    .join(CoursePart, CoursePart.id == Account.owner_id)
    .where(CoursePart.course_id == Course.id, Account.owner_kind == "course", Account.bucket == "available")
    .correlate(Course).scalar_subquery().label("left_now")
)  # fmt: skip


def _ends(value: str) -> Any:
    today = clock.today(current_actor().tz)
    return {
        "soon": (Course.expires_on > today) & (Course.expires_on <= today + dt.timedelta(days=30)),
        "over": Course.expires_on <= today,
        "never": Course.expires_on.is_(None),
    }[value]


class CourseBook(BookView):
    """Courses that were sold: whose, how much is left, until when."""

    record = Course
    key = "courses"
    title = _l("疗程和套餐")
    sub = _l("核销、停用、延期在疗程页办")
    view_permission = VIEW
    column_details_list = (
        "item_code", "state", "sessions", "bonus_sessions", "paid_fen", "refunded_fen", "starts_on", "expires_on",
        "frozen_on", "frozen_days", "shared", "transferable", "made_at",
    )  # fmt: skip
    column_labels = {
        "item_code": _l("项目编码"), "state": _l("状态"), "sessions": _l("共几次"), "bonus_sessions": _l("另送几次"),
        "paid_fen": _l("实付"), "refunded_fen": _l("已退"), "starts_on": _l("从哪天起"),
        "expires_on": _l("从哪天起不能用"), "frozen_on": _l("停用日"), "frozen_days": _l("停用过几天"),
        "shared": _l("家人可用"), "transferable": _l("可转让"), "made_at": _l("售出时间"),
    }  # fmt: skip
    column_formatters_detail = books.shown(
        state=lambda value: books.word(STATES, value), made_at=moment, starts_on=day, paid_fen=yuan, refunded_fen=yuan,
        expires_on=lambda value: day(value) if value else _("长期有效"),
        frozen_on=lambda value: day(value) if value else "—",
    )  # fmt: skip
    listing = ListSpec(
        key="courses",
        model=Course,
        noun=_l("个"),
        search=books.search_owner(Course.person_id, Course),
        search_hint=books.WHO_HINT,
        columns=(
            Column(
                "item", _l("疗程"), (Course.id, _item),
                lambda r: link(address("desk.course", course_id=r.id), r.item_name or "—"), phone="title", fixed=True,
            ),
            Column(
                "who", _l("会员"), (Course.person_id, books.name_of(Course.person_id)),
                lambda r: books.person_link(r.person_id, r.who), phone="meta",
            ),
            Column(
                "left", _l("剩余"), (_left, Course.sessions, Course.bonus_sessions),
                lambda r: f"{number(r.left_now)} / {number(r.sessions + r.bonus_sessions)}", numeric=True,
                phone="value",
            ),
            Column("paid", _l("实付"), (Course.paid_fen,), lambda r: yuan(r.paid_fen), numeric=True),
            Column(
                "until", _l("从哪天起不能用"), (Course.expires_on,),
                lambda r: day(r.expires_on) if r.expires_on else _("长期有效"), phone="note",
            ),
            Column("state", _l("状态"), (Course.state,), lambda r: books.word(STATES, r.state)),
            Column("made", _l("售出时间"), (Course.made_at,), lambda r: moment(r.made_at), quiet=True),
            Column("more", _l("明细"), (Course.id,), lambda r: books.details("courses", r.id, _("记录")), quiet=True),
        ),
        sorts=(Sort("latest", books.NEWEST, (Course.id,), down=True, column="made"),),
        filters=(
            Filter("state", _l("状态"), STATES, lambda v: Course.state == v),
            Filter(
                "ends", _l("到期"), (("soon", _l("30 天内到期")), ("over", _l("已过期")), ("never", _l("长期"))), _ends
            ),
        ),
    )  # fmt: skip


_undone = exists().where(CourseUseUndo.course_use_id == CourseUse.id).correlate(CourseUse).label("undone")
_used_item = (
    select(Item.name)
    .join(CoursePart, CoursePart.item_id == Item.id)
    .where(CoursePart.id == CourseUse.course_part_id)
    .correlate(CourseUse).scalar_subquery().label("item_name")
)  # fmt: skip


class UseBook(BookView):
    """Sessions that were used, with what each was worth: revenue and commission read it here."""

    record = CourseUse
    key = "course_uses"
    title = _l("核销记录")
    sub = _l("每一次核销：谁做的、值多少；撤销另记一笔")
    view_permission = VIEW
    column_details_list = (
        "item_code", "value_fen", "method", "evidence", "business_on", "booked_at", "door", "visit"
    )  # fmt: skip
    column_labels = {
        "item_code": _l("项目编码"), "value_fen": _l("价值"), "method": _l("确认方式"), "evidence": _l("签字单号"),
        "business_on": _l("营业日"), "booked_at": _l("核销时间"), "door": _l("来路"), "visit": _l("当天第一次到店"),
    }  # fmt: skip
    column_formatters_detail = books.shown(
        value_fen=yuan, booked_at=moment, business_on=day,
        method=lambda value: str(METHOD_NAMES.get(value, value)), evidence=lambda value: value or "—",
    )  # fmt: skip
    listing = ListSpec(
        key="course_uses",
        model=CourseUse,
        noun=_l("次"),
        search=books.search_owner(CourseUse.for_person_id, CourseUse),
        search_hint=books.WHO_HINT,
        where=lambda _session: books.at_stores(VIEW, CourseUse.store_id),
        columns=(
            Column(
                "at", _l("时间"), (CourseUse.booked_at,),
                lambda r: books.details("course_uses", r.id, moment(r.booked_at)), phone="title", fixed=True,
            ),
            Column(
                "who", _l("就诊人"), (CourseUse.for_person_id, books.name_of(CourseUse.for_person_id)),
                lambda r: books.person_link(r.for_person_id, r.who), phone="meta",
            ),
            Column(
                "item", _l("项目"), (CourseUse.course_id, _used_item),
                lambda r: link(address("desk.course", course_id=r.course_id), r.item_name or "—"), phone="note",
            ),
            Column(
                "value", _l("价值"), (CourseUse.value_fen,), lambda r: yuan(r.value_fen), numeric=True, phone="value"
            ),
            Column(
                "by", _l("服务人员"), (CourseUse.performer_id, books.staff_name(CourseUse.performer_id, "done_by")),
                lambda r: r.done_by or "—",
            ),
            Column(
                "clerk", _l("经手"), (CourseUse.staff_id, books.staff_name(CourseUse.staff_id)),
                lambda r: r.by or _("系统"), quiet=True,
            ),
            Column(
                "how", _l("确认方式"), (CourseUse.method,), lambda r: str(METHOD_NAMES.get(r.method, r.method)),
                quiet=True,
            ),
            Column("state", _l("状态"), (_undone,), lambda r: _("已撤销") if r.undone else _("有效")),
        ),
        sorts=(Sort("latest", books.NEWEST, (CourseUse.id,), down=True, column="at"),),
        filters=(
            Filter("since", _l("营业日"), books.DAYS, books.since(CourseUse.business_on)),
            Filter("method", _l("确认方式"), METHODS, lambda v: CourseUse.method == v),
            Filter(
                "undone", _l("状态"), (("0", _l("有效")), ("1", _l("已撤销"))),
                lambda v: exists().where(CourseUseUndo.course_use_id == CourseUse.id) if v == "1"
                else ~exists().where(CourseUseUndo.course_use_id == CourseUse.id),
            ),
        ),
    )  # fmt: skip
