"""Members: enrol, find, read, change, consent (contract.md section 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.api import answers, schemas
from core.api.calls import ApiBlueprint, Work, call
from core.api.member_json import consent_json, found, member
from core.api.money import ACCEPTED
from core.cards import services as cards
from core.kernel.errors import FieldError, Invalid
from core.kernel.i18n import _
from core.orders.granting import referral_grants
from core.org.models import Staff
from core.people import consents, custom
from core.people import rules as people_rules
from core.people import services as people
from core.programme import services as programmes
from core.referrals import services as referrals
from core.segments import services as segments

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.people.models import Person

bp = ApiBlueprint("members", "Members: enrol, find, read, change, consent")
VIEW, EDIT, ENROL = "people.view", "people.edit", "people.enrol"
MEMBERS = ("members",)


@call(
    bp, "POST", "/members", permission=ENROL, scopes=MEMBERS, unit="write", once=ACCEPTED, status=201,
    body=schemas.NewMember, answer=answers.Member,
    example={"name": "刘超明", "phone": "13800005051", "gender": "male", "birth_date": "1986-05-01"},
)  # fmt: skip
def enrol(work: Work, data: dict[str, Any]) -> dict[str, Any]:
    """Enrol a member at the base tier, with the programme's free card.

    409 duplicate_phone with masked candidates unless `contact_of` is given; 422 guardian_required for a
    child below fourteen without one; 422 referrer_household for a referrer of the same family or household.
    """
    contact = people.get(work.session, data["contact_of"]) if data["contact_of"] else None
    scanned = referrals.by_code(work.session, data["referrer"]) if data["referrer"] else None
    new = people.NewPerson(
        name=data["name"], phone=data["phone"], contact_of=contact.id if contact else None,
        gender=data["gender"], birth_on=data["birth_date"], birth_calendar=data["birth_calendar"],
        email=data["email"], address=data["address"], occupation=data["occupation"], company=data["company"],
        source="api",
        referrer_no=scanned[0].member_no if scanned else data["referrer"], tags=tuple(data["tags"]),
        consents=tuple((c["purpose"], c["granted"], c["evidence"]) for c in data["consents"]),
    )  # fmt: skip
    person = referral_grants.enrol(
        work.session,
        new,
        code=scanned[1].public_code if scanned else "",
        sitting=f"token:{work.caller.bearer.token_id}",
    )
    work.session.flush()
    more = _more(work.session, data, ("industry", "interests", "adviser"))
    if more:
        people.change(work.session, person, person.version, more)
    custom.save(work.session, person, custom.take(work.session, data.get("own_fields", {})))
    work.session.flush()
    return member(work.session, person)


@call(
    bp, "GET", "/members", permission=VIEW, scopes=("members", "orders"), query=schemas.MemberQuery,
    answer=answers.MembersFound,
)  # fmt: skip
def find(work: Work, asked: dict[str, Any]) -> dict[str, Any]:
    """Find members by `q` (any mix of name, pinyin, initials, last 4, card number, birth date), `phone` or `card`.

    At most 20, ranked: own store first, then the latest visit.
    """
    given = [name for name in ("q", "phone", "card") if name in asked]
    if len(given) != 1:
        raise Invalid(
            _("请在 q、phone、card 中给出一个。"),
            errors=[FieldError(name, _("三选一。")) for name in given or ["q"]],
        )
    by = {"q": _by_words, "phone": _by_phone, "card": _by_card}[given[0]]
    persons = by(work.session, asked[given[0]], asked["limit"])
    programme = programmes.in_force(work.session)
    return {"items": [found(work.session, p, programme) for p in persons], "next_cursor": None}


def _by_words(session: Session, text: str, limit: int) -> list[Person]:
    if len(text.strip()) < 2:
        raise Invalid.field("q", _("至少输入 2 个字符。"))
    return people.find(session, text, limit)


def _by_phone(session: Session, text: str, limit: int) -> list[Person]:
    """The owner of the phone first, then those who use it (B55)."""
    phone = people_rules.clean_phone(text)
    owner = people.owner_of_phone(session, phone) if phone else None
    if owner is None:
        return []
    return [p for p in (owner, *people.children_of(session, owner)) if p.active][:limit]


def _by_card(session: Session, text: str, limit: int) -> list[Person]:
    """The holder first, then the others on the card; a replaced number still finds its holder."""
    card = cards.by_number(session, text)
    if card is None:
        return people.find(session, text, limit) if text.strip().isdigit() else []
    return [seat.person for seat in cards.seats_of(session, card) if seat.person.active][:limit]


@call(bp, "GET", "/members/<member_id>", permission=VIEW, scopes=("members", "orders"), answer=answers.Member)
def read(work: Work, member_id: str) -> dict[str, Any]:
    """Return a member with tier, household, cards, points, coupons and consents."""
    return member(work.session, people.get(work.session, member_id))


@call(
    bp, "PATCH", "/members/<member_id>", permission=EDIT, scopes=MEMBERS, unit="write",
    body=schemas.MemberChange, answer=answers.Member, example={"version": 1, "occupation": "教师"},
)  # fmt: skip
def change(work: Work, data: dict[str, Any], member_id: str) -> dict[str, Any]:
    """Change fields of a member; 409 stale_version when somebody changed them meanwhile."""
    person = people.get(work.session, member_id)
    values = {("birth_on" if key == "birth_date" else key): value for key, value in data.items()}
    values.update(_more(work.session, data, ("adviser",)))
    before = person.version
    own = custom.take(work.session, data.get("own_fields", {}))
    people.change(work.session, person, data["version"], values)
    if "tags" in data and _put_tags(work.session, person, data["tags"]) and person.version == before:
        person.version += 1
    if custom.save(work.session, person, own) and person.version == before:
        person.version += 1
    work.session.flush()
    return member(work.session, person)


def _more(session: Session, data: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Return the given values of `names`; the adviser's number as their id. Raises Invalid for an unknown number."""
    values = {name: data[name] for name in names if name in data}
    if "adviser" in values:
        number = values.pop("adviser")
        found = session.scalar(select(Staff.id).where(Staff.number == number, Staff.active.is_(True)))
        if number and found is None:
            raise Invalid.field("adviser", _("没有找到这位员工，或已停用。"))
        values["adviser_id"] = found if number else None
    return values


def _put_tags(session: Session, person: Person, wanted: list[str]) -> bool:
    """Make `wanted` the person's tags; return whether anything changed."""
    have = [row.tag for row in people.tags_of(session, person)]
    for tag in have:
        if tag not in wanted:
            segments.take_tag(session, person, tag)
    for tag in wanted:
        if tag not in have:
            segments.put_tag(session, person, tag)
    return set(have) != set(wanted)


@call(
    bp, "POST", "/members/<member_id>/consents", permission=EDIT, scopes=MEMBERS, unit="write", once=ACCEPTED,
    status=201, body=schemas.SaidConsent, answer=answers.ConsentState,
    example={"purpose": "marketing_sms", "granted": True, "evidence": "签字单 0815"},
)  # fmt: skip
def consent(work: Work, data: dict[str, Any], member_id: str) -> dict[str, Any]:
    """Record a consent given or withdrawn; the newest row of a purpose counts.

    Below 14, and below 18 for health and photos, a guardian says it: the one on record, unless the body names another.
    """
    person = people.get(work.session, member_id)
    said = consents.Said(
        data["evidence"], guardian_id=data["guardian"], guardian_name=data["guardian_name"],
        relation=data["guardian_relation"] or "",
    )  # fmt: skip
    row = consents.record(work.session, person, data["purpose"], granted=data["granted"], said=said)
    work.session.flush()
    return consent_json(row)
