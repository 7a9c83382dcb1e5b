"""The chain's administrator: franchises and counts, a new franchise, plugins of the chain, templates (acceptance 5)."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from core.console import chain
from core.kernel import audit, clock
from core.kernel.errors import Forbidden, NotFound
from core.kernel.models import AuditEntry, PluginState
from core.kernel.permissions import UNCHANGED, registry
from core.kernel.statements import Statements
from core.kernel.tenancy import Actor, acting
from core.ledger import services as ledger
from core.org.models import Chain, ChainPlugin, Franchise
from core.org.role_rules import why_fixed
from core.programme import drafts, templates
from core.programme import services as programmes
from tests.core.desk.desk_kit import Desk, plain, web_of


@pytest.fixture
def app(installation):
    return web_of(installation)


@pytest.fixture
def admin(installation, app):
    """The administrator of the chain that both houses belong to; signed in at the dental one."""
    return Desk(installation, app, installation.dental, "platform_admin")


@pytest.fixture
def owner(installation, app):
    return Desk(installation, app, installation.dental, "owner")


def trail(installation, house, like="console."):
    with acting(installation.actor(house)), installation.unit("read") as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.action.startswith(like)).order_by(AuditEntry.id))
        return [(row.action, audit.detail_of(row)) for row in rows]


def test_the_tree_shows_both_franchises_with_stores_and_counts_and_no_person(installation, admin):
    with acting(installation.actor(installation.pharmacy)):
        installation.enrol("贺知章", "13800009999")
    with acting(installation.actor(installation.dental)):
        member = installation.enrol("刘超明", "13800005051")
        done = installation.sell(member, "F-RESIN")
    before = plain(admin.get("/console/chain").text)
    assert "还没有统计" in before
    assert admin.post("/console/chain/count").status_code == 303
    text = admin.get("/console/chain").text
    shown = plain(text)
    assert "甲口腔" in shown
    assert "乙药房" in shown
    assert "一店、二店" in shown
    points = points_of(installation, member)
    with acting(installation.actor(installation.dental, "platform_admin")), installation.unit("read") as session:
        row = chain.own_chain(session)
        sums = chain.totals(session, row.id)
        rows, _more = chain.branches(session, row.id)
        counted = {b.name: (b.counts.members, b.counts.orders, b.counts.points) for b in rows}
    assert counted["甲口腔"] == (1, 1, points)
    assert points > 0
    assert counted["乙药房"][0] == 1
    assert (sums.franchises, sums.members) == (2, 2)
    for secret in ("刘超明", "贺知章", "5051", "9999", done.order_no):
        assert secret not in text
        assert secret not in admin.get(f"/console/chain/franchises/{installation.pharmacy.franchise_id}").text


def points_of(installation, member):
    actor = installation.actor(installation.dental)
    with acting(actor), installation.unit("read") as session:
        st = Statements(session, actor.franchise_id)
        return ledger.available_of(st, [member], "points", clock.today(actor.tz))[member][0]


def test_only_the_chains_own_roles_reach_it_and_no_franchise_gives_a_part_in_it(installation, app, owner):
    for role in ("manager", "auditor", "front_desk", "rule_keeper"):
        assert Desk(installation, app, installation.dental, role).get("/console/chain").status_code == 403
    assert owner.get("/console/chain").status_code == 403
    why = why_fixed(UNCHANGED, "owner", registry.get("console.chain.edit"), True, [])
    assert "只属于连锁管理员" in why
    grants = {"console.chain.edit": frozenset()}
    granted = Actor(installation.dental.franchise_id, roles=frozenset({"owner"}), grants=grants)
    with acting(granted), installation.unit("read") as session, pytest.raises(Forbidden):
        chain.own_chain(session)


def another_chain(installation):
    with installation.unit() as session:
        other = Chain(name="别家连锁")
        session.add(other)
        session.flush()
        row = Franchise(chain_id=other.id, code="z1", name="别家门诊", made_at=0)
        session.add(row)
        session.flush()
        return other.id, row.id


def test_a_franchise_of_another_chain_is_absent(installation, admin):
    chain_id, foreign = another_chain(installation)
    absent = admin.get("/console/chain/franchises/4611686018427387904")
    there = admin.get(f"/console/chain/franchises/{foreign}")
    assert (there.status_code, absent.status_code) == (404, 404)
    assert "别家" not in admin.get("/console/chain").text
    answer = admin.post("/console/chain/templates", {"name": "偷来的", "source": f"franchise:{foreign}"})
    assert answer.status_code == 404
    with installation.unit() as session:
        made = templates.hand_out(session, chain_id, "别家模板", _programme(installation), "x")
        made_id = made.id
    assert admin.post(f"/console/chain/templates/{made_id}/withdraw").status_code == 404
    with acting(installation.actor(installation.dental)), installation.unit("read") as session:
        assert templates.offered(session) == []
        with pytest.raises(NotFound):
            templates.take(session, made_id)


def _programme(installation):
    with acting(installation.actor(installation.dental)), installation.unit("read") as session:
        return programmes.in_force(session)


def test_a_withdrawal_switches_every_franchise_off_with_a_line_each_and_keeps_rows(installation, admin, owner):
    page = plain(admin.get("/console/chain/plugins").text)
    assert "1 个加盟主体在用：甲口腔" in page
    assert "收回，停用 1 处" in page
    assert admin.post("/console/chain/plugins/dental", {"allowed": "0"}).status_code == 303
    assert owner.get("/p/dental/items").status_code == 404
    with acting(installation.actor(installation.dental)), installation.unit("read") as session:
        state = session.scalar(select(PluginState).where(PluginState.key == "dental"))
        assert state is not None
        assert not state.enabled
    mine = [entry for entry in trail(installation, installation.dental) if entry[1].get("key") == "dental"]
    assert [action for action, _detail in mine[-2:]] == ["console.plugin.withdrawn", "console.plugin.disabled"]
    assert mine[-2][1]["by"].startswith("甲口腔")
    theirs = [entry for entry in trail(installation, installation.pharmacy) if entry[1].get("key") == "dental"]
    assert [action for action, _detail in theirs] == ["console.plugin.withdrawn"]
    refused = owner.post("/console/plugins/dental/switch", {"on": "1"})
    assert refused.status_code == 422
    assert admin.post("/console/chain/plugins/dental", {"allowed": "1"}).status_code == 303
    assert owner.post("/console/plugins/dental/switch", {"on": "1"}).status_code == 303
    assert owner.get("/p/dental/items").status_code == 200
    assert admin.post("/console/chain/plugins/nowhere", {"allowed": "1"}).status_code == 404


FORM = {"name": "丙康复", "store": "体育馆店", "owner": "bing@example.com", "vertical": "dental", "programme": "dental"}


def test_a_new_franchise_is_founded_whole_and_its_password_shown_once(installation, admin):
    answer = admin.post("/console/chain/franchises/new", FORM)
    assert answer.status_code == 200
    shown = plain(answer.text)
    assert "丙康复 已建立" in shown
    password = re.search(r'class="otp">([^<]+)<', answer.text).group(1)
    assert len(password) >= 8
    with installation.unit("read") as session:
        found = select(Franchise.id, Franchise.code).where(Franchise.name == "丙康复")
        new_id, code = session.execute(found).one()
    with acting(Actor(new_id)), installation.unit("read") as session:
        assert programmes.in_force(session).key == "dental"
        assert session.scalar(select(PluginState.enabled).where(PluginState.key == "dental"))
    assert ("console.franchise.founded", {"code": code, "name": "丙康复", "verticals": ["dental"]}) in trail(
        installation, installation.dental
    )
    assert password not in admin.get("/console/chain").text
    assert "丙康复" in admin.get("/console/chain").text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": ""}, "机构名"),
        ({"owner": "nobody"}, "邮箱"),
        ({"owner": "Dental@Example.com"}, "已经有人用了"),
        ({"vertical": "beauty"}, "总部已经允许"),
        ({"vertical": ""}, "业态"),
        ({"programme": "pharmacy"}, "起步方案要是选中的业态之一"),
    ],
)
def test_a_wrong_form_founds_nothing_and_names_the_field(installation, admin, change, said):
    answer = admin.post("/console/chain/franchises/new", {**FORM, **change})
    assert answer.status_code == 422
    assert said in plain(answer.text)
    assert FORM["store"] in answer.text  # what was typed stays
    with installation.unit("read") as session:
        assert len(session.scalars(select(Franchise)).all()) == 2


def test_a_template_is_taken_as_a_draft_and_never_as_a_publication(installation, admin, app):
    answer = admin.post(
        "/console/chain/templates",
        {"name": "集团标准", "source": f"franchise:{installation.pharmacy.franchise_id}", "note": "药房通用"},
    )
    assert answer.status_code == 303, plain(answer.text)
    assert "集团标准" in plain(admin.get("/console/chain/templates").text)
    keeper = Desk(installation, app, installation.dental, "rule_keeper")
    page = keeper.get("/programme/").text
    value = re.search(r'value="(template:\d+)"', page).group(1)
    assert "总部模板：集团标准" in page
    assert keeper.post("/programme/draft", {"preset": value}).status_code == 303
    with acting(installation.actor(installation.dental)), installation.unit("read") as session:
        draft = drafts.current(session)
        assert draft.key == "pharmacy"
        assert "集团标准" in draft.origin
        assert programmes.in_force(session).key == "dental"
        assert programmes.newest(session).number == 1
    template_id = value.split(":")[1]
    assert admin.post(f"/console/chain/templates/{template_id}/withdraw").status_code == 303
    assert value not in keeper.get("/programme/").text
    with acting(installation.actor(installation.dental)), installation.unit("read") as session:
        assert drafts.current(session) is not None


def test_a_template_wants_a_name_of_its_own_and_a_source(admin):
    good = {"name": "标准", "source": "preset:dental"}
    assert admin.post("/console/chain/templates", good).status_code == 303
    assert admin.post("/console/chain/templates", good).status_code == 409
    assert admin.post("/console/chain/templates", {**good, "name": "x"}).status_code == 422
    assert admin.post("/console/chain/templates", {"name": "无源", "source": "nowhere"}).status_code == 422


def test_the_chain_allows_what_no_franchise_has_asked_for_yet(installation, admin):
    assert admin.post("/console/chain/plugins/beauty", {"allowed": "1"}).status_code == 303
    with installation.unit("read") as session:
        assert session.scalar(select(ChainPlugin.allowed).where(ChainPlugin.key == "beauty"))
    assert "没有加盟主体在用" in plain(admin.get("/console/chain/plugins").text)
