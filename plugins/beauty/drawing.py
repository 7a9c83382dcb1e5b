"""The eight scores of the skin as a radar, one analysis against another, with the data table behind it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from core.sdk import _, charts

MIDDLE_X, MIDDLE_Y, RADIUS, WIDTH, HEIGHT = 170.0, 140.0, 96.0, 340, 284
# Unit vectors of eight directions, the first upwards, clockwise.
_HALF = 0.7071
SPOKES = ((0.0, -1.0), (_HALF, -_HALF), (1.0, 0.0), (_HALF, _HALF), (0.0, 1.0), (-_HALF, _HALF), (-1.0, 0.0),
          (-_HALF, -_HALF))  # fmt: skip


def _points(values: Sequence[int]) -> str:
    return " ".join(
        f"{MIDDLE_X + RADIUS * value / 100 * x:.1f},{MIDDLE_Y + RADIUS * value / 100 * y:.1f}"
        for value, (x, y) in zip(values, SPOKES, strict=True)
    )


def radar(
    names: Sequence[Any], now: tuple[str, Sequence[int]], before: tuple[str, Sequence[int]] | None, label: str
) -> Markup:
    """Return the radar of eight scores 0–100 (outward is better), `before` dashed, and the table with changes."""
    rings = Markup("").join(
        Markup('<polygon points="{}" class="s-line2 nof"/>').format(_points([level] * 8)) for level in (25, 50, 75, 100)
    )
    words = Markup("").join(
        Markup('<text x="{}" y="{}" class="f-ink2 t12 {}">{} {}</text>').format(
            f"{MIDDLE_X + (RADIUS + 12) * x:.1f}", f"{MIDDLE_Y + (RADIUS + 14) * y + 4:.1f}",
            "ta-m" if abs(x) < 0.1 else ("ta-e" if x < 0 else ""), name, value,
        )
        for name, value, (x, y) in zip(names, now[1], SPOKES, strict=True)
    )  # fmt: skip
    old = Markup("")
    if before:
        old = Markup('<polygon points="{}" class="s-clay nof" stroke-width="2" stroke-dasharray="5 4"/>').format(
            _points(before[1])
        )
    shape = Markup('<polygon points="{}" class="fc" opacity=".14"/><polygon points="{}" class="sc" stroke-width="2"/>')
    svg = Markup('<svg class="c1" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}{}</svg>').format(
        WIDTH, HEIGHT, label, rings, old, shape.format(_points(now[1]), _points(now[1])), words
    )
    return Markup('<div class="chart course">{}{}</div>').format(svg, _table(names, now, before))


def _table(names: Sequence[Any], now: tuple[str, Sequence[int]], before: tuple[str, Sequence[int]] | None) -> Markup:
    if before is None:
        return charts.table((_("项目"), now[0]), list(zip(names, now[1], strict=True)))
    rows = [
        (name, old, new, f"{'+' if new > old else '−' if new < old else ''}{abs(new - old)}")
        for name, old, new in zip(names, before[1], now[1], strict=True)
    ]
    return charts.table((_("项目"), before[0], now[0], _("变化")), rows)
