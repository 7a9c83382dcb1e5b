"""The limits that hold in a franchise: the law's, stricter by its own choice, laxer only by its owner (C1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.kernel import settings
from core.kernel.errors import FieldError, Forbidden, Invalid, Refusal
from core.kernel.i18n import _
from core.kernel.money import show_yuan
from core.kernel.permissions import may
from core.kernel.tenancy import current_actor
from core.wallet import law
from core.wallet.permissions import LIMITS as TIGHTEN
from core.wallet.permissions import LOOSEN
from core.wallet.settings import LIMITS

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

CASH = "cash"
MIN_REASON = 5
MOST_REASON = 200


@dataclass(frozen=True, slots=True)
class Limit:
    """A rule of the law with what holds here, and why where it is not the law's."""

    rule: law.Rule
    value: int
    reason: str = ""

    @property
    def laxer(self) -> bool:
        """Return whether it is laxer than the law."""
        return _laxer(self.rule, self.value)

    @property
    def own(self) -> bool:
        """Return whether the franchise changed it."""
        return self.value != self.rule.value


def _laxer(rule: law.Rule, value: int) -> bool:
    return value > rule.value if rule.most else value < rule.value


def all_of(session: Session) -> dict[str, Limit]:
    """Return every limit by key as it holds here."""
    own: dict[str, Any] = settings.value(session, LIMITS)
    return {
        rule.key: Limit(rule, int(own[rule.key]["value"]), own[rule.key]["reason"])
        if rule.key in own
        else Limit(rule, rule.value)
        for rule in law.RULES
    }


def change(session: Session, key: str, value: int | None, reason: str) -> None:
    """Let a limit be another one here, or (None) the law's again; settings keep who, what and when in the trail.

    Raises Forbidden `limit_loosening_forbidden` for a laxer one by anybody but the owner, Invalid without a reason
    for it or for a rule that cannot be changed.
    """
    rule = law.BY_KEY.get(key)
    if rule is None or not rule.changes:
        raise Invalid.field("key", _("这条规则不能改。"))
    why = " ".join(reason.split())[:MOST_REASON]
    own = dict(settings.value(session, LIMITS))
    before = own.pop(key, None)
    laxer_now = before is not None and _laxer(rule, int(before["value"]))
    if value is not None and value != rule.value:
        if not 0 <= value <= 10_000_000_000:
            raise Invalid.field("value", _("这个数不合适。"))
        if _laxer(rule, value):
            _check_loosening(why)
        own[key] = {"value": value, "reason": why}
    if not may(current_actor(), LOOSEN if laxer_now and value is not None else TIGHTEN):
        raise Forbidden(_("你没有改储值限额的权限。"))
    settings.change(session, LIMITS, own)


def _check_loosening(why: str) -> None:
    if not may(current_actor(), LOOSEN):
        raise Forbidden(_("只能收紧。比法定更宽的限额须由加盟主写明原因来改。"), code="limit_loosening_forbidden")
    if len(why) < MIN_REASON:
        raise Invalid.field("reason", _("放宽限额须写明原因，至少 %(n)d 个字。", n=MIN_REASON))


def check_purchase(
    session: Session, amount_fen: int, principal_fen: int, tenders: dict[str, int], *, identified: bool,
    programme_max: int | None,
) -> None:  # fmt: skip
    """Raise why a purchase of `amount_fen` on top of `principal_fen` may not be, naming the rule and its source.

    `tenders` is what is paid by which kind; `programme_max` the programme's own limit of a card's balance.
    """
    limits = all_of(session)
    _check_balance(limits["named_max_fen"], amount_fen, principal_fen, programme_max)
    identity = limits["identity_from_fen"]
    if amount_fen >= identity.value and not identified:
        message = _(
            "一次充值 %(y)s 元及以上，须先登记会员的有效证件（储值页“登记证件”）。", y=show_yuan(identity.value)
        )
        raise Refusal(message + _source(identity), code="identity_required", extra=_rule(identity))
    transfer = limits["transfer_from_fen"]
    if amount_fen >= transfer.value and tenders.get(CASH):
        message = _("一次充值 %(y)s 元及以上不能收现金，请用银行转账。", y=show_yuan(transfer.value))
        raise Refusal(message + _source(transfer), code="topup_cash_limit", extra=_rule(transfer))


def _check_balance(limit: Limit, amount_fen: int, principal_fen: int, programme_max: int | None) -> None:
    most = limit.value
    if programme_max is not None and programme_max < limit.rule.value:
        most = min(most, programme_max)
    if principal_fen + amount_fen <= most:
        return
    message = _(
        "充值后本金余额会超过上限 %(most)s 元（现有 %(now)s 元，本次 %(add)s 元）。最多还能充 %(able)s 元。",
        most=show_yuan(most), now=show_yuan(principal_fen), add=show_yuan(amount_fen),
        able=show_yuan(max(0, most - principal_fen)),
    )  # fmt: skip
    raise Refusal(
        message + _source(limit), code="stored_value_limit", extra=_rule(limit),
        errors=[FieldError("lines.item", message)],
    )  # fmt: skip


def _source(limit: Limit) -> str:
    """Return where the law says so, as a sentence of its own."""
    return _("依据：%(source)s，%(article)s。", source=str(limit.rule.source), article=str(limit.rule.article))


def _rule(limit: Limit) -> dict[str, Any]:
    """Return the rule as a refusal's answer tells it."""
    rule = limit.rule
    return {
        "rule": {"key": rule.key, "limit": limit.value, "source": str(rule.source), "since": rule.since.isoformat(),
                 "version": law.VERSION},
    }  # fmt: skip
