"""Reading a list: bytes of a CSV or XLSX in, numbered rows of text out. No Flask, no database.

The work is done by a process of its own (parser.py) under limits of memory and time; the bytes go
through a pipe, so that a list of persons never lies in a file of ours.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.imports import limits, rules
from core.kernel.errors import FieldError, Refusal
from core.kernel.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ROOT = Path(__file__).resolve().parents[2]
_PARSER = "core.imports.parser"
_HEAD_ROWS = 10


@dataclass(frozen=True, slots=True)
class Table:
    """A list as read: its encoding, the headings, their row, and the numbered rows below them.

    The rows of an opened list come as they are read and only once; those of `read` are a tuple.
    """

    encoding: str
    heading_row: int
    headings: tuple[str, ...]
    rows: Iterable[tuple[int, tuple[str, ...]]]


def read(data: bytes, of: rules.Vocabulary = rules.PEOPLE) -> Table:
    """Return the whole table in `data`; raise Refusal `unreadable_file` saying why and what to do."""
    table = open_list(data, of)
    return replace(table, rows=tuple(table.rows))


def open_list(data: bytes, of: rules.Vocabulary = rules.PEOPLE) -> Table:
    """Return the table in `data` with its rows still to be read; raise Refusal `unreadable_file`.

    `of` says which words are headings. The rows raise it as well, where only a later one is at fault.
    """
    if len(data) > limits.FILE_BYTES:
        raise unreadable("too_big", {"mb": limits.FILE_BYTES // 1024 // 1024})
    lines = _parse(data)
    encoding = next(lines)["encoding"]
    rows = ((number, tuple(cells)) for number, cells in lines)
    head = list(islice(rows, _HEAD_ROWS))
    if not head:
        raise unreadable("empty", {})
    at = rules.heading_row([cells for _number, cells in head], of)
    number, headings = head[at]
    above = head[at + 1 :]
    if not rules.has_headings(headings, of):
        # A list without headings: its first row is a person, and must not be kept in the open as a heading.
        number, headings, above = 0, ("",) * max(len(cells) for _number, cells in head), head
    if not above:
        raise unreadable("no_rows", {})
    return Table(encoding, number, rules.unique_headings(headings), _bounded(chain(above, rows)))


def _bounded(rows: Iterable[tuple[int, tuple[str, ...]]]) -> Iterator[tuple[int, tuple[str, ...]]]:
    for seen, row in enumerate(rows, 1):
        if seen > limits.ROWS:
            raise unreadable("too_many_rows", {"n": limits.ROWS})
        yield row


def _parse(data: bytes) -> Iterator[Any]:
    """Yield the parser's head and its rows; raise Refusal when it refuses, dies or takes too long."""
    child = subprocess.Popen(
        [sys.executable, "-m", _PARSER], cwd=_ROOT, env={"PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    feeder = threading.Thread(target=_feed, args=(child, data), daemon=True)
    watch = threading.Timer(limits.WALL_SECONDS, child.kill)
    feeder.start()
    watch.start()
    complete = False
    assert child.stdout is not None
    try:
        for line in child.stdout:
            told = json.loads(line)
            if isinstance(told, dict) and "refused" in told:
                raise unreadable(told.pop("refused"), told)
            if told == "end":
                complete = True
                break
            yield told
    finally:
        watch.cancel()
        if not complete:
            child.kill()
        feeder.join()
        child.stdout.close()
        child.wait()
    if not complete:
        # Killed by its limits, or the format reader gave up in a way that is no exception of Python.
        raise unreadable("too_heavy", {})


def _feed(child: subprocess.Popen[bytes], data: bytes) -> None:
    assert child.stdin is not None
    with contextlib.suppress(BrokenPipeError, OSError):
        child.stdin.write(data)
    with contextlib.suppress(BrokenPipeError, OSError):
        child.stdin.close()


def unreadable(code: str, values: dict[str, Any]) -> Refusal:
    """Return the refusal of a file that cannot be read: what, why, and the way out."""
    words = {
        "too_big": _("文件超过 %(mb)s MB。请拆成几个文件分别导入。", mb=values.get("mb", "")),
        "empty": _("文件是空的。请选择含有名单的 CSV 或 XLSX 文件。"),
        "no_rows": _("文件只有表头，没有内容。请核对是否导出了正确的文件。"),
        "old_excel": _("这是旧版 .xls 文件。请在表格软件里另存为 .xlsx 或 CSV 后再上传。"),
        "too_many_rows": _("文件超过 %(n)s 行。请拆成几个文件分别导入。", n=values.get("n", "")),
        "too_many_columns": _(
            "第 %(row)s 行超过 %(n)s 列。请删去不需要的列后再上传。", row=values.get("row", ""), n=values.get("n", "")
        ),
        "cell_too_long": _(
            "第 %(row)s 行有一格超过 %(n)s 个字。请检查引号是否成对，或缩短这一格后再上传。",
            row=values.get("row", ""), n=values.get("n", ""),
        ),
        "bomb": _("这个文件解压后过大或层层嵌套，为安全起见没有打开。请另存为 CSV 后再上传。"),
        "damaged": _("文件已损坏，打不开。请在表格软件里重新另存后再上传。"),
        "password": _("文件有打开密码。请去掉密码另存后再上传。"),
        "not_a_list": _("这不是表格文件。请选择 CSV 或 XLSX 文件。"),
        "too_heavy": _("读取这个文件要花的时间或内存超出上限。请另存为 CSV，或拆成几个文件后再上传。"),
    }  # fmt: skip
    message = words.get(code, words["damaged"])
    return Refusal(message, code="unreadable_file", errors=[FieldError("file", message)])
