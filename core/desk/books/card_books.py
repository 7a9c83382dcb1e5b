"""Read-only records of cards and of coupons that were issued."""

from __future__ import annotations

from core.cards.models import Card
from core.coupons.models import Coupon
from core.desk.books import books
from core.desk.permissions import VIEW
from core.kernel.i18n import _, _l
from core.kernel.web.book_view import BookView
from core.kernel.web.formats import day, moment, number
from core.kernel.web.lists import Column, Filter, ListSpec, Sort

CARD_STATES = (
    ("active", _l("使用中")), ("frozen", _l("已冻结")), ("lost", _l("已挂失")), ("revoked", _l("已作废")),
    ("replaced", _l("已补卡")),
)  # fmt: skip
COUPON_STATES = (("open", _l("可用")), ("used", _l("已用")), ("expired", _l("已过期")), ("revoked", _l("已作废")))


class CardBook(BookView):
    """Cards that were issued."""

    record = Card
    key = "cards"
    title = _l("会员卡")
    sub = _l("挂失、补卡、冻结在会员页办")
    view_permission = VIEW
    column_details_list = (
        "number",
        "product_code",
        "status",
        "seats",
        "valid_from",
        "valid_until",
        "programme_number",
        "issued_at",
    )
    column_labels = {
        "number": _l("卡号"),
        "product_code": _l("卡种"),
        "status": _l("状态"),
        "seats": _l("可用人数"),
        "valid_from": _l("从哪天起"),
        "valid_until": _l("用到哪天"),
        "programme_number": _l("会员方案版本"),
        "issued_at": _l("发卡时间"),
    }
    column_formatters_detail = books.shown(
        status=lambda value: books.word(CARD_STATES, value),
        issued_at=moment,
        valid_from=day,
        valid_until=lambda value: day(value) if value else _("长期有效"),
    )
    listing = ListSpec(
        key="cards",
        model=Card,
        noun=_l("张"),
        search=books.search_owner(Card.person_id, Card),
        search_hint=books.WHO_HINT,
        columns=(
            Column(
                "number",
                _l("卡号"),
                (Card.number,),
                lambda r: books.details("cards", r.id, r.number),
                phone="title",
                fixed=True,
            ),
            Column(
                "who",
                _l("持卡人"),
                (Card.person_id, books.name_of(Card.person_id)),
                lambda r: books.person_link(r.person_id, r.who),
                phone="meta",
            ),
            Column("product", _l("卡种"), (Card.product_code,), lambda r: r.product_code),
            Column("seats", _l("可用人数"), (Card.seats,), lambda r: number(r.seats), numeric=True),
            Column(
                "until",
                _l("用到哪天"),
                (Card.valid_until,),
                lambda r: day(r.valid_until) if r.valid_until else _("长期有效"),
                phone="note",
            ),
            Column("status", _l("状态"), (Card.status,), lambda r: books.word(CARD_STATES, r.status), phone="value"),
            Column("issued", _l("发卡时间"), (Card.issued_at,), lambda r: moment(r.issued_at), quiet=True),
        ),
        sorts=(Sort("latest", books.NEWEST, (Card.id,), down=True), Sort("number", _l("卡号"), (Card.number, Card.id))),
        filters=(
            Filter("status", _l("状态"), CARD_STATES, lambda v: Card.status == v),
            Filter(
                "shared",
                _l("共用"),
                (("1", _l("多人卡")), ("0", _l("一人卡"))),
                lambda v: Card.seats > 1 if v == "1" else Card.seats == 1,
            ),
        ),
    )


class CouponBook(BookView):
    """Coupons that were issued to members; those bundled in a card or a tier have no row of their own."""

    record = Coupon
    key = "coupons"
    title = _l("已发的券")
    sub = _l("卡和等级自带的券不在这里，随卡和等级计算")
    view_permission = VIEW
    column_details_list = ("code", "name", "state", "valid_from", "valid_until", "source_kind", "made_at")
    column_labels = {
        "code": _l("代码"),
        "name": _l("名称"),
        "state": _l("状态"),
        "valid_from": _l("从哪天起"),
        "valid_until": _l("用到哪天"),
        "source_kind": _l("来源"),
        "made_at": _l("发放时间"),
    }
    column_formatters_detail = books.shown(
        state=lambda value: books.word(COUPON_STATES, value),
        made_at=moment,
        valid_from=day,
        valid_until=lambda value: day(value) if value else _("长期有效"),
    )
    listing = ListSpec(
        key="coupons",
        model=Coupon,
        noun=_l("张"),
        search=books.search_owner(Coupon.person_id, Coupon),
        search_hint=books.WHO_HINT,
        columns=(
            Column(
                "name",
                _l("名称"),
                (Coupon.name,),
                lambda r: books.details("coupons", r.id, r.name),
                phone="title",
                fixed=True,
            ),
            Column(
                "who",
                _l("会员"),
                (Coupon.person_id, books.name_of(Coupon.person_id)),
                lambda r: books.person_link(r.person_id, r.who),
                phone="meta",
            ),
            Column("code", _l("代码"), (Coupon.code,), lambda r: r.code, quiet=True),
            Column(
                "until",
                _l("用到哪天"),
                (Coupon.valid_until,),
                lambda r: day(r.valid_until) if r.valid_until else _("长期"),
                phone="note",
            ),
            Column("state", _l("状态"), (Coupon.state,), lambda r: books.word(COUPON_STATES, r.state), phone="value"),
            Column("made", _l("发放时间"), (Coupon.made_at,), lambda r: moment(r.made_at), quiet=True),
        ),
        sorts=(Sort("latest", books.NEWEST, (Coupon.id,), down=True),),
        filters=(Filter("state", _l("状态"), COUPON_STATES, lambda v: Coupon.state == v),),
    )
