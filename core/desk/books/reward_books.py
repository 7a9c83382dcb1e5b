"""Read-only records of redemptions and of notices of points that run out."""

from __future__ import annotations

from typing import Any

from core.desk.assets.reward_views import KIND_NAMES, STATE_NAMES
from core.desk.books import books
from core.desk.permissions import VIEW as PEOPLE_VIEW
from core.kernel.i18n import _, _l
from core.kernel.web.book_view import BookView
from core.kernel.web.formats import day, moment, number, yuan
from core.kernel.web.lists import Column, Filter, ListSpec, Sort, address, link
from core.rewards.models import ExpiryNotice, Redemption
from core.rewards.permissions import VIEW

STATES, KINDS = tuple(STATE_NAMES.items()), tuple(KIND_NAMES.items())
NOTICE_STATES: tuple[tuple[str, Any], ...] = (
    ("queued", _l("已排队发送")), ("no_template", _l("没有消息模板")), ("no_consent", _l("会员不同意或已停用")),
    ("no_contact", _l("没有手机或邮箱")),
)  # fmt: skip


class RedemptionBook(BookView):
    """Rewards that members took for points."""

    record = Redemption
    key = "redemptions"
    title = _l("兑换记录")
    sub = _l("撤销、交付在兑换页办")
    view_permission = VIEW
    column_details_list = (
        "reward", "name", "kind", "qty", "points", "cash_fen", "state", "programme_number", "business_on", "made_at",
        "reserved_until", "confirmed_at", "ended_at", "door", "reason",
    )  # fmt: skip
    column_labels = {
        "reward": _l("礼品代码"), "name": _l("礼品"), "kind": _l("种类"), "qty": _l("件数"), "points": _l("积分"),
        "cash_fen": _l("另收"), "state": _l("状态"), "programme_number": _l("方案版本"), "business_on": _l("营业日"),
        "made_at": _l("办理时间"), "reserved_until": _l("预留到"), "confirmed_at": _l("确认时间"),
        "ended_at": _l("结束时间"), "door": _l("来路"), "reason": _l("撤销原因"),
    }  # fmt: skip
    column_formatters_detail = books.shown(
        kind=lambda value: books.word(KINDS, value), state=lambda value: books.word(STATES, value), made_at=moment,
        business_on=day, cash_fen=yuan, reserved_until=lambda value: moment(value) if value else "—",
        confirmed_at=lambda value: moment(value) if value else "—",
        ended_at=lambda value: moment(value) if value else "—", reason=lambda value: value or "—",
    )  # fmt: skip
    listing = ListSpec(
        key="redemptions",
        model=Redemption,
        noun=_l("次"),
        search=books.search_owner(Redemption.person_id, Redemption),
        search_hint=books.WHO_HINT,
        where=lambda _session: books.at_stores(VIEW, Redemption.store_id),
        columns=(
            Column(
                "at", _l("时间"), (Redemption.made_at,),
                lambda r: books.details("redemptions", r.id, moment(r.made_at)), phone="meta", fixed=True,
            ),
            Column(
                "what", _l("礼品"), (Redemption.name, Redemption.qty),
                lambda r: link(address("desk.redemption", redemption_id=r.id),
                               r.name if r.qty == 1 else f"{r.name} × {r.qty}"),
                phone="title", fixed=True,
            ),
            Column(
                "who", _l("会员"), (Redemption.person_id, books.name_of(Redemption.person_id)),
                lambda r: books.person_link(r.person_id, r.who), phone="note",
            ),
            Column("kind", _l("种类"), (Redemption.kind,), lambda r: books.word(KINDS, r.kind), quiet=True),
            Column(
                "points", _l("积分"), (Redemption.points,), lambda r: number(r.points), numeric=True, phone="value"
            ),
            Column("cash", _l("另收"), (Redemption.cash_fen,), lambda r: yuan(r.cash_fen), numeric=True, quiet=True),
            Column("state", _l("状态"), (Redemption.state,), lambda r: books.word(STATES, r.state)),
            Column(
                "by", _l("经手"), (Redemption.staff_id, books.staff_name(Redemption.staff_id)),
                lambda r: r.by or _("系统"), quiet=True,
            ),
        ),
        sorts=(Sort("latest", books.NEWEST, (Redemption.id,), down=True, column="at"),),
        filters=(
            Filter("state", _l("状态"), STATES, lambda v: Redemption.state == v),
            Filter("kind", _l("种类"), KINDS, lambda v: Redemption.kind == v),
            Filter("since", _l("营业日"), books.DAYS, books.since(Redemption.business_on)),
        ),
    )  # fmt: skip


class NoticeBook(BookView):
    """Who was told of points that run out, and who could not be."""

    record = ExpiryNotice
    key = "expiry_notices"
    title = _l("积分到期提醒")
    sub = _l("每一批积分提醒一次；发不出去的写明原因")
    view_permission = PEOPLE_VIEW
    column_details_list = ("points", "expires_on", "state", "channel", "business_on", "made_at")
    column_labels = {
        "points": _l("积分"), "expires_on": _l("从哪天起不能用"), "state": _l("状态"), "channel": _l("渠道"),
        "business_on": _l("提醒日"), "made_at": _l("记下时间"),
    }  # fmt: skip
    column_formatters_detail = books.shown(
        state=lambda value: books.word(NOTICE_STATES, value), expires_on=day, business_on=day, made_at=moment,
        channel=lambda value: {"sms": _("短信"), "email": _("邮件")}.get(value, "—"),
    )  # fmt: skip
    listing = ListSpec(
        key="expiry_notices",
        model=ExpiryNotice,
        noun=_l("批"),
        search=books.search_owner(ExpiryNotice.person_id, ExpiryNotice),
        search_hint=books.WHO_HINT,
        columns=(
            Column(
                "who", _l("会员"), (ExpiryNotice.person_id, books.name_of(ExpiryNotice.person_id)),
                lambda r: books.person_link(r.person_id, r.who), phone="title", fixed=True,
            ),
            Column(
                "points", _l("积分"), (ExpiryNotice.points,), lambda r: number(r.points), numeric=True, phone="value"
            ),
            Column(
                "ends", _l("从哪天起不能用"), (ExpiryNotice.expires_on,), lambda r: day(r.expires_on), phone="note"
            ),
            Column(
                "state", _l("状态"), (ExpiryNotice.state,), lambda r: books.word(NOTICE_STATES, r.state), phone="meta"
            ),
            Column(
                "on", _l("提醒日"), (ExpiryNotice.business_on,),
                lambda r: books.details("expiry_notices", r.id, day(r.business_on)), quiet=True,
            ),
        ),
        sorts=(Sort("latest", books.NEWEST, (ExpiryNotice.id,), down=True, column="on"),),
        filters=(
            Filter("state", _l("状态"), NOTICE_STATES, lambda v: ExpiryNotice.state == v),
            Filter("since", _l("提醒日"), books.DAYS, books.since(ExpiryNotice.business_on)),
        ),
    )  # fmt: skip
