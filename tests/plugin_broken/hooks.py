"""Every hook once, each raising. The message holds a canary: it must never reach a page or a row."""

from __future__ import annotations

from typing import Any

from core.sdk import hookimpl

CANARY = "canary-13800138000"


class Broken(RuntimeError):
    """What the broken plugin raises."""


@hookimpl
def register_permissions() -> Any:
    raise Broken(CANARY)


@hookimpl
def register_settings() -> Any:
    raise Broken(CANARY)


@hookimpl
def register_item_attributes() -> Any:
    raise Broken(CANARY)


@hookimpl
def register_line_fields() -> Any:
    raise Broken(CANARY)


@hookimpl
def register_panels() -> Any:
    raise Broken(CANARY)


@hookimpl
def register_visit_parts() -> Any:
    raise Broken(CANARY)


@hookimpl
def register_document_kinds() -> Any:
    raise Broken(CANARY)


@hookimpl
def register_checks() -> Any:
    raise Broken(CANARY)


@hookimpl
def register_facts() -> Any:
    raise Broken(CANARY)


@hookimpl
def register_jobs() -> Any:
    raise Broken(CANARY)


@hookimpl
def register_calls() -> Any:
    raise Broken(CANARY)


@hookimpl
def register_approvals() -> Any:
    raise Broken(CANARY)


@hookimpl
def register_blueprints() -> Any:
    raise Broken(CANARY)


@hookimpl
def register_commands() -> Any:
    raise Broken(CANARY)


@hookimpl
def presets() -> Any:
    raise Broken(CANARY)


@hookimpl
def menu_items(ctx: Any) -> Any:
    raise Broken(CANARY)


@hookimpl
def home_cards(ctx: Any) -> Any:
    raise Broken(CANARY)


@hookimpl
def person_panels(ctx: Any, person: Any) -> Any:
    raise Broken(CANARY)


@hookimpl
def person_alerts(ctx: Any, person: Any) -> Any:
    raise Broken(CANARY)


@hookimpl
def person_timeline(ctx: Any, person: Any, before_ms: Any, limit: Any) -> Any:
    raise Broken(CANARY)


@hookimpl
def person_circle(ctx: Any, person_id: int) -> Any:
    raise Broken(CANARY)


@hookimpl
def person_form_fields(ctx: Any, person: Any) -> Any:
    raise Broken(CANARY)


@hookimpl
def save_person_fields(ctx: Any, person_id: Any, values: Any) -> Any:
    raise Broken(CANARY)


@hookimpl
def checkout_checks(ctx: Any, basket: Any) -> Any:
    raise Broken(CANARY)


@hookimpl
def adjust_price(ctx: Any, basket: Any) -> Any:
    raise Broken(CANARY)


@hookimpl
def earn_points(ctx: Any, basket: Any, points: Any) -> Any:
    raise Broken(CANARY)


@hookimpl
def coupon_classes_for_items(ctx: Any, items: Any) -> Any:
    raise Broken(CANARY)


@hookimpl
def item_vetoes(ctx: Any, items: Any, purpose: Any) -> Any:
    raise Broken(CANARY)


@hookimpl
def on_event(ctx: Any, event: Any) -> Any:
    raise Broken(CANARY)


@hookimpl
def franchise_enabled(ctx: Any, first_time: Any) -> Any:
    raise Broken(CANARY)


@hookimpl
def franchise_disabled(ctx: Any) -> Any:
    raise Broken(CANARY)


@hookimpl
def describe_data(ctx: Any) -> Any:
    raise Broken(CANARY)


@hookimpl
def personal_data(ctx: Any, person_id: Any) -> Any:
    raise Broken(CANARY)


@hookimpl
def erase_person(ctx: Any, person_id: Any, mode: Any) -> Any:
    raise Broken(CANARY)


@hookimpl
def merge_people(ctx: Any, winner_id: Any, loser_id: Any) -> Any:
    raise Broken(CANARY)


@hookimpl
def describe_audit(ctx: Any, action: Any, object_kind: Any, detail: Any) -> Any:
    raise Broken(CANARY)


@hookimpl
def demo_data(ctx: Any, seed: Any, size: Any) -> Any:
    raise Broken(CANARY)
