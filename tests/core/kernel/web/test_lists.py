"""The list engine: walks see every row once, filters, choices, cursors, constant statements."""

from __future__ import annotations

import random
import re

import pytest
from flask import Blueprint, request
from sqlalchemy import event, insert, select

from core.kernel import clock
from core.kernel.ids import new_ids
from core.kernel.tenancy import acting
from core.kernel.web import cursors, lists
from core.kernel.web.lists import Column, Filter, ListSpec, Sort
from core.kernel.web.render import render_page
from core.kernel.web.routes import page, session
from core.org.models import Staff
from core.org.permissions import USE
from tests.web_world import post, sign_in

ROWS = 5000


def spec(**changes):
    values = {
        "key": "probe",
        "model": Staff,
        "noun": "人",
        "columns": (
            Column(
                "name",
                "姓名",
                (Staff.name,),
                lambda r: lists.link(f"/x/{r.id}", r.name),
                phone="title",
                fixed=True,
            ),
            Column("number", "工号", (Staff.number,), lambda r: r.number, numeric=True),
            Column("licence", "执照", (Staff.licence_kind,), lambda r: r.licence_kind or "—", shown=False),
        ),
        "sorts": (
            Sort("name", "姓名", (Staff.name, Staff.id), column="name"),
            Sort("new", "最新", (Staff.made_at, Staff.id), down=True),
        ),
        "search": lambda _session, text: select(Staff.id).where(Staff.name.startswith(text)),
        "filters": (Filter("kind", "执照", (("a", "甲"), ("b", "乙")), lambda v: Staff.licence_kind == v),),
    }
    return ListSpec(**{**values, **changes})


SPEC = spec()


def blueprint() -> Blueprint:
    bp = Blueprint("probe", __name__)

    @page(bp, "/people", permission=USE)
    def people():
        return render_page(
            "lists/page.html",
            title="名单",
            listing=lists.load(session(), SPEC, request.args),
            columns_url="/people/columns",
        )

    @page(bp, "/people/columns", permission=USE, unit="write", methods=("POST",))
    def choose():
        lists.choose_columns(session(), SPEC, request.form.getlist("column"))
        return "ok"

    return bp


@pytest.fixture(scope="module")
def many(world_template, tmp_path_factory):
    """A world with 5,000 people, many of whom share name and instant, and 300 in another franchise."""
    from tests import web_world

    world = web_world.copy(world_template, tmp_path_factory.mktemp("many"))
    rng = random.Random(7)
    base = clock.now_ms()

    def rows(fid: int, n: int, prefix: str):
        return [
            {
                "id": i, "franchise_id": fid, "number": f"{prefix}{k}", "name": f"{prefix}人{rng.randrange(40)}", "login": f"{prefix}-{k}-{fid}",
                "password_hash": "x", "password_once": False, "pin_hash": "", "totp_step": 0, "recovery_hashes": "", "licence_kind": "ab"[k % 2],
                "licence_no": "", "licence_until": "", "performs": False, "active": True, "made_at": base - rng.randrange(50), "version": 1,
            }
            for k, i in enumerate(new_ids(n))
        ]  # fmt: skip

    with acting(world.actor()), world.runtime.db.unit("write") as s:
        s.connection().execute(insert(Staff.__table__), rows(world.franchise_id, ROWS, "p"))
        s.connection().execute(insert(Staff.__table__), rows(world.other_franchise_id, 300, "q"))
    return world


@pytest.fixture()
def client(many):
    made = many.app(blueprint()).test_client()
    sign_in(made)
    return made


def ids(body: str) -> list[str]:
    return re.findall(r'href="/x/(\d+)"', body)


def link_to(body: str, rel: str) -> str | None:
    found = re.search(rf'href="([^"]+)" rel="{rel}"', body)
    return found.group(1).replace("&amp;", "&") if found else None


@pytest.mark.parametrize("sort", ["name", "new"])
def test_a_walk_forwards_and_back_sees_each_row_once(client, many, sort):
    seen, path, pages = [], f"/people?sort={sort}", []
    while path:
        body = client.get(path).text
        pages.append(ids(body))
        seen += pages[-1]
        path = link_to(body, "next")
    assert len(seen) == len(set(seen)) == ROWS + 3
    back = []
    path = link_to(body, "prev")
    while path:
        body = client.get(path).text
        back.append(ids(body))
        path = link_to(body, "prev")
    assert back == pages[-2::-1], "the way back shows the same pages"


@pytest.mark.parametrize("text", ["p人12", "p人1"], ids=["few hits", "more than the cap"])
@pytest.mark.parametrize("sort", ["name", "new"])
def test_a_walk_through_a_search_sees_each_hit_once_in_order(client, many, sort, text):
    pages, path = [], f"/people?sort={sort}&q={text}"
    while path:
        body = client.get(path).text
        pages.append(ids(body))
        path = link_to(body, "next")
    by = (Staff.name.asc(), Staff.id.asc()) if sort == "name" else (Staff.made_at.desc(), Staff.id.desc())
    with acting(many.actor()), many.runtime.db.unit("read") as s:
        expected = [str(i) for i in s.scalars(select(Staff.id).where(Staff.name.startswith(text)).order_by(*by))]
    assert len(expected) > lists.PAGE
    assert (len(expected) > lists.COUNT_CAP) == (text == "p人1")
    assert [i for page_ids in pages for i in page_ids] == expected
    back, path = [], link_to(body, "prev")
    while path:
        body = client.get(path).text
        back.append(ids(body))
        path = link_to(body, "prev")
    assert back == pages[-2::-1], "the way back shows the same pages"
    assert ("1,000+" if len(expected) > lists.COUNT_CAP else f"{len(expected)}") in body


def test_a_filter_is_a_chip_in_the_address_and_counts(client):
    body = client.get("/people?f.kind=a").text
    assert "1,000+" in body
    chip = re.search(r'<a class="chip on" href="([^"]+)"[^>]*><em>执照</em>甲', body)
    assert chip.group(1) == "/people"
    total, path = 0, "/people?f.kind=a"
    while path:
        body = client.get(path).text
        assert "f.kind=a" in body
        total += len(ids(body))
        path = link_to(body, "next")
    assert total == ROWS // 2


def test_another_franchise_is_never_on_the_list_or_in_the_count(client):
    assert "q人" not in client.get("/people").text
    other = client.get("/people?f.kind=zzz").text
    assert "1,000+" in other, "an unknown value is no filter"


def test_forged_and_foreign_cursors_lead_to_the_first_page(client, many):
    first = ids(client.get("/people").text)
    with acting(many.actor(franchise_id=many.other_franchise_id)):
        foreign = cursors.write("probe:name", "o", ("p人2", 1))
    for bad in ("x", "AAAA", "%00", foreign, "a" * 700):
        answer = client.get("/people", query_string={"after": bad})
        assert answer.status_code in {200, 400}
        if answer.status_code == 200:
            assert ids(answer.text) == first


def test_statements_are_constant_and_few(client, many):
    seen: list[str] = []
    event.listen(many.runtime.db.engine, "before_cursor_execute", lambda c, cu, st, *a: seen.append(st))

    def count(path: str) -> int:
        seen.clear()
        assert client.get(path).status_code == 200
        return len(
            [
                s
                for s in seen
                if "FROM staff" in s and "web_session" not in s or "FROM preference" in s or "SELECT count" in s
            ]
        )

    body = client.get("/people").text
    figures = [count("/people"), count(link_to(body, "next")), count("/people?f.kind=a&sort=new")]
    assert len(set(figures)) == 1
    assert figures[0] <= 4


def test_the_choice_of_columns_is_the_persons(client, many):
    assert "执照</th>" not in client.get("/people").text
    post(client, "/people/columns", {"column": ["name", "licence"]}, page="/people")
    body = client.get("/people").text
    assert "执照</th>" in body
    assert "工号</th>" not in body
    other = many.app(blueprint()).test_client()
    sign_in(other, "owner@example.com")
    assert "工号</th>" in other.get("/people").text
    post(client, "/people/columns", {"column": []}, page="/people")
    assert "工号</th>" in client.get("/people").text


def test_values_are_escaped(client, many):
    with acting(many.actor()), many.runtime.db.unit("write") as s:
        s.get(Staff, many.nurse_id).name = "!<img src=x onerror=alert(1)>"
    assert "<img" not in client.get("/people?sort=name").text
    assert "&lt;img" in client.get("/people?sort=name").text
    with acting(many.actor()), many.runtime.db.unit("write") as s:
        s.get(Staff, many.nurse_id).name = "周敏"


def test_a_sort_that_may_be_empty_or_lacks_the_id_stops_the_start():
    with pytest.raises(ValueError, match="empty"):
        spec(sorts=(Sort("x", "x", (Staff.totp_since, Staff.id)),))
    with pytest.raises(ValueError, match="id"):
        spec(sorts=(Sort("x", "x", (Staff.name,)),))


def test_an_empty_result_says_so_and_offers_a_way_on(client):
    searching = spec(search=lambda s, t: lists.select(Staff.id).where(Staff.number == t), key="probe2")
    from core.kernel.web import lists as module

    assert module.Listing(searching, {"q": "1", "sort": "name"}, [], searching.sorts[0], [], 0).count_text == "0"
    assert module.Listing(searching, {}, [], searching.sorts[0], [], 1001).count_text == "1,000+"
