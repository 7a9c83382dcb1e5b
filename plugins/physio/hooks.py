"""What the physio plugin answers: thin, the rules do the work."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.sdk import (
    BasketView,
    Check,
    CheckSpec,
    DataCount,
    DataSection,
    Fact,
    HookContext,
    ItemAttribute,
    MenuItem,
    Panel,
    PanelSpec,
    Permission,
    PersonView,
    Preset,
    SettingSpec,
    _,
    _l,
    has_consented,
    hookimpl,
    items_with,
    may,
    note_health_read,
    person_of,
    setting_value,
    some_people,
    tenancy,
)
from plugins.physio import (
    checks,
    contraindications,
    entries,
    exercises,
    instruments,
    motion,
    records,
    suggestions,
    treatments,
)
from plugins.physio.attributes import ATTRIBUTES
from plugins.physio.facts import FACTS
from plugins.physio.models import PhysioAssessment, PhysioEntry, PhysioScreening
from plugins.physio.permissions import PERMISSIONS, REPORT, VIEW
from plugins.physio.settings import REASSESS, SETTINGS
from plugins.physio.views import bp

if TYPE_CHECKING:
    from flask import Blueprint

_HERE = Path(__file__).parent
PANEL, HOME = "physio.person", "physio.home"
ACTIONS = {
    "physio.session.made": _l("记录治疗"), "physio.session.corrected": _l("更正治疗记录"),
    "physio.rom.made": _l("记录关节活动度"), "physio.rom.corrected": _l("更正关节活动度"),
    "physio.exercises.made": _l("开家庭训练"),
    "physio.assessment.made": _l("记录康复评估"), "physio.assessment.corrected": _l("更正康复评估"),
    "physio.screening.made": _l("记录理疗禁忌筛查"),
}  # fmt: skip


@hookimpl
def register_permissions() -> list[Permission]:
    return PERMISSIONS


@hookimpl
def register_settings() -> list[SettingSpec]:
    return SETTINGS


@hookimpl
def register_item_attributes() -> list[ItemAttribute]:
    return ATTRIBUTES


@hookimpl
def register_panels() -> list[PanelSpec]:
    return [
        PanelSpec(PANEL, _l("康复"), "physio/panel.html", VIEW, order=40),
        PanelSpec(HOME, _l("理疗"), "physio/home.html", VIEW, place="home", order=40),
    ]


@hookimpl
def register_facts() -> list[Fact]:
    return FACTS


@hookimpl
def menu_items(ctx: HookContext) -> list[MenuItem]:
    return [MenuItem("physio.report", _l("治疗统计"), "physio.report", REPORT, group="reports", icon="chart")]


@hookimpl
def home_cards(ctx: HookContext) -> list[Panel]:
    """Show today's treatments, and who is due to be assessed again."""
    assert ctx.session is not None
    every = int(setting_value(ctx.session, REASSESS))
    due = [(person_of(ctx.session, one), n) for one, n in entries.due(ctx.session, ctx.business_date, every)]
    return [Panel(HOME, {"today": entries.today_count(ctx.session, ctx.business_date), "due": due})]


@hookimpl
def register_checks() -> list[CheckSpec]:
    return checks.SPECS


@hookimpl
def register_blueprints() -> list[Blueprint]:
    return [bp]


@hookimpl
def presets() -> list[Preset]:
    return [
        Preset(
            "physio",
            _l("理疗馆"),
            (_HERE / "preset.yaml").read_text("utf-8"),
            (_HERE / "items.yaml").read_text("utf-8"),
            order=30,
        )
    ]


@hookimpl
def person_panels(ctx: HookContext, person: PersonView) -> list[Panel]:
    """Show when somebody was assessed and screened; scores stand on a page whose every look is audited."""
    assert ctx.session is not None
    done = records.days(ctx.session, person.person_id)
    rows = [(one, *done.get(one.key, (0, None))) for one in instruments.ALL.values()]
    screened = records.screenings(ctx.session, [person.person_id]).get(person.person_id)
    kinds = entries.last_days(ctx.session, person.person_id)
    data = {
        "rows": [row for row in rows if row[1]] or rows[:2], "person_id": person.person_id,
        "screened": screened.on if screened else None, "treated": kinds.get(entries.SESSION),
        "todo": _suggested(ctx, person, done), "may_see": may(tenancy.current_actor(), VIEW),
    }  # fmt: skip
    return [Panel(PANEL, data)]


def _suggested(
    ctx: HookContext, person: PersonView, done: Mapping[str, tuple[int, date]]
) -> list[suggestions.Suggestion]:
    """Return what to suggest; a sentence never tells a score."""
    assert ctx.session is not None
    own = {item.code for item in items_with(ctx.session, checks.MODALITY)} if person.courses else set()
    courses = [one for one in person.courses if one.item in own]
    note_health_read(ctx.session, [person.person_id], "physio.suggest")
    treated = [(one.row.on, what) for one, what in entries.treatments_of(ctx.session, person.person_id)]
    how = suggestions.Course(treated, max((day for _n, day in done.values()), default=None))
    return suggestions.suggest(how, courses, ctx.business_date, int(setting_value(ctx.session, REASSESS)))


@hookimpl
def checkout_checks(ctx: HookContext, basket: BasketView) -> list[Check]:
    return checks.checks(ctx, basket)


@hookimpl
def describe_data(ctx: HookContext) -> list[DataCount]:
    assert ctx.session is not None
    return [
        DataCount(_l("康复评估"), records.count(ctx.session, PhysioAssessment)),
        DataCount(_l("理疗禁忌筛查"), records.count(ctx.session, PhysioScreening)),
        DataCount(_l("治疗、活动度和家庭训练"), records.count(ctx.session, PhysioEntry)),
    ]


@hookimpl
def personal_data(ctx: HookContext, person_id: int) -> list[DataSection]:
    assert ctx.session is not None
    rows = [
        (f"{one.name} {row.row.on:%Y-%m-%d}", one.show(row.score))
        for key, found in records.assessments(ctx.session, person_id).items()
        for one in (instruments.ALL[key],)
        for row in found
    ]
    rows += _entries_said(ctx, person_id)
    screened = records.screening(ctx.session, person_id)
    if screened is not None:
        words = "、".join(str(contraindications.CONDITIONS[code]) for code in sorted(screened[1])) or _("都没有")
        rows.append((f"{_('理疗禁忌筛查')} {screened[0].on:%Y-%m-%d}", words))
    return [DataSection(_l("康复"), tuple(rows))] if rows else []


def _entries_said(ctx: HookContext, person_id: int) -> list[tuple[str, str]]:
    """Return a person's treatments, measures and exercises for their copy."""
    assert ctx.session is not None
    said = []
    for one, what in entries.treatments_of(ctx.session, person_id):
        words = [str(treatments.WORDS[code]) for code, _minutes, _dose in what.modalities]
        pain = [] if what.before is None else [f"NRS {what.before} → {'—' if what.after is None else what.after}"]
        told = [*words, str(treatments.REGIONS[what.region]), *pain, what.note, what.plan]
        said.append((f"{_('治疗')} {one.row.on:%Y-%m-%d}", " · ".join(word for word in told if word)))
    for one in entries.of_person(ctx.session, person_id, entries.ROM):
        _way, found = motion.of_plain(one.data)
        said.append((f"{_('关节活动度')} {one.row.on:%Y-%m-%d}", "、".join(f"{m.name} {m.degrees}°" for m in found)))
    for one in entries.of_person(ctx.session, person_id, entries.EXERCISES):
        tasks = exercises.of_plain(one.data)
        said.append((f"{_('家庭训练')} {one.row.on:%Y-%m-%d}", "、".join(task.name for task in tasks)))
    return said


@hookimpl
def erase_person(ctx: HookContext, person_id: int, mode: str) -> list[DataCount]:
    assert ctx.session is not None
    return [
        DataCount(_l("康复评估"), records.erase(ctx.session, PhysioAssessment, person_id)),
        DataCount(_l("理疗禁忌筛查"), records.erase(ctx.session, PhysioScreening, person_id)),
        DataCount(_l("治疗、活动度和家庭训练"), records.erase(ctx.session, PhysioEntry, person_id)),
    ]


@hookimpl
def merge_people(ctx: HookContext, winner_id: int, loser_id: int) -> list[DataCount]:
    assert ctx.session is not None
    return [
        DataCount(_l("康复评估"), records.move(ctx.session, PhysioAssessment, winner_id, loser_id)),
        DataCount(_l("理疗禁忌筛查"), records.move(ctx.session, PhysioScreening, winner_id, loser_id)),
        DataCount(_l("治疗、活动度和家庭训练"), records.move(ctx.session, PhysioEntry, winner_id, loser_id)),
    ]


@hookimpl
def describe_audit(ctx: HookContext, action: str, object_kind: str, detail: Mapping[str, Any]) -> str | None:
    if action not in ACTIONS:
        return None
    instrument = str(detail.get("instrument", "")).upper()
    return f"{ACTIONS[action]} · {instrument}" if instrument else str(ACTIONS[action])


@hookimpl
def demo_data(ctx: HookContext, seed: int, size: int) -> list[DataCount]:
    """Assess a few people who agreed to it, getting better week by week; screen all of them."""
    assert ctx.session is not None
    rng = random.Random(seed)
    made = 0
    for n, person in enumerate(some_people(ctx.session, min(size, 6))):
        records.screen(ctx.session, person, ("anticoagulant",) if n == 1 else ())
        if not has_consented(ctx.session, person, records.HEALTH):
            continue
        level = rng.randrange(3, 5)
        for week in range(4):
            on = ctx.business_date - timedelta(days=7 * (4 - week))
            answers = [max(0, level - week + rng.randrange(-1, 1)) for _n in range(instruments.ODI.items)]
            records.assess(ctx.session, person, instruments.ODI, on, answers)
            records.assess(ctx.session, person, instruments.NRS, on, [max(1, 7 - 2 * week)])
            _demo_treatment(ctx, person, on, max(2, 7 - 2 * week))
            made += 2
        tasks = [exercises.Task("pelvic_tilt", 2, 10, ""), exercises.Task("bridge", 2, 8, "")]
        entries.write(ctx.session, person, entries.EXERCISES, ctx.business_date, exercises.to_plain(tasks))
    return [DataCount(_l("康复评估"), made)]


def _demo_treatment(ctx: HookContext, person: int, on: date, pain: int) -> None:
    assert ctx.session is not None
    moxa = ("moxibustion_cupping", 20, _("温和灸，皮肤微红"))
    hands = ("manipulation", 15, "")
    done = treatments.Treatment((moxa, hands), "lumbar", "both", pain, max(0, pain - 2), "better", "", "")
    entries.write(ctx.session, person, entries.SESSION, on, done.to_plain())
    measures = [motion.Measure("lumbar", "flexion", "middle", 60 - 4 * pain, pain > 4)]
    entries.write(ctx.session, person, entries.ROM, on, motion.to_plain("active", measures))
