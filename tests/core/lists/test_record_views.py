"""Every record view, generated: what is no field cannot be set, a stale version is refused, who only reads cannot write."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect, select

from core.contact.models import MessageTemplate
from core.coupons import services as coupons
from core.kernel import clock
from core.kernel.tenancy import acting
from core.kernel.web.admin_view import NEVER_FIELDS, AdminView
from core.ledger.models import Lot
from core.people.models import PersonField
from core.programme.rules import CouponRule
from core.rewards.models import ExpiryNotice, Redemption
from core.wallet.models import SettlementLine
from tests.core.courses import kit
from tests.core.desk.desk_kit import Desk
from tests.core.referrals import kit as referral_kit
from tests.core.wallet import kit as value
from tests.forms import form_with

OVERRIDES = ({"_method": "DELETE"}, {"_method": "PUT"})
HEADERS = ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method")


@pytest.fixture(autouse=True)
def one_of_each(installation):
    """A row of everything that has a record view: a sale leaves orders, lots and transfers, the rest is put beside."""
    house = installation.dental
    with acting(installation.actor(house, "owner")):
        member = installation.enrol("刘超明", "13800005051")
        installation.sell(member, "CLEAN")
        installation.sell(member, "PKG-CARE")
        [(course, _parts)] = kit.of(installation, member)
        kit.use(installation, course.id)
        value.add_items(installation)
        value.top_up(installation, member, "TOP500")
        referral_kit.enrol(installation, "王芳", member)
        with installation.unit() as session:
            coupons.issue(
                session, member, CouponRule("C", "券", amount_fen=100), clock.today("Asia/Shanghai"), "test", 1
            )
            session.add(
                SettlementLine(
                    issuing="甲公司",
                    serving="乙公司",
                    source_kind="order",
                    source_id=1,
                    principal_fen=1,
                    bonus_fen=0,
                    month="2026-11",
                    business_on=clock.today("Asia/Shanghai"),
                    booked_at=1,
                )
            )
            lot = session.scalar(select(Lot).where(Lot.person_id == member))
            session.add(
                ExpiryNotice(
                    lot_id=lot.id,
                    person_id=member,
                    points=1,
                    expires_on=clock.today("Asia/Shanghai"),
                    state="queued",
                    business_on=clock.today("Asia/Shanghai"),
                    made_at=1,
                )
            )
            session.add(
                Redemption(
                    person_id=member,
                    reward="R",
                    name="礼品",
                    kind="goods",
                    state="fulfilled",
                    door="test",
                    made_at=1,
                    business_on=clock.today("Asia/Shanghai"),
                )
            )
            session.add(PersonField(key="pet", label="宠物", kind="text"))
            session.add(MessageTemplate(code="m", name="模板", channel="sms", purpose="care", body="您好"))


def views(web):
    found = {getattr(function, "__self__", None) for function in web.view_functions.values()}
    return sorted((view for view in found if isinstance(view, AdminView)), key=lambda view: view.key)


def editable(web):
    return [view for view in views(web) if view.edit_permission is not None]


def rows(desk, view):
    with acting(desk.actor), desk.installation.unit("read") as session:
        return [
            {c.key: getattr(row, c.key) for c in inspect(view.record).columns}
            for row in session.scalars(select(view.record).order_by(view.record.id))
        ]


def filled_form(desk, path):
    """Return what a browser would post from a record's form."""
    return {name: values[0] for name, values in form_with(desk.get(path).text, "version").items()}


def test_there_are_record_views(web):
    assert {"stores", "staff"} <= {view.key for view in views(web)}
    for view in views(web):
        assert not NEVER_FIELDS & set(view.form_columns or ())


def test_saving_what_the_form_says_changes_nothing_and_is_no_entry_of_changes(sit, web):
    owner = sit("owner")
    for view in editable(web):
        before = rows(owner, view)
        row = before[0]
        path = f"/records/{view.key}/edit/?id={row['id']}"
        assert owner.post(path, filled_form(owner, path)).status_code == 303, view.key
        after = rows(owner, view)[0]
        moved = {key for key in row if row[key] != after[key]}
        assert moved <= {"version"}, (view.key, moved)


def test_what_is_no_field_cannot_be_set_by_a_form(sit, web):
    owner = sit("owner")
    for view in editable(web):
        row = rows(owner, view)[0]
        path = f"/records/{view.key}/edit/?id={row['id']}"
        foreign = str(owner.installation.pharmacy.franchise_id)
        columns = {c.key for c in inspect(view.record).columns} - set(view.form_columns) - {"version"}
        more = {key: foreign if key in {"franchise_id", "id"} else "9" for key in columns}
        owner.post(path, {**filled_form(owner, path), **more})
        after = rows(owner, view)[0]
        assert {key: after[key] for key in columns} == {key: row[key] for key in columns}, view.key


def test_a_stale_version_is_refused_and_nothing_is_written(sit, web):
    owner = sit("owner")
    for view in editable(web):
        row = rows(owner, view)[0]
        path = f"/records/{view.key}/edit/?id={row['id']}"
        form = filled_form(owner, path)
        assert owner.post(path, form).status_code == 303
        before = rows(owner, view)
        for stale in (form["version"], "", "abc", "-1", "999999"):
            assert owner.post(path, {**form, "version": stale}).status_code == 409, (view.key, stale)
        assert rows(owner, view) == before


@pytest.mark.parametrize("role", ["manager", "auditor", "front_desk", "platform_admin"])
def test_who_may_not_edit_a_record_cannot(sit, web, role):
    owner = sit("owner")
    desk = Desk(owner.installation, web, owner.house, role)
    for view in editable(web):
        if view.edit_permission in desk.actor.grants:
            continue
        row = rows(owner, view)[0]
        path = f"/records/{view.key}/edit/?id={row['id']}"
        form, before = filled_form(owner, path), rows(owner, view)
        assert desk.get(path).status_code == 403
        assert desk.post(path, form).status_code == 403
        assert desk.post(f"/records/{view.key}/new/", form).status_code == 403
        assert rows(owner, view) == before


def test_no_method_can_be_smuggled_in_and_nothing_is_deleted(sit, web):
    owner = sit("owner")
    for view in views(web):
        before = rows(owner, view)
        assert before, f"{view.key}: put a row of it into one_of_each"
        one = before[0]["id"]
        for path in (
            f"/records/{view.key}/delete/",
            f"/records/{view.key}/action/",
            f"/records/{view.key}/ajax/update/",
        ):
            for more in OVERRIDES:
                answer = owner.post(path, {"id": str(one), "rowid": str(one), "action": "delete", **more})
                assert answer.status_code in {404, 405}, (path, answer.status_code)
        for header in HEADERS:
            owner.post(f"/records/{view.key}/details/?id={one}", {}, headers={header: "DELETE"})
            owner.get(f"/records/{view.key}/edit/?id={one}", headers={header: "POST"})
        assert rows(owner, view) == before, view.key
