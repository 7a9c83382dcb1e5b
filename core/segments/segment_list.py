"""The list of segments."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from core.kernel.i18n import _, _l
from core.kernel.web.formats import moment, number
from core.kernel.web.lists import Column, Filter, ListSpec, Sort, address, link
from core.kernel.web.offered import Offered, offer
from core.segments.models import Segment
from core.segments.permissions import VIEW
from core.segments.words import PURPOSE_NAMES


def _name(row: Any) -> Any:
    badge = Markup('<span class="bdg">{}</span>').format(_("已停用")) if not row.active else ""
    return link(address("segments.segment", code=row.code), row.name, badge)


def _members(row: Any) -> str:
    return number(row.members) if row.members is not None else _("无法计算")


SEGMENTS = ListSpec(
    key="segments",
    model=Segment,
    noun=_l("个人群"),
    columns=(
        Column("name", _l("人群"), (Segment.name, Segment.code, Segment.active), _name, phone="title", fixed=True),
        Column("members", _l("人数"), (Segment.members,), _members, numeric=True, phone="value"),
        Column("counted", _l("统计于"), (Segment.counted_at,), lambda row: moment(row.counted_at), phone="note"),
        Column("purpose", _l("用途"), (Segment.purpose,), lambda row: str(PURPOSE_NAMES[row.purpose]), phone="meta"),
        Column("code", _l("代码"), (Segment.code,), lambda row: row.code, quiet=True),
    ),
    sorts=(
        Sort("changed", _l("最近修改"), (Segment.changed_at, Segment.id), down=True),
        Sort("name", _l("名称"), (Segment.name, Segment.id), column="name"),
    ),
    filters=(
        Filter("purpose", _l("用途"), tuple(PURPOSE_NAMES.items()), lambda value: Segment.purpose == value),
        Filter("state", _l("状态"), (("on", _l("使用中")), ("off", _l("已停用"))),
               lambda value: Segment.active.is_(value == "on")),
    ),
)  # fmt: skip


offer(Offered("segments", _l("人群"), VIEW, lambda _session, _state: SEGMENTS, "segments.index", "segment"))
