"""What the plugin owes a person and the franchise, on or off: copy, erasure, merge, counts. Never commits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, update

from core.sdk import DataCount, DataSection, _, _l
from plugins.beauty import aftercare, contraindications, profiles, records, texts, treatments
from plugins.beauty.models import (
    BeautyAnswers,
    BeautyBatch,
    BeautyCareForm,
    BeautyConsent,
    BeautyObjection,
    BeautyProfile,
    BeautySkin,
    BeautySuggestion,
    BeautyTreatment,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# Those that hang on a treatment come before it: they go first.
TABLES: tuple[tuple[Any, Any], ...] = (
    (BeautySkin, _l("皮肤检测")), (BeautyAnswers, _l("禁忌问卷")), (BeautyConsent, _l("治疗知情同意")),
    (BeautyCareForm, _l("治疗关怀表")), (BeautyBatch, _l("产品批号")), (BeautyTreatment, _l("治疗记录")),
    (BeautySuggestion, _l("产品建议")), (BeautyProfile, _l("关怀档案")), (BeautyObjection, _l("顾虑和异议")),
)  # fmt: skip


def counts(session: Session) -> list[DataCount]:
    """Return how many rows of each kind the franchise has."""
    return [DataCount(label, session.scalar(select(func.count(model.id))) or 0) for model, label in TABLES]


def erase(session: Session, person_id: int) -> list[DataCount]:
    """Delete a person's rows; what was signed of a treatment stays with its visit in core, as the law wants."""
    return [
        DataCount(label, int(session.execute(delete(model).where(model.person_id == person_id)).rowcount))  # type: ignore[attr-defined]
        for model, label in TABLES
    ]


def merge(session: Session, winner_id: int, loser_id: int) -> list[DataCount]:
    """Hand a person's rows over to another; of two profiles the winner's stays, filled with what only the other has."""
    _merge_profiles(session, winner_id, loser_id)
    done = []
    for model, label in TABLES:
        moved = session.execute(update(model).where(model.person_id == loser_id).values(person_id=winner_id))
        done.append(DataCount(label, int(moved.rowcount)))  # type: ignore[attr-defined]
    session.expire_all()
    return done


def _merge_profiles(session: Session, winner_id: int, loser_id: int) -> None:
    rows = {
        row.person_id: row
        for row in session.scalars(select(BeautyProfile).where(BeautyProfile.person_id.in_((winner_id, loser_id))))
    }
    if len(rows) < 2:
        return
    kept, other = rows[winner_id], rows[loser_id]
    mine, theirs = json.loads(kept.record or "{}"), json.loads(other.record or "{}")
    whole = {key: mine.get(key) or theirs.get(key, "") for key in ("motive", "means")}
    whole["words"] = {**theirs.get("words", {}), **mine.get("words", {})}
    kept.record = json.dumps(whole, ensure_ascii=False)
    kept.cycle = kept.cycle or other.cycle
    kept.version += 1
    session.delete(other)
    session.flush()


def copy_of(session: Session, person_id: int) -> list[DataSection]:
    """Return a person's data for their copy; the note of the cycle is told of, never exported (S3-26)."""
    sections = [
        DataSection(_l("皮肤检测"), tuple(_skins(session, person_id))),
        DataSection(_l("禁忌问卷"), tuple(_answers(session, person_id))),
        DataSection(_l("治疗记录"), tuple(_treatments(session, person_id))),
        DataSection(_l("关怀档案"), tuple(_profile(session, person_id))),
    ]
    return [section for section in sections if section.rows]


def _skins(session: Session, person_id: int) -> list[tuple[Any, str]]:
    return [
        (
            f"{one.row.on:%Y-%m-%d}",
            _join([f"{records.SCORES[key]} {value}" for key, value in one.scores.items()] + [one.note]),
        )
        for one in records.skins(session, person_id)
    ]


def _answers(session: Session, person_id: int) -> list[tuple[Any, str]]:
    row = records.newest_answers(session, [person_id]).get(person_id)
    if row is None:
        return []
    told = [str(contraindications.STATES[state]) for state in records.told_in(row)]
    return [(f"{row.on:%Y-%m-%d}", _join(told) or _("都没有"))]


def _treatments(session: Session, person_id: int) -> list[tuple[Any, str]]:
    rows: list[tuple[Any, str]] = []
    for one in treatments.treatments(session, person_id):
        used = [f"{product.name} {product.batch} {product.dose}" for product in one.products]
        rows.append((f"{one.row.on:%Y-%m-%d} {one.name}", _join([one.areas, *one.settings.values(), *used, one.note])))
    for forms in aftercare.care_forms(session, person_id).values():
        rows += [
            (
                f"{one.row.on:%Y-%m-%d} {_('治疗关怀表')}",
                _join([_("疼痛 %(n)d", n=one.pain), str(aftercare.MOODS[one.mood]), one.worry, one.note]),
            )
            for one in forms
        ]
    for said in aftercare.suggestions(session, person_id):
        rows.append((f"{said.row.suggested_on:%Y-%m-%d} {said.row.product}", _join([said.why, said.opinion])))
    for kind, kept in records.consents(session, person_id).items():
        rows.append((f"{kept.row.signed_on:%Y-%m-%d} {texts.KINDS[kind]}", kept.text))
    return rows


def _profile(session: Session, person_id: int) -> list[tuple[Any, str]]:
    found = profiles.profile(session, person_id)
    rows: list[tuple[Any, str]] = [(profiles.FIELDS[name], value) for name, value in found.words.items()]
    if found.cycle:
        rows.append((_l("生理周期"), _("有记录，不导出，请到店当面查看")))
    rows += [
        (f"{one.row.on:%Y-%m-%d}", _join([one.text, one.answer])) for one in profiles.objections(session, person_id)
    ]
    return rows


def _join(parts: list[str]) -> str:
    return "；".join(part for part in parts if part)
