"""The campaign half of B26: whom items would leave out, why, and who may read of whom."""

from __future__ import annotations

from datetime import date
from random import Random

import pytest
from sqlalchemy import select

from core.care import rules
from core.care import services as care
from core.kernel import task_runner
from core.kernel.errors import Invalid, NotFound, Refusal
from core.kernel.models import AuditEntry
from plugins.pharmacy import audience, audience_task, checks
from tests.core.api.conftest import api_app, till_of
from tests.core.desk.desk_kit import Desk, plain, web_of

PARACETAMOL, IBUPROFEN, VITAMIN = "D0035", "D0033", "VITC"


def previewed(house, *codes, group=""):
    with house.unit("read") as session:
        return audience.preview(session, audience.wanted(session, codes, group))


def left_out(house, *codes, group=""):
    return {one.person_id: one.reason for one in previewed(house, *codes, group=group).people}


def test_b26_penicillin_allergy_is_left_out_of_all_nineteen_antibiotics(pharmacy):
    allergic, other = pharmacy.member(), pharmacy.member()
    pharmacy.allergic(allergic, code_kind="class", code="penicillins")
    made = previewed(pharmacy, group="J01")
    assert len(made.targets) == 19 and not any(one.public for one in made.targets)
    assert [one.excluded for one in made.targets] == [1] * 19
    assert {one.person_id: (one.reason, len(one.items)) for one in made.people} == {allergic: ("allergy", 19)}
    assert other and made.members - sum(made.excluded.values()) == made.left


def test_each_reason_and_nobody_without_one(pharmacy):
    people = {
        name: pharmacy.member(gender="female")
        for name in ("fine", "takes", "ulcer", "pregnant", "words", "resolved", "own")
    }
    child = pharmacy.member(birth_on=date(2011, 1, 1))
    never = pharmacy.house.enrol("李雷", "13900009999", birth_on=date(1980, 1, 1))
    pharmacy.takes(people["takes"], "warfarin")
    pharmacy.has(people["ulcer"], "peptic_ulcer")
    pharmacy.allergic(people["words"], text="某种草药")
    pharmacy.takes(people["own"], "paracetamol", item=PARACETAMOL)
    with pharmacy.unit() as session:
        day = care.today()
        care.note(session, people["pregnant"], rules.physiology(today=day, state="pregnancy", value="yes"))
        row = care.note(session, people["resolved"], rules.allergy(today=day, code_kind="ingredient", code="ibuprofen"))
        care.change_status(session, people["resolved"], row.id, "refuted", "皮试阴性")
        care.set_status(session, people["resolved"], rules.NONE_KNOWN)
    found = left_out(pharmacy, IBUPROFEN)
    assert found[people["takes"]] == "interaction"
    assert found[people["ulcer"]] == "condition"
    assert found[people["pregnant"]] == "pregnancy"
    assert found[people["words"]] == "unknown"
    assert not {people[name] for name in ("fine", "own", "resolved")} & set(found)
    made = previewed(pharmacy, IBUPROFEN)
    assert made.excluded["unknown"] >= 2 and never not in found  # counted without being opened
    assert left_out(pharmacy, "D0039").get(child) == "age"
    assert people["own"] not in left_out(pharmacy, PARACETAMOL), "who takes it already may hear of it"


def test_the_index_leaves_nobody_out_who_opening_everybody_finds(embedded):
    """The same people as opening everybody would find, over random facts."""
    draw = Random(6)
    codes = [one.code for one in _catalogue(embedded)]
    people = [embedded.member(gender=draw.choice(["female", "male"]), birth_on=date(draw.randint(1940, 2011), 3, 3))
              for _n in range(40)]  # fmt: skip
    ingredients = ["warfarin", "simvastatin", "nitroglycerin", "metformin", "lithium", "digoxin", "aspirin", "no_such"]
    for person in people:
        kind = draw.randint(0, 5)
        if kind == 0:
            embedded.allergic(person, code_kind="class", code=draw.choice(["penicillins", "sulfonamide_antibiotics"]))
        elif kind == 1:
            embedded.takes(person, *draw.sample(ingredients, draw.randint(1, 2)))
        elif kind == 2:
            embedded.takes(person, item=draw.choice(codes))
        elif kind == 3:
            embedded.has(person, draw.choice(["peptic_ulcer", "asthma", "renal_severe", "gout", "hypertension"]))
        elif kind == 4:
            embedded.takes(person, text="一种药")
    with embedded.unit("read") as session:
        index, drugs = checks.datasets.index(session), audience.catalogue(session)
        known, today = {one.code: one for one in drugs}, care.today()
        views = audience.safety_in_bulk(session, people, "test")
        opened = {view.person_id: view for view in views}
    for _round in range(30):
        chosen = draw.sample(drugs, draw.randint(1, 4))
        products = [(checks.product_of(one), audience.group_of(one)) for one in chosen if audience._matters(one)]
        slow = {
            person for person, view in opened.items()
            if audience.reasons_of(index, products, view, known, today)
        }  # fmt: skip
        fast = left_out(embedded, *[one.code for one in chosen])
        assert {person for person in fast if person in opened} == slow, [one.name for one in chosen]


def random_people(house, draw, n):
    """Members of whom each has another fact, or none; some were never asked."""
    codes = [one.code for one in _catalogue(house)]
    for number in range(n):
        if number % 6 == 5:
            house.house.enrol("李雷", f"1370000{number:04d}", birth_on=date(draw.randint(1940, 2011), 3, 3))
            continue
        person = house.member(birth_on=date(draw.randint(1940, 2011), 3, 3))
        kind = draw.randint(0, 3)
        if kind == 0:
            house.allergic(person, code_kind="class", code="penicillins")
        elif kind == 1:
            house.takes(person, draw.choice(["warfarin", "simvastatin", "no_such"]))
        elif kind == 2:
            house.takes(person, item=draw.choice(codes))


def test_a_task_counts_in_slices_what_one_look_finds(pharmacy, monkeypatch):
    """Any number of members: the same counts in slices of three as at once, after a crash between slices too."""
    random_people(pharmacy, Random(7), 18)
    whole = previewed(pharmacy, IBUPROFEN, "D0001")
    monkeypatch.setattr(audience, "MOST_OPENED", 3)
    monkeypatch.setattr(audience_task, "SLICE", 3)
    with pytest.raises(Refusal) as refused:
        previewed(pharmacy, IBUPROFEN, "D0001")
    assert refused.value.code == "pharmacy_audience_large"
    db, franchise = pharmacy.house.runtime.db, pharmacy.house.pharmacy.franchise_id
    with pharmacy.as_("pharmacist"):
        with pharmacy.unit() as session:
            task = audience_task.ask(session, audience.wanted(session, [IBUPROFEN, "D0001"])).id
        assert task_runner.advance(db, franchise, task), "a slice is done, more is to do"
        with pharmacy.unit("read") as session:
            assert audience_task.result(session, audience_task.get(session, task)) is None
        audience_task._plans.clear()
        task_runner.run(db, franchise, task)
        with pharmacy.unit("read") as session:
            row = audience_task.get(session, task)
            made = audience_task.result(session, row)
            assert (made.members, made.left, made.excluded) == (whole.members, whole.left, whole.excluded)
            assert [one.excluded for one in made.targets] == [one.excluded for one in whole.targets]
            assert made.people == whole.people
            assert row.slices > 3
            assert row.done == row.total
    with pharmacy.as_("marketing"), pharmacy.unit("read") as session, pytest.raises(NotFound):
        audience_task.get(session, task)


def test_the_page_hands_many_members_to_a_task_and_shows_what_it_found(embedded, monkeypatch):
    random_people(embedded, Random(8), 8)
    monkeypatch.setattr(audience, "MOST_OPENED", 1)
    house = embedded.house
    desk = Desk(house, web_of(house), house.pharmacy, "pharmacist")
    page = desk.get(f"/p/pharmacy/audience?item={IBUPROFEN}")
    assert "在后台计算" in plain(page.text)
    asked = desk.post("/p/pharmacy/audience/counts", {"item": IBUPROFEN})
    assert asked.status_code == 303
    task_runner.settle()
    shown = plain(desk.get(asked.headers["Location"]).text)
    assert "可以触达" in shown
    assert "布洛芬" in shown
    assert desk.post("/p/pharmacy/audience/counts", {"item": "NO-SUCH"}).status_code == 422
    assert desk.get("/p/pharmacy/audience/counts/999").status_code == 404
    till = till_of(house, api_app(house), house.pharmacy)
    till.role = "pharmacist"
    assert till.refused("POST", "/x/pharmacy/audience", {"items": [IBUPROFEN]}) == (422, "pharmacy_audience_large")
    known = till.ok("POST", "/x/pharmacy/audience_count", {"items": [IBUPROFEN]})
    told = till.ok("POST", "/x/pharmacy/audience_state", known)
    assert (told["state"], told["members"]) == ("waiting", None)
    task_runner.run(house.runtime.db, house.pharmacy.franchise_id, int(known["task_id"]))
    told = till.ok("POST", "/x/pharmacy/audience_state", known)
    assert told["state"] == "done"
    assert told["left"] == told["members"] - sum(one["count"] for one in told["excluded"])
    assert told["people"]


def _catalogue(house):
    with house.unit("read") as session:
        return [one for one in audience.catalogue(session) if one.attributes.get("pharmacy.ingredients")]


def test_names_are_for_who_treats_the_member_and_every_look_is_noted(embedded):
    member = embedded.member()
    embedded.takes(member, "warfarin")
    with embedded.as_("marketing"), embedded.unit("read") as session:
        made = audience.preview(session, audience.wanted(session, [IBUPROFEN]))
        assert audience.named(session, made) == ([], 1)
    with embedded.as_("pharmacist"), embedded.unit("read") as session:
        made = audience.preview(session, audience.wanted(session, [IBUPROFEN]))
        [one], hidden = audience.named(session, made)
        assert (one.person_id, one.reasons, hidden) == (member, ("interaction",), 0)
    with embedded.unit("read") as session:
        kinds = session.scalars(select(AuditEntry.object_kind).where(AuditEntry.action == "care.read")).all()
        assert "health_audience" in kinds and "health:pharmacy.audience" in kinds
        with pytest.raises(Invalid):
            audience.wanted(session, ["NO-SUCH"])


def test_over_the_api_and_on_the_page(embedded):
    member = embedded.member()
    embedded.takes(member, "warfarin")
    house = embedded.house
    till = till_of(house, api_app(house), house.pharmacy)
    till.role = "pharmacist"
    told = till.ok("POST", "/x/pharmacy/audience", {"items": [PARACETAMOL, IBUPROFEN]})
    assert {one["item"]: one["public"] for one in told["items"]} == {PARACETAMOL: True, IBUPROFEN: False}
    assert [(one["member_id"], one["reasons"]) for one in told["people"]] == [(str(member), ["interaction"])]
    assert told["left"] == told["members"] - sum(one["count"] for one in told["excluded"])
    poor = till_of(house, till.client.application, house.pharmacy, ("members",))
    poor.role = "pharmacist"
    told = poor.ok("POST", "/x/pharmacy/audience", {"items": [IBUPROFEN]})
    assert (told["people"], told["hidden"]) == ([], 1), "a token without the scope health names nobody"
    assert till.refused("POST", "/x/pharmacy/audience", {"items": ["NO-SUCH"]})[0] == 422
    assert till.refused("POST", "/x/pharmacy/audience", {})[0] == 422
    app = web_of(house)
    desk = Desk(house, app, house.pharmacy, "manager")
    text = plain(desk.get(f"/p/pharmacy/audience?item={IBUPROFEN}&item={PARACETAMOL}").text)
    assert "1 个商品不能做公众活动" in text and "只计数" in text and "王芳" not in text
    assert "先选商品" in plain(desk.get("/p/pharmacy/audience").text)
    assert desk.get("/p/pharmacy/audience?item=NO-SUCH").status_code == 422
    assert "王芳" in plain(
        Desk(house, app, house.pharmacy, "pharmacist").get(f"/p/pharmacy/audience?item={IBUPROFEN}").text
    )
    assert Desk(house, app, house.pharmacy, "front_desk").get("/p/pharmacy/audience").status_code == 403
