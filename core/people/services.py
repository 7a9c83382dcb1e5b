"""Verbs of people: enrol, change, relate, consent, find."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, and_, case, func, literal, or_, select

from core.kernel import audit, clock, counters, history, keys
from core.kernel.errors import Conflict, FieldError, Invalid, NotFound
from core.kernel.i18n import _
from core.kernel.ids import new_id, parse_id
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.org.models import Staff
from core.people import consents, rules
from core.people.consents import PURPOSES
from core.people.models import Consent, Person, PersonTag, Relation, SearchToken

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

RELATIONS = ("spouse", "child", "parent", "guardian", "other")
CANDIDATE_LIMIT = 4000
_TOP = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class NewPerson:
    """What an enrolment says of a person. Texts are as typed; `enrol` cleans and checks them."""

    name: str
    phone: str | None = None
    contact_of: int | None = None
    gender: str = "unknown"
    birth_on: date | None = None
    birth_calendar: str = "solar"
    email: str | None = None
    address: str | None = None
    occupation: str = ""
    company: str = ""
    note: str | None = None
    source: str = ""
    referrer_no: str | None = None
    relation: str = "guardian"
    tags: tuple[str, ...] = ()
    consents: tuple[tuple[str, bool, str], ...] = field(default=())


def get(session: Session, person_id: Any) -> Person:
    """Return a person of the franchise; raise NotFound for an absent, foreign or malformed id."""
    wanted = person_id if isinstance(person_id, int) else parse_id(person_id)
    row = session.get(Person, wanted) if wanted else None
    if row is None:
        raise NotFound(_("没有找到这位会员。"))
    return row


def exists(session: Session, person_id: int) -> bool:
    """Return whether the franchise knows somebody of this id."""
    return session.scalar(select(Person.id).where(Person.id == person_id)) is not None


def by_member_no(session: Session, number: str) -> Person | None:
    """Return the person with this member number, or None."""
    return session.scalar(select(Person).where(Person.member_no == number))


def owner_of_phone(session: Session, phone: str) -> Person | None:
    """Return the person whose own phone this is, or None."""
    fid = current_actor().franchise_id
    field_ = Person.sealed_fields["phone"]  # type: ignore[attr-defined]
    return session.scalar(select(Person).where(field_.matches(Person, phone, fid)))


def enrol(session: Session, new: NewPerson) -> Person:
    """Add a person and return them (S0-03, S0-22, B55).

    Raises Invalid for bad fields, Conflict `duplicate_phone` with masked candidates when the phone is
    someone's own, and Invalid `guardian_required` for a child without a guardian.
    """
    errors: list[FieldError] = []
    name = _checked(errors, lambda: rules.clean_name(new.name)) or ""
    phone = _checked(errors, lambda: rules.clean_phone(new.phone))
    _check_choices(errors, new)
    if errors:
        raise Invalid(_("有 %(n)d 处需要修改。", n=len(errors)), errors=errors)
    contact = get(session, new.contact_of) if new.contact_of else None
    if phone and contact is None:
        _refuse_duplicate(session, phone)
    if contact is not None and phone and contact.phone == phone:
        phone = None
    if rules.is_child(new.birth_on, clock.today(current_actor().tz)) and contact is None:
        raise Invalid(
            _("未满 14 周岁须由监护人同意。请先选择监护人，再为孩子建档。"),
            code="guardian_required",
            errors=[FieldError("contact_of", _("请选择监护人。"))],
        )
    person = _insert(session, new, name, phone, contact)
    index(session, person)
    for purpose, granted, evidence in new.consents:
        consent(session, person, purpose, granted=granted, evidence=evidence)
    for tag in new.tags:
        add_tag(session, person, tag)
    audit.record(session, "people.person.enrolled", "person", person.id, person_id=person.id)
    return person


def _checked(errors: list[FieldError], clean: Any) -> Any:
    try:
        return clean()
    except Invalid as problem:
        errors.extend(problem.errors)
        return None


def _check_choices(errors: list[FieldError], new: NewPerson) -> None:
    today = clock.today(current_actor().tz)
    if new.gender not in rules.GENDERS:
        errors.append(FieldError("gender", _("性别只能是女、男或未知。")))
    if new.birth_calendar not in rules.CALENDARS:
        errors.append(FieldError("birth_calendar", _("生日历法只能是公历或农历。")))
    if new.birth_on and not (date(1900, 1, 1) <= new.birth_on <= today):
        errors.append(FieldError("birth_date", _("出生日期应在 1900 年以后，且不晚于今天。")))
    if new.email and ("@" not in new.email or len(new.email) > 120):
        errors.append(FieldError("email", _("邮箱地址不完整，例如 name@example.com。")))
    for purpose, _granted, _evidence in new.consents:
        if purpose not in PURPOSES:
            errors.append(FieldError("consents", _("没有“%(p)s”这种同意用途。", p=purpose)))


def _refuse_duplicate(session: Session, phone: str) -> None:
    owner = owner_of_phone(session, phone)
    if owner is None:
        return
    candidate = {
        "id": str(owner.id), "member_no": owner.member_no, "name": mask_name(owner.name),
        "phone_masked": rules.mask_phone(phone),
    }  # fmt: skip
    raise Conflict(
        _("这个手机号已属于会员 %(name)s。可以直接为其开单，或作为其家人建档。", name=mask_name(owner.name)),
        code="duplicate_phone",
        errors=[FieldError("phone", _("手机号已被使用。"))],
        extra={"candidates": [candidate]},
    )


def mask_name(name: str) -> str:
    """Return 刘*明: what a stranger may see of a name."""
    if len(name) < 2:
        return "*"
    return name[0] + "*" * (len(name) - 2 or 1) + (name[-1] if len(name) > 2 else "")


def _insert(session: Session, new: NewPerson, name: str, phone: str | None, contact: Person | None) -> Person:
    actor = current_actor()
    st = Statements(session, actor.franchise_id)
    referrer = by_member_no(session, new.referrer_no) if new.referrer_no else None
    if new.referrer_no and (referrer is None or not referrer.active):
        raise Invalid.field("referrer", _("没有会员号为 %(no)s 的推荐人。", no=new.referrer_no))
    person = Person(
        member_no=f"{10_000_000 + counters.take(st, 'member_no'):08d}",
        name=name,
        pinyin=rules.sort_pinyin(name),
        gender=new.gender,
        birth_on=new.birth_on,
        birth_calendar=new.birth_calendar,
        occupation=rules.clean(new.occupation)[:60],
        company=rules.clean(new.company)[:120],
        source=rules.clean(new.source)[:40],
        contact_of_id=contact.id if contact else None,
        referrer_id=referrer.id if referrer else None,
        store_id=actor.store_id,
        joined_at=clock.now_ms(),
    )
    person.phone = phone
    person.email = rules.clean(new.email) or None
    person.address = rules.clean(new.address) or None
    person.note = rules.clean(new.note) or None
    session.add(person)
    if contact is not None:
        relate(session, contact, person, new.relation)
    session.flush()
    return person


def last4_tokens(phone: str) -> list[str]:
    """Return the keyed tokens of a phone's last four digits: one, or two while keys rotate.

    The digits themselves stay unknown to whoever holds the database alone. The first is the newest.
    """
    fid = current_actor().franchise_id
    return ["#" + blind[:8].hex() for blind in keys.ring().blinds(phone[-4:], "search_token.last4", fid)]


def tokens_of(person: Person, extra: tuple[str, ...] = ()) -> set[str]:
    """Return every token by which `person` is found; `extra` are card numbers."""
    tokens = rules.name_tokens(person.name) | rules.company_tokens(person.company)
    tokens |= {person.member_no, *extra}
    if person.phone:
        tokens.add(last4_tokens(person.phone)[0])
    if person.birth_on:
        tokens.add(rules.birth_token(person.birth_on))
    return tokens


def index(session: Session, person: Person, extra: tuple[str, ...] = ()) -> None:
    """Rewrite the person's search tokens; numbers of their cards are kept."""
    session.flush()
    st = Statements(session, person.franchise_id)
    wanted = tokens_of(person, extra)
    kept = st.all(
        "SELECT token FROM search_token WHERE franchise_id = ? AND person_id = ?",
        [person.franchise_id, person.id],
    )
    have = {row[0] for row in kept}
    numbers = {token for token in have if rules.CARD_TOKEN.fullmatch(token) and token != person.member_no}
    for token in have - wanted - numbers:
        st.run(
            "DELETE FROM search_token WHERE franchise_id = ? AND person_id = ? AND token = ?",
            [person.franchise_id, person.id, token],
        )
    st.insert_many("search_token", [token_row(person.franchise_id, person.id, t) for t in sorted(wanted - have)])


def token_row(franchise_id: int, person_id: int, token: str) -> dict[str, Any]:
    """Return the row of one search token."""
    return {"id": new_id(), "franchise_id": franchise_id, "person_id": person_id, "token": token}


def relate(session: Session, person: Person, other: Person, role: str) -> Relation:
    """Record how `person` is related to `other`; raise Invalid for an unknown role or oneself."""
    if role not in RELATIONS:
        raise Invalid.field("role", _("没有“%(role)s”这种家庭关系。", role=role))
    if person.id == other.id:
        raise Invalid.field("other", _("不能与自己建立家庭关系。"))
    found = session.scalar(select(Relation).where(Relation.person_id == person.id, Relation.other_id == other.id))
    if found is None:
        found = Relation(person_id=person.id, other_id=other.id, role=role)
        session.add(found)
    found.role = role
    return found


def consent(session: Session, person: Person, purpose: str, *, granted: bool, evidence: str = "") -> Consent:
    """Record a consent given or withdrawn, attested by staff; raise Invalid for an unknown purpose.

    For a child the guardian is taken from the record (PIPL art. 31); core/people/consents.py has the longer form.
    """
    return consents.record(session, person, purpose, granted=granted, said=consents.Said(evidence))


def consents_of(session: Session, person: Person) -> dict[str, Consent]:
    """Return the newest consent row of each purpose."""
    rows = session.scalars(select(Consent).where(Consent.person_id == person.id).order_by(Consent.id))
    return {row.purpose: row for row in rows}


def add_tag(session: Session, person: Person, tag: str) -> None:
    """Put a tag on a person by hand; one that a rule put becomes theirs by hand and stays (S0-28)."""
    text = rules.clean(tag)[:40]
    if not text:
        raise Invalid.field("tag", _("请填写标签。"))
    row = session.scalar(select(PersonTag).where(PersonTag.person_id == person.id, PersonTag.tag == text))
    if row is not None:
        row.source, row.reason = "manual", ""
        return
    session.add(PersonTag(person_id=person.id, tag=text, at=clock.now_ms()))


def remove_tag(session: Session, person: Person, tag: str) -> None:
    """Take a tag off a person; one that is not there is no error."""
    row = session.scalar(select(PersonTag).where(PersonTag.person_id == person.id, PersonTag.tag == tag))
    if row is not None:
        session.delete(row)


def tags_of(session: Session, person: Person) -> list[PersonTag]:
    """Return the person's tags in the order they were put."""
    return list(session.scalars(select(PersonTag).where(PersonTag.person_id == person.id).order_by(PersonTag.id)))


EDITABLE = (
    "name",
    "phone",
    "gender",
    "birth_on",
    "birth_calendar",
    "email",
    "address",
    "occupation",
    "company",
    "industry",
    "interests",
    "economy",
    "adviser_id",
    "note",
)


def change(session: Session, person: Person, version: int, values: dict[str, Any]) -> Person:
    """Change fields of a person; raise Conflict for a stale version, Invalid for bad values."""
    if version != person.version:
        raise Conflict(
            _("这位会员的资料刚被别人修改过。请核对最新内容后再保存。"),
            code="stale_version",
            extra={"version": person.version},
        )
    values = {k: v for k, v in values.items() if k in EDITABLE}
    if "name" in values:
        values["name"] = rules.clean_name(values["name"])
        person.pinyin = rules.sort_pinyin(values["name"])
    if "phone" in values:
        values["phone"] = rules.clean_phone(values["phone"])
        if values["phone"] and values["phone"] != person.phone:
            _refuse_duplicate(session, values["phone"])
    errors: list[FieldError] = []
    _check_choices(
        errors,
        NewPerson(
            name=values.get("name", person.name),
            gender=values.get("gender", person.gender),
            birth_on=values.get("birth_on", person.birth_on),
            birth_calendar=values.get("birth_calendar", person.birth_calendar),
            email=values.get("email"),
        ),
    )
    _check_more(session, values, errors)
    if errors:
        raise Invalid(_("有 %(n)d 处需要修改。", n=len(errors)), errors=errors)
    changed = [k for k, v in values.items() if getattr(person, k) != (v or (None if k in _NULLABLE else ""))]
    before = {key: _told(key, getattr(person, key)) for key in changed}
    for key in changed:
        setattr(person, key, values[key] or (None if key in _NULLABLE else ""))
    if changed:
        person.version += 1
        index(session, person)
        audit.record(
            session, "people.person.changed", "person", person.id, person_id=person.id,
            detail={
                "fields": sorted(changed),
                "changes": {key: [before[key], _told(key, getattr(person, key))] for key in changed},
            },
        )  # fmt: skip
    return person


_NULLABLE = frozenset({"phone", "birth_on", "email", "address", "note", "adviser_id"})


def _check_more(session: Session, values: dict[str, Any], errors: list[FieldError]) -> None:
    """Check the fields that only a change carries: how well off, and who looks after the person (S3-03, S4-20)."""
    for key, most in (("industry", 60), ("interests", 200)):
        if len(values.get(key) or "") > most:
            errors.append(FieldError(key, _("最多 %(n)d 个字。", n=most)))
    if (values.get("economy") or "") not in rules.ECONOMY:
        errors.append(FieldError("economy", _("消费能力只能是低、中、高或未填。")))
    adviser = values.get("adviser_id")
    if adviser and session.scalar(select(Staff.id).where(Staff.id == adviser, Staff.active.is_(True))) is None:
        errors.append(FieldError("adviser_id", _("没有找到这位员工，或已停用。")))


def _told(key: str, value: Any) -> str:
    """Return a value as the trail keeps it, sealed: a phone masked, everything else as it was."""
    return rules.mask_phone(value) if key == "phone" and value else history.shown(value)


def _prefix(token: str) -> ColumnElement[bool]:
    return and_(SearchToken.token >= token, SearchToken.token < token + _TOP)


def matching(query: rules.Query) -> Select[tuple[int]] | None:
    """Return a query of the ids that match every part of `query`, or None when it is empty."""
    if query.empty:
        return None
    fid = current_actor().franchise_id
    wheres: list[ColumnElement[bool]] = []
    if query.phone:
        field_ = Person.sealed_fields["phone"]  # type: ignore[attr-defined]
        own = select(Person.id).where(field_.matches(Person, query.phone, fid))
        return own.union_all(select(SearchToken.person_id).where(SearchToken.token == query.numbers[0]))  # type: ignore[return-value]
    wheres += [_prefix(word) for word in sorted(query.words, key=len, reverse=True)]
    wheres += [or_(SearchToken.token.in_(last4_tokens(part)), _prefix(part)) for part in query.last4]
    wheres += [_prefix(part) for part in query.numbers]
    if query.birth_on:
        wheres.append(SearchToken.token == rules.birth_token(query.birth_on))
    found: Any = None
    for where in wheres:
        ids = select(SearchToken.person_id).where(where)
        if found is not None:
            ids = ids.where(SearchToken.person_id.in_(found))
        found = ids
    if query.card:
        whole = select(SearchToken.person_id).where(_prefix(query.card))
        return found.union(whole)  # type: ignore[no-any-return]
    return found.distinct()  # type: ignore[no-any-return]


def find(session: Session, text: str, limit: int = 8) -> list[Person]:
    """Return up to `limit` persons that match, own store first, then the latest visit (S3-05, ux 2.1)."""
    ids = matching(rules.parse_query(text))
    if ids is None:
        return []
    store_id = current_actor().store_id or 0
    own_store = case((Person.store_id == literal(store_id), 0), else_=1).cast(Integer)
    candidates = ids.limit(CANDIDATE_LIMIT).subquery()
    statement = (
        select(Person)
        .join(candidates, candidates.c[0] == Person.id)
        .where(Person.active.is_(True))
        .order_by(own_store, Person.last_visit_at.desc(), Person.id.desc())
        .limit(limit)
    )
    return list(session.scalars(statement))


def count_matching(session: Session, text: str, cap: int = 1001) -> int:
    """Return how many persons match, counted no further than `cap`."""
    ids = matching(rules.parse_query(text))
    if ids is None:
        return 0
    return session.scalar(select(func.count()).select_from(ids.limit(cap).subquery())) or 0


def children_of(session: Session, person: Person) -> list[Person]:
    """Return the persons who use this person's phone (B55)."""
    return list(session.scalars(select(Person).where(Person.contact_of_id == person.id).order_by(Person.id)))


REKEY_BATCH = 500


def rekey_tokens(session: Session) -> None:
    """Rewrite the keyed search tokens of the franchise under the newest index key (key rotation)."""
    st = Statements(session, current_actor().franchise_id)
    last = 0
    while True:
        persons = session.scalars(
            select(Person).where(Person.id > last, Person.phone_sealed.is_not(None)).order_by(Person.id)
            .limit(REKEY_BATCH)
        ).all()  # fmt: skip
        for person in persons:
            token = last4_tokens(person.phone or "")[0]
            st.run(
                "DELETE FROM search_token WHERE franchise_id = ? AND person_id = ? AND token >= '#'"
                " AND token < '$' AND token <> ?",
                [person.franchise_id, person.id, token],
            )
            st.run(
                "INSERT INTO search_token (id, franchise_id, person_id, token) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (franchise_id, token, person_id) DO NOTHING",
                [new_id(), person.franchise_id, person.id, token],
            )
        session.expunge_all()
        if len(persons) < REKEY_BATCH:
            return
        last = persons[-1].id
