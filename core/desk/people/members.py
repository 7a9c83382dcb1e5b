"""Verbs and reads of the member pages: enrolment, edit, family seats, consents, unmasking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.cards import services as cards
from core.hooktypes import hook_context
from core.kernel import audit
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import _, _l
from core.kernel.plugin_types import Unavailable
from core.kernel.runtime import runtime
from core.people import services as people
from core.people.models import Person

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from core.cards.models import Card, CardSeat
    from core.hooktypes import FieldGroup, PersonView

PURPOSE_NAMES: dict[str, Any] = {
    "membership": _l("会员服务"),
    "health": _l("健康信息"),
    "marketing_sms": _l("营销短信"),
    "marketing_email": _l("营销邮件"),
    "profiling": _l("个性化推荐"),
    "share_stores": _l("门店间共享"),
    "photo_record": _l("照片存档"),
    "photo_education": _l("照片教学"),
    "photo_publicity": _l("照片宣传"),
}
ROLE_NAMES: dict[str, Any] = {
    "holder": _l("持卡人"),
    "spouse": _l("配偶"),
    "child": _l("子女"),
    "parent": _l("父母"),
    "other": _l("其他"),
    "guardian": _l("监护人"),
    "self": _l("本人"),
}
ECONOMY_NAMES: dict[str, Any] = {"": _l("未填"), "low": _l("低"), "middle": _l("中"), "high": _l("高")}
# How the holder stands to somebody with this seat.
_HOLDER_IS = {"spouse": "spouse", "child": "guardian", "parent": "child", "other": "other"}
MIN_REASON = 2


def unmask(session: Session, person: Person, reason: str) -> str:
    """Return a person's full phone after writing down who looked and why; raise Invalid without a reason."""
    if len(reason.strip()) < MIN_REASON:
        raise Invalid.field("reason", _("请选择或填写查看原因，会记入日志。"))
    owner = person
    if not person.phone and person.contact_of_id:
        owner = people.get(session, person.contact_of_id)
    if not owner.phone:
        raise NotFound(_("这位会员没有登记手机号。"))
    audit.record(
        session,
        "people.phone.unmasked",
        "person",
        person.id,
        person_id=person.id,
        detail={"reason": reason.strip()[:200]},
    )
    return owner.phone


def seat_person(session: Session, card: Card, person: Person, role: str) -> CardSeat:
    """Give somebody known a seat on a family card and note how they are related to its holder."""
    seat = cards.seat(session, card, person, role)
    holder = people.get(session, card.person_id)
    people.relate(session, holder, person, _HOLDER_IS[role])
    return seat


def seat_new(session: Session, card: Card, name: str, phone: str, role: str) -> Person:
    """Enrol a relative in three fields and seat them (S1-07); without a phone they use the holder's (B55).

    Raises what enrolment and seating raise; the ninth is refused and nobody is enrolled.
    """
    if role not in _HOLDER_IS:
        raise Invalid.field("role", _("请选择与持卡人的关系：配偶、子女、父母或其他。"))
    holder_id = None if phone.strip() else card.person_id
    new = people.NewPerson(name=name, phone=phone, contact_of=holder_id, relation=_HOLDER_IS[role], source="family")
    person = cards.enrol(session, new)
    seat_person(session, card, person, role)
    return person


# -- fields of plugins -----------------------------------------------------------------------------


def plugin_fields(session: Session, view: PersonView | None) -> tuple[list[FieldGroup], list[str]]:
    """Return the plugins' field groups and the numbers of those that failed."""
    host = runtime().host
    if host is None:
        return [], []
    answers = host.call("person_form_fields", hook_context(session), person=view)
    failed = [one.value.number for one in answers if isinstance(one.value, Unavailable)]
    return [one.value for one in answers if not one.failed], failed


def save_plugin_fields(session: Session, person_id: int, form: Mapping[str, str]) -> None:
    """Hand the plugins what was typed into their fields; raise Invalid for what they find wrong."""
    host = runtime().host
    values = {key: value for key, value in form.items() if "." in key}
    if host is None or not values:
        return
    session.flush()
    answers = host.call("save_person_fields", hook_context(session), person_id=person_id, values=values)
    errors = [one.value for one in answers if not one.failed]
    if errors:
        raise Invalid(_("有 %(n)d 处需要修改。", n=len(errors)), errors=errors)
