"""Pages of stored value: a member's account and statement, the limits of the law, settlement of legal entities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request
from sqlalchemy import select

from core.desk.assets import wallet_words as words
from core.desk.blueprint import bp, id_of
from core.kernel import clock
from core.kernel.errors import Invalid, Refusal
from core.kernel.i18n import _, _l
from core.kernel.money import parse_yuan
from core.kernel.permissions import may
from core.kernel.tenancy import current_actor
from core.kernel.web.render import MenuEntry, go, menu, render_page, toast
from core.kernel.web.routes import on_refusal, page, session
from core.orders.models import Orders, Refund
from core.org.models import Franchise, Staff
from core.people import services as people
from core.wallet import accounts, law, limits, pins, reads, settlement
from core.wallet.models import StoredContract, TopUpRefund
from core.wallet.permissions import CHANGE, IDENTITY, LIMITS, LOOSEN, PIN, SETTLEMENT, VIEW

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

menu.add(
    MenuEntry("settings", _l("储值限额"), "desk.wallet_limits", "lock", LIMITS, 56),
    MenuEntry("till", _l("主体结算"), "desk.settlement", "wallet", SETTLEMENT, 40),
)


# -- an account ------------------------------------------------------------------------------------


@page(bp, "/members/<person_id>/stored-value", permission=VIEW, endpoint="wallet")
def wallet_page(person_id: str) -> Any:
    """Show a member's stored value: balances, top-ups with their days, movements, what may be done."""
    return _wallet_page(session(), id_of(person_id))


def _wallet_page(unit: Session, person_id: int, refusal: Refusal | None = None, at: str = "") -> Any:
    person = people.get(unit, person_id)
    actor = current_actor()
    wallet = reads.see(unit, person.id, all_top_ups=True)
    moved = reads.movements(unit, wallet.account.id) if wallet.account else []
    pin = pins.row_of(unit, person.id)
    setter = unit.get(Staff, pin.set_by) if pin and pin.set_by else None
    return render_page(
        "desk/wallet.html", status=refusal.status if refusal else 200, P=person, W=wallet, moved=moved,
        numbers=_numbers(unit, moved), refunds=_refunds(unit, wallet), refusal=refusal, at=at, typed=request.form,
        words=words, pin=pin, pin_by=setter.name if setter else "", identity_kinds=accounts.IDENTITY_KINDS,
        may_change=may(actor, CHANGE), may_pin=may(actor, PIN), may_identity=may(actor, IDENTITY),
        may_refund=may(actor, "orders.refund"),
    )  # fmt: skip


def _numbers(unit: Session, moved: list[reads.Movement]) -> dict[int, str]:
    """Return the order's number of what an order or a refund moved, by the source's id."""
    orders = {one.source_id for one in moved if one.source_kind == "order"}
    back = {one.source_id for one in moved if one.source_kind == "refund"}
    found = {row[0]: row[1] for row in unit.execute(select(Orders.id, Orders.order_no).where(Orders.id.in_(orders)))}
    query = select(Refund.id, Orders.order_no).join(Orders, Orders.id == Refund.orders_id).where(Refund.id.in_(back))
    found.update({row[0]: row[1] for row in unit.execute(query)})
    tops = {one.source_id for one in moved if one.source_kind == "top_up"}
    if tops:
        found.update(_orders_of(unit, tops))
    return found


def _orders_of(unit: Session, top_ups: set[int]) -> dict[int, str]:
    from core.wallet.models import TopUp

    query = select(TopUp.id, Orders.order_no).join(Orders, Orders.id == TopUp.order_id).where(TopUp.id.in_(top_ups))
    return {row[0]: row[1] for row in unit.execute(query)}


def _refunds(unit: Session, wallet: reads.Wallet) -> dict[int, list[TopUpRefund]]:
    """Return how top-ups were given back, by top-up."""
    found: dict[int, list[TopUpRefund]] = {}
    ids = [one.row.id for one in wallet.top_ups]
    for row in unit.scalars(select(TopUpRefund).where(TopUpRefund.top_up_id.in_(ids)).order_by(TopUpRefund.id)):
        found.setdefault(row.top_up_id, []).append(row)
    return found


def _again(person_id: str, at: str) -> None:
    on_refusal(lambda refusal: _wallet_page(session(), id_of(person_id), refusal, at))


@page(bp, "/members/<person_id>/stored-value/act", permission=CHANGE, unit="write", methods=("POST",))
def wallet_act(person_id: str) -> Any:
    """Report an account lost, reopen it, or close an empty one."""
    _again(person_id, "act")
    person = people.get(session(), id_of(person_id))
    action = request.form.get("action", "")[:20]
    accounts.act(session(), person.id, action, request.form.get("reason", ""))
    said = {
        "report_lost": _("已挂失，现在不能充值和消费。"), "reopen": _("已恢复，可以使用。"), "close": _("已销户。"),
    }  # fmt: skip
    toast(said[action])
    return go("desk.wallet", person_id=person.id)


@page(bp, "/members/<person_id>/stored-value/pin", permission=PIN, unit="write", methods=("POST",))
def wallet_pin(person_id: str) -> Any:
    """Set the member's own PIN, typed twice by the member."""
    _again(person_id, "pin")
    person = people.get(session(), id_of(person_id))
    pins.put(session(), person.id, request.form.get("pin", "")[:12], request.form.get("again", "")[:12])
    toast(_("储值密码已设好。"))
    return go("desk.wallet", person_id=person.id)


@page(bp, "/members/<person_id>/stored-value/identity", permission=IDENTITY, unit="write", methods=("POST",))
def wallet_identity(person_id: str) -> Any:
    """Take down the number of the member's document, sealed."""
    _again(person_id, "identity")
    person = people.get(session(), id_of(person_id))
    form = request.form
    accounts.take_identity(session(), person.id, form.get("identity_kind", "")[:12], form.get("identity", "")[:40])
    toast(_("证件已登记，加密保存。"))
    return go("desk.wallet", person_id=person.id)


@page(bp, "/members/<person_id>/stored-value/statement", permission=VIEW, endpoint="wallet_statement")
def wallet_statement(person_id: str) -> Any:
    """Show a member's account on paper: top-ups, movements with running balances, the contract agreed to."""
    unit = session()
    person = people.get(unit, id_of(person_id))
    wallet = reads.see(unit, person.id, all_top_ups=True)
    moved = reads.movements(unit, wallet.account.id, 500) if wallet.account else []
    franchise = unit.get(Franchise, current_actor().franchise_id)
    shas = {one.row.contract_sha256 for one in wallet.top_ups}
    contracts = unit.scalars(select(StoredContract).where(StoredContract.sha256.in_(shas)).order_by(StoredContract.id))
    return render_page(
        "desk/wallet_statement.html", P=person, W=wallet, moved=moved[::-1], numbers=_numbers(unit, moved),
        words=words, franchise=franchise.name if franchise else "", today=clock.today(current_actor().tz),
        contracts=list(contracts), masked=people.mask_name(person.name),
    )  # fmt: skip


# -- the limits ------------------------------------------------------------------------------------


@page(bp, "/records/stored-value-limits", permission=LIMITS, endpoint="wallet_limits")
def limits_page() -> Any:
    """Show the limits of the law with their sources, and what holds here."""
    return _limits_page(session())


def _limits_page(unit: Session, refusal: Refusal | None = None, at: str = "") -> Any:
    return render_page(
        "desk/wallet_limits.html", status=refusal.status if refusal else 200, limits=limits.all_of(unit),
        version=law.VERSION, refusal=refusal, at=at, typed=request.form, may_loosen=may(current_actor(), LOOSEN),
    )  # fmt: skip


@page(bp, "/records/stored-value-limits", permission=LIMITS, unit="write", methods=("POST",), endpoint="limits_save")
def limits_save() -> Any:
    """Change a limit, or take it back to the law's."""
    form = request.form
    key = form.get("key", "")[:40]
    on_refusal(lambda refusal: _limits_page(session(), refusal, key))
    value = None
    if form.get("act") != "reset":
        raw = form.get("value", "").strip()[:20]
        rule = law.BY_KEY.get(key)
        if rule is None:
            raise Invalid.field("key", _("这条规则不能改。"))
        if rule.unit == law.MONEY:
            value = parse_yuan(raw, "value")
        elif raw.isascii() and raw.isdigit():
            value = int(raw)
        else:
            raise Invalid.field("value", _("请填写整数天数。"))
    limits.change(session(), key, value, form.get("reason", ""))
    toast(_("已保存限额，马上生效。"))
    return go("desk.wallet_limits")


# -- settlement ------------------------------------------------------------------------------------


@page(bp, "/settlement", permission=SETTLEMENT, endpoint="settlement")
def settlement_page() -> Any:
    """Show what legal entities owe each other for stored value, by pair, of a month."""
    unit = session()
    found = settlement.months(unit)
    asked = request.args.get("month", "")[:7]
    month = asked if asked in found else (found[0] if found else f"{clock.today(current_actor().tz):%Y-%m}")
    franchise = unit.get(Franchise, current_actor().franchise_id)
    return render_page(
        "desk/settlement.html", months=found, month=month, pairs=settlement.statement(unit, month),
        own=franchise.name if franchise else "",
    )  # fmt: skip
