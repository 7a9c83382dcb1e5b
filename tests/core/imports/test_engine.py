"""Dry run and run: equal counts, whom a row means, what a made member is, nothing twice."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import delete, select

from core.cards import services as cards
from core.cards.models import Card, CardSeat
from core.console import verification
from core.imports import rules, runner, services
from core.imports.models import ImportRow
from core.imports.outcomes import Decision, Known, decide
from core.imports.rules import ColumnMap
from core.kernel.errors import Invalid, NotFound
from core.kernel.models import AuditEntry
from core.kernel.tenancy import acting
from core.people import services as people
from core.people.models import Person, Relation, SearchToken
from core.people.services import NewPerson
from core.tiers.models import TierStanding
from tests.core.imports import lists
from tests.core.imports.kit import Office, row
from tests.installation import at


def test_the_same_list_as_spreadsheet_gives_the_same_on_both_databases(any_office):
    rows, want = lists.members(700)
    first = any_office.check(lists.as_xlsx(rows))
    assert {key: n for key, n in any_office.run(first).items() if n} == want
    codes = {code for problems in any_office.problems(first).values() for _field, code in problems}
    assert codes == {*lists.BAD, "duplicate"}
    assert any_office.take_in(lists.as_csv(rows))["created"] == 0
    assert any_office.members() == want["created"]


def test_a_made_member_equals_one_enrolled_at_the_desk(office):
    """Member number, search tokens, tier, free card with its holder's seat: as cards.services.enrol makes them."""
    with at("2026-11-21 10:00"):
        with acting(office.actor), office.unit("write") as session:
            cards.enrol(session, NewPerson("欧阳修文", phone="13800000001", gender="male", birth_on=date(1990, 5, 2),
                                           occupation="教师", company="第一中学", address="建设路1号", source="import",
                                           tags=("怕疼",)))  # fmt: skip
        office.take_rows(row(name="欧阳修文", phone="13800000002", gender="男", birth="1990/5/2", occupation="教师",
                             company="第一中学", address="建设路1号", source="import", tags="怕疼"))  # fmt: skip
    with acting(office.actor), office.unit() as session:
        desk, made = session.scalars(select(Person).order_by(Person.member_no)).all()
        assert int(made.member_no) == int(desk.member_no) + 1
        own = {"id", "member_no", "phone_sealed", "phone_blind", "address_sealed"}
        for column in set(Person.__table__.columns.keys()) - own:
            assert getattr(desk, column) == getattr(made, column), column
        assert (made.phone, made.address) == ("13800000002", desk.address)
        pair = [session.scalars(select(Card).where(Card.person_id == one.id)).one() for one in (desk, made)]
        own = {"id", "person_id", "number", "qr_hash", "qr_sealed"}
        for column in set(Card.__table__.columns.keys()) - own:
            assert getattr(pair[0], column) == getattr(pair[1], column), column
        assert int(pair[1].number[:-1]) == int(pair[0].number[:-1]) + 1
        assert len(pair[1].qr) == 22
        seats = [session.scalars(select(CardSeat).where(CardSeat.person_id == one.id)).one() for one in (desk, made)]
        assert {(seat.role, seat.left_at) for seat in seats} == {("holder", None)}
        words = [
            set(session.scalars(select(SearchToken.token).where(SearchToken.person_id == one.id)))
            - {one.member_no, card.number}
            for one, card in zip((desk, made), pair, strict=True)
        ]
        assert {w for w in words[0] if w[0] != "#"} == {w for w in words[1] if w[0] != "#"}
        assert [tag.tag for tag in people.tags_of(session, made)] == ["怕疼"]
    assert office.find("ouyangxiuwen 0002").phone == "13800000002"


def test_an_opening_tier_is_a_standing_and_survives_the_review(office):
    assert office.take_rows(row(name="王小明", phone="13800000001", tier="VIP")) == {"created": 1}
    person = office.find("王小明")
    assert person.tier_code == "gold"
    with acting(office.actor), office.unit() as session:
        standing = session.scalars(select(TierStanding)).one()
        assert (standing.tier_code, standing.cause, standing.source_kind) == ("gold", "opening", "import")
    assert [r.difference for r in verification.verify(office.installation.runtime) if r.difference] == []


def test_an_opening_tier_of_a_rolling_programme_is_kept_until_its_review(dental_office):
    dental_office.take_rows(row(name="王小明", phone="13800000001", tier="金卡"), row(name="李萍", tier="普通会员"))
    person = dental_office.find("王小明")
    assert person.tier_until is not None
    assert [r.difference for r in verification.verify(dental_office.installation.runtime) if r.difference] == []


def test_an_old_card_number_finds_its_member_and_is_printed_where_it_is_free(office):
    office.take_rows(
        row(name="王小明", phone="13800000001", card="VIP 00123"),
        row(name="李萍", phone="13800000002", card="8800000000000123"),
    )
    for text in ("VIP00123", "vip00123", "00123", "13800000001"):
        assert office.find(text).name == "王小明"
    assert office.find("8800000000000123").name == "李萍"
    with acting(office.actor), office.unit() as session:
        numbers = {c.person_id: c.number for c in session.scalars(select(Card))}
        assert cards.by_number(session, "VIP00123").person_id in numbers
        # One that looks like ours could be given out a second time: it stays a way to find, not a number.
        assert cards.by_number(session, "8800000000000123") is None


def test_members_are_matched_by_phone_then_card_then_name_birth_and_guardian(office):
    office.take_rows(
        row(name="王小明", phone="13800000001", card="A00001"),
        row(name="王乐乐", birth="2019-06-01", guardian="13800000001"),
        row(name="赵大爷", birth="1950-01-01"),
    )
    assert office.members() == 3
    counts = office.take_rows(
        row(name="王小明", phone="13800000001", occupation="教师"),
        row(name="王乐乐", birth="2019-06-01", guardian="13800000001", note="爱哭"),
        row(name="赵大爷", birth="1950年1月1日"),
    )
    assert counts == {"updated": 2, "unchanged": 1}
    assert office.take_rows(row(name="王小明", card="a00001", phone="13800000009")) == {"updated": 1}
    assert office.find("王小明").phone == "13800000009"
    assert office.members() == 3


def test_empty_cells_never_clear_what_is_known(office):
    office.take_rows(
        row(name="王小明", phone="13800000001", occupation="教师", address="建设路1号", gender="男", tags="怕疼")
    )
    assert office.take_rows(row(name="王小明", phone="13800000001", gender="未知")) == {"unchanged": 1}
    person = office.find("王小明")
    assert (person.occupation, person.gender, person.address) == ("教师", "male", "建设路1号")


def test_a_child_uses_the_guardians_phone_also_when_the_guardian_comes_below(office):
    """B55: without a phone, or with the guardian's in both columns; found by name, birth date or family."""
    counts = office.take_rows(
        row(name="王乐乐", birth="2019-06-01", guardian="13800000001"),
        row(name="王多多", birth="2021-06-01", phone="13800000001", guardian="13800000001"),
        row(name="王妈妈", phone="13800000001", birth="1988-01-01"),
        row(name="孤单", birth="2019-06-01"),
        row(name="无主", birth="2019-06-01", guardian="13800000099"),
    )
    assert counts == {"created": 3, "failed": 2}
    mother, child = office.find("王妈妈"), office.find("王多多")
    assert (child.contact_of_id, child.phone) == (mother.id, None)
    with acting(office.actor), office.unit() as session:
        assert {p.name for p in people.children_of(session, mother)} == {"王乐乐", "王多多"}
        assert {(r.person_id, r.role) for r in session.scalars(select(Relation))} == {(mother.id, "guardian")}


def test_referrers_are_found_by_phone_card_or_member_number_in_any_order(office):
    office.take_rows(row(name="老会员", phone="13800000001"))
    number = office.find("老会员").member_no
    counts = office.take_rows(
        row(name="甲一", phone="13800000011", referrer="13800000012"),
        row(name="乙二", phone="13800000012", referrer="C-0003"),
        row(name="丙三", card="C0003", referrer=number),
        row(name="丁四", phone="13800000014", referrer="没有这个人"),
    )
    assert counts == {"created": 3, "failed": 1}
    assert office.find("甲一").referrer_id == office.find("乙二").id
    assert office.find("丙三").referrer_id == office.find("老会员").id


def test_a_phone_of_somebody_else_is_refused_not_overwritten(office):
    office.take_rows(row(name="王小明", phone="13800000001"), row(name="李萍", phone="13800000002", birth="1990-05-02"))
    batch = office.check(lists.as_csv([
        row(name="张伟", phone="13800000001"), row(name="李平", phone="13800000002", birth="1990-05-02"),
    ], "utf-8"))  # fmt: skip
    assert {k: n for k, n in office.run(batch).items() if n} == {"updated": 1, "failed": 1}
    assert office.problems(batch) == {2: [("phone", "phone_of_other")]}
    assert office.find("13800000001").name == "王小明"
    assert office.find("13800000002").name == "李平"


def test_a_row_whose_phone_and_card_belong_to_two_persons_is_refused(office):
    office.take_rows(row(name="王小明", phone="13800000001"), row(name="李萍", card="B00002"))
    assert office.take_rows(row(name="王小明", phone="13800000001", card="B00002")) == {"failed": 1}


def test_the_first_good_row_about_a_person_wins_and_the_second_is_told_which(office):
    batch = office.check(lists.as_csv([
        row(name="王小明", phone="13800000001", birth="x"), row(name="王小明", phone="13800000001", occupation="教师"),
        row(name="王小明", phone="13800000001", occupation="工程师"),
    ], "utf-8"))  # fmt: skip
    assert {k: n for k, n in office.run(batch).items() if n} == {"created": 1, "duplicate": 1, "failed": 1}
    with acting(office.actor), office.unit() as session:
        stored = dict(session.execute(select(ImportRow.number, ImportRow.problem)).all())
    assert stored[4] == '[["", "duplicate", 3]]'
    assert office.find("王小明").occupation == "教师"


def test_names_only_are_found_again_by_their_row_in_the_same_file(office):
    data = lists.as_csv([row(name="王伟"), row(name="王伟")], "utf-8")
    assert office.take_in(data)["created"] == 2
    assert office.take_in(data)["unchanged"] == 2
    assert office.members() == 2


def test_what_is_stored_in_the_open_never_holds_a_cell(office):
    """Staged cells are sealed, wiped when their row is done, and problems are codes."""
    batch = office.check(
        lists.as_csv([row(name="王小明", phone="13800000001"), row(name="秘密人", phone="99988877766")])
    )
    office.run(batch)
    with acting(office.actor), office.unit() as session:
        rows = session.scalars(select(ImportRow).order_by(ImportRow.number)).all()
        assert rows[0].cells_sealed is None
        assert rows[0].person_id == office.find("王小明").id
        assert rows[1].cells_sealed is not None
        assert rows[1].problem == '[["phone", "bad_phone", null]]'
    raw = office.installation.runtime.environment.data_dir / "huike.db"
    office.db.dispose()
    for word in ("99988877766", "秘密人"):
        assert word.encode() not in raw.read_bytes()


def test_an_import_is_written_down_person_by_person(office):
    batch = office.check(lists.as_csv([row(name="王小明", phone="13800000001")], "utf-8"))
    office.run(batch)
    with acting(office.actor), office.unit() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.object_id == batch).order_by(AuditEntry.id)).all()
        assert [e.action for e in entries] == [
            "imports.batch.uploaded", "imports.batch.mapped", "imports.batch.checked", "imports.batch.started",
            "imports.person.created", "imports.batch.finished",
        ]  # fmt: skip
        assert entries[4].person_id == office.find("王小明").id
        assert {e.staff_id for e in entries} == {office.actor.staff_id}


def test_a_foreign_franchise_sees_no_batch_and_matches_nobody(installation):
    ours, theirs = Office(installation, installation.pharmacy), Office(installation, installation.dental)
    data = lists.as_csv([row(name="王小明", phone="13800000001", card="A00001")], "utf-8")
    batch = ours.check(data)
    ours.run(batch)
    for verb in (services.get, services.locked):
        with acting(theirs.actor), theirs.unit() as session, pytest.raises(NotFound):
            verb(session, batch)
    assert theirs.take_in(data)["created"] == 1
    assert (ours.members(), theirs.members()) == (1, 1)


def test_an_unknown_tier_is_mapped_and_the_mapping_kept_for_the_next_list(office):
    data = lists.as_csv([row(name="王小明", phone="13800000001", tier="超级会员")], "utf-8")
    guessed = rules.guess(lists.HEADINGS)
    batch = office.check(data)
    assert office.problems(batch) == {2: [("tier", "unknown_tier")]}
    with acting(office.actor), office.unit("write") as session:
        services.remap(services.get(session, batch))
        own = ColumnMap(guessed.columns, {"超级会员": "silver"})
        services.save_mapping(session, services.get(session, batch), own, keep=True)
    runner.check(office.db, office.actor, batch)
    assert office.problems(batch) == {}
    office.run(batch)
    assert office.find("王小明").tier_code == "silver"
    assert office.take_rows(row(name="李萍", phone="13800000002", tier="超级会员")) == {"created": 1}
    with acting(office.actor), office.unit("write") as session, pytest.raises(Invalid):
        services.save_mapping(
            session, services.get(session, runner.load(office.db, office.actor, "a.csv", data)), ColumnMap()
        )


def test_two_runners_on_one_batch_do_no_row_twice(office):
    rows, want = lists.members(1500)
    batch = office.check(lists.as_csv(rows))
    office.start(batch)
    other = iter([True])

    def cut_in(_position):
        if next(other, False):
            runner.run(office.db, office.actor, batch)

    runner.run(office.db, office.actor, batch, cut_in)
    assert {k: n for k, n in office.counted(batch).items() if n} == want
    assert office.members() == want["created"]


def test_a_pause_holds_after_a_chunk_and_the_rest_follows(office):
    rows, want = lists.members(1500)
    batch = office.check(lists.as_csv(rows))
    office.start(batch)

    def pause(_position):
        with acting(office.actor), office.unit("write") as session:
            services.pause(session, services.get(session, batch))

    runner.run(office.db, office.actor, batch, pause)
    held = office.batch(batch)
    assert (held.state, held.position) == ("paused", 500)
    assert office.members() == held.created
    runner.run(office.db, office.actor, batch)
    assert office.batch(batch).position == 500
    with acting(office.actor), office.unit("write") as session:
        services.resume(session, services.get(session, batch))
    runner.run(office.db, office.actor, batch)
    assert {k: n for k, n in office.counted(batch).items() if n} == want


def test_statements_of_a_chunk_do_not_grow_with_the_members(office):
    """A chunk of a later list looks nobody up one by one."""
    from sqlalchemy import event

    seen: list[str] = []
    event.listen(office.db.engine, "before_cursor_execute", lambda _c, _cur, sql, *_a: seen.append(sql))
    counts = []
    for seed in (1, 2):
        rows, _want = lists.members(400, seed=seed, bad=0, twice=0)
        for n, one in enumerate(rows):
            one[1], one[10] = lists.phone_of(seed * 1_000_000 + n), ""
        batch = office.check(lists.as_csv(rows))
        office.start(batch)
        seen.clear()
        runner.run(office.db, office.actor, batch)
        counts.append(len(seen))
    assert counts[0] == counts[1] < 60


def test_decide_is_pure_and_total():
    assert decide(row_of(), Known(), date(2026, 11, 21), last=True) == Decision("created")


def row_of():
    from core.imports.cleaning import Row

    return Row(2, "王小明")


def test_rows_of_a_batch_may_not_be_staged_for_another(office):
    batch = office.check(lists.as_csv([row(name="王小明")], "utf-8"))
    with acting(office.actor), office.unit("write") as session:
        session.execute(delete(ImportRow).where(ImportRow.import_batch_id == batch))
    office.start(batch)
    runner.run(office.db, office.actor, batch)
    assert office.counted(batch)["created"] == 0
