"""Consents by purpose and version: what is asked with, who said yes, what is still good, what a withdrawal does.

The newest word of a person on a purpose counts (PIPL art. 14–16, 29). A franchise may publish its own text; older
consents keep theirs, and count no more once a text marked material came after them. Below fourteen a guardian says it
(PIPL art. 31).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, exists, func, select
from sqlalchemy.orm import aliased

from core.kernel import audit, clock, drawn
from core.kernel.errors import FieldError, Invalid
from core.kernel.i18n import _, _l
from core.kernel.tenancy import current_actor
from core.people import rules
from core.people.models import Consent, ConsentText, Person, Relation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

PURPOSES = (
    "membership", "health", "marketing_sms", "marketing_email", "profiling", "share_stores",
    "photo_record", "photo_education", "photo_publicity",
)  # fmt: skip
PURPOSE_NAMES: dict[str, Any] = {
    "membership": _l("会员服务"), "health": _l("健康信息"), "marketing_sms": _l("营销短信"),
    "marketing_email": _l("营销邮件"), "profiling": _l("个性化推荐"), "share_stores": _l("门店间共享"),
    "photo_record": _l("照片存档"), "photo_education": _l("照片教学"), "photo_publicity": _l("照片宣传"),
}  # fmt: skip
# Our texts, version 1 of each purpose, until the franchise publishes its own.
TEXTS: dict[str, Any] = {
    "membership": _l("我同意本机构为建立会员档案、积分、储值和预约服务，保存并使用我的姓名、联系方式和消费记录。"),
    "health": _l(
        "我同意本机构为保证用药和治疗安全，保存并使用我的过敏史、病史、用药和就诊记录。"
        "这些属于敏感个人信息，不同意不影响办理会员。"
    ),
    "marketing_sms": _l("我同意接收本机构的优惠和活动短信，可随时退订。"),
    "marketing_email": _l("我同意接收本机构的优惠和活动邮件，可随时退订。"),
    "profiling": _l("我同意本机构根据我的消费和到店情况推荐项目，我可以随时要求停止。"),
    "share_stores": _l("我同意本机构各门店之间共享我的档案，以便我在任何一家门店就诊。"),
    "photo_record": _l("我同意本机构拍摄并保存我的治疗照片，仅供诊治和前后对比，只有参与诊治的人员可以查看。"),
    "photo_education": _l("我同意本机构在内部培训和学术交流中使用我的治疗照片，使用时隐去身份。"),
    "photo_publicity": _l("我同意本机构在宣传中使用我的治疗照片。我知道可以拒绝，拒绝不影响治疗和价格。"),
}  # fmt: skip
# What stops when a consent is taken back, told before it is.
EFFECTS: dict[str, Any] = {
    "membership": _l("停止以会员身份联系；已有的积分、储值和权益照常可用，账目依法保留。"),
    "health": _l("不再新增健康信息；已签名的就诊记录依法保存，只用于诊治安全。"),
    "marketing_sms": _l("马上停发营销短信；预约和账户通知照常。"),
    "marketing_email": _l("马上停发营销邮件；预约和账户通知照常。"),
    "profiling": _l("马上停止个性化推荐，不再进入按消费筛选的名单。"),
    "share_stores": _l("其他门店不再看到档案，只能在建档门店查看。"),
    "photo_record": _l("全部照片马上在所有页面、接口和导出里隐藏，包括教学和宣传用途；重新同意后恢复显示。"),
    "photo_education": _l("照片马上不再提供给教学使用；存档照片不受影响。"),
    "photo_publicity": _l("照片马上不再提供给宣传使用；已印刷、已发布的请另行撤下。"),
}  # fmt: skip
METHODS: dict[str, Any] = {"staff_attested": _l("员工当面确认"), "signature": _l("屏幕签名"), "paper": _l("纸质签字")}
# Sensitive personal information (PIPL art. 28): from fourteen to seventeen a guardian agrees to these besides.
SENSITIVE = frozenset({"health", "photo_record", "photo_education", "photo_publicity"})
SELF, GUARDIAN = "self", "guardian"
RELATIONS: dict[str, Any] = {
    "father": _l("父亲"), "mother": _l("母亲"), "grandparent": _l("祖父母或外祖父母"), "other": _l("其他监护人"),
}  # fmt: skip
LONGEST_TEXT = 4000


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a purpose in force: its version, words, and whether its publication made older consents stale."""

    purpose: str
    version: int
    body: str
    material: bool = False
    published_at: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """How a consent was said: `method` staff_attested, signature (strokes in `signature`) or paper (its number).

    For a child: the guardian as a person on record, or by name with the relation.
    """

    evidence: str = ""
    method: str = "staff_attested"
    signature: str = ""
    guardian_id: int | None = None
    guardian_name: str = ""
    relation: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """Where a person stands on a purpose: the newest word, the text in force, and whether a new word is needed."""

    purpose: str
    row: Consent | None
    text: Text
    stale: bool
    outgrown: bool = False  # a guardian said it, and by now the person says it themself; it counts until they do

    @property
    def good(self) -> bool:
        """Return whether the consent counts today."""
        return self.row is not None and self.row.granted and not self.stale


def text_at(session: Session, purpose: str, version: str) -> Text:
    """Return the text of a purpose that a consent was given to; ours for a version that is none of the franchise's."""
    found = next((one for one in texts_of(session, purpose) if str(one.version) == version), None)
    return found or Text(purpose, 1, str(TEXTS[purpose]))


def text_of(session: Session, purpose: str) -> Text:
    """Return the text of a purpose in force."""
    row = session.scalar(
        select(ConsentText).where(ConsentText.purpose == purpose).order_by(ConsentText.number.desc()).limit(1)
    )
    return _text(row) if row is not None else Text(purpose, 1, str(TEXTS[purpose]))


def texts_of(session: Session, purpose: str) -> list[Text]:
    """Return every text of a purpose, the newest first."""
    rows = session.scalars(
        select(ConsentText).where(ConsentText.purpose == purpose).order_by(ConsentText.number.desc())
    )
    return [*(_text(row) for row in rows), Text(purpose, 1, str(TEXTS[purpose]))]


def _text(row: ConsentText) -> Text:
    return Text(row.purpose, row.number, row.body, row.material, row.published_at)


def publish_text(session: Session, purpose: str, body: str, *, material: bool) -> ConsentText:
    """Publish a new text of a purpose and return it; a material one makes older consents ask again."""
    _known(purpose)
    words = body.strip()
    if not 10 <= len(words) <= LONGEST_TEXT:
        raise Invalid.field("body", _("同意书文本应在 10 到 %(n)d 字之间。", n=LONGEST_TEXT))
    now = text_of(session, purpose)
    if words == now.body:
        raise Invalid.field("body", _("与现行文本一样，没有改动。"))
    row = ConsentText(
        purpose=purpose, number=now.version + 1, body=words, material=material, published_at=clock.now_ms(),
        published_by=current_actor().staff_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(
        session, "people.consent.text", "consent_text", row.id,
        detail={"purpose": purpose, "version": row.number, "material": material, "before": now.version},
    )  # fmt: skip
    return row


def _known(purpose: str) -> None:
    if purpose not in PURPOSES:
        raise Invalid.field("purpose", _("没有“%(p)s”这种同意用途。", p=purpose))


def record(session: Session, person: Person, purpose: str, *, granted: bool, said: Said | None = None) -> Consent:
    """Record a consent given or withdrawn, with the version of the text in force.

    Raises Invalid for an unknown purpose or method, a signature that is none, and for a child without a guardian.
    """
    _known(purpose)
    said = said or Said()
    actor = current_actor()
    guardian_id, guardian = _guardian(session, person, purpose, said) if granted else (None, "")
    if said.method not in METHODS:
        raise Invalid.field("method", _("请选择怎么确认的。"))
    if said.method == "signature" and not drawn.is_signature(said.signature):
        raise Invalid.field("signature", _("请在签名框里签名，或改为员工当面确认。"))
    row = Consent(
        person_id=person.id, purpose=purpose, granted=granted, text_version=str(text_of(session, purpose).version),
        door=actor.door, staff_id=actor.staff_id, at=clock.now_ms(), method=said.method, guardian_id=guardian_id,
        said_by=GUARDIAN if guardian_id or guardian else SELF,
    )  # fmt: skip
    row.evidence, row.guardian = said.evidence[:500], guardian
    row.signature = said.signature if said.method == "signature" else None
    session.add(row)
    audit.record(
        session, "people.consent.given" if granted else "people.consent.withdrawn", "person", person.id,
        person_id=person.id, detail={"purpose": purpose, "version": row.text_version, "method": row.method},
    )  # fmt: skip
    return row


def _guardian(session: Session, person: Person, purpose: str, said: Said) -> tuple[int | None, str]:
    """Return who agrees for a minor as (person on record, sealed name and relation); nobody for an adult."""
    if not needs_guardian(person, purpose):
        return None, ""
    if said.guardian_id:
        known = session.get(Person, said.guardian_id)
        if known is None or known.id == person.id:
            raise Invalid.field("guardian", _("没有找到这位监护人。"))
        if rules.is_minor(known.birth_on, clock.today(current_actor().tz)):
            raise Invalid.field("guardian", _("监护人须是成年人。"))
        return known.id, ""
    if said.guardian_name.strip():
        if said.relation not in RELATIONS:
            raise Invalid.field("relation", _("请选择监护人与本人的关系。"))
        name = said.guardian_name.strip()[:60]
        return None, json.dumps({"name": name, "relation": said.relation}, ensure_ascii=False)
    found = guardians_of(session, person)
    if not found:
        why = (
            _("不满 14 岁，须由监护人同意：请选择监护人，或填写监护人姓名和关系。")
            if needs_guardian(person)
            else _("未满 18 岁，健康信息和照片须由监护人同意：请选择监护人，或填写监护人姓名和关系。")
        )
        raise Invalid(why, code="guardian_required", errors=[FieldError("guardian", _("请选择监护人。"))])
    return found[0].id, ""


def needs_guardian(person: Person, purpose: str = "") -> bool:
    """Return whether a guardian must say it: everything below fourteen, what is sensitive below eighteen."""
    today = clock.today(current_actor().tz)
    if purpose in SENSITIVE and rules.is_minor(person.birth_on, today):
        return True
    return rules.is_child(person.birth_on, today)


def guardians_of(session: Session, person: Person) -> list[Person]:
    """Return the persons on record who answer for a child: whose phone it uses, then its guardians and parents."""
    ids = [person.contact_of_id] if person.contact_of_id else []
    ids += session.scalars(
        select(Relation.other_id).where(Relation.person_id == person.id, Relation.role.in_(("guardian", "parent")))
    )
    today = clock.today(current_actor().tz)
    known = [found for one in dict.fromkeys(ids) if (found := session.get(Person, one)) is not None]
    return [one for one in known if not rules.is_minor(one.birth_on, today)]


# -- reading ---------------------------------------------------------------------------------------


def stale(consent: Any = Consent) -> ColumnElement[bool]:
    """Return the criterion `a material text came after this consent`."""
    return exists().where(
        ConsentText.franchise_id == consent.franchise_id, ConsentText.purpose == consent.purpose,
        ConsentText.material.is_(True), ConsentText.published_at > consent.at,
    )  # fmt: skip


def in_force(consent: Any = Consent) -> ColumnElement[bool]:
    """Return the criterion `this word counts today`: the newest on its purpose, a yes, no material text since.

    The one place that says so: conditions, photos, health and every message ask it (PIPL art. 14–16).
    """
    newer = aliased(Consent)
    later = exists().where(
        newer.franchise_id == consent.franchise_id, newer.person_id == consent.person_id,
        newer.purpose == consent.purpose, newer.id > consent.id,
    )  # fmt: skip
    return and_(consent.granted.is_(True), ~later, ~stale(consent))


def agreed(session: Session, person_ids: Iterable[int], purpose: str) -> set[int]:
    """Return which of the persons agree to a purpose today."""
    return {person for person, yes in answers(session, person_ids, purpose).items() if yes}


def answers(session: Session, person_ids: Iterable[int], purpose: str) -> dict[int, bool]:
    """Return for each person who was ever asked whether their word counts today; who was never asked is not in it."""
    counts = func.max(case((in_force(), 1), else_=0))
    query = select(Consent.person_id, counts).where(Consent.person_id.in_(list(person_ids)), Consent.purpose == purpose)
    return {row[0]: bool(row[1]) for row in session.execute(query.group_by(Consent.person_id))}


def has(session: Session, person_id: int, purpose: str, version: int | None = None) -> bool:
    """Return whether a person agrees to a purpose today, and, if asked, at least to that version of its text."""
    if person_id not in agreed(session, [person_id], purpose):
        return False
    if version is None:
        return True
    newest = select(Consent.text_version).where(Consent.person_id == person_id, Consent.purpose == purpose)
    said = session.scalar(newest.order_by(Consent.id.desc()).limit(1)) or "0"
    return said.isdigit() and int(said) >= version


def states_of(session: Session, person: Person) -> dict[str, State]:
    """Return where a person stands on every purpose, in their order."""
    newest = select(func.max(Consent.id)).where(Consent.person_id == person.id).group_by(Consent.purpose)
    rows = session.execute(select(Consent, stale()).where(Consent.id.in_(newest))).all()
    found = {row.purpose: (row, bool(old)) for row, old in rows}
    result = {}
    for purpose in PURPOSES:
        row, old = found.get(purpose, (None, False))
        said = row is not None and row.granted and row.said_by == GUARDIAN
        outgrown = said and not needs_guardian(person, purpose)
        result[purpose] = State(purpose, row, text_of(session, purpose), bool(row and row.granted and old), outgrown)
    return result


def history_of(session: Session, person: Person, purpose: str) -> list[Consent]:
    """Return every word of a person on a purpose, the newest first."""
    query = select(Consent).where(Consent.person_id == person.id, Consent.purpose == purpose)
    return list(session.scalars(query.order_by(Consent.id.desc()).limit(50)))


def guardian_words(session: Session, row: Consent) -> str:
    """Return who said a child's consent, in words; empty for one's own."""
    if row.guardian_id:
        known = session.get(Person, row.guardian_id)
        return known.name if known else ""
    if not row.guardian:
        return ""
    said = json.loads(row.guardian)
    return _("%(name)s（%(relation)s）", name=said["name"], relation=str(RELATIONS.get(said["relation"], "")))
