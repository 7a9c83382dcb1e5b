"""Saved views: the address is the state, mine and shared ones, what the list opens with, stale parts, the chooser."""

from __future__ import annotations

import html
import re

import pytest
from sqlalchemy import select

from core.kernel import audit
from core.kernel.models import AuditEntry, SavedView
from core.kernel.tenancy import acting


def views(desk):
    with acting(desk.actor), desk.installation.unit("read") as session:
        return [
            (row.id, row.name, row.shared, row.opens, row.query, row.columns)
            for row in session.scalars(select(SavedView))
        ]


def tabs(body: str) -> dict[str, str]:
    nav = re.search(r'<nav class="vt".*?</nav>', body, re.S)
    found = re.findall(r'<a href="([^"]+)"[^>]*>(.*?)</a>', nav.group(0), re.S) if nav else []
    return {re.sub(r"<svg.*?</svg>|<[^>]+>", "", text).split()[0]: html.unescape(href) for href, text in found}


def save(desk, name, state="f.gender=female&sort=joined", back="/members?f.gender=female&sort=joined", **more):
    return desk.post("/lists/members/views", {"name": name, "s": state, "back": back, **more})


def test_a_view_keeps_filters_and_sort_but_never_what_was_searched_for(sit):
    owner = sit("owner")
    owner.enrol("刘超明", gender="male")
    owner.enrol("黄霞英", "13800005052", gender="female")
    answer = save(owner, "女会员", "f.gender=female&sort=joined&q=黄霞英")
    assert answer.status_code == 303
    assert views(owner)[0][4] == "f.gender=female&sort=joined"
    body = owner.get(answer.headers["Location"]).text
    assert "黄霞英" in body
    assert "刘超明" not in body
    there = tabs(body)
    assert set(there) >= {"全部", "女会员"}
    assert "f.gender=female" in there["女会员"], "the address carries the whole state"
    assert "刘超明" in owner.get(there["全部"]).text
    assert 'class="dirty"' not in body
    changed = owner.get(there["女会员"] + "&f.tier=regular").text
    assert 'class="dirty"' in changed
    assert "保存更改" in changed


def test_saving_changes_renaming_and_deleting(sit):
    owner = sit("owner")
    owner.enrol()
    save(owner, "女会员")
    view_id = views(owner)[0][0]
    owner.post(f"/lists/members/views/{view_id}", {"do": "state", "s": "f.gender=male", "back": "/members"})
    owner.post(f"/lists/members/views/{view_id}", {"name": "男会员", "back": "/members"})
    assert views(owner)[0][1:5] == ("男会员", False, False, "f.gender=male")
    with acting(owner.actor), owner.installation.unit("read") as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "lists.view.changed")).all()[-1]
        told = audit.detail_of(entry)
        assert (told["before"]["name"], told["after"]["name"]) == ("女会员", "男会员")
    assert save(owner, "男会员").status_code == 409
    assert save(owner, "  ").status_code == 422
    owner.post(f"/lists/members/views/{view_id}", {"do": "delete", "back": f"/members?v={view_id}"})
    assert views(owner) == []


def test_a_view_is_ones_own_until_it_is_shared_and_only_some_may_share(sit):
    owner, desk = sit("owner"), sit("front_desk")
    owner.enrol()
    save(owner, "我的")
    assert "我的" not in tabs(desk.get("/members").text)
    assert save(desk, "偷偷共享", shared="1").status_code == 403
    save(owner, "大家的", shared="1")
    there = tabs(desk.get("/members").text)
    assert "大家的" in there
    shared_id = next(row[0] for row in views(owner) if row[1] == "大家的")
    own_id = next(row[0] for row in views(owner) if row[1] == "我的")
    assert desk.post(f"/lists/members/views/{shared_id}", {"do": "delete", "back": "/"}).status_code == 403
    absent = desk.post("/lists/members/views/4611686018427387904", {"do": "delete", "back": "/"})
    assert (
        desk.post(f"/lists/members/views/{own_id}", {"do": "delete", "back": "/"}).status_code
        == absent.status_code
        == 404
    )
    abroad = sit("owner", owner.installation.pharmacy)
    assert abroad.post(f"/lists/members/views/{shared_id}", {"do": "delete", "back": "/"}).status_code == 404
    assert "大家的" not in abroad.get("/members").text


def test_a_list_opens_with_ones_own_choice_before_the_franchises(sit):
    owner, desk = sit("owner"), sit("front_desk")
    owner.enrol("刘超明", gender="male")
    owner.enrol("黄霞英", "13800005052", gender="female")
    save(owner, "全店默认", "f.gender=female", shared="1", opens="1")
    body = desk.get("/members").text
    assert "黄霞英" in body
    assert "刘超明" not in body, "the shared view opens by itself"
    assert "刘超明" in desk.get("/members?v=all").text
    save(desk, "我要男的", "f.gender=male", opens="1")
    assert "刘超明" in desk.get("/members").text
    assert "黄霞英" in owner.get("/members").text


def test_what_is_gone_from_a_view_is_ignored_with_a_word(sit):
    owner = sit("owner")
    owner.enrol()
    save(owner, "旧的", "f.gender=female&f.moon=full&sort=gone&c=name,phone,ghost")
    view_id = views(owner)[0][0]
    answer = owner.get(f"/members?v={view_id}&f.gender=female&f.moon=full&sort=gone&c=name,phone,ghost")
    assert answer.status_code == 200
    assert "已经不在了" in answer.text
    assert "moon" in answer.text


def test_the_chooser_is_the_persons_and_within_a_view_part_of_the_address(sit):
    owner = sit("owner")
    owner.enrol(gender="female")
    owner.post("/lists/members/columns", {"column": ["phone"], "back": "/members?f.gender=female", "s": ""})
    body = owner.get("/members").text
    assert "手机</th>" in body
    assert "到店次数</th>" not in body
    save(owner, "女会员")
    view_id = views(owner)[0][0]
    answer = owner.post(
        "/lists/members/columns", {"column": ["birth"], "back": f"/members?v={view_id}&f.gender=female", "s": ""}
    )
    assert "c=name%2Cbirth" in answer.headers["Location"]
    seen = owner.get(answer.headers["Location"]).text
    assert "生日</th>" in seen
    assert "手机</th>" not in seen
    owner.post("/lists/members/columns", {"reset": "1", "back": "/members", "s": ""})
    assert "到店次数</th>" in owner.get("/members").text


@pytest.mark.parametrize("path", ["/lists/members/columns", "/lists/members/views", "/lists/members/bulk"])
def test_a_list_one_may_not_see_offers_nothing(sit, path):
    assert sit("platform_admin").post(path, {"name": "x", "act": "members.tag_add", "back": "/"}).status_code == 403
    assert sit("owner").post(path.replace("members", "nothing", 1), {"name": "x", "back": "/"}).status_code == 404
