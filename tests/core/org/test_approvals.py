"""Four eyes: who may approve, what they approve, once (security 6.18, I15)."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select, text

from core.kernel import clock
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from core.kernel.models import AuditEntry
from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.ledger import services as ledger
from core.ledger import verify
from core.orders import verify as order_checks
from core.orders.granting import adjustments
from core.org import approvals, roles, staff_changes, staffing
from core.org.jobs import expire_approvals
from core.org.models import ApprovalRequest, Staff
from core.org.proofs import make_proof
from tests.installation import PIN


@pytest.fixture
def house(any_installation):
    return House(any_installation)


@pytest.fixture
def lite(installation):
    return House(installation)


class House:
    """The dental house: a member, and people who ask and decide."""

    def __init__(self, installation):
        self.i, self.h = installation, installation.dental
        with acting(self.actor("front_desk")):
            self.member = installation.enrol("刘超明", "13800005051")

    def actor(self, role):
        return self.i.actor(self.h, role)

    def ask(self, delta=200, reason="漏记积分", role="front_desk", member=None):
        with acting(self.actor(role)), self.i.unit() as s:
            return adjustments.adjust(s, member or self.member, "points", delta, reason).request.id

    def decide(self, request_id, role="manager", approve=True, *, seen="", pin_of=None, answer="同意", proof=True):
        with acting(self.actor(role)):
            secret, payload = None, "0" * 64
            if proof:
                with self.i.unit() as s:
                    payload = approvals.proof_payload(s.get(ApprovalRequest, request_id))
                    secret = make_proof(s, self.h.numbers[pin_of or role], PIN, "approve", payload).proof
            with self.i.unit() as s:
                done = approvals.decide(
                    s, request_id, approve=approve, answer=answer, seen=seen, proof=secret, proof_payload_sha256=payload
                )
                return done.row.state, done.refusal.code if done.refusal else None

    def points(self, member=None):
        member = member or self.member
        with acting(self.actor("owner")), self.i.unit("read") as s:
            st = Statements(s, self.h.franchise_id)
            return ledger.available_of(st, [member], "points", clock.today("Asia/Shanghai"))[member][0]

    def state(self, request_id):
        with acting(self.actor("owner")), self.i.unit("read") as s:
            return s.get(ApprovalRequest, request_id).state

    def trail(self):
        with acting(self.actor("owner")), self.i.unit("read") as s:
            wanted = select(AuditEntry.action).where(AuditEntry.action.startswith("org.approval"))
            return list(s.scalars(wanted.order_by(AuditEntry.id)))


def later(**delta):
    return clock.frozen_at(clock.now() + dt.timedelta(**delta))


def test_asked_approved_and_posted_once_with_the_approval_as_its_source(house):
    request_id = house.ask(200)
    assert house.points() == 0
    assert house.decide(request_id) == ("executed", None)
    assert house.points() == 200
    with acting(house.actor("owner")), house.i.unit("read") as s:
        source = s.execute(text("SELECT source_kind, source_id, reason FROM transfer WHERE unit = 'points'")).one()
        assert tuple(source) == ("approval", request_id, "adjust")
        assert [n for n, why in verify.check(s, house.h.franchise_id) if why] == []
        assert [n for n, why in order_checks.check(s, house.h.franchise_id) if why] == []
    assert house.trail() == ["org.approval.asked", "org.approval.approved", "org.approval.executed"]


def test_verify_finds_points_that_nobody_approved(lite):
    """I15: the same movement without its approval is the first difference."""
    request_id = lite.ask(200)
    lite.decide(request_id)
    with acting(lite.actor("owner")), lite.i.unit() as s:
        s.get(ApprovalRequest, request_id).state = "withdrawn"
    with acting(lite.actor("owner")), lite.i.unit("read") as s:
        found = dict(order_checks.check(s, lite.h.franchise_id))
    assert "without an executed approval" in found["orders.adjustments_are_approved"]


def test_nobody_approves_what_they_asked_for(house):
    request_id = house.ask(role="manager")
    with pytest.raises(Forbidden) as caught:
        house.decide(request_id, "manager")
    assert caught.value.code == "approval_self"
    assert (house.points(), house.state(request_id)) == (0, "asked")


def test_the_database_itself_refuses_one_person_in_both_places(house):
    request_id = house.ask()
    with pytest.raises(Exception, match="four_eyes|CHECK"), acting(house.actor("owner")), house.i.unit() as s:
        row = s.get(ApprovalRequest, request_id)
        row.decided_by = row.asked_by
        s.flush()


def test_a_second_account_of_the_same_person_is_the_same_person(lite):
    other = lite.i
    with acting(lite.actor("owner")):
        me = other.enrol("张三", "13800009999")
        with other.unit() as s:
            s.get(Staff, lite.h.staff["front_desk"]).person_id = me
            s.get(Staff, lite.h.staff["manager"]).person_id = me
    request_id = lite.ask()
    with pytest.raises(Forbidden) as caught:
        lite.decide(request_id, "manager")
    assert caught.value.code == "approval_self"


def test_replayed_it_is_refused(house):
    request_id = house.ask(200)
    house.decide(request_id)
    for role in ("manager", "owner"):
        with pytest.raises(Conflict) as caught:
            house.decide(request_id, role)
        assert caught.value.code == "approval_decided"
    assert house.points() == 200


def test_a_payload_that_was_altered_is_void(house):
    request_id = house.ask(200)
    with acting(house.actor("owner")), house.i.unit() as s:
        row = s.get(ApprovalRequest, request_id)
        row.payload = approvals.canonical({"person_id": str(house.member), "delta": 9_000})
    assert house.decide(request_id) == ("failed", "approval_altered")
    assert house.points() == 0
    with pytest.raises(Conflict):
        house.decide(request_id, "owner")


def test_another_payload_than_the_one_seen_is_refused(lite):
    request_id = lite.ask(200)
    with pytest.raises(Conflict) as caught:
        lite.decide(request_id, seen="f" * 64)
    assert caught.value.code == "approval_moved"
    assert lite.state(request_id) == "asked"


def test_a_pin_for_another_request_does_not_approve_this_one(lite):
    one, two = lite.ask(100), lite.ask(300)
    with acting(lite.actor("manager")):
        with lite.i.unit() as s:
            payload = approvals.proof_payload(s.get(ApprovalRequest, one))
            secret = make_proof(s, lite.h.numbers["manager"], PIN, "approve", payload).proof
        with pytest.raises(Refusal) as caught, lite.i.unit() as s:
            wanted = approvals.proof_payload(s.get(ApprovalRequest, two))
            approvals.decide(s, two, approve=True, proof=secret, proof_payload_sha256=wanted)
    assert caught.value.code == "proof_invalid"
    assert lite.points() == 0


def test_the_pin_must_be_the_approvers_own(lite):
    request_id = lite.ask()
    with pytest.raises(Forbidden) as caught:
        lite.decide(request_id, "manager", pin_of="owner")
    assert caught.value.code == "proof_invalid"
    with pytest.raises(Refusal) as caught:
        lite.decide(request_id, "manager", proof=False)
    assert caught.value.code == "approval_needs_proof"


def test_without_the_permission_it_is_refused_also_when_the_role_was_lost_meanwhile(lite):
    request_id = lite.ask(role="rule_keeper")
    with pytest.raises(Forbidden):
        lite.decide(request_id, "clinician")
    with acting(lite.actor("owner")), lite.i.unit() as s:
        staff_changes.set_roles(s, lite.h.staff["manager"], None, [("front_desk", None)])
    with pytest.raises(Forbidden):
        lite.decide(request_id, "manager")
    assert lite.state(request_id) == "asked"


def test_a_manager_of_another_store_may_not_decide(lite):
    request_id = lite.ask()
    with acting(lite.actor("owner")), lite.i.unit() as s:
        staff_changes.set_roles(s, lite.h.staff["manager"], None, [("manager", lite.h.other_store_id)])
    with pytest.raises(Forbidden):
        lite.decide(request_id, "manager")
    assert lite.decide(request_id, "owner") == ("executed", None)


def test_after_24_hours_it_is_void_and_the_job_says_so(house):
    request_id, second = house.ask(200), house.ask(300)
    with later(hours=24, seconds=1):
        assert house.decide(request_id) == ("expired", "approval_expired")
        with acting(house.actor("owner")):
            assert expire_approvals(house.i.runtime, house.actor("owner"))["done"] == 1
            assert expire_approvals(house.i.runtime, house.actor("owner"))["done"] == 0
        assert house.state(second) == "expired"
    assert house.points() == 0


def test_refused_with_a_reason_that_is_kept(house):
    request_id = house.ask()
    with pytest.raises(Invalid):
        house.decide(request_id, approve=False, answer="")
    assert house.decide(request_id, approve=False, answer="小票对不上") == ("refused", None)
    with acting(house.actor("front_desk")), house.i.unit("read") as s:
        assert approvals.get(s, request_id).answer == "小票对不上"
    assert house.points() == 0


def test_withdrawn_by_the_one_who_asked_only(lite):
    request_id = lite.ask()
    with pytest.raises(NotFound), acting(lite.actor("manager")), lite.i.unit() as s:
        approvals.withdraw(s, request_id)
    with acting(lite.actor("front_desk")), lite.i.unit() as s:
        approvals.withdraw(s, request_id)
    with pytest.raises(Conflict):
        lite.decide(request_id)


def test_what_the_ledger_refuses_at_last_ends_the_request_and_nothing_is_half_done(house):
    house.decide(house.ask(300))
    request_id = house.ask(-250, "多记积分")
    house.decide(house.ask(-200, "多记积分"))
    state, code = house.decide(request_id)
    assert (state, code, house.points()) == ("failed", "not_enough_points", 100)


def test_the_same_request_twice_is_one(lite):
    lite.ask(200)
    with pytest.raises(Conflict) as caught:
        lite.ask(200)
    assert caught.value.code == "already_asked"


@pytest.mark.parametrize(
    ("delta", "code"), [(0, "invalid"), (10_001, "adjust_too_large"), (-10_001, "adjust_too_large"), (-1, "not_enough_points")]
)  # fmt: skip
def test_adjustments_that_cannot_be(lite, delta, code):
    with pytest.raises(Refusal) as caught:
        lite.ask(delta)
    assert caught.value.code == code


def test_a_foreign_request_is_absent(lite):
    request_id = lite.ask()
    away = lite.i.actor(lite.i.pharmacy, "owner")
    with pytest.raises(NotFound), acting(away), lite.i.unit() as s:
        approvals.get(s, request_id)
    with pytest.raises(NotFound), acting(away), lite.i.unit() as s:
        approvals.decide(s, request_id, approve=False, answer="不行")


def test_two_approvers_at_once_post_once(any_installation):
    import threading

    house = House(any_installation)
    request_id = house.ask(200)
    outcomes, start = [], threading.Barrier(2)

    def go(role):
        start.wait()
        try:
            outcomes.append(house.decide(request_id, role)[0])
        except Conflict as refused:
            outcomes.append(refused.code)

    threads = [threading.Thread(target=go, args=(role,)) for role in ("manager", "owner")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["approval_decided", "executed"]
    assert house.points() == 200


# -- roles above one's own -----------------------------------------------------------------------


def test_a_role_above_ones_own_is_granted_by_approval_of_somebody_as_high(lite):
    with acting(lite.actor("owner")), lite.i.unit() as s:
        from core.org.role_rules import Change

        roles.save(s, roles.version_of(s), [Change("manager", "org.staff.edit", True)], approvals.pairs())
    nurse = lite.h.staff["clinician"]
    manager = _with_grants(lite, "manager")
    with pytest.raises(Forbidden) as caught, acting(manager), lite.i.unit() as s:
        staff_changes.set_roles(s, nurse, None, [("rule_keeper", None)])
    assert caught.value.code == "role_above"
    with acting(manager), lite.i.unit() as s:
        request_id = staff_changes.ask_roles(s, nurse, [("rule_keeper", None)], "新来的规则管理员").id
    assert lite.decide(request_id, "owner") == ("executed", None)
    with acting(lite.actor("owner")), lite.i.unit("read") as s:
        assert roles.pairs_of(s, nurse) == [("rule_keeper", None)]


def test_a_grant_goes_stale_when_the_person_was_changed_meanwhile(house):
    nurse = house.h.staff["clinician"]
    with acting(house.actor("owner")), house.i.unit() as s:
        second, _p = staffing.add_staff(
            s, number="700", name="副主", roles=[("owner", None)], store_id=house.h.store_id, pin=PIN
        )
        house.h.staff["second"], house.h.numbers["second"] = second.id, "700"
    with acting(house.actor("owner")), house.i.unit() as s:
        request_id = staff_changes.ask_roles(s, nurse, [("manager", None)], "升店长").id
        staff_changes.change(s, nurse, None, {"name": "改名"})
    with acting(_as(house, "second")):
        with house.i.unit() as s:
            payload = approvals.proof_payload(s.get(ApprovalRequest, request_id))
            secret = make_proof(s, "700", PIN, "approve", payload).proof
        with house.i.unit() as s:
            done = approvals.decide(s, request_id, approve=True, proof=secret, proof_payload_sha256=payload)
            assert (done.row.state, done.refusal.code) == ("failed", "approval_stale")
    with acting(house.actor("owner")), house.i.unit("read") as s:
        assert roles.pairs_of(s, nurse) == [("clinician", None)]


def _as(house, key):
    from dataclasses import replace

    return replace(house.actor("owner"), staff_id=house.h.staff[key])


def _with_grants(house, role):
    from dataclasses import replace

    with acting(house.actor("owner")), house.i.unit("read") as s:
        return replace(house.actor(role), grants=roles.grants_of(s, house.h.staff[role]))
