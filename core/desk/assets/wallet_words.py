"""Words of stored value at the desk, and the top-ups of an order as its refund page offers them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.kernel import clock
from core.kernel.i18n import _l
from core.kernel.tenancy import current_actor
from core.orders.value import stored_value
from core.wallet import giving_back
from core.wallet.law import FORMULA_NAMES

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.orders.reads import OrderSeen
    from core.wallet.giving_back import Back

FORMULA_SAYS: dict[str, Any] = {
    "seven_day": _l("实付 − 已消费（按实际成交价）"),
    "operator": _l("剩余本金，按实付 ÷（实付 + 赠送）折算"),
    "consumer": _l("实付 − 已消费（按原价），不低于 0"),
}
PAYOUT_NAMES: dict[str, Any] = {"bank": _l("同名银行账户"), "cash": _l("现金")}
STATE_NAMES: dict[str, Any] = {"open": _l("使用中"), "lost": _l("已挂失"), "closed": _l("已销户")}
DRAW_NAMES: dict[str, Any] = {
    "pro_rata": _l("按充值时的比例"), "principal_first": _l("先扣本金"), "bonus_first": _l("先扣赠金"),
}  # fmt: skip
IDENTITY_NAMES: dict[str, Any] = {"id_card": _l("身份证"), "passport": _l("护照"), "other": _l("其他证件")}
REASON_NAMES: dict[str, Any] = {
    "topup": _l("充值"), "spend": _l("付款"), "restore": _l("退回账户"), "refund": _l("退款"),
    "kept": _l("按已消费计算"), "expire": _l("赠金到期"), "opening": _l("期初"),
    "opening_undone": _l("撤销期初导入"),
}  # fmt: skip


__all__ = [
    "DRAW_NAMES", "FORMULA_NAMES", "FORMULA_SAYS", "IDENTITY_NAMES", "PAYOUT_NAMES", "REASON_NAMES", "STATE_NAMES",
    "of_order",
]  # fmt: skip


def of_order(unit: Session, seen: OrderSeen) -> dict[int, Back]:
    """Return the top-ups of an order's lines that have something left, by line; reads nothing where none was sold."""
    lines = {line.row.id: line.row.line_no for line in seen.lines if line.row.kind == stored_value.TOPUP}
    if not lines:
        return {}
    today = clock.today(current_actor().tz)
    found = {}
    for row in giving_back.of_lines(unit, lines):
        back = giving_back.back_of(unit, row, today)
        if back is not None:
            found[lines[row.order_line_id or 0]] = back
    return found
