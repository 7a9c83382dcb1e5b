"""Treatments: what was done with which settings, product, batch and dose; signed with its visit (core/care).

A treatment is written only when its consent and questionnaire are in force and nothing forbids it; what a physician
has to weigh is let pass by a physician's sign-off with a reason. Injected products carry their batch. Never commits.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.sdk import (
    Forbidden,
    Invalid,
    NotFound,
    Refusal,
    _,
    _l,
    attach_part,
    ids,
    licence_of,
    may,
    open_visit,
    record_audit,
    tenancy,
)
from plugins.beauty import checks, contraindications, records, sign_off, stages
from plugins.beauty.attributes import CONSENT_OF, HARMLESS, INJECTED, NAMES
from plugins.beauty.models import BeautyBatch, BeautyTreatment
from plugins.beauty.permissions import OVERRIDE

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

PART, SCHEMA = "beauty", 1
PRODUCTS = 4  # rows of the form
SETTINGS: dict[str, Any] = {
    "device": _l("设备"), "handpiece": _l("手柄或探头"), "energy": _l("能量"), "pulse": _l("脉宽"), "spot": _l("光斑"),
    "passes": _l("遍数"),
}  # fmt: skip
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Product:
    """A product used: its name, batch, and dose with its unit (`20 U`, `1 mL`)."""

    name: str
    batch: str
    dose: str


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, as typed: procedure, day, areas, device settings by name, products, later consultant."""

    procedure: str
    on: date
    areas: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    products: Sequence[Product] = ()
    note: str = ""
    consultant_id: int | None = None
    sign_off: str = ""
    operator_id: int | None = None  # None: who writes it


@dataclass(frozen=True, slots=True)
class Treatment:
    """A treatment opened."""

    row: BeautyTreatment
    areas: str
    settings: dict[str, str]
    products: tuple[Product, ...]
    note: str
    sign_off: str

    @property
    def name(self) -> Any:
        """Return what the procedure is called."""
        return NAMES.get(self.row.procedure, self.row.procedure)


def record(session: Session, person_id: int, done: Done) -> BeautyTreatment:
    """Write a treatment, open its visit with the record as a part of it, and return its row.

    Raises Refusal `beauty_no_consent`, `beauty_no_questionnaire`, `beauty_contraindicated` (nothing lets it pass),
    `beauty_sign_off` (a physician's sign-off with a reason is needed), Invalid for an injection without batch and dose.
    """
    actor = tenancy.current_actor()
    _check_form(done)
    known = checks.known_of(session, [person_id], "beauty.treatment", done.on)[person_id]
    weighed = _check_person(session, done, known)
    content = {
        "procedure": done.procedure, "areas": done.areas.strip(),
        "settings": {name: value.strip() for name, value in done.settings.items() if value.strip()},
        "products": [[one.name, one.batch, one.dose] for one in done.products], "note": done.note.strip(),
        "sign_off": done.sign_off.strip() if weighed else "", "weighed": weighed,
        "table": contraindications.VERSION,
    }  # fmt: skip
    operator = done.operator_id or actor.staff_id
    visit = open_visit(session, person_id, kind="treatment", practitioner_id=operator, on=done.on)
    attach_part(session, visit.id, PART, SCHEMA, content)
    stage = stages.stage_on(done.on, records.today())
    row = records.stamp(
        BeautyTreatment(
            person_id=person_id, visit_id=visit.id, on=done.on, procedure=done.procedure, operator_id=operator,
            consultant_id=done.consultant_id, stage=stage.key, changes_on=stage.changes_on,
            due_on=stages.next_due(done.procedure, done.on, None),
        )
    )  # fmt: skip
    row.owner_id = owner_of(row, stage.key)
    if done.procedure in HARMLESS:
        row.changes_on = None
    row.record = json.dumps(content, ensure_ascii=False)
    session.add(row)
    session.flush()
    for one in done.products:
        session.add(
            BeautyBatch(
                treatment_id=row.id, person_id=person_id, on=done.on, product=one.name, batch=one.batch, dose=one.dose
            )
        )
    session.flush()
    record_audit(
        session, "beauty.treatment.made", "beauty_treatment", row.id, person_id=person_id,
        detail={"signed_off": bool(weighed), "products": len(done.products)},
    )  # fmt: skip
    return row  # type: ignore[no-any-return]


def owner_of(row: BeautyTreatment, stage: str) -> int | None:
    """Return who is in charge in a stage: who did it, then the consultant, then whoever of customer service."""
    return {stages.DEPARTMENT: row.operator_id, stages.CONSULTANT: row.consultant_id}.get(stage)


def _check_form(done: Done) -> None:
    if done.procedure not in NAMES:
        raise Invalid.field("procedure", _("请选择治疗项目。"))
    if done.on > records.today():
        raise Invalid.field("on", _("治疗日期不能晚于今天。"))
    if done.procedure in INJECTED and not done.products:
        raise Invalid.field("product1", _("注射治疗须写明产品、批号和剂量，出了问题才追得回来。"))
    for number, one in enumerate(done.products, 1):
        if not one.name.strip():
            raise Invalid.field(f"product{number}", _("请填写产品名称。"))
        if len(one.batch.strip()) < 2:
            raise Invalid.field(f"batch{number}", _("请填写批号。"))
        if not one.dose.strip():
            raise Invalid.field(f"dose{number}", _("请填写剂量和单位，如 20 U 或 1 mL。"))
    for value in (done.areas, done.note, *done.settings.values(), *(p.name + p.batch + p.dose for p in done.products)):
        if len(value) > LONGEST:
            raise Invalid.field("note", _("有一栏超过 %(n)d 字，请精简。", n=LONGEST))


def _check_person(session: Session, done: Done, known: checks.Known) -> list[str]:
    """Return what a physician weighed, as codes; raise the refusals of `record`."""
    if done.procedure not in CONSENT_OF:
        return []
    missing = checks.lacking(session, done.procedure, known, records.today())
    if checks.NO_CONSENT in missing:
        raise Refusal(
            _("%(name)s还没有有效的知情同意，不能记录治疗。请先签署。", name=NAMES[done.procedure]),
            code="beauty_no_consent",
        )
    if checks.NO_ANSWERS in missing:
        raise Refusal(_("禁忌问卷没有做或已过期，不能记录治疗。请先逐项问过。"), code="beauty_no_questionnaire")
    found, told = checks.against(session, done.procedure, known, done.on), sign_off.told_version(session)
    if any(one.level == contraindications.BLOCK for one in found):
        raise Refusal(checks.words(done.procedure, found, told), code="beauty_contraindicated")
    majors = [one for one in found if one.level == contraindications.MAJOR]
    if not majors:
        return []
    if len(done.sign_off.strip()) < 2:
        raise Refusal(
            _("%(finding)s。请医师评估后写明放行理由。", finding=checks.words(done.procedure, majors, told)),
            code="beauty_sign_off",
        )
    actor = tenancy.current_actor()
    if not may(actor, OVERRIDE) or licence_of(session, actor.staff_id, records.today())[0] not in checks.LICENCES:
        raise Forbidden(_("放行要由执照在有效期内的医师本人登录记录。"), code="licence_needed")
    return [one.state for one in majors]


# -- reading ---------------------------------------------------------------------------------------


def get(session: Session, person_id: int, treatment_id: str) -> BeautyTreatment:
    """Return a treatment of a person; raise NotFound for an absent one or somebody else's."""
    wanted = ids.parse_id(treatment_id)
    row = session.get(BeautyTreatment, wanted) if wanted else None
    if row is None or row.person_id != person_id:
        raise NotFound(_("没有找到这次治疗。"))
    return row


def treatments(session: Session, person_id: int) -> list[Treatment]:
    """Return a person's treatments, the latest first, at most 100."""
    rows = session.scalars(
        select(BeautyTreatment)
        .where(BeautyTreatment.person_id == person_id)
        .order_by(BeautyTreatment.on.desc(), BeautyTreatment.id.desc())
        .limit(records.MOST)
    )
    return [opened(row) for row in rows]


def opened(row: BeautyTreatment) -> Treatment:
    """Return a treatment's row opened."""
    data = json.loads(row.record or "{}")
    return Treatment(
        row, data.get("areas", ""), data.get("settings", {}), tuple(Product(*one) for one in data.get("products", [])),
        data.get("note", ""), data.get("sign_off", ""),
    )  # fmt: skip


def words(fields: dict[str, Any]) -> list[tuple[Any, str]]:
    """Return a treatment's part of a visit as lines: what is read, and compared between revisions."""
    lines: list[tuple[Any, str]] = [
        (_("治疗项目"), str(NAMES.get(fields.get("procedure", ""), ""))), (_("部位"), fields.get("areas", "")),
    ]  # fmt: skip
    lines += [(SETTINGS[name], value) for name, value in fields.get("settings", {}).items() if name in SETTINGS]
    lines += [
        (_("产品"), _("%(name)s，批号 %(batch)s，%(dose)s", name=name, batch=batch, dose=dose))
        for name, batch, dose in fields.get("products", [])
    ]
    lines += [(_("医师放行理由"), fields.get("sign_off", "")), (_("备注"), fields.get("note", ""))]
    return [(label, text) for label, text in lines if text]


def of_batch(session: Session, batch: str) -> list[BeautyBatch]:
    """Return who got a product of a batch, the latest first, at most 500: what a recall asks for."""
    wanted = batch.strip()
    if len(wanted) < 2:
        return []
    query = select(BeautyBatch).where(BeautyBatch.batch == wanted).order_by(BeautyBatch.id.desc()).limit(500)
    return list(session.scalars(query))
