"""One page of a list as the template draws it (kernel/web/lists.py fills it)."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import request
from markupsafe import Markup, escape

from core.kernel.i18n import _
from core.kernel.tenancy import current_actor
from core.kernel.web import offered

if TYPE_CHECKING:
    from core.kernel.bulk import Action
    from core.kernel.web.list_spec import Column, ListSpec, Sort
    from core.kernel.web.saved_views import View

COUNT_CAP = 1000


@dataclass
class Listing:
    """One page of a list, ready for templates/lists/page.html."""

    spec: ListSpec
    args: dict[str, str]
    columns: list[Column]
    sort: Sort
    rows: list[Any]
    count: int
    newer: str = ""
    older: str = ""
    text: str = ""
    chosen: dict[str, str] = field(default_factory=dict)
    views: list[View] = field(default_factory=list)
    view: View | None = None
    picked: bool = False
    notes: list[str] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)

    @property
    def count_text(self) -> str:
        """Return the count, or "1,000+" beyond the cap."""
        return f"{COUNT_CAP:,}+" if self.count > COUNT_CAP else f"{self.count:,}"

    @property
    def pick(self) -> bool:
        """Return whether rows can be chosen: there is something to do with them."""
        return bool(self.actions) or self.spec.pick

    def url(self, **changes: str | None) -> str:
        """Return the address of this list with some arguments changed; a change returns to page one."""
        merged: dict[str, str | None] = dict(self.spec.keeps)
        merged.update({k: v for k, v in self.args.items() if k != "after"})
        merged.update(changes)
        kept = {k: v for k, v in merged.items() if v}
        return f"{request.path}?{urlencode(kept)}" if kept else request.path

    def plain_url(self) -> str:
        """Return the address of the list without filters; said outright where a view would open by itself."""
        kept = dict(self.spec.keeps)
        if any(view.opens for view in self.views):
            kept["v"] = "all"
        return f"{request.path}?{urlencode(kept)}" if kept else request.path

    def view_url(self, view: View) -> str:
        """Return the address of a saved view: its whole state, so that a link sent on shows the same."""
        return f"{request.path}?{urlencode({**dict(self.spec.keeps), **view.args, 'v': str(view.id)})}"

    def state(self) -> str:
        """Return filters, search, sort and columns as one text, for what is done with the whole list."""
        kept = {k: v for k, v in self.args.items() if k not in {"after", "v"}}
        kept["c"] = ",".join(c.key for c in self.columns)
        return urlencode({**dict(self.spec.context), **dict(self.spec.keeps), **kept})

    def view_state(self) -> str:
        """Return what a view of this page would keep."""
        return urlencode(self.saved_args())

    @property
    def offered(self) -> bool:
        """Return whether the pages that every list has know this one."""
        return offered.is_offered(self.spec.key)

    @property
    def permitted(self) -> list[Column]:
        """Return the columns that the reader may see at all."""
        grants = current_actor().grants
        return [c for c in self.spec.columns if c.permission is None or c.permission in grants]

    @property
    def changed(self) -> bool:
        """Return whether the page shows something else than its saved view."""
        return self.view is not None and self.saved_args() != self.view.args

    def saved_args(self) -> dict[str, str]:
        """Return the part of the address that a view keeps: never what was searched for."""
        return {k: v for k, v in self.args.items() if k in {"sort", "c"} or k.startswith("f.")}

    def chips(self) -> list[tuple[str, str, str]]:
        """Return (label, value's label, address without it) of every filter in use."""
        shown = []
        for item in self.spec.filters:
            value = self.chosen.get(item.key)
            if value is not None:
                words = dict(item.options()).get(value, value)
                shown.append((str(item.label), words, self._without(f"f.{item.key}")))
        return shown

    def _without(self, name: str) -> str:
        rest = {k for k in self.args if k not in {name, "after"}}
        # The last filter gone: say “all”, or the view that opens by itself would come back.
        if not rest and any(view.opens for view in self.views):
            return self.plain_url()
        return self.url(**{name: None})

    def hidden_inputs(self, *but: str) -> list[tuple[str, str]]:
        """Return the arguments that a form of this list must carry along, without `but`."""
        carried = {**dict(self.spec.keeps), **self.args}
        return [(k, v) for k, v in carried.items() if k not in but and k != "after"]

    def body(self) -> Markup:
        """Return the rows of the table body: flat, each cell by its pre-bound formatter."""
        plan = [(c.cell, _cell_class(c, self.picked)) for c in self.columns]
        pick, pick_label = self.pick, _("选中这一行")
        parts: list[str] = []
        for row in self.rows:
            parts.append("<tr>")
            if pick:
                parts.append(
                    f'<td class="pick"><input type="checkbox" class="cbx" name="id" value="{row.id}" form="bulk" '
                    f'data-pick aria-label="{escape(pick_label)}"></td>'
                )
            for cell, css in plan:
                value = cell(row)
                # The standard library's escape gives plain text: a third of markupsafe's time, 400 times a page.
                parts.append(f"<td{css}>{value if type(value) is Markup else html.escape(str(value))}</td>")
            parts.append("</tr>")
        return Markup("".join(parts))  # noqa: S704 - every value was escaped above


def _cell_class(column: Column, named: bool) -> str:
    """Return the class of a column's cells; chosen columns without a place in the phone's card get a line of theirs."""
    extra = named and not column.phone
    words = [
        "num" if column.numeric else "",
        "mut" if column.quiet else "",
        f"p-{column.phone}" if column.phone else "",
        "p-more" if extra else "",
        "nm" if column.phone == "title" else "",
    ]
    shown = " ".join(w for w in words if w)
    label = f' data-l="{html.escape(str(column.label))}"' if extra else ""
    return (f' class="{shown}"' if shown else "") + label
