"""Grades, automatic tags and counts of a whole franchise: like the plain rules say, once, and only its own."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import func, select

from core.kernel.errors import Conflict, Invalid
from core.kernel.models import AuditEntry
from core.kernel.tenancy import acting
from core.people import services as people
from core.people.models import Person, PersonTag
from core.programme import conditions as lang
from core.segments import compute, rules, services
from core.segments.models import Grading, TagDefinition
from tests.core.programme import facts_random
from tests.core.programme import facts_world as world
from tests.installation import at


@pytest.fixture
def full(any_installation):
    world.with_demo(any_installation)
    world.fill(any_installation, any_installation.dental, 1)
    world.fill(any_installation, any_installation.pharmacy, 2, 10)
    return any_installation


def run(installation):
    return compute.run(installation.runtime, None)


def test_classes_are_those_of_the_plain_rules(full, monkeypatch):
    monkeypatch.setattr(compute, "SLICE", 7)
    with at(world.NOW), acting(world.actor_of(full, full.dental)):
        assert run(full)["done"] >= 40
        with full.unit("read") as session:
            slow, rfm, grade = world.Slow(session, set()), rules.RfmSpec(), rules.GradeSpec()
            spends = {p.id: slow.f_spend(p, 365) for p in slow.everybody.values()}
            for person in slow.everybody.values():
                figures = (slow.f_last_visit(person, None), slow.f_visits(person, 365), spends[person.id])
                assert (person.rfm, person.value_class) == rfm.score(*figures)
                assert person.grade == grade.grade_of(person.spent_fen)
                assert person.abc == plain_abc(spends, person.id)
            spread = compute.spread(session, compute.classes(session))
            for column in ("grade", "value_class", "abc"):
                counted = dict(
                    session.execute(
                        select(getattr(Person, column), func.count())
                        .where(Person.active.is_(True))
                        .group_by(getattr(Person, column))
                    ).all()
                )
                assert spread[column] == counted
        assert run(full)["done"] == 0
    with acting(full.actor(full.pharmacy)), full.unit("read") as session:
        assert set(session.scalars(select(Person.grade))) == {""}


def plain_abc(spends, person_id):
    """A: those who together bring 80 %, B: up to 95 %; ties go to the better class."""
    buyers = sorted((fen for fen in spends.values() if fen > 0), reverse=True)
    whole, upto, least = sum(buyers), 0, {}
    for fen in buyers:
        for code, share in (("A", 8000), ("B", 9500)):
            if upto * 10_000 < whole * share:
                least[code] = fen
        upto += fen
    mine = spends[person_id]
    if mine <= 0:
        return ""
    return "A" if mine >= least["A"] else "B" if mine >= least["B"] else "C"


def test_a_stopped_run_goes_on_where_it_was(full, monkeypatch):
    monkeypatch.setattr(compute, "SLICE", 7)
    with at(world.NOW), acting(world.actor_of(full, full.dental)):
        whole = compute._grade_slice
        seen = []

        def stops(session, found, after, upto):
            if len(seen) == 3:
                raise RuntimeError("killed")
            seen.append(after)
            return whole(session, found, after, upto)

        monkeypatch.setattr(compute, "_grade_slice", stops)
        with pytest.raises(RuntimeError):
            run(full)
        with full.unit("read") as session:
            cursor = session.scalar(select(Grading.cursor).where(Grading.kind == "grade"))
        seen.clear()
        monkeypatch.setattr(compute, "_grade_slice", lambda *a: (seen.append(a[2]), whole(*a))[1])
        run(full)
        assert seen[0] == cursor > 0
        with full.unit("read") as session:
            assert "" not in set(session.scalars(select(Person.grade)))
            assert session.scalar(select(Grading.cursor).where(Grading.kind == "grade")) == 0


NOTES = {"fact": "plugin_demo.notes", "op": "ge", "value": 2, "days": 3000}


def test_an_automatic_tag_carries_its_reason_and_a_manual_one_survives(full):
    """S0-28: two enquiries put the tag; what a person put stays when the rule no longer holds."""
    with at(world.NOW), acting(world.actor_of(full, full.dental)):
        with full.unit() as session:
            slow = world.Slow(session, set())
            covered = slow.matching(NOTES)
            row = services.save_tag(session, None, tag="审美咨询", group="need", note="", condition=lang.parse(NOTES))
            by_hand, promoted = sorted({p.id for p in slow.persons} - covered)[0], sorted(covered)[0]
            tag_id = row.id
            services.put_tag(session, session.get(Person, by_hand), "审美咨询")
        run(full)
        with full.unit() as session:
            found = {t.person_id: t for t in session.scalars(select(PersonTag).where(PersonTag.tag == "审美咨询"))}
            assert set(found) == covered | {by_hand}
            assert found[by_hand].source == "manual"
            assert {found[one].source for one in covered} == {"auto"}
            assert found[promoted].reason == "近 3000 天演示备注不少于 2"
            assert services.definition(session, tag_id).automatic == len(covered)
            services.put_tag(session, session.get(Person, promoted), "审美咨询")
        assert run(full)["done"] == 0
        with full.unit() as session:
            nobody = lang.parse({"fact": "age", "op": "ge", "value": 140})
            services.save_tag(
                session, services.definition(session, tag_id), tag="", group="", note="", condition=nobody, version=1
            )
        run(full)
        with full.unit("read") as session:
            rows = session.execute(select(PersonTag.person_id, PersonTag.source).where(PersonTag.tag == "审美咨询"))
            assert {tuple(row) for row in rows} == {(by_hand, "manual"), (promoted, "manual")}
            told = session.scalars(select(AuditEntry.action).where(AuditEntry.object_id == tag_id)).all()
            assert sorted(told) == ["segments.tag.computed"] * 2 + ["segments.tag.saved"] * 2


def test_a_rule_whose_plugin_is_off_is_told_and_its_tags_stay(full):
    with at(world.NOW), acting(world.actor_of(full, full.dental)):
        with full.unit() as session:
            tag_id = services.save_tag(session, None, tag="演示", group="", note="", condition=lang.parse(NOTES)).id
        run(full)
    with at(world.NOW), acting(full.actor(full.dental)):
        assert run(full)["failed"] == 1
        with full.unit("read") as session:
            assert "plugin_demo.notes" in session.get(TagDefinition, tag_id).problem
            assert session.scalar(select(func.count()).select_from(PersonTag).where(PersonTag.tag == "演示"))


def test_a_group_of_needs_holds_one_tag(installation):
    """S0-13: aesthetic, maintenance, both or unknown."""
    with acting(installation.actor(installation.dental)):
        person = installation.enrol("刘超明")
        with installation.unit() as session:
            row = people.get(session, person)
            for tag in ("老客", "审美需求", "健康维护"):
                services.put_tag(session, row, tag)
            assert [one.tag for one in people.tags_of(session, row)] == ["老客", "健康维护"]


def test_a_rule_leaves_alone_who_carries_another_tag_of_an_exclusive_group(installation):
    with acting(installation.actor(installation.dental)):
        by_hand, other = installation.enrol("刘超明", "13800005051"), installation.enrol("王芳", "13800005052")
        with installation.unit() as session:
            services.put_tag(session, people.get(session, by_hand), "健康维护")
            has_phone = lang.parse({"fact": "has_phone", "op": "is", "value": True})
            row = session.scalar(select(TagDefinition).where(TagDefinition.tag == "审美需求"))
            services.save_tag(session, row, tag="", group="need", note="", condition=has_phone, version=1)
        run(installation)
        with installation.unit("read") as session:
            found = {(t.person_id, t.tag) for t in session.scalars(select(PersonTag))}
            assert found == {(by_hand, "健康维护"), (other, "审美需求")}


def test_the_three_tags_and_the_needs_exist_by_default(installation):
    """S0-27."""
    with acting(installation.actor(installation.dental)), installation.unit("read") as session:
        found = {row.tag: row for row in session.scalars(select(TagDefinition))}
        assert {"高潜力", "审美需求", "价格敏感", "健康维护", "审美与健康", "需求未明"} == set(found)
        assert found["高潜力"].rule
        assert {row.group_code for row in found.values() if row.tag in ("审美需求", "健康维护")} == {"need"}


# -- segments --------------------------------------------------------------------------------------

OLD = lang.parse({"fact": "age", "op": "ge", "value": 60})


def test_a_segment_of_segments_counts_like_its_conditions(full):
    with at(world.NOW), acting(world.actor_of(full, full.dental)), full.unit() as session:
        slow = world.Slow(session, set())
        services.save(session, code="old", name="六十岁以上", condition=OLD)
        tree = {
            "all": [
                {"not": {"fact": "segment", "op": "any_of", "value": ["old"]}},
                {"fact": "tag", "op": "any_of", "value": ["老客"]},
            ]
        }
        row = services.save(session, code="young", name="年轻老客", condition=lang.parse(tree))
        plain = {"all": [{"not": lang.dump(OLD)}, tree["all"][1]]}
        assert row.members == len(slow.matching(plain))
        assert [use.code for use in services.used_by(session, "old")] == ["young"]
        with pytest.raises(Invalid) as refusal:
            services.save(
                session,
                code="old",
                name="绕圈",
                version=1,
                condition=lang.parse({"fact": "segment", "op": "any_of", "value": ["young"]}),
            )
        assert refusal.value.code == "condition_circle"


def test_a_segment_keeps_its_code_and_its_version(installation):
    with acting(installation.actor(installation.dental)), installation.unit() as session:
        row = services.save(session, code="old", name="六十岁以上", condition=OLD)
        assert (row.version, row.members) == (1, 0)
        with pytest.raises(Conflict) as taken:
            services.save(session, code="old", name="另一个", condition=OLD)
        assert taken.value.code == "code_taken"
        services.save(session, code="old", name="改名", condition=OLD, version=1)
        with pytest.raises(Conflict) as stale:
            services.save(session, code="old", name="再改", condition=OLD, version=1)
        assert stale.value.code == "stale_version"


def test_a_health_fact_selects_only_beside_the_consent(full):
    ill = {"fact": "plugin_demo.ill", "op": "any_of", "value": ["asthma"]}
    with at(world.NOW), acting(world.actor_of(full, full.dental)), full.unit() as session:
        services.save(session, code="ill", name="哮喘", condition=lang.parse(ill), purpose="care")
        through = lang.parse({"fact": "segment", "op": "any_of", "value": ["ill"]})
        for condition in (lang.parse(ill), through):
            with pytest.raises(Invalid):
                services.save(session, code="x", name="x", condition=condition)
        consent = {"fact": "consent", "op": "any_of", "value": ["health"]}
        both = lang.parse({"all": [consent, ill]})
        slow = world.Slow(session, set())
        assert services.save(session, code="x", name="x", condition=both).members == len(slow.matching(lang.dump(both)))
        services.save(session, code="y", name="y", condition=lang.Not(through))


def test_a_preview_shows_five_names_masked_unless_the_viewer_may_see_them(full):
    with at(world.NOW), acting(world.actor_of(full, full.dental)), full.unit("read") as session:
        everybody = lang.EVERYBODY
        masked = services.preview(session, everybody, "marketing", named=False)
        shown = services.preview(session, everybody, "marketing", named=True)
        assert masked.members == shown.members == len(world.Slow(session, set()).persons)
        assert len(shown.examples) == 5
        assert all("*" in name for _id, name in masked.examples)
        assert [one for one, _n in masked.examples] == [one for one, _n in shown.examples]


def test_random_trees_through_text_and_words(full):
    """Every tree has one canonical text and a sentence that names its facts."""
    from core.programme import facts as engine
    from core.programme.sentences import sentence

    with at(world.NOW), acting(world.actor_of(full, full.dental)), full.unit("read") as session:
        facts = facts_random.known(engine.offered().values())
        rng = random.Random(5)
        for _n in range(60):
            condition = lang.parse(facts_random.random_tree(rng, facts))
            assert lang.from_text(lang.to_text(condition)) == condition
            said = sentence(session, condition)
            assert "%(" not in said
            assert said.count("（") == said.count("）")
