"""The parser process: bytes of a CSV or XLSX on stdin, rows as JSON lines on stdout.

Run as a module, apart from the application and under limits it sets itself (security C41), so that a
hostile file costs one short-lived process and nothing else. It imports no module of ours but the limits.
The first line says what the file is, each further one is `[row number, [cells]]`; the last is `"end"`.
Cells are text: a formula is what its cell shows or the text it was typed as, and is never evaluated.
"""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import json
import resource
import sys
import zipfile
from typing import TYPE_CHECKING, Any

from core.imports import limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HEADINGS = (
    "姓名",
    "手机",
    "手機",
    "电话",
    "電話",
    "生日",
    "性别",
    "性別",
    "会员",
    "會員",
    "卡号",
    "卡號",
    "备注",
    "地址",
    "编码",
    "名称",
    "价格",
    "类型",
    "工号",
    "角色",
    "门店",
    "卡种",
    "持卡人",
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 BOM"), (codecs.BOM_UTF16_LE, "utf-16", "UTF-16 LE"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16 BE"),
)  # fmt: skip
_SAMPLE = 20_000


class Refused(Exception):
    """The file is refused; `code` and `values` become a sentence in the application."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


def say(value: Any) -> None:
    """Write one JSON line."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def limit_this_process() -> None:
    """Bound memory and processor time of this process, before a byte of the file is looked at."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.MEMORY_BYTES, limits.MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.CPU_SECONDS, limits.CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> int:
    """Read stdin, write the rows; return 0, or 3 after telling why the file is refused."""
    limit_this_process()
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        data = sys.stdin.buffer.read(limits.FILE_BYTES + 1)
        if len(data) > limits.FILE_BYTES:
            raise Refused("too_big", mb=limits.FILE_BYTES // 1024 // 1024)
        if not data.strip(b"\0 \r\n\t"):
            raise Refused("empty")
        if data[:4] == b"PK\x03\x04":
            encoding, rows = "XLSX", xlsx_rows(data)
        elif data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
            raise Refused("old_excel")
        else:
            encoding, rows = csv_rows(data)
        emit(encoding, rows)
    except Refused as refused:
        say({"refused": refused.code, **refused.values})
        return 3
    except MemoryError:
        say({"refused": "too_heavy"})
        return 3
    return 0


def emit(encoding: str, rows: Iterable[tuple[int, list[str]]]) -> None:
    """Write the head line, then every row that is not empty, within the limits."""
    say({"encoding": encoding})
    for seen, (number, cells) in enumerate(rows):
        if seen >= limits.ROWS + 20:
            raise Refused("too_many_rows", n=limits.ROWS)
        while cells and not cells[-1].strip():
            cells.pop()
        if not cells:
            continue
        if len(cells) > limits.COLUMNS:
            raise Refused("too_many_columns", row=number, n=limits.COLUMNS)
        if max(map(len, cells)) > limits.CELL_CHARS:
            raise Refused("cell_too_long", row=number, n=limits.CELL_CHARS)
        say([number, [cell.replace("\0", "") for cell in cells]])
    say("end")


# -- CSV ------------------------------------------------------------------------------------------


def csv_rows(data: bytes) -> tuple[str, Iterator[tuple[int, list[str]]]]:
    """Return the encoding's name and the rows of a CSV, whatever separates its cells."""
    encoding, text = decode(data)
    csv.field_size_limit(limits.CELL_CHARS * 4)
    return encoding, _csv_rows(text, delimiter_of(text))


def _csv_rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise Refused("cell_too_long", row=number, n=limits.CELL_CHARS) from None
        yield number, cells


def decode(data: bytes) -> tuple[str, str]:
    """Return the name of the encoding and the text; characters that do not fit become U+FFFD."""
    for mark, codec, name in _BOMS:
        if data.startswith(mark):
            return name, data.decode(codec, "replace")
    wide = _utf16_without_mark(data)
    if wide:
        return wide
    text = _decoded(data, "utf-8")
    if text is not None:
        return "UTF-8", text
    candidates = [("GB18030", "gb18030", "gb2312", range(0xB0, 0xD8)), ("Big5", "big5hkscs", "big5", range(0xA4, 0xC7))]
    best = max(candidates, key=lambda one: _plausible(data, *one[1:]))
    text = _decoded(data, best[1])
    return best[0], data.decode(best[1], "replace") if text is None else text


def _decoded(data: bytes, codec: str) -> str | None:
    """Return the text when every byte fits; a last character cut in half is left out."""
    try:
        return codecs.getincrementaldecoder(codec)("strict").decode(data, False)
    except UnicodeDecodeError:
        return None


def _utf16_without_mark(data: bytes) -> tuple[str, str] | None:
    """Return UTF-16 text when every second byte of the sample tends to be zero: its commas and digits."""
    head = data[:2000]
    low, high = head[0::2].count(0), head[1::2].count(0)
    if max(low, high) * 5 < len(head) // 2:
        return None
    codec, name = ("utf-16-be", "UTF-16 BE") if low > high else ("utf-16-le", "UTF-16 LE")
    return name, data.decode(codec, "replace")


def _plausible(data: bytes, codec: str, plain: str, common: range) -> float:
    """Return how much a sample looks like Chinese in `codec`: known headings, frequent characters, no errors."""
    text = data[:_SAMPLE].decode(codec, "replace")
    han = [ch for ch in text if "\u3400" <= ch <= "\u9fff"]
    frequent = 0
    for ch in han:
        raw = ch.encode(plain, "ignore")
        frequent += len(raw) == 2 and raw[0] in common
    known = sum(word in text for word in HEADINGS)
    share = frequent / len(han) if han else 0
    return known * 2 + share - 5 * text.count("\ufffd") / (len(text) or 1)


def delimiter_of(text: str) -> str:
    """Return the character that separates cells most often in the first lines: comma, semicolon or tab."""
    head = "\n".join(text[:_SAMPLE].splitlines()[:10])
    return max((",", "\t", ";"), key=head.count)


# -- XLSX -----------------------------------------------------------------------------------------


def xlsx_rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """Return the rows of the first sheet that has any; raise Refused for a bomb before it is unpacked."""
    check_archive(data)
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        for index in range(len(book.sheet_names)):
            sheet = book.get_sheet_by_index(index)
            if sheet.total_height:
                return _sheet_rows(sheet)
    except calamine.PasswordError:
        raise Refused("password") from None
    except (calamine.CalamineError, OSError):
        raise Refused("damaged") from None
    raise Refused("empty")


def check_archive(data: bytes) -> None:
    """Raise Refused unless the archive stays small when unpacked, as told and as it really is."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise Refused("damaged") from None
    total = sum(entry.file_size for entry in entries)
    nested = any(entry.filename.lower().endswith((".zip", ".xlsx", ".xlsm", ".jar", ".7z", ".gz")) for entry in entries)
    if total > limits.UNPACKED_BYTES or len(entries) > limits.ENTRIES or nested:
        raise Refused("bomb")
    # Small parts compress very well in an honest file: the ratio counts for the whole archive.
    if total > limits.RATIO * max(len(data), 1):
        raise Refused("bomb")
    if not any(entry.filename.startswith("xl/") for entry in entries):
        raise Refused("not_a_list")
    if any(entry.flag_bits & 1 for entry in entries):
        raise Refused("password")
    _unpack_once(archive, entries)


def _unpack_once(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """Read every part once, a piece at a time: a part that is larger than its head says is damaged."""
    try:
        for entry in entries:
            with archive.open(entry) as part:
                while part.read(1 << 20):
                    continue
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        raise Refused("damaged") from None
    except Exception as problem:
        if type(problem).__module__ == "zlib":
            raise Refused("damaged") from None
        raise


def _sheet_rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(sheet.iter_rows(), 1):
        yield number, [shown(cell) for cell in row]


def shown(cell: Any) -> str:
    """Return a spreadsheet's cell as the text a person would have typed."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e18 else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time.min else cell.isoformat(" ", "seconds")
    return str(cell)


if __name__ == "__main__":
    sys.exit(main())
