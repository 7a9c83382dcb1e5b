"""What is done to an account itself: reported lost, reopened, closed; the holder's document taken down (C1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.kernel import audit, clock
from core.kernel.errors import Conflict, Invalid, NotFound
from core.kernel.i18n import _
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.ledger import services as ledger
from core.wallet import rules, services

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from core.wallet.models import StoredValueAccount

ACTIONS = {
    "report_lost": (rules.OPEN, rules.LOST),
    "reopen": (rules.LOST, rules.OPEN),
    "close": (rules.OPEN, rules.CLOSED),
}
SAID = {"report_lost": "wallet.lost", "reopen": "wallet.reopened", "close": "wallet.closed"}


def act(session: Session, person_id: int, action: str, reason: str) -> StoredValueAccount:
    """Report an account lost, reopen it, or close an empty one; return it.

    Raises NotFound without an account, Conflict `stored_value_state`, `stored_value_not_empty`, Invalid without a
    reason. A lost account cannot be drawn from; what is refunded still goes back into it.
    """
    why = " ".join(reason.split())[:200]
    if action not in ACTIONS:
        raise Invalid.field("action", _("没有“%(a)s”这种操作。", a=action[:40]))
    if len(why) < 2:
        raise Invalid.field("reason", _("请写明原因，至少 %(n)d 个字。", n=2))
    st = Statements(session, current_actor().franchise_id)
    st.lock("person", [person_id])
    row = services.locked(session, person_id)
    if row is None:
        raise NotFound(_("这位会员没有储值账户。"))
    before, after = ACTIONS[action]
    if row.state != before:
        raise Conflict(_("储值账户现在的状态不能这样做，请刷新后再看。"), code="stored_value_state")
    today = clock.today(current_actor().tz)
    if action == "close":
        _refuse_full(st, row.id, today)
        row.closed_on = today
    row.state = after
    row.version += 1
    audit.record(
        session, SAID[action], "stored_value_account", row.id, person_id=person_id,
        detail={"reason": why, "changes": {"state": [before, after]}},
    )  # fmt: skip
    session.flush()
    return row


def _refuse_full(st: Statements, account_id: int, on: date) -> None:
    principal, bonus = services.balance(services.held(st, account_id, on))
    if principal or bonus:
        raise Conflict(_("账户里还有余额。请先逐笔退款，再销户。"), code="stored_value_not_empty")


IDENTITY_KINDS = ("id_card", "passport", "other")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def take_identity(session: Session, person_id: int, kind: str, number: str) -> StoredValueAccount:
    """Take down the number of the holder's document, sealed (C1); the account is opened if there is none.

    Raises Invalid for a kind that is not known and a number that cannot be.
    """
    text = number.strip().upper()
    if kind not in IDENTITY_KINDS:
        raise Invalid.field("identity_kind", _("请选择证件种类。"))
    if not (5 <= len(text) <= 30 and text.isascii() and text.isalnum()):
        raise Invalid.field("identity", _("证件号应为 5 到 30 位字母和数字。"))
    if kind == "id_card" and not _is_id_card(text):
        raise Invalid.field("identity", _("身份证号不对，请核对 18 位号码。"))
    actor = current_actor()
    st = Statements(session, actor.franchise_id)
    st.lock("person", [person_id])
    row = services.locked(session, person_id)
    if row is None:
        posting = ledger.Posting(
            clock.today(actor.tz), clock.now_ms(), services.OWNER, 0, actor.staff_id, actor.store_id, actor.door
        )
        row = services.get(session, services.open_account(st, person_id, posting))
    row.identity_kind, row.identity = kind, text
    row.version += 1
    audit.record(
        session, "wallet.identity_taken", "stored_value_account", row.id, person_id=person_id, detail={"kind": kind}
    )
    session.flush()
    return row


def _is_id_card(text: str) -> bool:
    if len(text) != 18 or not text[:17].isdigit():
        return False
    return "10X98765432"[sum(int(d) * w for d, w in zip(text, _WEIGHTS, strict=False)) % 11] == text[17]
