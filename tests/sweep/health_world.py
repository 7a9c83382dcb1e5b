"""A house with all four verticals in which one member's every health field holds words that few may see."""

from __future__ import annotations

import dataclasses
from typing import Any

from sqlalchemy import select

from core.care import documents, photos, rules, services, visits
from core.care.visit_models import Attachment, Visit
from core.catalog import services as catalog
from core.imports import runner
from core.kernel.tenancy import acting
from core.org import staffing
from core.org.models import Staff
from core.people import services as people
from plugins.beauty import aftercare, records, treatments
from plugins.dental import chart
from plugins.pharmacy import papers
from plugins.physio import entries
from plugins.physio.treatments import Treatment
from tests.core.care import picture_kit
from tests.sweep.world import World
from tests.verticals import VERTICALS, all_on

SECRET = "健康金丝雀9K"
# What a till may ring up for the member, each refused or warned about by a vertical.
RISKY = (
    ("RISK-FILLER", "service", {"beauty.procedure": "filler"}),
    ("RISK-LASER", "service", {"beauty.procedure": "ablative_laser"}),
    ("RISK-DRUG", "goods", {"pharmacy.rx_class": "OTC-A", "pharmacy.ingredients": ["amoxicillin", "ibuprofen"]}),
    ("RISK-CURRENT", "service", {"physio.modality": "electrotherapy"}),
)


def plant(world: World) -> None:
    """Switch all verticals on at home and write the words into every field, through the rooms' own verbs."""
    house, home = world.installation, world.home
    owner = house.actor(home)
    all_on(house, home)
    with acting(owner), house.unit() as session:
        for code, kind, attributes in RISKY:
            catalog.add(session, code, "平常风险项目", kind, 1_000, attributes=attributes)
        # Treats people too, but at another store, and not this member.
        stranger, _password = staffing.add_staff(
            session, number="399", name="别店医生", roles=[("clinician", None)], store_id=home.other_store_id
        )
        stranger.password_once = False
        home.staff["stranger"], home.numbers["stranger"] = stranger.id, "399"
        doctor = session.get(Staff, home.staff["clinician"])
        doctor.licence_kind, doctor.licence_no, doctor.licence_until = "physician", "YS-1", "2999-12-31"
    person = int(world.ids["person"]["own"])
    clinician = dataclasses.replace(house.actor(home, "clinician"), plugins=frozenset(VERTICALS))
    with acting(clinician), house.unit() as session:
        people.consent(session, people.get(session, person), "health", granted=True, evidence="单号")
        people.consent(session, people.get(session, person), "photo_record", granted=True, evidence="单号")
        _facts(session, person)
        _visits(session, world, person)
        _verticals(session, world, person)
    druggist = dataclasses.replace(house.actor(home, "pharmacist"), plugins=frozenset(VERTICALS))
    with acting(druggist), house.unit() as session:
        documents.keep(session, person, papers.PRESCRIPTION, picture_kit.jpeg(), note=f"{SECRET}处方号")
    signed = int(world.ids["visit"]["own"])
    with acting(clinician):
        picture_kit.sign(house, home, signed)
        with house.unit() as session:
            visits.amend(session, signed)
    number = _number(world, person)
    listed = f"姓名,会员号,手机号\n平常人,{number},\n,,1\n".encode()
    with acting(owner):
        batch = runner.load(house.runtime.db, owner, "名单.csv", listed)
    world.ids["batch"]["own"] = str(batch)


def _number(world: World, person: int) -> str:
    with acting(world.installation.actor(world.home)), world.installation.unit("read") as session:
        return str(people.get(session, person).member_no)


def _facts(session: Any, person: int) -> None:
    day, word = services.today(), f"{SECRET}档案"
    for new in (
        rules.allergy(today=day, text=f"{word}物质", reaction=f"{word}反应"),
        rules.condition(today=day, code="epilepsy", text=f"{word}病情", icd10="G40.9"),
        rules.condition(today=day, code="pacemaker_icd"),
        rules.condition(today=day, code="keloid"),
        rules.medicine(today=day, text=f"{word}药名", dose=f"{word}剂量"),
        rules.medicine(today=day, ingredients=["warfarin"]),
    ):
        row = services.note(session, person, new)
    services.change_status(session, person, row.id, "stopped", f"{word}原因")


def _visits(session: Any, world: World, person: int) -> None:
    """Write a visit that will be signed, with a document and a set of photos whose name says what is wrong."""
    word, visit = f"{SECRET}就诊", session.get(Visit, int(world.ids["visit"]["own"]))
    visits.attach_part(session, visit.id, "care", 1, {"complaint": f"{word}主诉", "treatment": f"{word}处置"})
    visits.save(
        session, visit.id,
        visits.Typed("treatment", services.today().isoformat(), str(visit.practitioner_id), f"{word}备注", {}), None,
    )  # fmt: skip
    photos.add_document(session, visit.id, picture_kit.png(), f"{word}化验单")
    for kind in ("care.report", "care.consent", "care.other"):
        documents.keep(session, person, kind, picture_kit.jpeg(), note=f"{word}资料")
    picture_kit.photo(session, person, name=f"{word}部位")


def _verticals(session: Any, world: World, person: int) -> None:
    """Write what the verticals keep of a person's health."""
    word = f"{SECRET}业态"
    chart.note(session, person, [chart.Entry("36", "caries", "O", note=f"{word}牙")])
    records.analyse(session, person, records.today(), {**dict.fromkeys(records.SCORES, "50"), "note": f"{word}皮肤"})
    records.answer(session, person, {"keloid": None, "herpes_history": None})
    records.sign(session, person, "injection", method="paper", evidence=f"{word}凭据")
    used = [treatments.Product("平常产品", "SWEPT-2", "1 mL")]
    done = treatments.Done(
        "filler", records.today(), f"{word}部位", products=used, note=f"{word}备注", sign_off=f"{word}放行"
    )
    treated = treatments.record(session, person, done)
    world.ids["beauty_treatment"]["own"] = str(treated.id)
    form = {"phase": "after", "pain": "1", "mood": "even", "wound": "fine", "worry": f"{word}担心", "note": f"{word}答"}
    aftercare.ask(session, person, str(treated.id), form)
    physio = Treatment((("tens", 10, f"{word}剂量"),), "knee", "left", 5, 3, "", f"{word}理疗", f"{word}计划")
    entries.write(session, person, entries.SESSION, records.today(), physio.to_plain())


def photo_codes(world: World, person: int) -> list[str]:
    """Return the codes of a person's photos, by which a page or an address names them."""
    with acting(world.installation.actor(world.home)), world.installation.unit("read") as session:
        query = select(Attachment.code).where(Attachment.person_id == person, Attachment.kind == photos.PHOTO)
        return list(session.scalars(query))


def take_photo(world: World, person: int) -> None:
    """Take a photo in, which the walks are asked about from then on: those before may have been removed."""
    with acting(world.installation.actor(world.home)), world.installation.unit() as session:
        row = picture_kit.photo(session, person, name=f"{SECRET}部位")
        world.ids["photo"]["own"] = str(row.id)
        world.ids["photo_code"]["own"] = session.get(Attachment, row.attachment_id).code


def paper_codes(world: World, person: int) -> list[str]:
    """Return the codes of a person's papers, the one that the walks ask for last."""
    with acting(world.installation.actor(world.home)), world.installation.unit("read") as session:
        query = select(Attachment.code).where(Attachment.person_id == person, Attachment.kind == photos.PAPER)
        return list(session.scalars(query.where(Attachment.removed_at.is_(None))))


def keep_paper(world: World, person: int) -> None:
    """Keep a report, which the walks are asked about from then on: those before may have been removed."""
    with acting(world.installation.actor(world.home)), world.installation.unit() as session:
        row = documents.keep(session, person, "care.report", picture_kit.jpeg(), note=f"{SECRET}资料")
        world.ids["paper_code"]["own"] = session.get(Attachment, row.attachment_id).code
