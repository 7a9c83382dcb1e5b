"""Skin analyses, questionnaires and consents: write a further one, read what counts. Never commits."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from core.sdk import Invalid, NotFound, Refusal, _, _l, clock, has_consented, record_audit, setting_value, tenancy
from plugins.beauty import contraindications, texts
from plugins.beauty.models import BeautyAnswers, BeautyConsent, BeautySkin
from plugins.beauty.settings import VALID_DAYS

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

HEALTH = "health"
MOST = 100
SCORES: dict[str, Any] = {
    "moisture": _l("水分"), "oil": _l("油脂"), "pores": _l("毛孔"), "wrinkles": _l("皱纹"),
    "pigment": _l("色素"), "redness": _l("泛红"), "texture": _l("纹理"), "acne": _l("痤疮"),
}  # fmt: skip
FITZPATRICK = ("I", "II", "III", "IV", "V", "VI")
TYPES: dict[str, Any] = {
    "dry": _l("干性"), "combination": _l("混合性"), "oily": _l("油性"), "sensitive": _l("敏感性"),
}  # fmt: skip
GLOGAU, IGA = ("1", "2", "3", "4"), ("0", "1", "2", "3", "4")
METHODS: dict[str, Any] = {"signature": _l("本人签字"), "paper": _l("纸质签字"), "sms_code": _l("短信验证码")}


@dataclass(frozen=True, slots=True)
class Skin:
    """A skin analysis opened: eight scores 0–100 (more is better), Fitzpatrick, skin type, Glogau 1–4, IGA 0–4."""

    row: BeautySkin
    scores: dict[str, int]
    fitzpatrick: str
    type: str
    glogau: str
    iga: str
    device: str
    note: str


@dataclass(frozen=True, slots=True)
class Signed:
    """A consent as it stands: the row, what was signed, and whether it counts today (`good`)."""

    row: BeautyConsent
    text: str
    method: str
    evidence: str
    guardian: str
    good: bool


def need_health(session: Session, person_id: int) -> None:
    """Raise Refusal `beauty_no_consent` without the person's consent to health data (PIPL art. 29)."""
    if not has_consented(session, person_id, HEALTH):
        raise Refusal(
            _("这位会员还没有同意记录健康信息，不能保存。请先在会员页“同意”里记录，再回来保存。"),
            code="beauty_no_consent",
        )


def stamp(row: Any) -> Any:
    """Put who, where and when onto a new row and return it."""
    actor = tenancy.current_actor()
    row.made_at = clock.now_ms()
    if hasattr(row, "staff_id"):
        row.staff_id = actor.staff_id
    if hasattr(row, "store_id"):
        row.store_id = actor.store_id
    return row


def today() -> date:
    """Return the business date of the one who acts."""
    return clock.today(tenancy.current_actor().tz)


# -- skin ------------------------------------------------------------------------------------------


def analyse(session: Session, person_id: int, on: date, given: Mapping[str, str]) -> BeautySkin:
    """Write a skin analysis and return its row; raise Invalid for a score outside 0–100, a wrong grade or day.

    `given` holds the eight scores by name, `fitzpatrick`, `type`, `glogau`, `iga`, `device`, `note`, as typed.
    """
    need_health(session, person_id)
    if on > today():
        raise Invalid.field("on", _("检测日期不能晚于今天。"))
    record: dict[str, Any] = {"scores": {key: _score(key, given.get(key, "")) for key in SCORES}}
    for name, allowed in (("fitzpatrick", FITZPATRICK), ("type", TYPES), ("glogau", GLOGAU), ("iga", IGA)):
        value = given.get(name, "").strip()
        if value and value not in allowed:
            raise Invalid.field(name, _("请从列表中选择。"))
        record[name] = value
    record["device"], record["note"] = given.get("device", "").strip()[:60], given.get("note", "").strip()[:500]
    row = stamp(BeautySkin(person_id=person_id, on=on))
    row.record = json.dumps(record, ensure_ascii=False)
    session.add(row)
    session.flush()
    record_audit(session, "beauty.skin.made", "beauty_skin", row.id, person_id=person_id)
    return row  # type: ignore[no-any-return]


def _score(key: str, text: str) -> int:
    text = text.strip()
    if not text.isascii() or not text.isdigit() or int(text) > 100:
        raise Invalid.field(key, _("%(name)s请填 0 到 100 的整数。", name=SCORES[key]))
    return int(text)


def skins(session: Session, person_id: int) -> list[Skin]:
    """Return a person's skin analyses, the latest first, at most 100."""
    query = select(BeautySkin).where(BeautySkin.person_id == person_id)
    rows = session.scalars(query.order_by(BeautySkin.on.desc(), BeautySkin.id.desc()).limit(MOST))
    return [_opened(row) for row in rows]


def _opened(row: BeautySkin) -> Skin:
    data = json.loads(row.record or "{}")
    return Skin(
        row, data["scores"], data["fitzpatrick"], data["type"], data["glogau"], data["iga"], data["device"],
        data["note"],
    )  # fmt: skip


# -- questionnaire ---------------------------------------------------------------------------------


def answer(session: Session, person_id: int, told: Mapping[str, date | None]) -> BeautyAnswers:
    """Write a questionnaire: what was said yes to, with a day for the dated ones. Asks for no consent: it is safety.

    Raises Invalid for a state that is not asked, a dated one without a day, or a day to come.
    """
    day = today()
    if missing := contraindications.unknown(told):
        raise Invalid.field("told", _("没有“%(code)s”这一项。", code=missing[0][:40]))
    for state, since in told.items():
        if state in contraindications.DATED and since is None:
            raise Invalid.field(f"on-{state}", _("请填写最近一次是哪天。"))
        if since is not None and since > day:
            raise Invalid.field(f"on-{state}", _("日期不能晚于今天。"))
    row = stamp(BeautyAnswers(person_id=person_id, on=day))
    row.record = json.dumps({state: since.isoformat() if since else "" for state, since in sorted(told.items())})
    session.add(row)
    session.flush()
    record_audit(session, "beauty.answers.made", "beauty_answers", row.id, person_id=person_id)
    return row  # type: ignore[no-any-return]


def told_in(row: BeautyAnswers | None) -> dict[str, date | None]:
    """Return what a questionnaire says yes to."""
    data = json.loads(row.record or "{}") if row else {}
    return {state: date.fromisoformat(since) if since else None for state, since in data.items()}


def newest_answers(session: Session, person_ids: Iterable[int]) -> dict[int, BeautyAnswers]:
    """Return the newest questionnaire of each of the persons, in one statement."""
    ids = sorted(set(person_ids))
    if not ids:
        return {}
    last = select(func.max(BeautyAnswers.id)).where(BeautyAnswers.person_id.in_(ids)).group_by(BeautyAnswers.person_id)
    return {row.person_id: row for row in session.scalars(select(BeautyAnswers).where(BeautyAnswers.id.in_(last)))}


def valid_days(session: Session) -> int:
    """Return for how many days a questionnaire counts."""
    return int(setting_value(session, VALID_DAYS))


# -- consents --------------------------------------------------------------------------------------


def sign(
    session: Session, person_id: int, kind: str, *, method: str, evidence: str, age: int | None = None,
    guardian: str = "", version: str | None = None,
) -> BeautyConsent:  # fmt: skip
    """Write that a person signed the text of a kind as it is today, and return the row.

    `version` is that of the text they were shown. Raises NotFound for an unknown kind, Conflict when the text moved
    meanwhile, Invalid without evidence or, below eighteen, without the guardian's name.
    """
    if kind not in texts.KINDS:
        raise NotFound(_("没有这种知情同意。"))
    now_version, text = texts.text_of(session, kind)
    if version is not None and version != now_version:
        raise Refusal(_("文本刚刚改过，请把新文本给本人看过再签。"), code="stale", status=409)
    if method not in METHODS:
        raise Invalid.field("method", _("请选择签署方式。"))
    if len(evidence.strip()) < 2:
        raise Invalid.field("evidence", _("请写明凭据，如纸质编号或在场人。"))
    if age is not None and age < 18 and len(guardian.strip()) < 2:
        raise Invalid.field("guardian", _("未满 18 岁，请填写监护人姓名。"))
    row = stamp(BeautyConsent(person_id=person_id, kind=kind, text_version=now_version, signed_on=today()))
    row.record = json.dumps(
        {"text": text, "method": method, "evidence": evidence.strip()[:200], "guardian": guardian.strip()[:60]},
        ensure_ascii=False,
    )
    session.add(row)
    session.flush()
    record_audit(
        session, "beauty.consent.signed", "beauty_consent", row.id, person_id=person_id,
        detail={"kind": kind, "version": now_version},
    )  # fmt: skip
    return row  # type: ignore[no-any-return]


def withdraw(session: Session, person_id: int, kind: str) -> BeautyConsent:
    """Take the consent of a kind back and return its row; raise NotFound when none is in force."""
    row = newest_consents(session, [person_id]).get((person_id, kind))
    if row is None or row.withdrawn_at is not None:
        raise NotFound(_("没有可撤回的知情同意。"))
    row.withdrawn_at = clock.now_ms()
    session.flush()
    record_audit(
        session, "beauty.consent.withdrawn", "beauty_consent", row.id, person_id=person_id, detail={"kind": kind}
    )
    return row


def newest_consents(session: Session, person_ids: Iterable[int]) -> dict[tuple[int, str], BeautyConsent]:
    """Return the newest consent row of each person and kind, withdrawn ones too."""
    ids = sorted(set(person_ids))
    if not ids:
        return {}
    last = (
        select(func.max(BeautyConsent.id))
        .where(BeautyConsent.person_id.in_(ids))
        .group_by(BeautyConsent.person_id, BeautyConsent.kind)
    )
    rows = session.scalars(select(BeautyConsent).where(BeautyConsent.id.in_(last)))
    return {(row.person_id, row.kind): row for row in rows}


def is_good(session: Session, row: BeautyConsent | None) -> bool:
    """Return whether a consent counts today: not withdrawn, and of the text in force."""
    return row is not None and row.withdrawn_at is None and row.text_version == texts.text_of(session, row.kind)[0]


def consents(session: Session, person_id: int) -> dict[str, Signed]:
    """Return a person's newest consent of each kind, opened."""
    found = {}
    for (_person, kind), row in newest_consents(session, [person_id]).items():
        data = json.loads(row.record or "{}")
        found[kind] = Signed(
            row, data["text"], data["method"], data["evidence"], data["guardian"], is_good(session, row)
        )
    return found
