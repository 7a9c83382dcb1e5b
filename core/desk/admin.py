"""The read-only records of the house: orders, ledger, cards, coupons. Nobody changes them here."""

from __future__ import annotations

from core.courses.permissions import VIEW as COURSES_VIEW
from core.desk.books.card_books import CardBook, CouponBook
from core.desk.books.course_books import CourseBook, UseBook
from core.desk.books.money_books import MoneyBook
from core.desk.books.order_books import LineBook, OrderBook
from core.desk.books.referral_books import ReferralBook
from core.desk.books.reward_books import NoticeBook, RedemptionBook
from core.desk.books.value_books import LotBook, TransferBook
from core.desk.books.wallet_books import SettlementBook, TopUpBook
from core.desk.permissions import ORDERS_VIEW, VIEW
from core.kernel.i18n import _l
from core.kernel.web.render import MenuEntry, menu
from core.ledger.permissions import LEDGER
from core.referrals.permissions import VIEW as REFERRALS_VIEW
from core.rewards.permissions import VIEW as REWARDS_VIEW
from core.wallet.permissions import VIEW as WALLET

RECORDS = (
    OrderBook, LineBook, TransferBook, LotBook, CardBook, CouponBook, CourseBook, UseBook, TopUpBook, SettlementBook,
    RedemptionBook, NoticeBook, ReferralBook, MoneyBook,
)  # fmt: skip
menu.add(
    MenuEntry("till", _l("订单记录"), "record_orders.index_view", "doc", ORDERS_VIEW, 30),
    MenuEntry("till", _l("订单明细"), "record_order_lines.index_view", "cols", ORDERS_VIEW, 31),
    MenuEntry("till", _l("收款流水"), "record_till_entries.index_view", "wallet", ORDERS_VIEW, 31),
    MenuEntry("till", _l("账目流水"), "record_transfers.index_view", "wallet", LEDGER, 32),
    MenuEntry("till", _l("批次"), "record_lots.index_view", "clock", LEDGER, 33),
    MenuEntry("till", _l("核销记录"), "record_course_uses.index_view", "check", COURSES_VIEW, 34),
    MenuEntry("till", _l("充值记录"), "record_top_ups.index_view", "wallet", WALLET, 35),
    MenuEntry("till", _l("兑换记录"), "record_redemptions.index_view", "gift", REWARDS_VIEW, 37),
    MenuEntry("members", _l("积分到期提醒"), "record_expiry_notices.index_view", "clock", VIEW, 63),
    MenuEntry("members", _l("疗程和套餐"), "record_courses.index_view", "cols", COURSES_VIEW, 62),
    MenuEntry("members", _l("会员卡"), "record_cards.index_view", "card", VIEW, 60),
    MenuEntry("members", _l("已发的券"), "record_coupons.index_view", "ticket", VIEW, 61),
    MenuEntry("members", _l("推荐记录"), "record_referrals.index_view", "tree", REFERRALS_VIEW, 63),
)
