"""Asking for a file of a list: how many rows, which columns, whether somebody else must agree (S3-33, security C46)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from core.hooktypes import ApprovalSummary
from core.kernel import audit, permissions, tasks
from core.kernel.errors import Invalid, Refusal
from core.kernel.i18n import _, _l, current_locale, listed
from core.kernel.tenancy import current_actor
from core.kernel.web import lists, offered
from core.lists import rules
from core.lists.permissions import EXPORT, EXPORT_APPROVE, EXPORT_FULL
from core.lists.settings import cap_of
from core.org import approvals
from core.org.models import ApprovalRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from core.hooktypes import HookContext
    from core.kernel.models import Task
    from core.kernel.web.list_spec import Column, ListSpec

KIND = "lists.export"
LABEL = _l("导出名单")
MIN_REASON, MAX_REASON = 2, 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that somebody wants: the list's state, its columns, the format, whether masks are lifted."""

    list_key: str
    state: dict[str, str]
    format: str = "csv"
    full: bool = False
    reason: str = ""

    def payload(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"list": self.list_key, "state": self.state, "format": self.format, "full": self.full}


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file would hold, and what it takes."""

    title: str
    rows: int
    columns: list[Column]
    cap: int
    masked: bool

    @property
    def needs_approval(self) -> bool:
        """Return whether a second person must agree."""
        return self.rows > self.cap


def spec_of(session: Session, wanted: Wanted) -> ListSpec:
    """Return the list; raise NotFound or Forbidden where the actor may not see it."""
    return offered.get(wanted.list_key).make(session, wanted.state)


def columns_of(session: Session, spec: ListSpec, state: Mapping[str, str]) -> list[Column]:
    """Return the columns of the view that is exported."""
    return lists.shown_columns(session, spec, state.get("c", ""))


def rows_of(session: Session, spec: ListSpec, state: Mapping[str, str]) -> int:
    """Return how many rows the file would have, exactly."""
    base = lists.criteria(session, spec, state)
    return int(session.scalar(select(func.count()).select_from(base(select(spec.model.id)).subquery())) or 0)


def preview(session: Session, wanted: Wanted) -> Preview:
    """Return what a file would hold."""
    spec = spec_of(session, wanted)
    columns = columns_of(session, spec, wanted.state)
    return Preview(
        str(offered.get(wanted.list_key).title), rows_of(session, spec, wanted.state), columns,
        cap_of(session, current_actor()), any(one.full for one in columns),
    )  # fmt: skip


def ask(session: Session, wanted: Wanted) -> Task:
    """Ask for a file and return its task.

    Raises Forbidden without permission (for whole phone numbers another one), Invalid without a reason where
    masks are lifted, Refusal `export_needs_approval` beyond the role's cap, Invalid for no rows.
    """
    permissions.authorize(current_actor(), EXPORT)
    seen = _checked(session, wanted)
    if seen.needs_approval:
        raise Refusal(
            _("这份名单有 %(n)d 行，超过你一次可导出的 %(cap)d 行。请写明原因，提交审批。", n=seen.rows, cap=seen.cap),
            code="export_needs_approval", status=403, extra={"rows": seen.rows, "cap": seen.cap},
        )  # fmt: skip
    return _task(session, wanted, seen, None)


def ask_approval(session: Session, wanted: Wanted) -> ApprovalRequest:
    """Ask somebody else to agree to a file beyond the cap, and return the request."""
    seen = _checked(session, wanted)
    # The columns of the one who asks, said outright: whoever approves may have chosen others for themselves.
    state = {**wanted.state, "c": ",".join(one.key for one in seen.columns)}
    return approvals.ask(session, KIND, {**wanted.payload(), "state": state, "rows": seen.rows}, wanted.reason)


def _checked(session: Session, wanted: Wanted) -> Preview:
    if wanted.format not in rules.FORMATS:
        raise Invalid.field("format", _("文件格式只能是 CSV 或 XLSX。"))
    if wanted.full:
        permissions.authorize(current_actor(), EXPORT_FULL)
        if len(wanted.reason.strip()) < MIN_REASON:
            raise Invalid.field("reason", _("导出完整手机号要写明用途，至少 %(n)d 个字。", n=MIN_REASON))
    seen = preview(session, wanted)
    if not seen.rows:
        raise Invalid(_("这份名单现在是空的，没有可导出的内容。"), code="export_empty")
    if wanted.format == "xlsx" and seen.rows > rules.XLSX_MOST:
        raise Invalid.field("format", _("XLSX 最多 %(n)d 行，请改选 CSV。", n=rules.XLSX_MOST))
    return seen


def _task(session: Session, wanted: Wanted, seen: Preview, request: ApprovalRequest | None) -> Task:
    reason = " ".join(wanted.reason.split())[:MAX_REASON]
    params = {
        **wanted.payload(), "columns": [one.key for one in seen.columns], "reason": reason, "locale": current_locale(),
        "figures": [n for n, one in enumerate(seen.columns) if one.numeric],
        "approval": str(request.id) if request else "",
    }  # fmt: skip
    row = tasks.ask(
        session, KIND, _("导出 · %(list)s", list=seen.title), params, total=seen.rows,
        staff_id=request.asked_by if request else None, store_id=request.store_id if request else None,
    )  # fmt: skip
    audit.record(
        session, "lists.export.asked", "task", row.id,
        detail={"list": wanted.list_key, "rows": seen.rows, "columns": params["columns"], "format": wanted.format,
                "full": wanted.full, "reason": reason, "state": wanted.state},
    )  # fmt: skip
    return row


# -- the approval ----------------------------------------------------------------------------------


def _of(payload: Mapping[str, Any]) -> Wanted:
    return Wanted(str(payload["list"]), dict(payload["state"]), str(payload["format"]), bool(payload["full"]))


def describe(ctx: HookContext, payload: Mapping[str, Any]) -> ApprovalSummary:
    """Return an export in words; the subject is what is exported, not how many rows it has by now."""
    session: Session = ctx.session  # type: ignore[assignment]
    wanted = _of(payload)
    seen = preview(session, wanted)
    spec = spec_of(session, wanted)
    filters = [
        _(
            "%(what)s：%(value)s",
            what=str(item.label),
            value=dict(item.options()).get(wanted.state[f"f.{item.key}"], "—"),
        )
        for item in spec.filters
        if f"f.{item.key}" in wanted.state
    ]
    rows = (
        (_("名单"), seen.title),
        (_("条件"), listed(filters) if filters else _("全部")),
        (_("行数"), _("申请时 %(a)d 行，现在 %(b)d 行", a=int(payload["rows"]), b=seen.rows)),
        (_("列"), listed([str(one.label) for one in seen.columns])),
        (_("手机号"), _("完整") if wanted.full else _("打码")),
        (_("格式"), wanted.format.upper()),
    )
    return ApprovalSummary(rows, f"{wanted.list_key}|{wanted.format}|{wanted.full}"[:120])


def execute(ctx: HookContext, payload: Mapping[str, Any], request_id: int) -> Mapping[str, Any]:
    """Write the task down for the one who asked; the worker makes the file."""
    session: Session = ctx.session  # type: ignore[assignment]
    request = session.get(ApprovalRequest, request_id)
    if request is None:
        raise Invalid(_("没有找到这条审批。"))
    wanted = _of(payload)
    seen = preview(session, wanted)
    task = _task(
        session, Wanted(wanted.list_key, wanted.state, wanted.format, wanted.full, request.reason or ""), seen, request
    )
    return {"task": str(task.id)}


__all__ = [
    "EXPORT_APPROVE",
    "KIND",
    "LABEL",
    "Preview",
    "Wanted",
    "ask",
    "ask_approval",
    "describe",
    "execute",
    "preview",
]
