"""What the wizard's pages show: the list of batches, states in words, the mapping form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from core.imports import control, kinds, rules, services, staging
from core.imports.models import ImportBatch
from core.imports.permissions import RUN
from core.kernel.i18n import _, _l
from core.kernel.web.formats import moment, number
from core.kernel.web.lists import Column, Filter, ListSpec, Sort, address, link
from core.kernel.web.offered import Offered, offer
from core.people.rules import mask_phone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from core.imports.engine import Staged
    from core.imports.kinds.base import Kind
    from core.imports.rules import ColumnMap

STATES: dict[str, tuple[Any, str]] = {
    "loading": (_l("读取中"), "info"), "uploaded": (_l("待映射"), "warn"), "checking": (_l("试运行中"), "info"),
    "checked": (_l("待执行"), "warn"), "running": (_l("执行中"), "info"), "paused": (_l("已暂停"), "warn"),
    "done": (_l("完成"), "ok"), "undoing": (_l("撤销中"), "info"), "undone": (_l("已撤销"), "out"),
    "cancelled": (_l("已取消"), "out"), "failed": (_l("失败"), "bad"),
}  # fmt: skip
SAMPLES = 3
VALUES_FROM = 5000
VALUES_SHOWN = 20


def _badge(state: str) -> Markup:
    label, kind = STATES[state]
    return Markup('<span class="bdg {}">{}</span>').format(kind, label)


def _result(row: Any) -> str:
    if row.state in {staging.LOADING, staging.UPLOADED, services.CHECKING, services.CHECKED}:
        return "—"
    return _(
        "新增 %(created)s · 更新 %(updated)s · 未变 %(unchanged)s · 重复 %(duplicates)s · 错误 %(failed)s",
        created=number(row.created), updated=number(row.updated), unchanged=number(row.unchanged),
        duplicates=number(row.duplicates), failed=number(row.failed),
    )  # fmt: skip


def _kind(row: Any) -> str:
    return str(kinds.ALL[row.kind].words.noun) if row.kind in kinds.ALL else row.kind


_COUNTS = (
    ImportBatch.created, ImportBatch.updated, ImportBatch.unchanged, ImportBatch.duplicates, ImportBatch.failed,
    ImportBatch.state,
)  # fmt: skip
BATCHES = ListSpec(
    key="imports", model=ImportBatch, noun=_l("批"),
    columns=(
        Column(
            "file", _l("文件"), (ImportBatch.id, ImportBatch.file_name),
            lambda row: link(address("imports.batch", batch_id=row.id), row.file_name), phone="title", fixed=True,
        ),
        Column("kind", _l("名单种类"), (ImportBatch.kind,), _kind, phone="note"),
        Column("state", _l("状态"), (ImportBatch.state,), lambda row: _badge(row.state), phone="value"),
        Column("rows", _l("行数"), (ImportBatch.rows,), lambda row: number(row.rows), numeric=True),
        Column("result", _l("结果"), _COUNTS, _result, phone="meta"),
        Column(
            "made", _l("上传时间"), (ImportBatch.made_at,), lambda row: moment(row.made_at), quiet=True
        ),
    ),
    sorts=(Sort("recent", _l("最近上传"), (ImportBatch.id,), down=True),),
    filters=(
        Filter(
            "kind", _l("名单种类"), tuple((k, v.words.noun) for k, v in kinds.ALL.items()),
            lambda v: ImportBatch.kind == v,
        ),  # fmt: skip
        Filter("state", _l("状态"), tuple((k, v[0]) for k, v in STATES.items()), lambda v: ImportBatch.state == v),
    ),
)  # fmt: skip
offer(Offered("imports", _l("导入批次"), RUN, lambda _session, _state: BATCHES, "imports.index", "import_batch"))


def typed_mapping(kind: Kind, form: Mapping[str, str]) -> ColumnMap:
    """Return the mapping of a posted form: `column.<field>`, and `tier.<n>`, `gender.<n>` with their words."""
    values: dict[str, dict[str, str]] = {"tier": {}, "gender": {}}
    for what, found in values.items():
        for name in form:
            if name.startswith(f"{what}.word."):
                found[form[name]] = form.get(f"{what}.{name.rsplit('.', 1)[-1]}", "")
    of = kind.vocabulary()
    columns = {one.key: form.get(f"column.{one.key}", "") for one in of.fields}
    # A word whose choice was left at “unknown” says nothing: the rows keep their problem.
    kept = {what: {word: code for word, code in found.items() if code != "?"} for what, found in values.items()}
    plain = {
        "columns": columns, "tiers": {w: "" if c == "-" else c for w, c in kept["tier"].items()},
        "genders": {w: "" if c == "-" else c for w, c in kept["gender"].items()},
    }  # fmt: skip
    return rules.read_mapping(plain, of)


def mapping_context(unit: Session, batch: ImportBatch, typed: Mapping[str, str] | None) -> dict[str, Any]:
    """Return what the mapping page shows: fields with their column and samples, words that want a meaning."""
    kind, headings = kinds.of(batch.kind), staging.headings_of(batch)
    mapping = typed_mapping(kind, typed) if typed is not None else staging.mapping_of(batch)
    rows = staging.rows_after(unit, batch, 0, VALUES_FROM)
    places = {key: headings.index(heading) for key, heading in mapping.columns.items() if heading in headings}
    of = kind.vocabulary()
    return {
        "fields": [
            {"key": one.key, "label": one.label, "chosen": mapping.columns.get(one.key, ""),
             "required": one.key in of.required,
             "samples": _samples(kind.masked(one.key), rows, places.get(one.key))}
            for one in of.fields
        ],
        "headings": headings,
        "unused": [heading for heading in headings if heading not in mapping.columns.values()],
        "before": services.same_file(unit, batch),
        "controls": _controls(kind, batch, typed),
        **kind.value_words(unit, mapping, lambda field, meaning: _words(rows, places.get(field), meaning)),
    }  # fmt: skip


def _controls(kind: Kind, batch: ImportBatch, typed: Mapping[str, str] | None) -> list[tuple[Any, str]]:
    """Return the units of a kind, each with the control total as it was typed."""
    had = control.of(batch)
    return [
        (
            unit,
            typed.get(f"control.{unit.key}", "") if typed is not None
            else control.show(unit, had[unit.key]) if unit.key in had else "",
        )
        for unit in kind.units
    ]  # fmt: skip


def _samples(masked: bool, rows: Sequence[Staged], place: int | None) -> list[str]:
    """Return the first different cells of a column; phones are masked."""
    if place is None:
        return []
    found: dict[str, None] = {}
    for row in rows[:200]:
        text = row.cells[place].strip() if place < len(row.cells) else ""
        if text:
            shown = mask_phone(text[:20]) if masked and len(text) > 6 else text[:24]
            found[shown] = None
        if len(found) == SAMPLES:
            break
    return list(found)


def _words(rows: Sequence[Staged], place: int | None, meaning: Any) -> list[tuple[str, str]]:
    """Return (word, meaning) of a column's different cells, "?" for an unknown and "-" for an empty one."""
    if place is None:
        return []
    found = dict.fromkeys(row.cells[place].strip()[:40] for row in rows if place < len(row.cells))
    found.pop("", None)
    told = [(word, {None: "?", "": "-"}.get(meaning(word), meaning(word))) for word in list(found)[: VALUES_SHOWN * 5]]
    # The unknown ones first: they need an answer.
    return sorted(told, key=lambda one: one[1] != "?")[:VALUES_SHOWN]
