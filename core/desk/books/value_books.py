"""Read-only records of the ledger: movements, and lots with what is left of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import case, select

from core.desk.books import books
from core.desk.people.timeline import reason_word
from core.kernel import clock
from core.kernel.i18n import _, _l
from core.kernel.tenancy import current_actor
from core.kernel.web.book_view import BookView
from core.kernel.web.formats import day, moment, number, signed
from core.kernel.web.lists import Column, Filter, ListSpec, Sort
from core.ledger.models import Account, Lot, Transfer
from core.ledger.permissions import LEDGER

UNITS = (("points", _l("积分")), ("principal", _l("储值本金")), ("bonus", _l("储值赠金")), ("sessions", _l("疗程次数")))
REASONS = (
    "earn", "redeem", "refund", "restore", "expire", "opening", "adjust", "deduct", "birthday", "streak", "referral",
    "sale", "use", "extend", "moved_out", "moved_in", "topup", "spend", "kept", "reward", "reward_back", "hold",
    "release", "opening_undone", "mature", "bonus",
)  # fmt: skip
_into = select(Account.owner_kind).where(Account.id == Transfer.to_account_id).correlate(Transfer).scalar_subquery()
# What moves between a person's own accounts changes nothing of what they have; it is shown as it leaves the usable one.
_change = case(
    (_into == "house", -Transfer.amount), (Transfer.reason == "hold", -Transfer.amount), else_=Transfer.amount
).label("change")


class TransferBook(BookView):
    """Movements of value, as they were booked; each is there for ever."""

    record = Transfer
    key = "transfers"
    title = _l("账目流水")
    sub = _l("只增不改；更正是另一笔反向的流水")
    view_permission = LEDGER
    column_details_list = (
        "unit",
        "amount",
        "reason",
        "rule",
        "source_kind",
        "source_id",
        "reverses_id",
        "business_on",
        "booked_at",
        "door",
        "note",
    )
    column_labels = {
        "unit": _l("单位"),
        "amount": _l("数额"),
        "reason": _l("事由"),
        "rule": _l("规则"),
        "source_kind": _l("来源"),
        "source_id": _l("来源编号"),
        "reverses_id": _l("冲正哪一笔"),
        "business_on": _l("营业日"),
        "booked_at": _l("记账时间"),
        "door": _l("来路"),
        "note": _l("备注"),
    }
    column_formatters_detail = books.shown(
        unit=lambda value: books.word(UNITS, value), reason=reason_word, booked_at=moment
    )
    listing = ListSpec(
        key="transfers",
        model=Transfer,
        noun=_l("笔"),
        search=books.search_owner(Transfer.person_id, Transfer),
        search_hint=books.WHO_HINT,
        columns=(
            Column(
                "at",
                _l("时间"),
                (Transfer.booked_at,),
                lambda r: books.details("transfers", r.id, moment(r.booked_at)),
                phone="title",
                fixed=True,
            ),
            Column(
                "who",
                _l("会员"),
                (Transfer.person_id, books.name_of(Transfer.person_id)),
                lambda r: books.person_link(r.person_id, r.who),
                phone="meta",
            ),
            Column("unit", _l("单位"), (Transfer.unit,), lambda r: books.word(UNITS, r.unit)),
            Column(
                "amount",
                _l("变动"),
                (Transfer.amount, _change),
                lambda r: signed(r.change),
                numeric=True,
                phone="value",
            ),
            Column("reason", _l("事由"), (Transfer.reason,), lambda r: reason_word(r.reason), phone="note"),
            Column("rule", _l("规则"), (Transfer.rule,), lambda r: r.rule or "—", quiet=True),
            Column(
                "by",
                _l("经手"),
                (Transfer.staff_id, books.staff_name(Transfer.staff_id)),
                lambda r: r.by or _("系统"),
                quiet=True,
            ),
        ),
        sorts=(Sort("latest", books.NEWEST, (Transfer.id,), down=True, column="at"),),
        filters=(
            Filter("unit", _l("单位"), UNITS, lambda v: Transfer.unit == v),
            Filter(
                "reason",
                _l("事由"),
                lambda: [(one, reason_word(one)) for one in REASONS],
                lambda v: Transfer.reason == v,
            ),
            Filter("since", _l("营业日"), books.DAYS, books.since(Transfer.business_on)),
        ),
    )


def _left(value: str) -> Any:
    today = clock.today(current_actor().tz)
    soon = Lot.expires_on.is_not(None) & (Lot.expires_on > today)
    return {
        "open": Lot.remaining > 0,
        "soon": (Lot.remaining > 0) & soon & (Lot.expires_on <= today + dt.timedelta(days=30)),
        "over": (Lot.remaining > 0) & (Lot.expires_on <= today),
        "none": Lot.remaining == 0,
    }[value]


_unit = select(Account.unit).where(Account.id == Lot.account_id).correlate(Lot).scalar_subquery().label("unit")


class LotBook(BookView):
    """Credits with their own expiry: how much there was, how much is left, until when."""

    record = Lot
    key = "lots"
    title = _l("批次")
    sub = _l("每一批积分或储值：还剩多少，哪天起不能用")
    view_permission = LEDGER
    column_details_list = (
        "amount",
        "remaining",
        "earned_on",
        "expires_on",
        "rule",
        "source_kind",
        "source_id",
        "grace",
    )
    column_labels = {
        "amount": _l("入账"),
        "remaining": _l("剩余"),
        "earned_on": _l("得到的日子"),
        "expires_on": _l("从哪天起不能用"),
        "rule": _l("规则"),
        "source_kind": _l("来源"),
        "source_id": _l("来源编号"),
        "grace": _l("宽限批次"),
    }
    listing = ListSpec(
        key="lots",
        model=Lot,
        noun=_l("批"),
        search=books.search_owner(Lot.person_id, Lot),
        search_hint=books.WHO_HINT,
        columns=(
            Column(
                "who",
                _l("会员"),
                (Lot.person_id, books.name_of(Lot.person_id)),
                lambda r: books.person_link(r.person_id, r.who),
                phone="title",
                fixed=True,
            ),
            Column("unit", _l("单位"), (_unit,), lambda r: books.word(UNITS, r.unit)),
            Column("earned", _l("得到的日子"), (Lot.earned_on,), lambda r: day(r.earned_on), phone="meta"),
            Column("amount", _l("入账"), (Lot.amount,), lambda r: number(r.amount), numeric=True, quiet=True),
            Column("left", _l("剩余"), (Lot.remaining,), lambda r: number(r.remaining), numeric=True, phone="value"),
            Column(
                "until",
                _l("从哪天起不能用"),
                (Lot.expires_on,),
                lambda r: day(r.expires_on) if r.expires_on else _("长期"),
                phone="note",
            ),
            Column("rule", _l("规则"), (Lot.rule,), lambda r: r.rule or "—", quiet=True),
            Column("more", _l("明细"), (Lot.id,), lambda r: books.details("lots", r.id, _("记录"))),
        ),
        sorts=(Sort("latest", books.NEWEST, (Lot.id,), down=True),),
        filters=(
            Filter(
                "left",
                _l("剩余"),
                (("open", _l("还有")), ("soon", _l("30 天内到期")), ("over", _l("过期未清")), ("none", _l("用完"))),
                _left,
            ),
        ),
    )
