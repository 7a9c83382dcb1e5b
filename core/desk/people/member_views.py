"""Pages of members: the list, the member page with its tabs, tags, consents, the look at a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import make_response, render_template, request, url_for
from markupsafe import Markup
from sqlalchemy import func, or_, select

from core.cards import rights
from core.desk.assets.referral_views import STATE_NAMES
from core.desk.blueprint import bp, id_of
from core.desk.people import advisers, member, member_list, members, timeline
from core.desk.permissions import EDIT, ENROL, SEAT, TILL, UNMASK, VIEW
from core.desk.settings import UNMASK_REASONS
from core.hooktypes import hook_context
from core.kernel import clock, history, settings
from core.kernel.errors import NotFound
from core.kernel.i18n import _, _l
from core.kernel.ids import parse_id
from core.kernel.permissions import may
from core.kernel.plugin_types import Unavailable
from core.kernel.runtime import runtime
from core.kernel.tenancy import current_actor
from core.kernel.web import lists
from core.kernel.web.formats import number
from core.kernel.web.render import GROUPS, MenuEntry, go, is_fragment, menu, render_page, shell_context, toast
from core.kernel.web.routes import on_refusal, page, session
from core.ledger import reads as ledger_reads
from core.ledger import services as ledger
from core.orders.models import OrderLine, Orders
from core.org.models import Store
from core.people import custom
from core.people import services as people
from core.people.consents import states_of
from core.people.models import Person
from core.people.permissions import PROTECTED
from core.programme import services as programmes
from core.referrals import reads as referral_reads
from core.segments import services as segments

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.hooktypes import PanelSpec

history.offer(
    history.Recorded(
        "person", _l("会员"), VIEW, lambda unit, person_id: people.get(unit, person_id).name,
        lambda person_id: url_for("desk.member", person_id=person_id), kinds=("person",), of_person=True,
    )
)  # fmt: skip
menu.add(MenuEntry("members", GROUPS["members"][0], "desk.members", "user", VIEW, 10))

ROWS = 20


# -- the list --------------------------------------------------------------------------------------


@page(bp, "/members", permission=VIEW, endpoint="members")
def members_page() -> Any:
    """Show the members: chips, sorts, columns by choice, pages by keyset."""
    listing = lists.load(session(), member_list.spec(session()), request.args)
    return render_page(
        "desk/members.html", listing=listing, title=_("会员"), columns_url=url_for("desk.member_columns"),
        sub=_("共 %(n)s 人", n=listing.count_text) if not (listing.chosen or listing.text) else "",
        may_enrol=may(current_actor(), ENROL),
    )  # fmt: skip


@page(bp, "/members/columns", permission=VIEW, unit="write", methods=("POST",))
def member_columns() -> Any:
    """Keep which columns the person wants to see."""
    keys = [] if request.form.get("reset") else ["name", *request.form.getlist("column")]
    lists.choose_columns(session(), member_list.spec(session()), keys)
    return go("desk.members")


@page(
    bp, "/members/<person_id>/rights/<code>", permission=TILL, unit="write", methods=("POST",), endpoint="member_right"
)
def member_right(person_id: str, code: str) -> Any:
    """Choose a service right of the tier for this period, or take the choice back (S4-19)."""
    unit = session()
    person = people.get(unit, id_of(person_id))
    undo = request.form.get("undo") == "1"
    on_refusal(lambda refusal: _member_page(session(), person_id, "timeline", refusal=refusal))
    name = rights.choose(unit, programmes.in_force(unit), person, code, undo=undo)
    toast(_("已撤回“%(name)s”的选择。", name=name) if undo else _("已记下：本期选用“%(name)s”。", name=name))
    return go("desk.member", person_id=person.id)


# -- the member page -------------------------------------------------------------------------------


@page(bp, "/members/<person_id>", permission=VIEW, endpoint="member")
def member_page(person_id: str) -> Any:
    """Show a member: what they have, what happened, who belongs to them."""
    return _member_page(session(), person_id, request.args.get("tab", "timeline"))


def _member_page(unit: Session, person_id: str, tab: str, **more: Any) -> Any:
    person = people.get(unit, id_of(person_id))
    seen = member.see(unit, person)
    programme = programmes.in_force(unit)
    actor = current_actor()
    protected = may(actor, PROTECTED)
    panels = _panel_specs()
    known = {"timeline", "orders", "points", *(spec.key for _plugin, spec in panels)}
    tab = tab if tab in known else "timeline"
    store = unit.get(Store, person.store_id) if person.store_id else None
    guardian = unit.get(Person, person.contact_of_id) if person.contact_of_id else None
    context = {
        "M": seen, "P": person, "tab": tab, "panels": panels, "store": store, "guardian": guardian,
        "orders": unit.scalar(select(func.count()).select_from(Orders).where(Orders.person_id == person.id)),
        "lots": [
            (amount, _("%(n)s 分", n=number(amount)), day.isoformat() if day else _("长期"), n == 0 and seen.soon)
            for n, (day, amount) in enumerate(seen.lots[:4])
        ],
        "tags": people.tags_of(unit, person), "consents": states_of(unit, person),
        "purposes": members.PURPOSE_NAMES, "roles": members.ROLE_NAMES, "programme": programme,
        "referral": referral_reads.see(unit, person), "children": people.children_of(unit, person),
        "adviser": advisers.name_of(unit, person), "no_adviser": advisers.lacks(programme, person),
        "own": [one for one in custom.shown(unit, person.id, protected=protected) if one.value],
        "economy": members.ECONOMY_NAMES.get(person.economy, "") if protected and person.economy else "",
        "referral_states": STATE_NAMES,
        "may_edit": may(actor, EDIT), "may_unmask": may(actor, UNMASK), "may_seat": may(actor, SEAT),
        "may_sell": may(actor, TILL), "today": clock.today(actor.tz),
        "unmask_reasons": settings.value(unit, UNMASK_REASONS), **_tab(unit, seen, tab),
        **more,
    }  # fmt: skip
    answer = render_page("desk/member.html", **context)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _panel_specs(*places: str) -> list[tuple[str, PanelSpec]]:
    """Return (plugin, panel) of the panels that the actor may see on the member page (or those `places`), in order."""
    return member.panel_specs(*(places or ("person",)))


def _tab(unit: Session, seen: member.MemberSeen, tab: str) -> dict[str, Any]:
    """Return what a tab shows."""
    before = parse_id(request.args.get("before"))
    if tab == "orders":
        return {"lines": _lines(unit, seen.person, before), "visits": _visits(unit, seen.person)}
    if tab == "points":
        rows = ledger_reads.entries(
            unit,
            current_actor().franchise_id,
            seen.person.id,
            unit=ledger.POINTS,
            before=before,
            limit=ROWS + 1,
        )
        return {
            "rows": rows[:ROWS], "older": rows[ROWS - 1].transfer_id if len(rows) > ROWS else None,
            "reason_word": timeline.reason_word, "order_nos": _order_nos(unit, rows),
        }  # fmt: skip
    if tab == "timeline":
        kind = request.args.get("kind", "all")
        return {"story": timeline.page(unit, seen, kind, before), "kind": kind, "before": before}
    return _panel(unit, seen, tab)


def _panel(unit: Session, seen: member.MemberSeen, key: str) -> dict[str, Any]:
    """Return a plugin's panel drawn, or the number of its failure: the page stands either way."""
    host = runtime().host
    spec = next((spec for _plugin, spec in _panel_specs("person", "till") if spec.key == key), None)
    if host is None or spec is None:
        return {"panel_body": None, "panel_failed": None}
    owner = key.split(".")[0]
    answers = host.call("person_panels", hook_context(unit), person=member.person_view(unit, seen))
    for answer in answers:
        if isinstance(answer.value, Unavailable) and answer.value.plugin == owner:
            return {"panel_body": None, "panel_failed": member.failed_of(answer.value)}
        if not answer.failed and answer.value.key == key:
            return _drawn(host, owner, spec, answer.value.data)
    return {"panel_body": None, "panel_failed": None}


def _drawn(host: Any, owner: str, spec: PanelSpec, data: Any) -> dict[str, Any]:
    try:
        body = Markup(render_template(spec.template, panel=data, **shell_context()))  # noqa: S704
    except Exception as problem:  # a panel that cannot be drawn takes nothing with it
        number_ = host.health.failed(owner, "person_panels", repr(problem)[:200], 0, current_actor().franchise_id)
        return {"panel_body": None, "panel_failed": member.Failed(owner, number_)}
    return {"panel_body": body, "panel_failed": None}


def _lines(unit: Session, person: Person, before: int | None) -> dict[str, Any]:
    """Return what the person bought or had done, newest first (S3-04)."""
    mine = or_(OrderLine.person_id == person.id, OrderLine.for_person_id == person.id)
    statement = (
        select(OrderLine, Orders)
        .join(Orders, Orders.id == OrderLine.orders_id)
        .where(mine)
        .order_by(OrderLine.id.desc())
        .limit(ROWS + 1)
    )
    if before:
        statement = statement.where(OrderLine.id < before)
    rows = unit.execute(statement).all()
    older = rows[ROWS - 1][0].id if len(rows) > ROWS else None
    return {"rows": rows[:ROWS], "older": older}


def _visits(unit: Session, person: Person) -> str:
    """Return how often the person comes, in words (S3-04)."""
    first, last, days = unit.execute(
        select(
            func.min(Orders.business_on),
            func.max(Orders.business_on),
            func.count(Orders.business_on.distinct()),
        ).where(Orders.person_id == person.id)
    ).one()
    if not days:
        return _("还没有消费。")
    if days == 1:
        return _("到店消费 1 天。")
    return _(
        "到店消费 %(n)d 天，平均 %(gap)d 天一次。",
        n=days,
        gap=max(1, round((last - first).days / (days - 1))),
    )


def _order_nos(unit: Session, rows: list[ledger_reads.Entry]) -> dict[int, str]:
    ids = {row.source_id for row in rows if row.source_kind == "order"}
    return {r[0]: r[1] for r in unit.execute(select(Orders.id, Orders.order_no).where(Orders.id.in_(ids)))}


@page(bp, "/members/<person_id>/tab/<key>", permission=VIEW)
def member_tab(person_id: str, key: str) -> Any:
    """Answer htmx with one tab of the member page; without htmx, the page at that tab."""
    if not is_fragment():
        return go("desk.member", person_id=id_of(person_id), tab=key)
    seen = member.see(session(), people.get(session(), id_of(person_id)), alerts=False)
    known = {"timeline", "orders", "points", *(spec.key for _plugin, spec in _panel_specs("person", "till"))}
    if key not in known:
        raise NotFound
    return render_page("desk/_tab.html", M=seen, P=seen.person, tab=key, **_tab(session(), seen, key))


# -- small changes ---------------------------------------------------------------------------------


@page(bp, "/members/<person_id>/unmask", permission=UNMASK, unit="write", methods=("POST",))
def member_unmask(person_id: str) -> Any:
    """Show the full phone once, after writing down who looked and why."""
    on_refusal(lambda refusal: _member_page(session(), person_id, "timeline", refusal=refusal))
    person = people.get(session(), id_of(person_id))
    reason = request.form.get("reason_text", "").strip() or request.form.get("reason", "")
    phone = members.unmask(session(), person, reason)
    if is_fragment():
        answer = make_response(render_template("desk/_phone.html", phone=phone))
        answer.headers["Cache-Control"] = "no-store"
        return answer
    return _member_page(session(), person_id, "timeline", full_phone=phone)


@page(bp, "/members/<person_id>/tags", permission=EDIT, unit="write", methods=("POST",))
def member_tags(person_id: str) -> Any:
    """Put a tag on a member or take one off."""
    on_refusal(lambda refusal: _member_page(session(), person_id, "timeline", refusal=refusal))
    person = people.get(session(), id_of(person_id))
    gone = request.form.get("remove")
    if gone:
        segments.take_tag(session(), person, gone)
        toast(_("已删除标签 %(tag)s。", tag=gone[:40]))
    else:
        segments.put_tag(session(), person, request.form.get("tag", ""))
    return go("desk.member", person_id=person.id)


@page(bp, "/members/<person_id>/consents", permission=EDIT, unit="write", methods=("POST",))
def member_consents(person_id: str) -> Any:
    """Record a consent given or withdrawn at the desk."""
    person = people.get(session(), id_of(person_id))
    granted = request.form.get("granted") == "1"
    purpose = request.form.get("purpose", "")
    people.consent(session(), person, purpose, granted=granted, evidence=_("到店当面确认"))
    name = members.PURPOSE_NAMES[purpose]
    toast(_("已记录：同意“%(name)s”。", name=name) if granted else _("已记录：撤回“%(name)s”。", name=name))
    return go("desk.member", person_id=person.id)
