"""Calls of the POS API (POST /x/pharmacy/{verb}): audience, duty, prescriptions; remote checking: ask_calls.py."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from core.sdk import ApiCall, ApiField, clock, ids, person_of
from plugins.pharmacy import ask_calls, audience, audience_task, books, gates
from plugins.pharmacy.ask_calls import instant
from plugins.pharmacy.permissions import AUDIENCE, DISPENSE, OVERRIDE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.sdk import HookContext

MOST_DRUGS = 20
PIECES = (ApiField("item", most=40), ApiField("pieces", "whole", most=books.MOST_PIECES))


def duty(ctx: HookContext, data: Mapping[str, Any]) -> dict[str, Any]:
    """Sign the acting pharmacist on or off at the token's store and tell who is on duty there now."""
    assert ctx.session is not None
    if data["act"] == "on":
        books.sign_on(ctx.session)
    else:
        books.sign_off(ctx.session)
    ctx.session.flush()
    rows = gates.on_duty(ctx.session, ctx.store_id, clock.now_ms())
    mine = [row for row in rows if row.staff_id == ctx.staff_id]
    return {"on_duty": bool(mine), "since": instant(mine[0].from_at) if mine else None, "pharmacists": len(rows)}


def preview(ctx: HookContext, data: Mapping[str, Any]) -> dict[str, Any]:
    """Tell whom items would leave out of a campaign and why; names only to who may read of that member."""
    assert ctx.session is not None
    items = audience.wanted(ctx.session, data["items"] or (), data["group"] or "")
    return _audience_told(ctx, audience.preview(ctx.session, items))


def count(ctx: HookContext, data: Mapping[str, Any]) -> dict[str, Any]:
    """Have a task count the audience of items, however many members they concern."""
    assert ctx.session is not None
    items = audience.wanted(ctx.session, data["items"] or (), data["group"] or "")
    return {"task_id": str(audience_task.ask(ctx.session, items).id)}


def counted(ctx: HookContext, data: Mapping[str, Any]) -> dict[str, Any]:
    """Tell how far a counting of one's own is, and what it found when it is done."""
    assert ctx.session is not None
    task = audience_task.get(ctx.session, ids.parse_id(data["task_id"]))
    made = audience_task.result(ctx.session, task)
    nothing: dict[str, Any] = dict.fromkeys(("members", "left", "data_version", "hidden"))
    told = {**nothing, "items": [], "excluded": [], "people": []}
    return {
        **(_audience_told(ctx, made) if made else told), "state": task.state, "looked": task.done, "of": task.total,
    }  # fmt: skip


def _audience_told(ctx: HookContext, made: audience.Preview) -> dict[str, Any]:
    assert ctx.session is not None
    named, hidden = audience.named(ctx.session, made)
    return {
        "members": made.members, "left": made.left, "data_version": made.version,
        "items": [
            {"item": one.item.code, "name": one.item.name, "public": one.public, "excluded": one.excluded}
            for one in made.targets
        ],
        "excluded": [
            {"reason": reason, "text": str(text), "count": made.excluded[reason]}
            for reason, text in audience.REASONS.items() if made.excluded[reason]
        ],
        "people": [
            {"member_id": str(one.person_id), "name": one.name, "reasons": list(one.reasons), "items": list(one.items)}
            for one in named
        ],
        "hidden": hidden,
    }  # fmt: skip


def prescribe(ctx: HookContext, data: Mapping[str, Any]) -> dict[str, Any]:
    """Note a prescription and tell what the member's prescriptions allow by now."""
    assert ctx.session is not None
    person, wanted = person_of(ctx.session, data["member_id"]), Counter[str]()
    for one in data["items"]:
        wanted[one["item"]] += one["pieces"]
    row = books.prescribe(
        ctx.session, person.person_id, number=data["number"], prescriber=data["prescriber"],
        hospital=data["hospital"], issued_on=data["issued_on"], valid_until=data["valid_until"] or data["issued_on"],
        items=wanted,
    )  # fmt: skip
    left = +gates.left(ctx.session, {person.person_id}, ctx.business_date)[person.person_id]
    return {
        "prescription_id": str(row.id), "valid_until": row.valid_until.isoformat(),
        "left": [{"item": code, "pieces": n} for code, n in sorted(left.items())],
    }  # fmt: skip


WANTED = (
    ApiField("items", "texts", required=False, most=audience.MOST_ITEMS),
    ApiField("group", required=False, most=3),
)
FOUND = (
    ApiField("items", "rows", fields=(
        ApiField("item"), ApiField("name"), ApiField("public", "flag"), ApiField("excluded", "whole"),
    )),
    ApiField("excluded", "rows", fields=(ApiField("reason"), ApiField("text"), ApiField("count", "whole"))),
    ApiField("people", "rows", fields=(
        ApiField("member_id", "id"), ApiField("name"), ApiField("reasons", "texts"), ApiField("items", "texts"),
    )),
)  # fmt: skip

CALLS = [
    ApiCall(
        "audience", "Previews whom items would leave out of a campaign, and why; sends nothing.", AUDIENCE,
        ("members", "health"), preview,
        WANTED,
        (
            ApiField("members", "whole"), ApiField("left", "whole"), ApiField("data_version"),
            ApiField("hidden", "whole"), *FOUND,
        ),
        {"items": ["D0035", "VITC"]}, order=5,
    ),
    ApiCall(
        "audience_count", "Has a task count the audience of items, for more members than a call may wait for.",
        AUDIENCE, ("members", "health"), count, WANTED, (ApiField("task_id", "id"),), {"items": ["D0035"]},
        writes=True, order=6,
    ),
    ApiCall(
        "audience_state", "Tells how far a counting of one's own is, and what it found when it is done.", AUDIENCE,
        ("members", "health"), counted, (ApiField("task_id", "id"),),
        (
            ApiField("state"), ApiField("looked", "whole"), ApiField("of", "whole"),
            ApiField("members", "whole", required=False), ApiField("left", "whole", required=False),
            ApiField("data_version", required=False), ApiField("hidden", "whole", required=False), *FOUND,
        ),
        {"task_id": "912136841476943470"}, order=7,
    ),
    ApiCall(
        "duty", "Signs the pharmacist of X-Staff on or off at the token's store.", OVERRIDE, ("orders",), duty,
        (ApiField("act", "choice", choices=("on", "off")),),
        (ApiField("on_duty", "flag"), ApiField("since", "instant", required=False), ApiField("pharmacists", "whole")),
        {"act": "on"}, writes=True, order=10,
    ),
    ApiCall(
        "prescriptions", "Notes a prescription that the pharmacist of X-Staff has checked.", DISPENSE, ("health",),
        prescribe,
        (
            ApiField("member_id", "id"), ApiField("number", most=60), ApiField("prescriber", most=60),
            ApiField("hospital", most=120), ApiField("issued_on", "day"),
            ApiField("valid_until", "day", required=False), ApiField("items", "rows", most=MOST_DRUGS, fields=PIECES),
        ),
        (
            ApiField("prescription_id", "id"), ApiField("valid_until", "day"),
            ApiField("left", "rows", fields=PIECES),
        ),
        {"member_id": "912136841208803640", "number": "8812", "prescriber": "Dr Li", "hospital": "City Hospital",
         "issued_on": "2026-11-22", "items": [{"item": "D0001", "pieces": 2}]},
        writes=True, order=20,
    ),
    *ask_calls.CALLS,
]  # fmt: skip
