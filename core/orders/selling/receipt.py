"""The receipt as text of 32 columns for till printers: masked, no health facts (S2-22)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.kernel import clock
from core.kernel.i18n import _
from core.kernel.money import show_yuan
from core.kernel.tenancy import current_actor
from core.people import services as people

if TYPE_CHECKING:
    from core.courses.reads import CourseSeen
    from core.orders.models import Orders
    from core.orders.reads import LineSeen, OrderSeen

RECEIPT_WIDTH = 32


def receipt_text(seen: OrderSeen) -> str:
    """Return the receipt as text of 32 columns for till printers: masked, no health facts (S2-22)."""
    row = seen.row
    head = [
        f"{seen.franchise} {seen.store}".strip(),
        _pair(_("单号"), row.order_no),
        _pair(_("时间"), _when(row)),
    ]
    if seen.person:
        who = f"{people.mask_name(seen.person.name)} {seen.tier_name}".strip()
        head.append(_pair(f"{_('会员')} {who}", seen.phone))
    body = [text for line in seen.lines for text in _receipt_line(line)]
    total = [_pair(_("原价合计"), show_yuan(row.list_fen))]
    if seen.saved_fen:
        total.append(_pair(_("优惠合计"), show_yuan(-seen.saved_fen)))
    total.append(_pair(_("应收"), show_yuan(row.total_fen)))
    total += [_pair(seen.tender_words[t.kind], show_yuan(t.amount_fen)) for t in seen.tenders]
    if seen.opens_drawer:
        total.append(_("（开钱箱）"))
    if row.owed_fen:
        total.append(_pair(_("还欠"), show_yuan(row.owed_fen)))
    rule = "-" * RECEIPT_WIDTH
    packs = [rule, *(text for one in seen.courses for text in _course_lines(one))] if seen.courses else []
    points = [rule, *_points_lines(seen)] if seen.person else []
    stored = [rule, *_stored_lines(seen)] if seen.by_value else []
    return "\n".join([*head, rule, *body, rule, *total, *packs, *stored, *points])


def _course_lines(one: CourseSeen) -> list[str]:
    """Return what a course gives: each part with its sessions, and its last usable day."""
    texts = [_pair(part.name, _("剩 %(left)d / %(total)d 次", left=part.left, total=part.total)) for part in one.parts]
    return [*texts, _pair(f"  {_('最后可用日')}", one.until.isoformat())] if one.until else texts


def _receipt_line(line: LineSeen) -> list[str]:
    name = line.name if line.row.qty == 1 else f"{line.name} × {line.row.qty}"
    steps = [step for step in line.steps if step["before_fen"] != step["after_fen"]]
    texts = [_pair(name, show_yuan(line.row.list_fen))]
    texts += [_pair(f"  {step['text']}", show_yuan(step["after_fen"] - step["before_fen"])) for step in steps]
    return [*texts, _pair(f"  {_('小计')}", show_yuan(line.row.net_fen))] if steps else texts


def _points_lines(seen: OrderSeen) -> list[str]:
    texts = [_pair(_("本次积分"), f"+{seen.row.earned_points:,}"), _pair(_("积分余额"), f"{seen.points:,}")]
    texts += [_pair(_("待生效，%(day)s 起可用", day=day.isoformat()), f"{n:,}") for day, n in seen.pending]
    texts += [_("可兑：%(name)s（%(n)d 分）", name=one.name, n=one.points) for one in seen.rewards]
    return texts


def _stored_lines(seen: OrderSeen) -> list[str]:
    """Return what the payer has of stored value now."""
    return [_pair(_("储值本金余额"), show_yuan(seen.stored[0])), _pair(_("储值赠金余额"), show_yuan(seen.stored[1]))]


def _when(row: Orders) -> str:
    return clock.from_ms(row.booked_at).astimezone(clock.zone(current_actor().tz)).strftime("%Y-%m-%d %H:%M")


def _pair(left: str, right: str) -> str:
    """Return two texts at both edges of the roll; a Chinese character is two columns wide."""
    gap = RECEIPT_WIDTH - _width(left) - _width(right)
    return f"{left}{' ' * max(1, gap)}{right}"


def _width(text: str) -> int:
    return sum(2 if ord(ch) > 0x2E7F else 1 for ch in text)
