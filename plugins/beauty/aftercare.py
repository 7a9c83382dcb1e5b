"""After a treatment: how the person is, who looks after them, what was suggested and what it did. Never commits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.sdk import Conflict, Invalid, NotFound, _, _l, ids, items_with, record_audit
from plugins.beauty import profiles, records, stages, treatments
from plugins.beauty.attributes import SUITS
from plugins.beauty.models import BeautyCareForm, BeautySuggestion, BeautyTreatment

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

SLICE = 500
LISTED = 50
PHASES: dict[str, Any] = {"during": _l("治疗中"), "after": _l("治疗后")}
MOODS: dict[str, Any] = {"good": _l("不错"), "even": _l("平静"), "low": _l("低落"), "upset": _l("不满")}
WOUNDS: dict[str, Any] = {
    "fine": _l("正常"), "red": _l("红肿"), "bruise": _l("淤青"), "blister": _l("水疱或破损"),
    "infected": _l("疑似感染"),
}  # fmt: skip


# -- how they are ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CareForm:
    """How somebody was: pain 0–10, mood, what worries them, the wound, what was said or done about it."""

    row: BeautyCareForm
    pain: int
    mood: str
    worry: str
    wound: str
    note: str


def ask(session: Session, person_id: int, treatment_id: str, given: Mapping[str, str]) -> BeautyCareForm:
    """Write how a person is during or after a treatment and return the row; the next day to ask moves on (S3-21).

    Raises Invalid for a pain outside 0–10, an unknown mood or wound, NotFound for somebody else's treatment.
    """
    treatment = treatments.get(session, person_id, treatment_id)
    pain = given.get("pain", "").strip()
    if not pain.isascii() or not pain.isdigit() or int(pain) > 10:
        raise Invalid.field("pain", _("疼痛请填 0 到 10。"))
    for name, allowed in (("phase", PHASES), ("mood", MOODS), ("wound", WOUNDS)):
        if given.get(name) not in allowed:
            raise Invalid.field(name, _("请从列表中选择。"))
    for name in ("worry", "note"):
        if len(given.get(name, "")) > profiles.LONGEST:
            raise Invalid.field(name, _("最多 %(n)d 个字。", n=profiles.LONGEST))
    row = records.stamp(
        BeautyCareForm(treatment_id=treatment.id, person_id=person_id, phase=given["phase"], on=records.today())
    )
    row.record = json.dumps(
        {"pain": int(pain), **{name: given.get(name, "").strip() for name in ("mood", "worry", "wound", "note")}},
        ensure_ascii=False,
    )
    session.add(row)
    if given["phase"] == "after":
        treatment.due_on = stages.next_due(treatment.procedure, treatment.on, records.today())
    session.flush()
    record_audit(session, "beauty.care.made", "beauty_care_form", row.id, person_id=person_id)
    return row  # type: ignore[no-any-return]


def care_forms(session: Session, person_id: int) -> dict[int, list[CareForm]]:
    """Return a person's care forms by treatment, the latest first, at most 100."""
    rows = session.scalars(
        select(BeautyCareForm)
        .where(BeautyCareForm.person_id == person_id)
        .order_by(BeautyCareForm.on.desc(), BeautyCareForm.id.desc())
        .limit(records.MOST)
    )
    found: dict[int, list[CareForm]] = {}
    for row in rows:
        data = json.loads(row.record or "{}")
        found.setdefault(row.treatment_id, []).append(
            CareForm(row, data["pain"], data["mood"], data["worry"], data["wound"], data["note"])
        )
    return found


def is_asked_today(session: Session, treatment: BeautyTreatment, staff_id: int | None) -> bool:
    """Return whether a person is due to be asked about a treatment, or was asked today by this member of staff."""
    today = records.today()
    if treatment.due_on is not None and treatment.due_on <= today:
        return True
    asked = select(BeautyCareForm.id).where(
        BeautyCareForm.person_id == treatment.person_id, BeautyCareForm.treatment_id == treatment.id,
        BeautyCareForm.on == today, BeautyCareForm.staff_id == staff_id,
    )  # fmt: skip
    return session.scalar(asked.limit(1)) is not None


# -- who looks after them --------------------------------------------------------------------------


def hand_over(session: Session, today: date) -> int:
    """Move the treatments whose stage ends to the next one and its owner; return how many (S3-27). Safe again."""
    done = 0
    while True:
        rows = session.scalars(
            select(BeautyTreatment)
            .where(BeautyTreatment.changes_on <= today)
            .order_by(BeautyTreatment.changes_on, BeautyTreatment.id)
            .limit(SLICE)
            .with_for_update(skip_locked=True)
        ).all()
        for row in rows:
            _hand_over(session, row, today)
        session.flush()
        done += len(rows)
        if len(rows) < SLICE:
            return done


def _hand_over(session: Session, row: BeautyTreatment, today: date) -> None:
    before, now = (row.stage, row.owner_id), stages.stage_on(row.on, today)
    row.stage, row.changes_on = now.key, now.changes_on
    row.owner_id = treatments.owner_of(row, now.key)
    record_audit(
        session, "beauty.handoff.moved", "beauty_treatment", row.id, person_id=row.person_id,
        detail={"from": before[0], "to": now.key, "owner_before": before[1], "owner": row.owner_id},
    )  # fmt: skip


def due(session: Session, today: date, stage: str = "", after: tuple[date, int] | None = None) -> list[BeautyTreatment]:
    """Return whom to ask today or who is overdue, the longest overdue first; one more than a page holds.

    `after` is (day, id) of the last one shown.
    """
    query = select(BeautyTreatment).where(BeautyTreatment.due_on <= today)
    if stage in stages.STAGES:
        query = query.where(BeautyTreatment.stage == stage)
    if after is not None:
        day, last = after
        query = query.where(
            (BeautyTreatment.due_on > day) | ((BeautyTreatment.due_on == day) & (BeautyTreatment.id > last))
        )
    query = query.order_by(BeautyTreatment.due_on, BeautyTreatment.id).limit(LISTED + 1)
    return list(session.scalars(query))


# -- what was suggested ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A product suggested, opened: why, and what the person says of it."""

    row: BeautySuggestion
    why: str
    opinion: str


def offers(session: Session, person_id: int) -> list[tuple[str, str]]:
    """Return (name, whom it suits) of products that suit a motive: those that suit the person's first (S3-14)."""
    motive = profiles.motive_of(session, person_id)
    found = [(item.name, str(item.attributes[SUITS])) for item in items_with(session, SUITS)]
    return sorted(found, key=lambda one: one[1] != motive)


def suggest(session: Session, person_id: int, product: str, why: str) -> BeautySuggestion:
    """Write that a product was suggested and return the row; raise Invalid without a product."""
    records.need_health(session, person_id)
    name = product.strip()
    if not 2 <= len(name) <= 80:
        raise Invalid.field("product", _("请填写产品名称，2 到 80 个字。"))
    row = records.stamp(BeautySuggestion(person_id=person_id, product=name, suggested_on=records.today()))
    row.record = json.dumps({"why": why.strip()[: profiles.LONGEST], "opinion": ""}, ensure_ascii=False)
    session.add(row)
    session.flush()
    record_audit(session, "beauty.suggestion.made", "beauty_suggestion", row.id, person_id=person_id)
    return row  # type: ignore[no-any-return]


def tell(
    session: Session, person_id: int, suggestion_id: str, *, used_on: date, effect: str, opinion: str, version: int
) -> BeautySuggestion:
    """Write since when a product is used, its effect (1 to 5, or "" for not known yet), the person's opinion.

    Raises NotFound for somebody else's, Conflict `stale` when it was saved meanwhile, Invalid for effect or day.
    """
    wanted = ids.parse_id(suggestion_id)
    row = session.get(BeautySuggestion, wanted, with_for_update=True) if wanted else None
    if row is None or row.person_id != person_id:
        raise NotFound(_("没有找到这条建议。"))
    if row.version != version:
        raise Conflict(_("别人刚刚改过这条建议，请刷新后再改。"), code="stale")
    if effect and effect not in {"1", "2", "3", "4", "5"}:
        raise Invalid.field("effect", _("效果请填 1 到 5。"))
    if not row.suggested_on <= used_on <= records.today():
        raise Invalid.field("used_on", _("开始使用的日期要在建议之后，不能晚于今天。"))
    before = {"used_on": row.used_on.isoformat() if row.used_on else None, "effect": row.effect}
    row.used_on, row.effect, row.version = used_on, int(effect) if effect else None, version + 1
    data = json.loads(row.record or "{}")
    row.record = json.dumps({**data, "opinion": opinion.strip()[: profiles.LONGEST]}, ensure_ascii=False)
    session.flush()
    record_audit(
        session, "beauty.suggestion.told", "beauty_suggestion", row.id, person_id=person_id,
        detail={"before": before, "after": {"used_on": used_on.isoformat(), "effect": row.effect}},
    )  # fmt: skip
    return row


def suggestions(session: Session, person_id: int) -> list[Suggestion]:
    """Return what was suggested to a person, the latest first, at most 100."""
    rows = session.scalars(
        select(BeautySuggestion)
        .where(BeautySuggestion.person_id == person_id)
        .order_by(BeautySuggestion.id.desc())
        .limit(records.MOST)
    )
    opened = ((row, json.loads(row.record or "{}")) for row in rows)
    return [Suggestion(row, data.get("why", ""), data.get("opinion", "")) for row, data in opened]
