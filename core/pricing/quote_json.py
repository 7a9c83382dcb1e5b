"""A quote as JSON: the public part is spelt as in contract.md (POST /quotes), the whole can be read back."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from core.points.rules import Earned, EarnLine, EarnLot, EarnPart, EarnSource
from core.pricing.types import CouponUse, NotApplied, Quote, QuoteLine, Step


def public_json(quote: Quote) -> dict[str, Any]:
    """What a till is told; findings, quote_id and expires_at are added by the room that stores the quote."""
    return {
        "lines": [_line(line) for line in quote.lines],
        "total_fen": quote.total_fen,
        "list_fen": quote.list_fen,
        "saved_fen": quote.saved_fen,
        "points_max": quote.points_max,
        "points_value_fen": quote.points_value_fen,
        "not_applied": [dataclasses.asdict(one) for one in quote.not_applied],
        "optimal": quote.optimal,
        "earn": {
            "points": quote.earn.points,
            "parts": [{"rule": part.rule, "line": part.line, "points": part.points} for part in quote.earn.parts],
        },
        "programme_version": quote.programme_version,
    }


def _line(line: QuoteLine) -> dict[str, Any]:
    return {
        "line": line.line,
        "item": line.item,
        "name": line.name,
        "qty": line.qty,
        "for_member_id": line.for_person,
        "list_fen": line.list_fen,
        "net_fen": line.net_fen,
        "steps": [
            {
                "stage": step.stage,
                "rule": step.rule,
                "before_fen": step.before_fen,
                "after_fen": step.after_fen,
                "text": step.text,
                "reason": step.reason,
            }
            for step in line.steps
        ],
    }


def to_json(quote: Quote) -> dict[str, Any]:
    """The whole quote: the public part plus what settle and refunds need. from_json reads it back."""
    return {
        **public_json(quote),
        "earn_full": dataclasses.asdict(quote.earn),
        "earn_lines": [dataclasses.asdict(line) for line in quote.earn_lines],
        "coupon_uses": [dataclasses.asdict(use) for use in quote.coupon_uses],
        "courses": [list(course) for course in quote.courses],
        "digest": quote.digest,
    }


def from_json(data: Mapping[str, Any]) -> Quote:
    """The quote that to_json wrote."""
    full = data["earn_full"]
    return Quote(
        lines=tuple(_read_line(line) for line in data["lines"]),
        total_fen=data["total_fen"],
        points_max=data["points_max"],
        points_value_fen=data["points_value_fen"],
        not_applied=tuple(NotApplied(**one) for one in data["not_applied"]),
        optimal=data["optimal"],
        earn=Earned(
            full["points"],
            tuple(EarnLot(**lot) for lot in full["lots"]),
            tuple(EarnPart(**part) for part in full["parts"]),
        ),
        earn_lines=tuple(read_earn_line(line) for line in data["earn_lines"]),
        coupon_uses=tuple(CouponUse(**use) for use in data["coupon_uses"]),
        courses=tuple((course, sessions) for course, sessions in data["courses"]),
        programme_version=data["programme_version"],
        digest=data["digest"],
    )


def _read_line(data: Mapping[str, Any]) -> QuoteLine:
    return QuoteLine(
        line=data["line"],
        item=data["item"],
        name=data["name"],
        qty=data["qty"],
        for_person=data["for_member_id"],
        list_fen=data["list_fen"],
        net_fen=data["net_fen"],
        steps=tuple(Step(**step) for step in data["steps"]),
    )


def read_earn_line(data: Mapping[str, Any]) -> EarnLine:
    """One EarnLine of its plain data (dataclasses.asdict), as an order keeps it for refunds."""
    sources = tuple(
        EarnSource(
            **{
                **source,
                "factors": tuple((code, factor) for code, factor in source["factors"]),
                "except_tenders": tuple(source["except_tenders"]),
            }
        )
        for source in data["sources"]
    )
    return EarnLine(data["line"], data["net_fen"], sources)


def digest_of(
    lines: tuple[QuoteLine, ...],
    uses: tuple[CouponUse, ...],
    courses: tuple[tuple[str, int], ...],
    earned: Earned,
) -> str:
    """sha256 (hex) over all that moves money, coupons, sessions or points; texts and balances are left out.

    Two quotes of a basket differ in digest exactly if the member would notice: then a settle is refused as
    stale.
    """
    content = [
        [
            [
                line.line,
                line.item,
                line.qty,
                line.for_person,
                line.list_fen,
                line.net_fen,
                [[step.stage, step.rule, step.before_fen, step.after_fen] for step in line.steps],
            ]
            for line in lines
        ],
        [[use.coupon_id, use.line, use.pieces] for use in uses],
        courses,
        [[lot.rule, lot.points, lot.expires_months] for lot in earned.lots],
    ]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()
