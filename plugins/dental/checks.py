"""Findings on a basket: work on a missing tooth, a filling under warranty, a picture taken lately, what health says.

The till knows the tooth by the line's site (`36 MO`), as the plan or an API client wrote it. A cashier is told that a
dentist has to look, never the diagnosis behind it (S4-38).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from core.sdk import (
    BasketView,
    Check,
    CheckSpec,
    HookContext,
    LineView,
    SafetyView,
    SoldLine,
    _,
    _l,
    safety_of,
    setting_value,
)
from plugins.dental import banners, chart, fold, rules, warranty
from plugins.dental.fold import Event, Mouth
from plugins.dental.settings import WARRANTY_FREE, WARRANTY_MONTHS, XRAY_DAYS
from plugins.dental.sites import same, site_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FILLING_COUNT, MISSING, WARRANTY = "dental.filling_count", "dental.missing_tooth", "dental.warranty"
XRAY, HEALTH = "dental.xray_repeat", "dental.health"
SPECS = [
    CheckSpec(FILLING_COUNT, _l("同次多颗补牙核对牙位"), "info"),
    CheckSpec(MISSING, _l("缺失的牙不能治疗"), "contraindicated"),
    CheckSpec(WARRANTY, _l("同一牙面在保修期内再次补牙"), "moderate"),
    CheckSpec(XRAY, _l("短期内重复拍片"), "moderate"),
    CheckSpec(HEALTH, _l("牙科操作前须核对的健康信息"), "moderate"),
]
# Work that needs the tooth itself; an implant, a bridge or a picture does not.
NEEDS_TOOTH = frozenset(
    {"filling", "endodontics", "extraction", "periodontics", "paediatric", "prevention", "whitening"}
)
ALWAYS = frozenset.union(*(where for _code, _word, where in banners.AT)) | {rules.IMAGING}
EXTRACTED_LATELY = 30  # days: the tooth that is paid for may be charted as gone already


@dataclass(slots=True)
class Known:
    """What is known of a person: the chart, what they were sold with its site, what protects them."""

    events: Sequence[Event] = ()
    mouth: Mouth = field(default_factory=dict)
    sold: list[tuple[SoldLine, str]] = field(default_factory=list)
    safety: SafetyView | None = None


def checks(ctx: HookContext, basket: BasketView) -> list[Check]:
    """Return the findings of the dental lines of a basket; of a customer nobody knows only how many fillings."""
    found = [
        Check(
            FILLING_COUNT, "info", _("本次为同一人补 %(n)d 颗牙：请核对每颗的牙位都已写进病历。", n=count), line=line,
            evidence={"teeth": count},
        )
        for line, count in rules.several_fillings(basket)
    ]  # fmt: skip
    lines = [line for line in basket.lines if _looked_at(line)]
    persons = {person for line in lines if (person := basket.treated(line)) is not None}
    if ctx.session is None or not persons:
        return found
    months = int(setting_value(ctx.session, WARRANTY_MONTHS))
    days = int(setting_value(ctx.session, XRAY_DAYS))
    known = _read(ctx, lines, persons, max(31 * months + 1, days))
    for line in lines:
        person = basket.treated(line)
        if person is None:
            continue
        of, site = known[person], site_of(line.site)
        found += _missing(line, site, of, ctx.business_date)
        found += _warranty(line, site, of, basket, ctx, months)
        found += _pictures(line, site, of, ctx.business_date, days)
        found += _health(line, of.safety)
    return found


def _looked_at(line: LineView) -> bool:
    """Return whether a line is worth reading for: its tooth is known, or its category wants a look in any case.

    What a warning concerns is looked at without a tooth too: a pacemaker speaks against an ultrasonic cleaning.
    """
    category = line.attributes.get(rules.CATEGORY)
    return bool(category) and (site_of(line.site) is not None or category in ALWAYS)


def _read(
    ctx: HookContext, lines: Sequence[LineView], persons: Iterable[int], look_back: int
) -> dict[int, Known]:  # fmt: skip
    """Read what the lines need: the chart only for lines with a tooth, sales of so many days only where they matter."""
    assert ctx.session is not None
    known: dict[int, Known] = defaultdict(Known)
    for person, view in safety_of(ctx.session, persons, "dental.check").items():
        known[person].safety = view
    if any(site_of(line.site) for line in lines):
        for person in persons:
            known[person].events = chart.events_of(ctx.session, person)
            known[person].mouth = fold.state(known[person].events)
    if any(_by_history(line) for line in lines):
        for person, sold in warranty.sold_here(ctx, persons, look_back).items():
            known[person].sold = sold
    return known


def _by_history(line: LineView) -> bool:
    """Return whether what was sold before matters: of a filling only where its tooth is known."""
    category = line.attributes[rules.CATEGORY]
    return category == rules.IMAGING or (category == rules.FILLING and site_of(line.site) is not None)


def _missing(line: LineView, site: tuple[str, str] | None, of: Known, today: date) -> list[Check]:
    category = line.attributes[rules.CATEGORY]
    tooth = of.mouth.get(site[0], fold.NOTHING) if site else fold.NOTHING
    if site is None or category not in NEEDS_TOOTH or tooth.presence != "missing":
        return []
    lately = tooth.presence_kind == fold.DONE and tooth.since and (today - tooth.since).days <= EXTRACTED_LATELY
    if category == "extraction" and lately:
        return []
    return [Check(
        MISSING, "contraindicated",
        _("%(tooth)s 在牙位图上已缺失，不能收这一项。请移除这一行；牙位写错或缺失记错，由医师在牙位图更正后重新转单。",
          tooth=site[0]),
        line.line, evidence={"tooth": site[0]},
    )]  # fmt: skip


def _warranty(
    line: LineView, site: tuple[str, str] | None, of: Known, basket: BasketView, ctx: HookContext, months: int
) -> list[Check]:
    today = ctx.business_date
    if site is None or not rules.is_filling(line) or not months or warranty.again_today(line, basket, of.sold, today):
        return []
    since = warranty.months_before(today, months)
    days = [
        one.on for one in fold.live(of.events)
        if one.kind == fold.DONE and one.code in ("filling", "inlay") and same((one.fdi, one.surfaces), site)
    ]  # fmt: skip
    days += [one.on for one, at in warranty.fillings(of.sold) if one.on and same(at, site)]
    # What was done today is what is being paid.
    last = max((day for day in days if since < day < today), default=None)
    if last is None:
        return []
    evidence = {"site": _said(site), "before": last.isoformat()}
    free = setting_value(ctx.session, WARRANTY_FREE) and warranty.is_free(line, basket, of.sold, today, months)
    if free and not line.net_fen:
        told = _("%(site)s 在 %(day)s 补过，质保内重做，已按 0 元计。不属于重做的，请改价并写明原因。",
                 site=_said(site), day=free.on.isoformat() if free.on else "")  # fmt: skip
        return [Check(WARRANTY, "info", told, line.line, evidence=evidence)]
    return [Check(
        WARRANTY, "moderate",
        _("%(site)s 在 %(day)s 补过，还在 %(n)d 个月保修期内：请先和医师确认是否收费。", site=_said(site),
          day=last.isoformat(), n=months),
        line.line, evidence=evidence,
    )]  # fmt: skip


def _pictures(line: LineView, site: tuple[str, str] | None, of: Known, today: date, days: int) -> list[Check]:
    if line.attributes[rules.CATEGORY] != rules.IMAGING or not days:
        return []
    tooth = site[0] if site else ""
    taken = [
        one.on for one, text in of.sold
        if one.on and one.attributes.get(rules.CATEGORY) == rules.IMAGING and one.code == line.code
        and (found[0] if (found := site_of(text)) else "") == tooth
    ]  # fmt: skip
    last = max((day for day in taken if today - timedelta(days=days) <= day <= today), default=None)
    if last is None:
        return []
    ago = (today - last).days
    told = (
        _(
            "%(tooth)s 在 %(day)s 拍过（%(n)d 天前），请先看旧片，避免重复照射。",
            tooth=tooth,
            day=last.isoformat(),
            n=ago,
        )
        if tooth
        else _("同一项影像检查 %(day)s 做过（%(n)d 天前），请先看旧片，避免重复照射。", day=last.isoformat(), n=ago)
    )
    return [Check(XRAY, "moderate", told, line.line, evidence={"before": last.isoformat(), "tooth": tooth})]


def _health(line: LineView, safety: SafetyView | None) -> list[Check]:
    codes = banners.for_category(safety, line.attributes[rules.CATEGORY])
    if not codes:
        return []
    return [Check(
        HEALTH, "moderate", _("健康信息里有做这一项前须核对的内容，请医师在牙位图看过再做。"), line.line,
        evidence={"banners": codes},
    )]  # fmt: skip


def _said(site: tuple[str, str]) -> str:
    return " ".join(part for part in site if part)
