"""Charts as SVG made on the server, each with its data as a table (design section 5).

Titles state the finding, the grey line says unit and period. Geometry is in attributes and colour in
classes, so the strict content policy holds. Groups of fewer than five people are not shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from core.kernel.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FEWEST = 5


def few(count: int) -> bool:
    """Return whether a group is too small to be shown (somebody could be recognised)."""
    return 0 < count < FEWEST


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def table(head: Sequence[Any], rows: Sequence[Sequence[Any]]) -> Markup:
    """Return the data behind a chart, folded: the same figures for those who do not see the drawing."""
    cells = Markup("").join(Markup("<th{}>{}</th>").format(_num(i), h) for i, h in enumerate(head))
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(Markup("<td{}>{}</td>").format(_num(i), v) for i, v in enumerate(row))
        )
        for row in rows
    )
    return Markup(
        '<details class="fold"><summary>{}</summary>'
        '<div class="tbw" tabindex="0" role="region" aria-label="{}">'
        '<table class="tb inn"><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div></details>'
    ).format(_("数据表"), _("数据表"), cells, body)


def _num(index: int) -> Markup:
    return Markup(' class="num"') if index else Markup("")


def sparkline(values: Sequence[int], width: int = 112, height: int = 30, tone: str = "c1") -> Markup:
    """Return a line without axes for beside a figure; decoration, the figure says it."""
    if len(values) < 2:
        return Markup("")
    low, high = min(values), max(values)
    span = (high - low) or 1
    step = (width - 4) / (len(values) - 1)
    points = [(2 + i * step, height - 4 - (v - low) / span * (height - 8)) for i, v in enumerate(values)]
    path = "M" + " L".join(f"{_n(x)} {_n(y)}" for x, y in points)
    last_x, last_y = points[-1]
    return Markup(
        '<svg class="{}" width="{}" height="{}" viewBox="0 0 {} {}" aria-hidden="true">'
        '<path d="{} L{} {} L2 {}Z" class="fc" opacity=".10"/>'
        '<path d="{}" class="sc" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round"/>'
        '<circle cx="{}" cy="{}" r="2.6" class="fc s-surface" stroke-width="1.5"/></svg>'
    ).format(tone, width, height, width, height, path, _n(last_x), height, height, path, _n(last_x), _n(last_y))


def columns(
    values: Sequence[tuple[str, int]],
    label: str,
    *,
    width: int = 460,
    height: int = 140,
    show: Callable[[int], str] = str,
) -> Markup:
    """Return upright bars from zero, the last one (today) in brand, with the data table."""
    if not values:
        return Markup("")
    top = max(v for _name, v in values) or 1
    slot = width / len(values)
    bar = min(28.0, slot * 0.7)
    drawn = []
    for i, (name, value) in enumerate(values):
        tall = max(0.0, value / top * (height - 38))
        x = i * slot + (slot - bar) / 2
        tone = "f-brand" if i == len(values) - 1 else "q3"
        drawn.append(
            Markup(
                '<rect x="{}" y="{}" width="{}" height="{}" rx="3" class="{}"/>'
                '<text x="{}" y="{}" class="f-ink t12 ta-m">{}</text>'
                '<text x="{}" y="{}" class="f-ink2 t12 ta-m">{}</text>'
            ).format(
                _n(x), _n(height - 18 - tall), _n(bar), _n(tall), tone,
                _n(x + bar / 2), _n(height - 24 - tall), show(value), _n(x + bar / 2), height - 3, name,
            )
        )  # fmt: skip
    base = Markup('<line x1="0" x2="{}" y1="{}" y2="{}" class="s-line2"/>').format(width, height - 18, height - 18)
    svg = Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg>').format(
        width, height, label, base, Markup("").join(drawn)
    )
    data = table((_("时段"), _("数值")), [(name, show(v)) for name, v in values])
    return Markup('<div class="chart">{}{}</div>').format(svg, data)


def course(
    values: Sequence[tuple[str, int, str]],
    label: str,
    *,
    top: int,
    bands: Sequence[tuple[int, str]] = (),
    marks: Sequence[int] = (),
    width: int = 460,
    height: int = 180,
    rising: bool = False,
) -> Markup:
    """Return a score over time, with the data table: 0 is above (less is better), or below where it is `rising`.

    `values` are (day, score, as shown); `bands` are (upper bound, name) drawn behind; the points at the places `marks`
    are ringed in clay.
    """
    if not values:
        return Markup("")
    left, right, floor, head = 8.0, width - 78.0, height - 20.0, 28.0
    step = (right - left - 16) / max(len(values) - 1, 1)

    def high(score: int) -> float:
        part = min(max(score, 0), top) / top
        return head + (floor - head) * (1 - part if rising else part)

    drawn, below = [], 0
    for place, (upper, name) in enumerate(bands):
        if upper == below:
            continue
        drawn.append(
            Markup('<rect x="{}" y="{}" width="{}" height="{}" class="{}"/>').format(
                _n(left), _n(min(high(below), high(upper))), _n(right - left), _n(abs(high(upper) - high(below))),
                ("f-sunken", "f-hover")[place % 2],
            )
        )  # fmt: skip
        middle = (high(below) + high(upper)) / 2 + 4
        drawn.append(Markup('<text x="{}" y="{}" class="f-ink2 t12">{}</text>').format(_n(right + 6), _n(middle), name))
        below = upper
    spots = [(left + 8 + n * step, high(score)) for n, (_day, score, _text) in enumerate(values)]
    if len(spots) > 1:
        path = "M" + " L".join(f"{_n(x)} {_n(y)}" for x, y in spots)
        drawn.append(Markup('<path d="{}" class="sc" stroke-width="2" stroke-linejoin="round"/>').format(path))
    for n, (x, y) in enumerate(spots):
        if n in marks:
            drawn.append(
                Markup('<circle cx="{}" cy="{}" r="8" class="s-clay nof" stroke-width="2"/>').format(_n(x), _n(y))
            )
        drawn.append(Markup('<circle cx="{}" cy="{}" r="4" class="fc"/>').format(_n(x), _n(y)))
        anchor = "ta-m" if 0 < n < len(spots) - 1 else ("" if n == 0 else "ta-e")
        drawn.append(
            Markup('<text x="{}" y="{}" class="f-ink t12 {}">{}</text>').format(_n(x), _n(y - 12), anchor, values[n][2])
        )
        if n in (0, len(spots) - 1):
            drawn.append(
                Markup('<text x="{}" y="{}" class="f-ink2 t12 {}">{}</text>').format(
                    _n(x), height - 4, anchor, values[n][0]
                )
            )
    svg = Markup('<svg class="c1" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        width, height, label, Markup("").join(drawn)
    )
    data = table((_("日期"), _("得分")), [(day, text) for day, _score, text in values])
    return Markup('<div class="chart course">{}{}</div>').format(svg, data)


def bars(rows: Sequence[tuple[Any, int]], *, ticks: Sequence[int] | None = None, people: bool = False) -> Markup:
    """Return lying bars: (name or Markup, count); `ticks` marks the compared period.

    With `people` a group of fewer than five is named but not counted.
    """
    total = sum(v for _name, v in rows) or 1
    top = max([v for _name, v in rows] + list(ticks or [])) or 1
    parts = []
    for i, (name, value) in enumerate(rows):
        if people and few(value):
            parts.append(
                Markup('<span>{}</span><span class="mut">{}</span><span></span><span></span>').format(
                    name, _("少于 5 人不显示")
                )
            )
            continue
        mark = ""
        if ticks:
            mark = Markup('<rect x="{}%" y="-2" width="2" height="12" rx="1" class="f-clay"/>').format(
                _n(99 * ticks[i] / top)
            )
        parts.append(
            Markup(
                '<span>{}</span><span><svg aria-hidden="true">'
                '<rect width="100%" height="8" rx="4" class="f-hover"/>'
                '<rect width="{}%" height="8" rx="4" class="f-brand"/>{}</svg></span>'
                '<span class="num">{}</span><span class="num mut">{}%</span>'
            ).format(name, _n(100 * value / top), mark, f"{value:,}", _n(100 * value / total))
        )
    return Markup('<div class="bars">{}</div>').format(Markup("").join(parts))


def stacked(parts: Sequence[tuple[str, int]], label: str) -> Markup:
    """Return one bar of up to six shares, named beneath; the first is the soonest (clay)."""
    total = sum(v for _name, v in parts)
    if not total:
        return Markup("")
    tones = ["f-clay", "q4", "q3", "q2", "q1", "q6"]
    x = 0.0
    drawn, names = [], []
    for i, (name, value) in enumerate(parts[:6]):
        width = 100 * value / total
        drawn.append(
            Markup('<rect x="{}%" width="{}%" height="8" rx="2" class="{}"/>').format(
                _n(x), _n(max(0.5, width - 0.8)), tones[i]
            )
        )
        names.append(
            Markup(
                '<li><svg width="8" height="8" aria-hidden="true">'
                '<rect width="8" height="8" rx="2.5" class="{}"/></svg>'
                '<span>{}</span><span class="mut">{}</span></li>'
            ).format(tones[i], name, f"{value:,}")
        )
        x += width
    return Markup('<svg class="lotb" role="img" aria-label="{}">{}</svg><ul class="lots">{}</ul>').format(
        escape(label), Markup("").join(drawn), Markup("").join(names)
    )
