"""Read-only record of referrals: who brought whom, by which door, and what became of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, or_, select

from core.desk.assets.referral_views import REASON_NAMES, SOURCE_NAMES, STATE_NAMES
from core.desk.books import books
from core.kernel.i18n import _, _l
from core.kernel.web.book_view import BookView
from core.kernel.web.formats import day, moment, number, yuan
from core.kernel.web.lists import Column, Filter, ListSpec, Sort, address, link
from core.people.models import Person
from core.referrals.models import Referral, ReferralGrant
from core.referrals.permissions import VIEW

STATES = tuple(STATE_NAMES.items())
SOURCES = tuple(SOURCE_NAMES.items())[:3]
_paid = (
    select(Person.spent_fen).where(Person.id == Referral.person_id).correlate(Referral).scalar_subquery().label("paid")
)
_given = (
    select(func.coalesce(func.sum(ReferralGrant.points), 0))
    .where(ReferralGrant.referral_id == Referral.id, ReferralGrant.reversal_id.is_(None))
    .correlate(Referral).scalar_subquery().label("given")
)  # fmt: skip


def _search(_session: Any, text: str) -> Any:
    found = books.of_person(text)
    return select(Referral.id).where(or_(Referral.person_id.in_(found), Referral.referrer_id.in_(found)))


class ReferralBook(BookView):
    """Referrals: who was brought by whom, how that stands, what it gave."""

    record = Referral
    key = "referrals"
    title = _l("推荐记录")
    sub = _l("谁介绍了谁、净付多少、给了多少积分")
    view_permission = VIEW
    column_details_list = (
        "source", "state", "reason", "attached_at", "why", "minimum_fen", "settled_on", "clawed_on",
    )  # fmt: skip
    column_labels = {
        "source": _l("来路"), "state": _l("状态"), "reason": _l("为什么不奖励"), "attached_at": _l("登记时间"),
        "why": _l("补登原因"), "minimum_fen": _l("首单实收至少"), "settled_on": _l("判定日"),
        "clawed_on": _l("收回日"),
    }  # fmt: skip
    column_formatters_detail = books.shown(
        source=lambda value: books.word(SOURCE_NAMES, value), state=lambda value: books.word(STATES, value),
        reason=lambda value: books.word(REASON_NAMES, value) or "—", attached_at=moment, minimum_fen=yuan,
        why=lambda value: value or "—", settled_on=lambda value: day(value) if value else "—",
        clawed_on=lambda value: day(value) if value else "—",
    )  # fmt: skip
    listing = ListSpec(
        key="referrals",
        model=Referral,
        noun=_l("条"),
        search=_search,
        search_hint=books.WHO_HINT,
        columns=(
            Column(
                "who", _l("被推荐人"), (Referral.person_id, books.name_of(Referral.person_id)),
                lambda r: books.person_link(r.person_id, r.who), phone="title", fixed=True,
            ),
            Column(
                "by", _l("推荐人"), (Referral.referrer_id, books.name_of(Referral.referrer_id, "by_whom")),
                lambda r: link(address("desk.referrals", person_id=r.referrer_id), r.by_whom or "—"), phone="meta",
            ),
            Column("on", _l("登记"), (Referral.attached_on,), lambda r: day(r.attached_on), phone="note"),
            Column("source", _l("来路"), (Referral.source,), lambda r: books.word(SOURCE_NAMES, r.source), quiet=True),
            Column(
                "state", _l("状态"), (Referral.state, Referral.reason),
                lambda r: books.word(STATES, r.state), phone="tag",
            ),
            Column(
                "reason", _l("为什么不奖励"), (Referral.reason,),
                lambda r: books.word(REASON_NAMES, r.reason) or "—", quiet=True, shown=False,
            ),
            Column("paid", _l("净付"), (_paid,), lambda r: yuan(r.paid or 0), numeric=True, phone="value"),
            Column("points", _l("给出积分"), (_given,), lambda r: number(r.given), numeric=True),
            Column(
                "more", _l("明细"), (Referral.id,), lambda r: books.details("referrals", r.id, _("记录")), quiet=True
            ),
        ),
        sorts=(Sort("latest", books.NEWEST, (Referral.id,), down=True, column="on"),),
        filters=(
            Filter("state", _l("状态"), STATES, lambda v: Referral.state == v),
            Filter("source", _l("来路"), SOURCES, lambda v: Referral.source == v),
        ),
    )  # fmt: skip
