"""The programme editor, by its own forms: what is shown is what is kept, faults stand at their field."""

from __future__ import annotations

import json
import random
import re

import pytest

from core.kernel.tenancy import acting
from core.programme import drafts, labels, sections, services
from core.programme.rules import dump, dump_yaml, parse
from core.programme.sections import SECTIONS
from tests.core.desk.desk_kit import Desk, web_of
from tests.forms import form_of


@pytest.fixture
def web(installation):
    return web_of(installation)


@pytest.fixture
def owner(installation, web):
    return Desk(installation, web, installation.dental, "owner")


def unit(desk):
    return desk.installation.unit("read")


def draft_entries(desk):
    with acting(desk.actor), unit(desk) as session:
        return [(row.id, row.section, drafts.data_of(row)) for row in drafts.entries(session, drafts.required(session))]


def start(desk, preset=""):
    answer = desk.post("/programme/draft", {"preset": preset})
    assert answer.status_code == 303, answer.text


def entry_id(desk, section, code=""):
    return next(i for i, part, data in draft_entries(desk) if part == section and data.get("code", "") == code)


def data_of(desk, section, code=""):
    return next(data for _i, part, data in draft_entries(desk) if part == section and data.get("code", "") == code)


def change(desk, section, code="", /, **values):
    """Open an entry's form, change fields, save; return the answer."""
    path = f"/programme/draft/entry/{entry_id(desk, section, code)}"
    form = form_of(desk.get(path).text, path)
    for name, value in values.items():
        key = name.replace("__", ".")
        form[key] = value if isinstance(value, list) else [value]
    return desk.post(path, form)


def test_every_key_and_word_of_the_document_has_a_label():
    from core.programme import spec
    from core.programme.codec import Codec, ListOf, OneOf, Record, Tagged, Word

    missing = []

    def walk(codec: Codec) -> None:
        if isinstance(codec, Tagged):
            for record in codec.records:
                walk(record)
        if isinstance(codec, ListOf):
            walk(codec.item)
        if isinstance(codec, Word):
            walk(codec.other)
        if isinstance(codec, Record) and codec.cls.__name__ != "Programme":
            for field in codec.fields:
                if field.key != "all" and field.key not in labels.FIELDS.get(codec.cls.__name__, {}):
                    missing.append((codec.cls.__name__, field.key))
                if isinstance(field.codec, OneOf):
                    words = labels.WORDS.get((codec.cls.__name__, field.key), {})
                    missing.extend((codec.cls.__name__, field.key, v) for v in field.codec.values if v not in words)
                walk(field.codec)

    for field in spec.PROGRAMME.fields:
        walk(field.codec)
    assert missing == []
    assert set(SECTIONS) == {f.key for f in spec.PROGRAMME.fields} - {"programme", "version"}


@pytest.mark.parametrize("preset", ["dental", "pharmacy", "physio", "beauty"])
def test_saving_every_form_untouched_changes_nothing(owner, preset):
    start(owner, preset)
    before = draft_entries(owner)
    assert len(before) > 8
    for row_id, section, data in before:
        path = f"/programme/draft/entry/{row_id}"
        page = owner.get(path)
        assert page.status_code == 200
        answer = owner.post(path, form_of(page.text, path))
        assert answer.status_code == 303, (
            f"{section} {data.get('code')}: {re.findall(r'class=.help err.*?</span>', answer.text)}"
        )
    assert draft_entries(owner) == before
    with acting(owner.actor), unit(owner) as session:
        draft = drafts.required(session)
        programme = drafts.read(session, draft).programme
        assert sections.join(draft.key, [(s, d) for _i, s, d in before]) == dump(programme)


def test_a_threshold_is_typed_in_yuan_and_kept_in_fen(owner):
    start(owner)
    assert change(owner, "tiers", "gold", from__spend_fen="12,345.67").status_code == 303
    assert data_of(owner, "tiers", "gold")["from"]["spend_fen"] == 1_234_567
    assert change(owner, "tiers", "gold", from__window="").status_code == 303
    assert data_of(owner, "tiers", "gold")["from"].get("window", "never") == "never"


@pytest.mark.parametrize(
    ("typed", "said"),
    [("一千", "不是金额"), ("12.345", "不是金额"), ("-5", "之间"), ("", "至少给出其中一项")],
)
def test_a_wrong_amount_stays_typed_and_is_explained_at_its_field(owner, typed, said):
    start(owner)
    before = draft_entries(owner)
    answer = change(owner, "tiers", "gold", from__spend_fen=typed)
    assert answer.status_code == 422
    assert said in answer.text
    if typed:
        assert f'value="{typed}"' in answer.text
        assert 'href="#from.spend_fen"' in answer.text
    assert draft_entries(owner) == before


def test_benefits_are_added_and_dropped_without_a_script(owner):
    start(owner)
    path = f"/programme/draft/entry/{entry_id(owner, 'tiers', 'gold')}"
    form = form_of(owner.get(path).text, path)
    page = owner.post(path, {**form, "act": "add:benefits:multiplier"})
    assert page.status_code == 200
    form = form_of(page.text, path)
    last = max(int(m) for name in form for m in re.findall(r"^benefits\.(\d+)[.:]", name))
    assert form[f"benefits.{last}:kind"] == ["multiplier"]
    form[f"benefits.{last}.factor_bp"] = ["2"]
    assert owner.post(path, form).status_code == 303
    kept = data_of(owner, "tiers", "gold")["benefits"]
    assert kept[-1] == {"kind": "multiplier", "factor_bp": 20000, "items": "all"}
    form = form_of(owner.get(path).text, path)
    page = owner.post(path, {**form, "act": f"drop:benefits:{last}"})
    assert owner.post(path, form_of(page.text, path)).status_code == 303
    assert data_of(owner, "tiers", "gold")["benefits"] == kept[:-1]


def test_a_new_promotion_from_an_empty_form(owner):
    start(owner)
    path = "/programme/draft/promotions/new"
    form = form_of(owner.get(path).text, path)
    form |= {"code": ["day8"], "name": ["会员日"], "pay_bp": ["80"], "when.day_of_month": ["8", "18", "28"]}
    assert owner.post(path, form).status_code == 303
    kept = data_of(owner, "promotions", "day8")
    assert (kept["pay_bp"], kept["when"]["day_of_month"]) == (8000, [8, 18, 28])
    page = owner.get("/programme/").text
    assert "每月 8、18、28 日" in page
    assert "8 折" in page


def test_a_published_code_stays_and_a_taken_one_is_refused(owner):
    start(owner)
    assert change(owner, "tiers", "gold", code="aurum").status_code == 422
    path = "/programme/draft/tiers/new"
    form = form_of(owner.get(path).text, path) | {"code": ["gold"], "name": ["又一个"]}
    answer = owner.post(path, form)
    assert answer.status_code == 422
    assert "已经有了" in answer.text


def test_two_keepers_do_not_overwrite_each_other(owner):
    start(owner)
    path = f"/programme/draft/entry/{entry_id(owner, 'tiers', 'gold')}"
    stale = form_of(owner.get(path).text, path)
    assert change(owner, "tiers", "gold", name="金卡 A").status_code == 303
    answer = owner.post(path, {**stale, "name": "金卡 B"})
    assert answer.status_code == 409
    assert data_of(owner, "tiers", "gold")["name"] == "金卡 A"


def test_the_last_tier_cannot_be_removed_and_one_draft_is_open(owner):
    start(owner)
    assert owner.post("/programme/draft").status_code == 409
    for row_id, section, _data in draft_entries(owner):
        if section == "tiers":
            owner.post(f"/programme/draft/entry/{row_id}/remove")
    assert [s for _i, s, _d in draft_entries(owner)].count("tiers") == 1


def test_faults_between_entries_are_told_and_stop_the_preview(owner):
    start(owner)
    assert change(owner, "tiers", "gold", from__spend_fen="1000").status_code == 303
    page = owner.get("/programme/").text
    assert "门槛须高于上一等级" in page
    answer = owner.post("/programme/preview", {"day": ""})
    assert answer.status_code == 422
    assert "改好才能发布" in answer.text
    assert "门槛须高于上一等级" in answer.text


def test_preview_then_publish_then_the_new_version_is_in_force(owner):
    member = owner.enrol()
    with acting(owner.actor):
        owner.installation.sell(member, ("F-RESIN", 9))
    start(owner)
    assert owner.post("/programme/publish", {"preview": "1"}).status_code == 404
    assert change(owner, "tiers", "silver", from__spend_fen="5000", keep__spend_fen="4000").status_code == 303
    shown = owner.post("/programme/preview", {"day": "", "keep": ""})
    assert shown.status_code == 303
    page = owner.get(shown.location).text
    assert "1 位会员会换等级" in page
    assert "刘超明" in page
    number = re.search(r'name="preview" value="(\d+)"', page).group(1)
    csv = owner.get(f"/programme/preview/{number}.csv")
    assert "刘超明" in csv.text
    done = owner.post("/programme/publish", {"preview": number})
    assert done.status_code == 303, done.text
    assert "第 2 版" in owner.get(done.location).text
    with acting(owner.actor), unit(owner) as session:
        from core.people.models import Person

        assert session.get(Person, member).tier_code == "regular"
        assert services.in_force(session).version == 2
        assert drafts.current(session) is None
    assert owner.post("/programme/publish", {"preview": number}).status_code == 404


def test_export_import_export_is_identical(owner, installation, web):
    start(owner)
    change(owner, "tiers", "gold", name="金卡甲")
    text = owner.get("/programme/draft/export.yaml").text
    other = Desk(installation, web, installation.pharmacy, "owner")
    import io

    answer = other.post(
        "/programme/draft/import", {"file": (io.BytesIO(text.encode()), "a.yaml")}, content_type="multipart/form-data"
    )
    assert answer.status_code == 303, answer.text
    assert other.get("/programme/draft/export.yaml").text == text
    assert dump_yaml(parse(json.loads(json.dumps(dump(parse(__import__("yaml").safe_load(text))))))) == text


@pytest.mark.parametrize("file", [b"", b"\xff\xfe\x00", b"- 1\n- 2\n", b"tiers: 3\nprogramme: x\n", b"{" * 9])
def test_a_file_that_is_no_programme_is_refused_and_loses_nothing(owner, file):
    import io

    start(owner)
    before = draft_entries(owner)
    answer = owner.post(
        "/programme/draft/import", {"file": (io.BytesIO(file), "a.yaml")}, content_type="multipart/form-data"
    )
    assert answer.status_code == 422
    assert draft_entries(owner) == before


def test_garbage_in_forms_never_breaks_the_page(owner):
    start(owner)
    rng = random.Random(4)
    rows = draft_entries(owner)
    for _n in range(60):
        row_id, _section, _data = rng.choice(rows)
        path = f"/programme/draft/entry/{row_id}"
        form = form_of(owner.get(path).text, path)
        for name in rng.sample(sorted(form), min(3, len(form))):
            form[name] = [rng.choice(["", "x", "-1", "99999999999999999999", "1e9", "NaN", "<b>", "8 折", "１２", "0"])]
        if rng.random() < 0.3:
            form["act"] = [rng.choice(["add:benefits:nothing", "drop:benefits:99", "up::", ":::", "add:coupons:"])]
        answer = owner.post(path, form)
        assert answer.status_code in {200, 303, 409, 422}, answer.text[:300]


def test_who_may_not_edit_sees_the_rules_only(installation, web):
    desk = Desk(installation, web, installation.dental, "front_desk")
    assert desk.get("/programme/rules").status_code == 200
    assert "银卡会员" in desk.get("/programme/rules").text
    assert desk.post("/programme/draft").status_code == 403
    assert desk.get("/programme/draft/tiers/new").status_code == 403
    assert desk.post("/programme/publish", {"preview": "1"}).status_code == 403


def test_a_foreign_entry_and_preview_do_not_exist(owner, installation, web):
    start(owner)
    other = Desk(installation, web, installation.pharmacy, "owner")
    start(other)
    foreign = entry_id(owner, "tiers", "gold")
    assert other.get(f"/programme/draft/entry/{foreign}").status_code == 404
    assert other.post(f"/programme/draft/entry/{foreign}", {"name": "x"}).status_code == 404
    assert other.post(f"/programme/draft/entry/{foreign}/remove").status_code == 404


def test_s2_30_points_by_age_are_built_in_the_editor_and_proven_at_the_till(installation, web):
    """age ≥ 60 → ×1.2 on one item, by the condition builder, without a script and without code."""
    from datetime import date

    owner = Desk(installation, web, installation.dental, "owner")
    start(owner)
    path = "/programme/draft/promotions/new"
    form = form_of(owner.get(path).text, path)
    form |= {"code": ["elders"], "name": ["长者关怀"], "factor_bp": ["1.2"]}
    page = owner.post(path, {**form, "when_member.do": "row:0"})
    assert page.status_code == 200
    form = form_of(page.text, path) | {"when_member.0.0.fact": ["age"], "when_member.do": ["show"]}
    form = form_of(owner.post(path, form).text, path)
    form |= {"when_member.0.0.op": ["ge"], "when_member.0.0.v": ["六十"]}
    wrong = owner.post(path, form)
    assert wrong.status_code == 422
    assert owner.post(path, form | {"when_member.0.0.v": ["60"]}).status_code == 303
    kept = data_of(owner, "promotions", "elders")["when_member"]
    assert kept == {"all": [{"fact": "age", "op": "ge", "value": 60}]}
    assert "年龄" in owner.get("/programme/").text
    answer = owner.post("/programme/preview", {"day": "", "keep": "1"})
    number = re.search(r'name="preview" value="(\d+)"', owner.get(answer.location).text).group(1)
    assert owner.post("/programme/publish", {"preview": number}).status_code == 303
    desk = Desk(installation, web, installation.dental, "front_desk")
    old = desk.enrol("老人", "13800005051", birth_on=date(1950, 3, 1))
    young = desk.enrol("青年", "13800005052", birth_on=date(1999, 3, 1))
    for member in (old, young):
        desk.ring_up(member, "CLEAN")
    assert (desk.points(old), desk.points(young)) == (240, 200)
