"""Pages of the till and the search box. Every act is a form; htmx swaps the till, else the page reloads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from core.catalog import prices
from core.catalog import services as catalog
from core.desk import rules, services
from core.desk.blueprint import bp, who
from core.desk.permissions import ENROL, TILL, VIEW
from core.desk.selling import held, till, till_value
from core.desk.settings import OVERRIDE_REASONS, PRICE_REASONS
from core.kernel import settings
from core.kernel.errors import Conflict, Invalid, Refusal
from core.kernel.i18n import _, _l, listed
from core.kernel.idempotency import Outcome, perform
from core.kernel.ids import parse_id
from core.kernel.money import parse_yuan
from core.kernel.permissions import may
from core.kernel.runtime import runtime
from core.kernel.tenancy import current_actor
from core.kernel.web.render import go, is_fragment, render_page
from core.kernel.web.routes import on_refusal, own_unit, page, safe_path, session
from core.kernel.web.slots import slots
from core.orders import reads
from core.orders.models import Orders
from core.orders.rules import INSURED, NO_MONEY
from core.orders.selling import payments, tender_list
from core.orders.words import KIND_NAMES
from core.people import services as people
from core.rewards.permissions import VIEW as REWARDS_VIEW

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

slots.add_lock_note(services.held_note)

GLYPHS = {
    "wechat": "wx", "alipay": "ali", "bank": "card", "cash": "cash", "insurance_personal": "med",
    "insurance_pooled": "med", "platform_voucher": "ticket", "other": "dots",
}  # fmt: skip
KEYED = 5  # keys 1 to 5; the sixth opens the parts
SEVERITY = {"info": _l("提示"), "moderate": _l("注意"), "major": _l("重大"), "contraindicated": _l("禁忌")}


# -- search ----------------------------------------------------------------------------------------


@page(bp, "/find", permission=VIEW)
def find() -> Any:
    """Answer the search box: up to eight rows for htmx, a page of its own without it."""
    text = request.args.get("q", "").strip()[:80]
    rows = till.found_rows(session(), text)
    current = request.headers.get("HX-Current-URL", "") if is_fragment() else request.referrer or ""
    here = safe_path(current).split("?")[0]
    at_till = may(current_actor(), TILL) and here == "/till"
    at_rewards = may(current_actor(), REWARDS_VIEW) and (here == "/rewards" or here.startswith("/rewards/"))
    template = "desk/found.html" if is_fragment() else "desk/find.html"
    return render_page(
        template, rows=rows, text=text, at_till=at_till, at_rewards=at_rewards, may_sell=may(current_actor(), TILL),
        may_enrol=may(current_actor(), ENROL), find_text=text,
    )  # fmt: skip


# -- the till --------------------------------------------------------------------------------------


@page(bp, "/till", permission=TILL, endpoint="till")
def till_page() -> Any:
    """Show the open basket; after a payment, the result of the order just made."""
    return show_till(session(), done=_done(session()))


def _done(unit: Session) -> Any:
    """Return the order whose result the strip shows, if the address names one of this store."""
    order_id = parse_id(request.args.get("done"))
    row = unit.get(Orders, order_id) if order_id else None
    if row is None or row.store_id != current_actor().store_id:
        return None
    return reads.see(unit, row)


def show_till(
    unit: Session, refusal: Refusal | None = None, *, done: Any = None, at: str = "", typed: str = "",
    status: int = 200,
) -> Any:  # fmt: skip
    """Return the till; `at` names the line or finding that a refusal is about."""
    shown = till.show(unit, who().session_id)
    ways = tender_list.ways(unit)
    taken = [way for way in ways if way.on]
    return render_page(
        "desk/till.html", status=status, till=shown, refusal=refusal, done=done, at=at, typed=typed,
        pay_kinds=[(way.kind, GLYPHS[way.kind]) for way in taken[:KEYED]], split_kinds=[way.kind for way in taken],
        kind_names={**KIND_NAMES, **{way.kind: way.word for way in ways}}, severity=SEVERITY, insured=INSURED,
        may_owe=may(current_actor(), payments.DEBT), takes_insured=any(way.kind in INSURED for way in taken),
        wants_reference=[way.word for way in taken if way.reference],
        earnless=listed(way.word for way in taken if not way.earns),
        held=held.waiting(unit), price_reasons=settings.value(unit, PRICE_REASONS) if shown.lines else (),
        override_reasons=settings.value(unit, OVERRIDE_REASONS) if shown.graver else (),
    )  # fmt: skip


def again(**values: Any) -> None:
    """Show a refusal on the till itself: what was typed and the basket stay."""
    on_refusal(lambda refusal: show_till(session(), refusal, **values))


def changed() -> Any:
    """Return the till after a change: swapped by htmx, else by way of its address."""
    return show_till(session()) if is_fragment() else go("desk.till")


def _change(act: Callable[[rules.Draft], None]) -> Any:
    draft, _key = services.draft_of(session(), who().session_id)
    act(draft)
    services.keep(session(), who().session_id, draft)
    return changed()


@page(bp, "/till/member", permission=TILL, unit="write", methods=("POST",))
def till_member() -> Any:
    """Put the member who pays, or take them off."""
    again()
    person_id = request.form.get("person_id")
    person = people.get(session(), person_id) if person_id else None
    return _change(lambda draft: rules.take_member(draft, person.id if person else None))


@page(bp, "/till/items", permission=TILL)
def till_items() -> Any:
    """Answer the item box with up to eight items."""
    text = request.args.get("q", "").strip()[:80]
    items = catalog.find(session(), text)
    return render_page("desk/items.html", items=items, costs=prices.of(session(), items), text=text)


@page(bp, "/till/lines", permission=TILL, unit="write", methods=("POST",))
def till_add() -> Any:
    """Add the chosen item, or the first that matches what was typed."""
    typed = request.form.get("q", "").strip()[:80]
    again(at="add", typed=typed)
    if not (request.form.get("item") or typed):
        raise Invalid(_("请输入项目的编码、拼音首字母、名称或条码。"))
    code = request.form.get("item") or services.first_item(session(), typed).code
    catalog.by_codes(session(), [code])

    def add(draft: rules.Draft) -> None:
        draft.patient = _patient(draft, request.form.get("for"))
        draft.performer = parse_id(request.form.get("performer"))
        rules.add_item(draft, code)

    return _change(add)


def _patient(draft: rules.Draft, raw: str | None) -> int | None:
    """Return the treated person that was chosen; None for the payer. Raise NotFound for a foreign one."""
    wanted = parse_id(raw)
    if wanted is None or wanted == draft.member_id:
        return None
    return people.get(session(), wanted).id


@page(bp, "/till/lines/<key>", permission=TILL, unit="write", methods=("POST",))
def till_line(key: str) -> Any:
    """Change a line: pieces, treated person, performer, price; or remove it."""
    again(at=key)

    def change(draft: rules.Draft) -> None:
        act = request.form.get("act", "set")
        line = draft.line(key)
        if act in ("plus", "minus", "remove"):
            rules.set_qty(draft, key, {"plus": line.qty + 1, "minus": line.qty - 1}.get(act, 0))
            return
        rules.touched(draft)
        line.for_id = _patient(draft, request.form.get("for"))
        line.performer = parse_id(request.form.get("performer"))
        _set_price(line)
        if "qty" in request.form:
            rules.set_qty(draft, key, _whole(request.form["qty"]))

    return _change(change)


def _whole(text: str) -> int:
    digits = text.strip()
    if not digits.isdigit() or len(digits) > 6:
        raise Invalid.field("qty", _("数量应在 1 到 9,999 之间。"))
    return int(digits)


def _set_price(line: rules.DraftLine) -> None:
    """Take a changed price with its reason; it is paid only once somebody who may agreed (S1-18, guards.py)."""
    raw = request.form.get("price", "").strip()
    if "price" not in request.form:
        return
    if not raw:
        line.price_fen, line.price_reason = None, ""
        return
    reason = request.form.get("price_reason", "").strip()[:200]
    if not reason:
        raise Invalid.field("price_reason", _("改价须填写原因。"))
    line.price_fen, line.price_reason = parse_yuan(raw, "price"), reason


@page(bp, "/till/points", permission=TILL, unit="write", methods=("POST",))
def till_points() -> Any:
    """Use points as a payment, all that may be or a number of them; or not."""
    again()

    def change(draft: rules.Draft) -> None:
        raw = request.form.get("points", "").strip()
        draft.use_points = request.form.get("use") == "1"
        draft.points = _whole(raw) if raw else None

    return _change(change)


@page(bp, "/till/value", permission=TILL, unit="write", methods=("POST",))
def till_stored() -> Any:
    """Use stored value as a payment, all that may be or a sum of it; or not."""
    again()

    def change(draft: rules.Draft) -> None:
        raw = request.form.get("value", "").strip()
        draft.use_value = request.form.get("use") == "1"
        draft.value_fen = max(0, parse_yuan(raw, "value")) if raw else None

    return _change(change)


@page(bp, "/till/clear", permission=TILL, unit="write", methods=("POST",))
def till_clear() -> Any:
    """Empty the basket; nothing was posted."""
    services.keep(session(), who().session_id, rules.Draft(), new_key=True)
    return changed()


@page(bp, "/till/findings/<finding>/ack", permission=TILL, unit="write", methods=("POST",))
def till_ack(finding: str) -> Any:
    """Note that the cashier saw a moderate finding."""
    again(at=finding)
    services.acknowledge(session(), who().session_id, finding)
    return changed()


@page(bp, "/till/findings/<finding>/override", permission=TILL, unit="own", methods=("POST",))
def till_override(finding: str) -> Any:
    """Let a major finding pass by somebody's PIN and reason; a wrong PIN counts."""
    form = request.form
    chosen, _bar, words = form.get("reason", "").strip().rpartition("|")  # a rule's own reasons: code|words
    reason = form.get("reason_text", "").strip() or words
    try:
        with own_unit("write") as unit:
            refused = services.override(
                unit,
                who().session_id,
                finding,
                reason[:200],
                form.get("number", "")[:20],
                form.get("pin", "")[:12],
                reason_code=chosen[:40],
                evidence=form.get("evidence", "").strip()[:300],
            )
    except Refusal as refusal:
        refused = refusal
    if refused is None and not is_fragment():
        return go("desk.till")
    with own_unit("read") as unit:
        return show_till(unit, refused, at=finding, status=refused.status if refused else 200)


# -- payment ---------------------------------------------------------------------------------------


@page(bp, "/till/pay", permission=TILL, unit="own", methods=("POST",))
def till_pay() -> Any:
    """Take the payment: quote and settle in one unit, once for a pay key, however often it is sent."""
    spent = request.form.get("pay_key", "")[:60]
    try:
        payment = _payment()
        outcome = _perform(spent, request.form.get("shown", "")[:64], payment)
    except Refusal as refusal:
        till_value.count_wrong_pin(refusal)
        return _refused(refusal)
    if outcome.status >= 400:
        with own_unit("write") as unit:
            services.new_key_after(unit, who().session_id, spent)
        return _refused(_refusal_of(outcome))
    return go("desk.till", done=outcome.answer["order_id"])


def _perform(spent: str, shown: str, payment: services.Payment) -> Outcome:
    if not spent:
        raise Conflict(_("这一单已在别处收款或清空，请核对最新的本单。"), code="draft_moved")
    sitting = who().session_id

    def work(unit: Session) -> tuple[int, dict[str, Any]]:
        done = services.pay(unit, sitting, spent, shown, payment)
        return 201, {"order_id": str(done.order_id), "order_no": done.order_no}

    # The key alone says which basket it is: pressed again, it answers with the same order.
    return perform(runtime().db, current_actor(), f"till:{sitting}", spent, b"pay", work)


def _payment() -> services.Payment:
    kind = request.form.get("kind", "")
    if kind not in KIND_NAMES or kind in NO_MONEY:
        raise Invalid.field("kind", _("请选择支付方式。"))
    parts = {}
    for one in KIND_NAMES:
        raw = request.form.get(f"split_{one}", "").strip()
        if raw:
            parts[one] = parse_yuan(raw, f"split_{one}")
    if any(fen < 0 for fen in parts.values()):
        raise Invalid.field("split", _("支付金额应大于 0。"))
    return services.Payment(
        kind, parts, request.form.get("reference", "").strip()[:120], till_value.confirmation(), _now(),
        _insured_lines(),
    )  # fmt: skip


def _now() -> int | None:
    """Return what is paid now where the rest stays owed, fen; None where all is paid."""
    if request.form.get("debt") != "1":
        return None
    raw = request.form.get("now", "").strip()
    fen = parse_yuan(raw, "now") if raw else 0
    if fen < 0:
        raise Invalid.field("now", _("本次收的金额不能小于 0。"))
    return fen


def _insured_lines() -> tuple[int, ...] | None:
    """Return the lines that the insurance pays for; None for all (B34)."""
    chosen = [int(raw) for raw in request.form.getlist("insured_line") if raw.isdigit() and len(raw) < 4]
    return tuple(chosen) or None


def _refusal_of(outcome: Outcome) -> Refusal:
    answer = outcome.answer
    return Refusal(answer["title"], code=answer["code"], status=outcome.status)


def _refused(refusal: Refusal) -> Any:
    with own_unit("read") as unit:
        return show_till(unit, refusal, at="pay", status=refusal.status)
