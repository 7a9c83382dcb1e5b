"""Pages of segments, tags and grades: by plain form posts, as a browser without scripts sends them."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from core.kernel.tenancy import acting
from core.people.models import Person, PersonTag
from core.programme import conditions as lang
from core.segments import compute, services
from core.segments.models import Grading, TagDefinition
from tests.core.segments.kit import opened


@pytest.fixture
def desk(installation):
    with acting(installation.actor(installation.dental)):
        for n, (name, year) in enumerate([("刘超明", 1955), ("王芳", 1960), ("李想", 2001)]):
            installation.enrol(name, f"1380000505{n}", birth_on=dt.date(year, 3, 3))
        installation.sell(_first(installation), "CLEAN")
    return opened(installation)


def _first(installation):
    with installation.unit("read") as session:
        return session.scalar(select(Person.id).where(Person.name == "刘超明"))


def test_a_segment_is_built_by_buttons_and_saved(desk):
    form = desk.form("/segments/new")
    form = desk.press(form, "c.do", "row:0")
    form["c.0.0.fact"] = "age"
    form = desk.press(form, "c.do", "show")
    assert form["c.0.0.op"] == "ge"
    form["c.0.0.v"] = "60"
    form = desk.press(form, "c.do", "show")
    assert "2 <small>人" in desk.page
    assert "刘超明" in desk.page
    form = desk.press(form, "c.do", "group:0")
    form["c.0.1.kind"] = "none"
    form["c.0.1.0.fact"] = "spend"
    form = desk.press(form, "c.do", "show")
    assert form["c.0.1.0.p.days"] == "365"
    form |= {"c.0.1.0.op": "ge", "c.0.1.0.v": "100", "c.0.1.0.p.days": "90", "name": "老人没消费", "code": "old"}
    answer = desk.post("/segments/new", form)
    assert answer.status_code == 303
    page = desk.get("/segments/old").text
    assert "年龄不少于 60 岁" in page
    assert "近 90 天消费不少于 100.00 元" in page
    assert "王芳" in page
    assert "刘超明" not in page.split('id="list"')[1]
    form = desk.form("/segments/old/edit")
    assert (form["c.0.1.kind"], form["c.0.1.0.v"], form["c.0.0.v"]) == ("none", "100", "60")
    form = desk.press(form, "c.do", "drop:0.1")
    assert "c.0.1.kind" not in form
    assert desk.post("/segments/old/edit", form).status_code == 303
    assert "2 <small>人" in desk.get("/segments/old").text
    stale = desk.post("/segments/old/edit", form)
    assert stale.status_code == 409


def test_faults_stand_at_their_rows_and_nothing_is_saved(desk):
    form = desk.form("/segments/new") | {
        "name": "坏",
        "c.0.kind": "all",
        "c.0.0.fact": "age",
        "c.0.0.was": "age",
        "c.0.0.op": "ge",
        "c.0.0.v": "很老",
        "c.0.1.fact": "",
        "c.0.1.was": "",
    }
    answer = desk.post("/segments/new", form)
    assert answer.status_code == 422
    assert "应是整数" in answer.text
    assert "请选择一条事实" in answer.text
    assert 'value="很老"' in answer.text
    assert "坏" not in desk.get("/segments/").text


def test_a_long_list_is_searched_and_typed_into(desk):
    form = desk.form("/segments/new")
    form = desk.press(form, "c.do", "row:0")
    form["c.0.0.fact"] = "item"
    form = desk.press(form, "c.do", "show")
    form["c.0.0.add"] = "洗牙"
    form = desk.press(form, "c.do", "show")
    assert form["c.0.0.code"] == "CLEAN"
    form["c.0.0.add"] = "没有这种项目"
    desk.press(form, "c.do", "show")
    assert "没有找到“没有这种项目”" in desk.page


def test_a_tag_with_a_rule(desk, installation):
    form = desk.form("/tags/new") | {
        "tag": "六十岁",
        "mode": "auto",
        "c.0.kind": "all",
        "c.0.0.fact": "age",
        "c.0.0.was": "age",
        "c.0.0.op": "ge",
        "c.0.0.v": "60",
    }
    assert desk.post("/tags/new", form).status_code == 303
    assert "年龄不少于 60 岁" in desk.get("/tags").text
    with acting(installation.actor(installation.dental)):
        compute.run(installation.runtime, None)
        with installation.unit("read") as session:
            rows = session.scalars(select(PersonTag).where(PersonTag.tag == "六十岁")).all()
            assert [row.reason for row in rows] == ["年龄不少于 60 岁"] * 2
            tag_id = session.scalar(select(TagDefinition.id).where(TagDefinition.tag == "六十岁"))
    form = desk.form(f"/tags/{tag_id}")
    form["c.0.0.fact"], form["c.0.0.was"] = "tag", "tag"
    form |= {"c.0.0.op": "any_of", "c.0.0.code": "六十岁"}
    assert "自己为条件" in desk.post(f"/tags/{tag_id}", form).text


def test_grades_are_tried_before_they_are_saved(desk, installation):
    form = desk.form("/gradings")
    assert form["code"][:2] == ["A", "B"]
    form["least"][4] = "500"
    page = desk.post("/gradings", form | {"do": "preview"})
    assert page.status_code == 200
    assert "试算结果" in page.text
    with acting(installation.actor(installation.dental)), installation.unit("read") as session:
        assert services.spec_of(session, "grade").steps[4].least == 1
    assert desk.post("/gradings", form | {"do": "save"}).status_code == 303
    with acting(installation.actor(installation.dental)), installation.unit("read") as session:
        assert services.spec_of(session, "grade").steps[4].least == 50_000
        assert session.scalar(select(Grading.version).where(Grading.kind == "grade")) == 2
        assert session.scalar(select(Grading.version).where(Grading.kind == "rfm")) == 1
    form = desk.form("/gradings")
    form["least"][1] = "999999"
    wrong = desk.post("/gradings", form | {"do": "save"})
    assert wrong.status_code == 422
    assert "门槛须逐级降低" in wrong.text


def test_who_may_not_see_members_sees_masked_names_and_no_list(desk, installation):
    with acting(installation.actor(installation.dental)), installation.unit() as session:
        services.save(session, code="all", name="全部", condition=lang.EVERYBODY)
    keeper = opened(installation, "rule_keeper")
    page = keeper.get("/segments/all").text
    assert "3 <small>人" in page
    assert "王芳" not in page
    assert keeper.get("/segments/new").status_code == 403
    form = keeper.form("/tags/new") | {"mode": "auto"}
    keeper.press(form, "c.do", "show")
    assert "王*" in keeper.page
    assert "王芳" not in keeper.page
    assert opened(installation, "front_desk").get("/segments/").status_code == 403


def test_a_foreign_segment_is_not_there(desk, installation):
    with acting(installation.actor(installation.pharmacy)), installation.unit() as session:
        services.save(session, code="theirs", name="别家的", condition=lang.EVERYBODY)
    assert desk.get("/segments/theirs").status_code == 404
    assert desk.get("/segments/theirs/edit").status_code == 404
