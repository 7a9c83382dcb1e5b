"""Every hook: typed, with its scope and what happens on an error. docs/hooks.md has the long form.

`scope: enabled` asks core rooms and the plugins that are on for the franchise; `scope: installed`
asks all, once at start (no `ctx`) or because the data are still there. `on error: block` means that
the caller may not go on as if the plugin had agreed, `skip` that it goes on without, `retry` that the
outbox tries again. `session: no` means that the hook gets plain data only. Arguments are only added.
"""

# Annotations are read at start (kernel/plugin_types.read_hook), so the names are imported for real.
# ruff: noqa: TC001, TC002, TC003

from collections.abc import Mapping
from typing import Any, Literal

from click import Command
from flask import Blueprint

from core.hookcalls import ApiCall
from core.hookfacts import Fact
from core.hookguards import GUARDS
from core.hooktypes import (
    Alert,
    ApprovalKind,
    BasketView,
    Check,
    CheckSpec,
    CouponClass,
    DataCount,
    DataSection,
    DocumentKind,
    Event,
    FieldGroup,
    HookContext,
    ItemAttribute,
    ItemVeto,
    ItemView,
    Job,
    LineField,
    MenuItem,
    Panel,
    PanelSpec,
    PersonView,
    PointsChange,
    Preset,
    PriceChange,
    TimelineEntry,
    VisitPart,
)
from core.kernel.errors import FieldError
from core.kernel.permissions import Permission
from core.kernel.plugins import hookspec
from core.kernel.settings import SettingSpec

SDK_VERSION = 1

__all__ = ["GUARDS", "SDK_VERSION"]


@hookspec
def register_permissions() -> list[Permission]:
    """Return the permissions that the plugin's pages and verbs ask for.

    scope: installed
    on error: skip
    """


@hookspec
def register_settings() -> list[SettingSpec]:
    """Return the settings that a franchise may change.

    scope: installed
    on error: skip
    """


@hookspec
def register_item_attributes() -> list[ItemAttribute]:
    """Return the typed attributes that the vertical adds to items.

    scope: installed
    on error: skip
    """


@hookspec
def register_line_fields() -> list[LineField]:
    """Return what the till asks for on basket lines of the vertical's items.

    scope: installed
    on error: skip
    """


@hookspec
def register_panels() -> list[PanelSpec]:
    """Return the panels that `person_panels` and `home_cards` may fill.

    scope: installed
    on error: skip
    """


@hookspec
def register_visit_parts() -> list[VisitPart]:
    """Return the parts that the plugin adds to visit records.

    scope: installed
    on error: skip
    """


@hookspec
def register_document_kinds() -> list[DocumentKind]:
    """Return the kinds of papers that the plugin keeps as pictures.

    scope: installed
    on error: skip
    """


@hookspec
def register_checks() -> list[CheckSpec]:
    """Return the rules behind `checkout_checks`; a finding with another code is refused.

    scope: installed
    on error: skip
    """


@hookspec
def register_facts() -> list[Fact]:
    """Return the facts about persons that conditions may ask: segments, automatic tags, eligibility.

    scope: installed
    on error: skip
    """


@hookspec
def register_jobs() -> list[Job]:
    """Return timed work, run for each franchise where the plugin is on.

    scope: installed
    on error: skip
    """


@hookspec
def register_approvals() -> list[ApprovalKind]:
    """Return what wants a second person's approval, and how it is done once it is given.

    scope: installed
    on error: skip
    """


@hookspec
def register_blueprints() -> list[Blueprint]:
    """Return blueprints, mounted under /p/<key> and shut (404) where the plugin is off.

    scope: installed
    on error: skip
    """


@hookspec
def register_calls() -> list[ApiCall]:
    """Return calls of the POS API, mounted as POST /api/v1/x/<key>/<verb> and absent (404) where the plugin is off.

    scope: installed
    on error: skip
    """


@hookspec
def register_commands() -> list[Command]:
    """Return commands, offered as `flask <key> …`.

    scope: installed
    on error: skip
    """


@hookspec
def presets() -> list[Preset]:
    """Return the starting programme and items of the vertical.

    scope: installed
    on error: skip
    """


@hookspec
def menu_items(ctx: HookContext) -> list[MenuItem]:
    """Return menu entries; core hides those whose permission the actor lacks.

    scope: enabled
    on error: skip
    session: no
    """


@hookspec
def home_cards(ctx: HookContext) -> list[Panel]:
    """Return the content of the plugin's declared panels on the home page.

    scope: enabled
    on error: skip
    """


@hookspec
def person_panels(ctx: HookContext, person: PersonView) -> list[Panel]:
    """Return the content of the plugin's declared panels on the member page.

    scope: enabled
    on error: skip
    """


@hookspec
def person_alerts(ctx: HookContext, person: PersonView) -> list[Alert]:
    """Return warnings about a person, shown before anything else about them.

    scope: enabled
    on error: skip
    """


@hookspec
def person_timeline(ctx: HookContext, person: PersonView, before_ms: int, limit: int) -> list[TimelineEntry]:
    """Return at most `limit` entries older than `before_ms`, newest first.

    scope: enabled
    on error: skip
    """


@hookspec
def person_circle(ctx: HookContext, person_id: int) -> list[int]:
    """Return who belongs to the same family or household as a person: staff may not serve these either.

    scope: enabled
    on error: skip
    """


@hookspec
def person_form_fields(ctx: HookContext, person: PersonView | None) -> list[FieldGroup]:
    """Return extra fields for the edit form, with their present values (None: a new person).

    scope: enabled
    on error: skip
    """


@hookspec
def save_person_fields(ctx: HookContext, person_id: int, values: Mapping[str, str]) -> list[FieldError]:
    """Save the plugin's fields in core's unit of work and return what is wrong with them.

    scope: enabled
    on error: skip
    """


@hookspec
def checkout_checks(ctx: HookContext, basket: BasketView) -> list[Check]:
    """Return findings on a basket, all lines in one call.

    scope: enabled
    on error: block
    """


@hookspec
def adjust_price(ctx: HookContext, basket: BasketView) -> list[PriceChange]:
    """Return changes of line prices; core bounds them to 0..list price and explains them.

    scope: enabled
    on error: skip
    """


@hookspec
def earn_points(ctx: HookContext, basket: BasketView, points: int) -> list[PointsChange]:
    """Return extra points besides the `points` that the programme gives; core posts them.

    scope: enabled
    on error: skip
    session: no
    """


@hookspec
def coupon_classes_for_items(ctx: HookContext, items: tuple[ItemView, ...]) -> list[CouponClass]:
    """Return which coupon classes the items take, all items in one call.

    scope: enabled
    on error: skip
    session: no
    """


@hookspec
def item_vetoes(ctx: HookContext, items: tuple[ItemView, ...], purpose: Literal["reward", "gift"]) -> list[ItemVeto]:
    """Return which items may be neither a reward for points nor given away with a purchase, by which rule.

    scope: enabled
    on error: block
    session: no
    """


@hookspec
def on_event(ctx: HookContext, event: Event) -> None:
    """Hear of something that was committed; delivered by the outbox, at least once, one plugin at a time.

    scope: enabled
    on error: retry
    """


@hookspec
def franchise_enabled(ctx: HookContext, first_time: bool) -> None:
    """Prepare the franchise after the plugin concerned was switched on.

    scope: installed
    on error: retry
    """


@hookspec
def franchise_disabled(ctx: HookContext) -> None:
    """Tidy up after the plugin concerned was switched off; its rows stay.

    scope: installed
    on error: retry
    """


@hookspec
def describe_data(ctx: HookContext) -> list[DataCount]:
    """Return what the plugin keeps for the franchise, on or off.

    scope: installed
    on error: skip
    """


@hookspec
def personal_data(ctx: HookContext, person_id: int) -> list[DataSection]:
    """Return all the plugin holds about a person, for their copy.

    scope: installed
    on error: block
    """


@hookspec
def erase_person(ctx: HookContext, person_id: int, mode: Literal["erase", "anonymise"]) -> list[DataCount]:
    """Erase or anonymise what the plugin holds about a person and return what was touched.

    scope: installed
    on error: block
    """


@hookspec
def merge_people(ctx: HookContext, winner_id: int, loser_id: int) -> list[DataCount]:
    """Move the loser's rows to the winner and return what was moved.

    scope: installed
    on error: block
    """


@hookspec
def describe_audit(ctx: HookContext, action: str, object_kind: str, detail: Mapping[str, Any]) -> str | None:
    """Return a sentence for an audit entry of the plugin, or None for another's.

    scope: installed
    on error: skip
    session: no
    result: first
    """


@hookspec
def demo_data(ctx: HookContext, seed: int, size: int) -> list[DataCount]:
    """Write demonstration rows, the same for the same seed, and return what was made.

    scope: enabled
    on error: skip
    """
