"""Pages of referrals: the outline of whom a member brought, their code with its QR, a referrer attached later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from core.desk.blueprint import bp, id_of
from core.kernel import settings
from core.kernel.errors import FieldError, Invalid, Refusal
from core.kernel.i18n import _, _l
from core.kernel.ids import parse_id
from core.kernel.permissions import may
from core.kernel.tenancy import current_actor
from core.kernel.web.render import go, render_page, toast
from core.kernel.web.routes import on_refusal, page, session
from core.orders.granting import referral_grants
from core.org import dealing
from core.org.views import qr_svg
from core.people import services as people
from core.people.models import Person
from core.programme import services as programmes
from core.referrals import reads
from core.referrals import services as referrals
from core.referrals.permissions import ATTACH, VIEW
from core.referrals.settings import ATTACH_DAYS, MINIMUM

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

STATE_NAMES: dict[str, Any] = {
    "pending": _l("待首单"), "rewarded": _l("已奖励"), "clawed_back": _l("已收回"), "refused": _l("不奖励"),
}  # fmt: skip
REASON_NAMES: dict[str, Any] = {
    "no_rule": _l("付款时方案里没有首单推荐奖励"), "kin": _l("推荐人是同卡家人"), "staff": _l("推荐人是员工，只记名"),
    "monthly_cap": _l("推荐人当月奖励已满"), "gone": _l("推荐人已停用"), "nothing": _l("方案里的推荐积分是 0"),
}  # fmt: skip
SOURCE_NAMES: dict[str, Any] = {
    "desk": _l("前台登记"), "api": _l("收银接口"), "qr": _l("推荐码"), "import": _l("名单导入"),
}  # fmt: skip


def named(unit: Session, typed: str) -> tuple[Person, str]:
    """Return (person, code) of the referrer that was typed or scanned: a code, a member number, phone or name.

    Raises Invalid where nobody, or more than one, fits.
    """
    found = referrals.by_code(unit, typed)
    if found is not None:
        return found[0], found[1].public_code
    own = people.by_member_no(unit, typed.strip())
    some = [own] if own else people.find(unit, typed, 2)
    if len(some) == 1 and some[0].active:
        return some[0], ""
    why = _("有多位符合，请填会员号或完整手机号。") if some else _("没有找到推荐人。")
    raise Invalid(why, errors=[FieldError("referrer", why)])


@page(bp, "/members/<person_id>/referrals", permission=VIEW, endpoint="referrals")
def outline(person_id: str) -> Any:
    """Show whom a member brought, two levels deep, with the money received and the points given."""
    return _outline(session(), id_of(person_id))


def _outline(unit: Session, person_id: int, refusal: Refusal | None = None) -> Any:
    person = people.get(unit, person_id)
    before = parse_id(request.args.get("before"))
    lines, older = reads.outline(unit, person.id, before)
    seen = reads.see(unit, person)
    return render_page(
        "desk/referrals.html", P=person, R=seen, lines=lines, older=older, before=before, refusal=refusal,
        typed=request.form, rule=programmes.in_force(unit).referral, may_attach=may(current_actor(), ATTACH),
        qr=qr_svg(seen.code.public_code) if seen.code else None, states=STATE_NAMES, reasons=REASON_NAMES,
        sources=SOURCE_NAMES, days=settings.value(unit, ATTACH_DAYS), minimum=settings.value(unit, MINIMUM),
        below=reads.BELOW,
    )  # fmt: skip


@page(bp, "/members/<person_id>/referral-code", permission=ATTACH, unit="write", methods=("POST",))
def referral_code(person_id: str) -> Any:
    """Make a member's referral code, once."""
    row = referrals.make_code(session(), id_of(person_id))
    toast(_("推荐码 %(code)s 已生成。", code=row.short_code))
    return go("desk.referrals", person_id=row.person_id, _anchor="code")


@page(bp, "/members/<person_id>/referrer", permission=ATTACH, unit="write", methods=("POST",))
def referrer_attach(person_id: str) -> Any:
    """Attach a referrer to a member who was enrolled without one."""
    wanted = id_of(person_id)
    on_refusal(lambda refusal: _outline(session(), wanted, refusal))
    unit, form = session(), request.form
    person = people.get(unit, wanted)
    if not form.get("referrer", "").strip():
        raise Invalid.field("referrer", _("请填写推荐人。"))
    referrer, code = named(unit, form["referrer"])
    dealing.refuse_own(unit, [person.id, referrer.id])
    referral_grants.attach(unit, person, referrer, form.get("why", ""), code=code)
    toast(_("已登记：由 %(name)s 推荐。", name=referrer.name))
    return go("desk.referrals", person_id=person.id)
