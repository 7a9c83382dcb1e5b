"""Opening balances (B56, acceptance 6): sums equal the control totals, undo restores zero, twice is refused."""

from __future__ import annotations

import json
from datetime import date

import pytest
from click.testing import CliRunner

from core.imports import control, kinds, services
from core.imports.cli import import_group
from core.kernel.errors import Conflict, Forbidden, Refusal
from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.ledger import services as ledger
from core.wallet import accounts
from core.wallet import reads as wallet_reads
from core.wallet import services as wallets
from tests.core.imports import lists
from tests.core.imports.kinds.openings import BALANCES, Opener, balance, balances, phone
from tests.core.wallet import kit as wallet_kit
from tests.installation import at


@pytest.fixture(autouse=True)
def noon():
    with at("2026-11-22 12:00"):
        yield


@pytest.fixture
def opener(installation):
    return Opener(installation, installation.dental)


@pytest.fixture
def any_opener(any_installation):
    return Opener(any_installation, any_installation.dental)


def csv(*rows):
    return lists.as_csv([list(row) for row in rows], "gb18030", BALANCES)


def lots(opener, person, unit="points"):
    with acting(opener.actor), opener.unit() as session:
        st = Statements(session, opener.house.franchise_id)
        return sorted(
            (int(row[0]), row[1] and str(row[1]), row[2])
            for row in st.all(
                "SELECT l.remaining, l.expires_on, l.source_kind FROM lot l JOIN account a"
                " ON a.franchise_id = l.franchise_id AND a.id = l.account_id WHERE l.franchise_id = ?"
                " AND l.person_id = ? AND a.unit = ?",
                [st.franchise_id, person, unit],
            )
        )


def test_old_cards_find_members_sums_agree_and_undo_restores_zero(any_opener):
    """Case B56 in small: GB18030, old card numbers, control totals, undo, verify silent throughout."""
    office = any_opener
    with acting(office.actor):
        people = Opener(office.installation, office.house, "people", members=0)
    people.take(("姓名", "手机", "卡号"), *([f"旧会员{k}", f"1371{k:07d}", f"A{k:06d}"] for k in range(300)))
    rows, sums = balances(640, 300)
    batch = office.ask(csv(*rows), sums)
    dry = control.lines(office.batch(batch))
    assert {one.unit.key: (one.typed, one.listed) for one in dry} == {key: (n, n) for key, n in sums.items()}
    assert office.sums() == {}
    assert office.run(batch)["created"] == 640
    with acting(office.actor), office.unit() as session:
        row = services.get(session, batch)
        booked = {one.unit.key: one.booked for one in control.lines(row, office.kind.booked(session, row))}
    assert booked == sums
    assert office.sums() == {key: sums[key] for key in ("points", "principal", "bonus")}
    with acting(office.actor):
        assert office.verified() == []
    with pytest.raises(Conflict) as refused:
        office.ask(csv(*rows))
    assert refused.value.code == "batch_imported"
    foreseen, done = office.take_back(batch)
    assert (foreseen.persons, foreseen.stay, done.persons, done.stay) == (640, 0, 640, 0)
    assert office.sums() == {}
    with acting(office.actor):
        assert office.verified() == []
    again = office.ask(csv(*rows), sums)
    assert office.run(again)["created"] == 640
    with acting(office.actor):
        assert office.verified() == []


def test_good_bad_and_repeated_rows(opener):
    good = [
        balance(phone(0), "1,200", "2027-03-31", "¥500.00", "50", "2027/6/30"),
        balance(opener.numbers[1], "80"),
        balance(phone(0), "300", "2027-12-31"),
        balance(phone(2), "", "", "", "12.34"),
        balance(phone(3), "0", "", "0"),
    ]
    wrong = [
        (balance("", "5"), ("member", "missing_member")),
        (balance("13700000000", "5"), ("member", "no_member")),
        (balance(phone(4), "5", "2026-11-21"), ("points_until", "already_over")),
        (balance(phone(4), "5.5"), ("points", "bad_number")),
        (balance(phone(4), "", "", "一百"), ("principal", "bad_price")),
        (balance(phone(4), "5", card="X-404"), None),
        (balance(phone(0), "1200", "2027-03-31", "500", "50", "2027-06-30"), ("member", "duplicate_opening")),
    ]
    batch, told = opener.take(BALANCES, *good, *(one for one, _p in wrong))
    assert told == {"created": 5, "unchanged": 1, "failed": 5, "duplicate": 1}
    problems = opener.problems(batch)
    assert [problems.get(7 + n) for n in range(len(wrong))] == [[p] if p else None for _one, p in wrong]
    # The last day of the list is usable; a list without a day follows the programme from today.
    assert lots(opener, opener.people[0]) == [(300, "2028-01-01", "opening"), (1200, "2027-04-01", "opening")]
    assert lots(opener, opener.people[1])[0][0] == 80
    assert lots(opener, opener.people[0], "bonus") == [(5_000, "2027-07-01", "top_up")]
    assert lots(opener, opener.people[0], "principal") == [(50_000, None, "top_up")]
    assert lots(opener, opener.people[2], "bonus") == [(1_234, None, "top_up")]
    assert all(line["原因"] and line["怎么改"] for line in opener.errors(batch))
    with acting(opener.actor):
        assert opener.verified() == []
        with opener.unit() as session:
            seen = wallet_reads.see(session, opener.people[0])
            assert [(one.name, one.left, one.cooling) for one in seen.top_ups] == [("期初储值", 55_000, False)]


def test_another_file_adds_nothing_that_is_there_and_refuses_other_figures(opener):
    opener.take(BALANCES, balance(phone(0), "100", "2027-03-31", "500"), balance(phone(1), "70", "2027-03-31"))
    batch, told = opener.take(
        BALANCES,
        balance(phone(0), "100", "2027-03-31", "500.00"),
        balance(phone(1), "90", "2027-03-31"),
        balance(phone(2), "10", "2027-03-31"),
        balance(phone(1), "", "", "8.00"),
    )
    assert told == {"unchanged": 1, "failed": 1, "created": 2}
    assert opener.problems(batch) == {3: [("points", "opened_before")]}
    assert opener.sums() == {"points": 180, "principal": 50_800}
    assert control.lines(opener.batch(batch))[1].listed == 110


def test_a_difference_refuses_the_run_with_both_figures(opener):
    data = csv(balance(phone(0), "100", "2027-03-31", "500"), balance("13700000000", "11"))
    batch = opener.ask(data, {"points": 111, "principal": 50_000})
    with pytest.raises(Refusal) as refused:
        opener.start(batch)
    assert refused.value.code == "control_total"
    assert "积分：名单 100，应为 111" in refused.value.message
    assert "储值本金" not in refused.value.message
    assert opener.sums() == {}


def test_what_was_used_since_stays_and_is_told(opener):
    rows = [balance(phone(n), "1000", "2027-03-31", "100", "10") for n in range(3)]
    batch, _told = opener.take(BALANCES, *rows)
    with acting(opener.actor):
        wallet_kit.add_items(opener.installation)
        with opener.unit("write") as session:
            st = Statements(session, opener.house.franchise_id)
            post = ledger.Posting(wallet_kit.today(), 0, "test", 1)
            owned = ledger.balance_of(st, "person", opener.people[0], ledger.POINTS, opener.people[0])
            ledger.redeem(st, owned, ledger.POINTS, 1, post)
        wallet_kit.pay(opener.installation, opener.people[1], "CENT")
    foreseen, done = opener.take_back(batch)
    assert dict(foreseen.reasons) == {"之后用过积分": 1, "之后用过储值": 1}
    assert (done.persons, done.stay) == (1, 2)
    assert lots(opener, opener.people[2]) == [(0, "2027-04-01", "opening")]
    with acting(opener.actor):
        assert opener.verified() == []
        with opener.unit() as session:
            held = wallets.balances(session, opener.people, date(2026, 11, 22))
    assert [sum(held[one]) for one in opener.people[:3]] == [11_000, 10_999, 0]
    # The file may come again: what stayed is there already, what went is given anew.
    _batch, told = opener.take(BALANCES, *rows)
    assert told == {"unchanged": 2, "created": 1}


def test_stored_value_past_the_laws_limit_is_told_not_silent(opener):
    batch, told = opener.take(BALANCES, balance(phone(0), "", "", "3000"), balance(phone(0), "", "", "2,000.01"))
    assert told == {"created": 2}
    warned, rows = control.warnings(opener.batch(batch))
    assert (warned, [(n, one[1]) for n, one in rows]) == (1, [(3, "over_limit")])
    reason, way = opener.kind.told(rows[0][1])
    assert "5,000.01" in reason
    assert "5,000.00" in reason
    assert way


def test_a_lost_account_takes_no_value_but_points_come(opener):
    with acting(opener.actor):
        wallet_kit.add_items(opener.installation)
        wallet_kit.top_up(opener.installation, opener.people[0])
        with opener.unit("write") as session:
            accounts.act(session, opener.people[0], "report_lost", "丢了")
    batch, told = opener.take(BALANCES, balance(phone(0), "", "", "10"), balance(phone(0), "10", "2027-01-01"))
    assert told == {"created": 1, "failed": 1}
    assert opener.problems(batch) == {2: [("principal", "wallet_lost")]}


def test_brought_stored_value_pays_and_goes_back_into_its_top_up(opener):
    opener.take(BALANCES, balance(phone(0), "", "", "100", "20"))
    with acting(opener.actor):
        wallet_kit.add_items(opener.installation)
        settled = wallet_kit.pay(opener.installation, opener.people[0], ("CENT", 6_000))
        opener.installation.refund(settled.order_no, {1: 6_000})
        assert opener.verified() == []
        with opener.unit() as session:
            assert wallets.balances(session, opener.people[:1], date(2026, 11, 22)) == {
                opener.people[0]: (10_000, 2_000)
            }


def test_only_the_owner_gives_value_by_a_list(installation):
    manager = Opener(installation, installation.dental, members=0, role="manager")
    with acting(manager.actor):
        assert "balances" not in [one.key for one in kinds.allowed()]
        with pytest.raises(Forbidden):
            kinds.authorize_for("balances")


def test_the_command_takes_control_totals(opener, tmp_path):
    file = tmp_path / "balances.csv"
    file.write_bytes(csv(balance(phone(0), "100", "2027-03-31", "500.50", "9"), balance(phone(1), "20", "2027-03-31")))

    def call(*more):
        told = CliRunner().invoke(
            import_group, ["balances", str(file), "--franchise", str(opener.house.franchise_id), *more]
        )
        assert told.exception is None or isinstance(told.exception, SystemExit), told.exception
        return told

    wrong = call("--control-total", "121", "--dry-run")
    assert wrong.exit_code == 1
    assert "积分：名单 120，应为 121" in wrong.stderr
    assert call("--control-total", "120", "--control-principal", "500.51").exit_code == 1
    assert opener.sums() == {}
    dry = json.loads(call("--dry-run", "--json", "--control-total", "120").stdout)
    assert (dry["batch"], dry["created"]) == (None, 2)
    assert dry["totals"] == {"rows": 2, "points": 120, "principal_fen": 50_050, "bonus_fen": 900}
    real = json.loads(call("--json", "--control-total", "120", "--control-principal", "500.50").stdout)
    assert real["batch"].isdigit()
    assert {**real, "batch": None} == dry
    assert opener.sums() == {"points": 120, "principal": 50_050, "bonus": 900}
    again = call("--json")
    assert again.exit_code == 1
    assert "已在" in again.stderr
    assert real["batch"] in again.stderr


def test_two_batches_of_one_file_cannot_both_run(opener):
    data = csv(balance(phone(0), "100", "2027-03-31"))
    first, second = opener.ask(data), opener.ask(data)
    opener.run(first)
    with pytest.raises(Conflict) as refused:
        opener.start(second)
    assert refused.value.code == "batch_imported"
    assert opener.sums() == {"points": 100}


def test_a_foreign_members_number_finds_nobody(opener):
    other = Opener(opener.installation, opener.installation.pharmacy, members=0)
    batch, told = other.take(BALANCES, balance(phone(0), "5", "2027-01-01"))
    assert told == {"failed": 1}
    assert other.problems(batch) == {2: [("member", "no_member")]}
