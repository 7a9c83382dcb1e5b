"""What the doors hand to orders, and what a priced basket consists of."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.catalog.models import Item
    from core.courses.services import Pack
    from core.hooktypes import BasketView, Remote
    from core.people.models import Person
    from core.pricing.rules import Basket, Quote
    from core.programme.rules import Programme


@dataclass(frozen=True, slots=True)
class LineRequest:
    """A line as asked for. `price_fen` overrides the price of one piece and wants `price_reason`.

    `course_id`: sessions of that course pay for the line. `site`: where on the body (a tooth and its surfaces), in the
    words of the vertical whose item it is; kept sealed with the order.
    """

    item: str
    qty: int = 1
    price_fen: int | None = None
    price_reason: str = ""
    for_member_id: int | None = None
    performer: int | None = None
    seller: int | None = None
    course_id: int | None = None
    site: str = ""


@dataclass(frozen=True, slots=True)
class BasketRequest:
    """A basket as asked for: the payer (None: not a member), lines, and which coupons to use."""

    lines: tuple[LineRequest, ...]
    member_id: int | None = None
    coupons: tuple[str, ...] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain data that `from_json` reads back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> BasketRequest:
        """Return the request that `to_json` wrote."""
        coupons = data.get("coupons")
        return cls(
            lines=tuple(LineRequest(**line) for line in data["lines"]),
            member_id=data.get("member_id"),
            coupons=None if coupons is None else tuple(coupons),
        )


@dataclass(frozen=True, slots=True)
class TenderRequest:
    """A payment as asked for. `points` only for the kind points; `lines` only for insured kinds."""

    kind: str
    amount_fen: int
    points: int = 0
    lines: tuple[int, ...] | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """How the member confirmed that sessions are used; `method` None: as the franchise's setting has it."""

    method: str | None = None
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class OverrideRequest:
    """An override of a finding: its id, the reason, and for major ones a single-use proof.

    `reason_code` is one of the finding's own or of core's; `evidence` what was shown (a re-signed prescription).
    """

    finding: str
    reason: str
    proof: str | None = None
    reason_code: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding on a basket. `overridable_by` are the roles that may let it pass; empty: nobody.

    Severity info needs nothing, moderate an acknowledgement, major an override with proof, contraindicated cannot
    pass, but for one with `resign`: by the reason `prescriber_resigned` alone, with proof, licence and evidence.
    `evidence` is what the rule saw; it is kept sealed and never shown at the till.
    """

    id: str
    plugin: str
    code: str
    severity: str
    line: int | None
    text: str
    overridable_by: tuple[str, ...] = ()
    permission: str | None = None
    licences: frozenset[str] = frozenset()
    data_version: str = ""
    reasons: tuple[tuple[str, Any], ...] = ()
    resign: bool = False
    evidence: Mapping[str, Any] = field(default_factory=dict)
    remote: Remote | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the finding as contract.md spells it."""
        return {
            "id": self.id, "code": self.code, "severity": self.severity, "line": self.line, "text": self.text,
            "overridable_by": list(self.overridable_by),
        }  # fmt: skip


@dataclass(slots=True)
class Priced:
    """A priced basket with everything that was read for it."""

    request: BasketRequest
    programme: Programme
    basket: Basket
    quote: Quote
    items: dict[str, Item]
    persons: dict[int, Person]
    view: BasketView
    findings: list[FindingView] = field(default_factory=list)
    packs: dict[str, Pack] = field(default_factory=dict)
