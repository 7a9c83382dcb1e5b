"""The care profile (S3-13, S3-25, S3-26) and objections (S3-32): what is remembered of a person. Never commits.

The cycle is kept under its own consent alone; taken back, it is gone at once. Nothing here is printed or exported.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.sdk import Conflict, Invalid, NotFound, Refusal, _, _l, clock, ids, record_audit
from plugins.beauty import records, stages, texts
from plugins.beauty.attributes import MOTIVES
from plugins.beauty.models import BeautyObjection, BeautyProfile

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LONGEST = 500
FIELDS: dict[str, Any] = {
    "interests": _l("兴趣爱好"), "taste": _l("偏好"), "marriage": _l("婚姻家庭"), "work": _l("工作"),
    "habits": _l("生活习惯"), "taboos": _l("忌讳"), "talk": _l("谈过的话题"),
}  # fmt: skip
MEANS: dict[str, Any] = {"careful": _l("看重价格"), "middle": _l("一般"), "free": _l("宽裕")}


@dataclass(frozen=True, slots=True)
class Profile:
    """A care profile opened: motive and means by code, the words by field, the cycle (last period, length), version."""

    motive: str
    means: str
    words: dict[str, str]
    cycle: tuple[date, int] | None
    version: int


def _row(session: Session, person_id: int) -> BeautyProfile | None:
    return session.scalar(select(BeautyProfile).where(BeautyProfile.person_id == person_id).with_for_update())


def profile(session: Session, person_id: int) -> Profile:
    """Return a person's profile; an empty one of version 0 where none was written. The cycle only by consent."""
    row = session.scalar(select(BeautyProfile).where(BeautyProfile.person_id == person_id))
    if row is None:
        return Profile("", "", {}, None, 0)
    data = json.loads(row.record or "{}")
    agreed = may_note_cycle(session, person_id)
    return Profile(
        data.get("motive", ""), data.get("means", ""), data.get("words", {}), _cycle(row) if agreed else None,
        row.version,
    )  # fmt: skip


def motive_of(session: Session, person_id: int) -> str:
    """Return why a person comes (problem, natural, relax), or ""."""
    return profile(session, person_id).motive


def save(session: Session, person_id: int, given: Mapping[str, str], version: int) -> BeautyProfile:
    """Write the profile as typed and return its row; audit names the fields that changed, never their words.

    Raises Refusal `beauty_no_consent` without consent to sensitive data, Conflict `stale` when somebody saved it
    meanwhile, Invalid for an unknown motive or words beyond 500 characters.
    """
    records.need_health(session, person_id)
    if given.get("motive") and given["motive"] not in dict(MOTIVES):
        raise Invalid.field("motive", _("请从列表中选择。"))
    if given.get("means") and given["means"] not in MEANS:
        raise Invalid.field("means", _("请从列表中选择。"))
    for name in FIELDS:
        if len(given.get(name, "")) > LONGEST:
            raise Invalid.field(name, _("最多 %(n)d 个字。", n=LONGEST))
    row = _take(session, person_id, version)
    before = json.loads(row.record or "{}")
    after = {
        "motive": given.get("motive", ""), "means": given.get("means", ""),
        "words": {name: given[name].strip() for name in FIELDS if given.get(name, "").strip()},
    }  # fmt: skip
    row.record = json.dumps(after, ensure_ascii=False)
    session.flush()
    record_audit(
        session, "beauty.profile.saved", "beauty_profile", row.id, person_id=person_id,
        detail={"fields": _changed(before, after)},
    )  # fmt: skip
    return row


def _take(session: Session, person_id: int, version: int) -> BeautyProfile:
    row = _row(session, person_id)
    if (row.version if row else 0) != version:
        raise Conflict(_("别人刚刚改过这份档案，请刷新后再改。"), code="stale")
    if row is None:
        row = BeautyProfile(person_id=person_id, version=0)
        session.add(row)
    row.version, row.saved_at = version + 1, clock.now_ms()
    return row


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    flat = ({**one.get("words", {}), "motive": one.get("motive"), "means": one.get("means")} for one in (before, after))
    old, new = flat
    return sorted(name for name in {*old, *new} if (old.get(name) or "") != (new.get(name) or ""))


# -- the cycle -------------------------------------------------------------------------------------


def may_note_cycle(session: Session, person_id: int) -> bool:
    """Return whether a person agrees to the note of the cycle today."""
    row = records.newest_consents(session, [person_id]).get((person_id, texts.CYCLE))
    return records.is_good(session, row)


def note_cycle(session: Session, person_id: int, last: date, length: int, version: int) -> BeautyProfile:
    """Write the last period and the days between two; raise Refusal `beauty_no_consent` without that consent."""
    if not may_note_cycle(session, person_id):
        raise Refusal(_("本人还没有同意记录生理周期。请先在“知情同意”里签署，再回来填写。"), code="beauty_no_consent")
    low, high = stages.CYCLE_LENGTHS
    if not low <= length <= high:
        raise Invalid.field("length", _("周期长度请填 %(low)d 到 %(high)d 天。", low=low, high=high))
    if last > records.today():
        raise Invalid.field("last", _("日期不能晚于今天。"))
    row = _take(session, person_id, version)
    row.cycle = json.dumps({"last": last.isoformat(), "length": length})
    session.flush()
    record_audit(session, "beauty.cycle.noted", "beauty_profile", row.id, person_id=person_id)
    return row


def withdraw_cycle(session: Session, person_id: int) -> None:
    """Take the consent to the note of the cycle back and delete the note at once."""
    records.withdraw(session, person_id, texts.CYCLE)
    row = _row(session, person_id)
    if row is not None:
        row.cycle = None
        row.version += 1
        session.flush()


def _cycle(row: BeautyProfile) -> tuple[date, int] | None:
    data = json.loads(row.cycle or "{}")
    return (date.fromisoformat(data["last"]), int(data["length"])) if data else None


def in_period(session: Session, person_ids: Iterable[int], on: date) -> frozenset[int]:
    """Return who of these persons is expected to have the period on a day; of nobody without their consent."""
    wanted = sorted(set(person_ids))
    rows = session.scalars(
        select(BeautyProfile).where(BeautyProfile.person_id.in_(wanted), BeautyProfile.cycle_sealed.is_not(None))
    ).all()
    consents = records.newest_consents(session, [row.person_id for row in rows])
    found = set()
    for row in rows:
        cycle = _cycle(row)
        agreed = records.is_good(session, consents.get((row.person_id, texts.CYCLE)))
        if cycle and agreed and stages.in_period(cycle[0], cycle[1], on):
            found.add(row.person_id)
    return frozenset(found)


# -- objections ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Objection:
    """An objection opened: what was said, what was answered ("" while it is open)."""

    row: BeautyObjection
    text: str
    answer: str


def object_to(session: Session, person_id: int, text: str) -> BeautyObjection:
    """Write what holds a person back and return the row; raise Invalid for too few or too many words."""
    said = _said("text", text)
    row = records.stamp(BeautyObjection(person_id=person_id, on=records.today(), open=True))
    row.record = json.dumps({"text": said, "answer": ""}, ensure_ascii=False)
    session.add(row)
    session.flush()
    record_audit(session, "beauty.objection.made", "beauty_objection", row.id, person_id=person_id)
    return row  # type: ignore[no-any-return]


def answer_objection(session: Session, person_id: int, objection_id: str, answer: str) -> BeautyObjection:
    """Write what was answered and close the objection; raise NotFound for another's, Conflict when it is closed."""
    said, wanted = _said("answer", answer), ids.parse_id(objection_id)
    row = session.get(BeautyObjection, wanted, with_for_update=True) if wanted else None
    if row is None or row.person_id != person_id:
        raise NotFound(_("没有找到这条异议。"))
    if not row.open:
        raise Conflict(_("这条异议已经答复过了。"), code="stale")
    row.record = json.dumps({**json.loads(row.record or "{}"), "answer": said}, ensure_ascii=False)
    row.open, row.version = False, row.version + 1
    session.flush()
    record_audit(session, "beauty.objection.answered", "beauty_objection", row.id, person_id=person_id)
    return row


def _said(field: str, text: str) -> str:
    said = text.strip()
    if not 2 <= len(said) <= LONGEST:
        raise Invalid.field(field, _("请写 2 到 %(n)d 个字。", n=LONGEST))
    return said


def objections(session: Session, person_id: int) -> list[Objection]:
    """Return a person's objections, open ones first, then the latest first; at most 100."""
    rows = session.scalars(
        select(BeautyObjection)
        .where(BeautyObjection.person_id == person_id)
        .order_by(BeautyObjection.open.desc(), BeautyObjection.id.desc())
        .limit(records.MOST)
    )
    opened = ((row, json.loads(row.record or "{}")) for row in rows)
    return [Objection(row, data.get("text", ""), data.get("answer", "")) for row, data in opened]
