"""Control totals of lists that give value: what somebody typed, what the list adds up to, what was booked.

And the identity of a batch: a file that gave value once is refused until its batch was undone (acceptance 6).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.imports import kinds
from core.imports.models import ImportBatch
from core.kernel.errors import Conflict, FieldError, Invalid, Refusal
from core.kernel.i18n import _, listed
from core.kernel.money import parse_yuan, show_yuan
from core.kernel.web.formats import moment
from core.kernel.web.formats import number as shown_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from core.imports.cleaning import Problem
    from core.imports.kinds.base import Kind, Unit

# A batch in one of these gave value, gives it, or is about to take it back.
_STANDING = ("running", "paused", "done", "undoing")


@dataclass(frozen=True, slots=True)
class Line:
    """A unit with what was typed (None: nothing), what the list adds up to, and what was booked (None: not yet)."""

    unit: Unit
    typed: int | None
    listed: int
    booked: int | None = None

    @property
    def differs(self) -> bool:
        """Return whether the list is not what was typed."""
        return self.typed is not None and self.typed != self.listed

    def shown(self, amount: int | None) -> str:
        """Return an amount of this unit in words, a dash for none."""
        return "—" if amount is None else show(self.unit, amount)


def show(unit: Unit, amount: int) -> str:
    """Return an amount of a unit as people read it: yuan where it is money."""
    return show_yuan(amount) if unit.money else shown_number(amount)


def read(unit: Unit, typed: str) -> int | None:
    """Return a typed control total: a count, or fen from yuan; None for nothing. Raise Invalid for another text."""
    text = typed.strip().replace(",", "").replace("，", "")
    if not text:
        return None
    wrong = Invalid.field(
        f"control.{unit.key}",
        _(
            "“%(unit)s”的控制总数请写数字，例如 %(example)s。",
            unit=unit.label,
            example="12345.60" if unit.money else "12345",
        ),
    )
    if unit.money:
        try:
            found = parse_yuan(text[:20])
        except Refusal:
            raise wrong from None
    else:
        if not (text.isascii() and text.isdigit() and len(text) <= 15):
            raise wrong
        found = int(text)
    if found < 0:
        raise wrong
    return found


def typed_of(kind: Kind, form: Mapping[str, str]) -> dict[str, int]:
    """Return the control totals of a posted form (`control.<unit>`); raise Invalid naming every field at fault."""
    found: dict[str, int] = {}
    errors: list[FieldError] = []
    for unit in kind.units:
        try:
            amount = read(unit, form.get(f"control.{unit.key}", ""))
        except Invalid as bad:
            errors += bad.errors
            continue
        if amount is not None:
            found[unit.key] = amount
    if errors:
        raise Invalid(_("控制总数还有 %(n)d 处要改。", n=len(errors)), errors=errors)
    return found


def of(batch: ImportBatch) -> dict[str, int]:
    """Return the control totals that were typed for a batch."""
    return {str(key): int(amount) for key, amount in json.loads(batch.control).items()}


def lines(batch: ImportBatch, booked: Mapping[str, int] | None = None) -> list[Line]:
    """Return the units of a batch that was dry-run, each with its figures; nothing for kinds without units."""
    kind, typed = kinds.of(batch.kind), of(batch)
    totals: dict[str, int] = json.loads(batch.dry_run).get("totals", {})
    if booked is not None:
        # A row counts as booked when it made something, and for as long as that stands.
        booked = {"rows": batch.created if batch.state in _STANDING else 0, **booked}
    return [
        Line(
            unit, typed.get(unit.key), totals.get(unit.key, 0),
            None if booked is None else booked.get(unit.key, 0),
        )
        for unit in kind.units
    ]  # fmt: skip


def warnings(batch: ImportBatch) -> tuple[int, list[tuple[int, Problem]]]:
    """Return how many rows of a dry run want somebody's attention, and the first of them with their problem."""
    plan = json.loads(batch.dry_run)
    return int(plan.get("warned", 0)), [(int(n), (one[0], one[1], one[2])) for n, one in plan.get("warnings", [])]


def refuse_difference(kind: Kind, typed: Mapping[str, int], totals: Mapping[str, int]) -> None:
    """Raise Refusal `control_total` with both figures of every unit that does not agree."""
    apart = [one for one in kind.units if one.key in typed and typed[one.key] != totals.get(one.key, 0)]
    if not apart:
        return
    told = listed(
        _("%(unit)s：名单 %(listed)s，应为 %(typed)s", unit=one.label, listed=show(one, totals.get(one.key, 0)),
          typed=show(one, typed[one.key]))
        for one in apart
    )  # fmt: skip
    raise Refusal(
        _("控制总数不符（%(told)s）。没有导入任何内容。请改正名单里出错的行，或返回核对控制总数。", told=told),
        code="control_total", extra={"totals": {one.key: totals.get(one.key, 0) for one in apart},
                                     "control": {one.key: typed[one.key] for one in apart}},
    )  # fmt: skip


def refuse_again(session: Session, kind: Kind, sha256: bytes, batch_id: int = 0) -> None:
    """Raise Conflict `batch_imported` when this very file gave value before and was not undone."""
    if not kind.once_only:
        return
    before = session.scalar(
        select(ImportBatch)
        .where(
            ImportBatch.kind == kind.key, ImportBatch.file_sha256 == sha256, ImportBatch.id != batch_id,
            ImportBatch.state.in_(_STANDING),
        )
        .order_by(ImportBatch.id.desc())
        .limit(1)
    )  # fmt: skip
    # A batch of which nothing came in may come again, its members being there now.
    if before is None or (before.state == "done" and not before.created):
        return
    raise Conflict(
        _(
            "这份文件已在 %(at)s 导入过（批次 %(batch)s），不能再加一次。"
            "出错的行请改好错误文件后导入；要整份重来，先撤销那一批。",
            at=moment(before.ended_at or before.made_at), batch=before.id,
        ),
        code="batch_imported", extra={"batch": str(before.id)},
    )  # fmt: skip


def facts(dry: Any) -> dict[str, Any]:
    """Return what of a dry run is kept for control: totals, and rows that want attention."""
    return {"totals": dict(dry.totals), "warned": dry.warned, "warnings": [[n, list(one)] for n, one in dry.warnings]}


__all__ = ["Line", "facts", "lines", "of", "read", "refuse_again", "refuse_difference", "show", "typed_of", "warnings"]
