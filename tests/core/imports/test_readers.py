"""Reading lists: encodings, dialects, spreadsheets, and files that mean harm."""

from __future__ import annotations

import io
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from core.imports import limits, readers
from core.kernel.errors import Refusal
from tests.core.imports import lists

ROOT = Path(__file__).resolve().parents[3]
ROWS = [["王小明", "13800005051"], ["阿卜杜拉·买买提", "13900001111"], ["李萍", ""]]
HEAD = ("姓名", "手机")


def code_of(data: bytes) -> str:
    with pytest.raises(Refusal) as refusal:
        readers.read(data)
    assert refusal.value.code == "unreadable_file"
    assert refusal.value.errors[0].field == "file"
    return refusal.value.message


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8 BOM"), ("gb18030", "GB18030"), ("gbk", "GB18030"),
        ("utf-16", "UTF-16 LE"), ("utf-16-le", "UTF-16 LE"), ("utf-16-be", "UTF-16 BE"),
    ],
)  # fmt: skip
def test_encodings_are_recognised(encoding, told):
    table = readers.read(lists.as_csv(ROWS, encoding, HEAD))
    assert table.encoding == told
    assert table.headings == HEAD
    assert [list(cells) for _n, cells in table.rows] == [ROWS[0], ROWS[1], ["李萍"]]
    assert [n for n, _cells in table.rows] == [2, 3, 4]


def test_traditional_characters_in_big5_are_not_taken_for_gb18030():
    rows = [["陳美麗", "13800005051", "國曆"], ["林志豪", "13900001111", "農曆"]]
    table = readers.read(lists.as_csv(rows, "big5", ("姓名", "手機號碼", "曆法")))
    assert table.encoding == "Big5"
    assert table.rows[0][1][0] == "陳美麗"


def test_rare_characters_survive_gb18030():
    table = readers.read(lists.as_csv([["𠮷田美子", "1"], ["爨慕白", "2"]], "gb18030", HEAD))
    assert [cells[0] for _n, cells in table.rows] == ["𠮷田美子", "爨慕白"]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_separators_are_recognised(mark):
    rows = [["王小明", "有, 逗号; 和\t制表\n换行"]]
    table = readers.read(lists.as_csv(rows, "utf-8", HEAD, delimiter=mark))
    assert table.rows[0][1] == tuple(rows[0])


def test_a_title_above_the_headings_and_empty_lines_are_passed_over():
    text = "康悦口腔会员名单,,\n,,\n姓名,手机,生日\n王小明,13800005051,1990-05-02\n,,\n李萍,,\n"
    table = readers.read(text.encode())
    assert (table.heading_row, table.headings) == (3, ("姓名", "手机", "生日"))
    assert [n for n, _cells in table.rows] == [4, 6]


def test_a_list_without_headings_keeps_its_first_person_a_person():
    table = readers.read("王小明,13800005051\n李萍,13900001111\n".encode())
    assert table.headings == ("第 1 列", "第 2 列")
    assert len(table.rows) == 2


def test_a_truncated_last_character_does_not_spoil_the_file():
    data = lists.as_csv(ROWS[:2], "gb18030", HEAD).rstrip() + "\r\n张伟,13700000000,人民路".encode("gb18030")[:-1]
    table = readers.read(data)
    assert table.encoding == "GB18030"
    assert table.rows[2][1][0] == "张伟"


def test_mixed_encodings_show_as_broken_characters_never_as_other_words():
    data = lists.as_csv(ROWS[:2], "gb18030", HEAD) + "欧阳,13700000000\r\n".encode()
    broken = readers.read(data).rows[2][1][0]
    assert broken != "欧阳"


def test_nul_and_control_characters_do_not_stop_the_reader():
    table = readers.read("姓名,手机\n王\0小\x07明,138\x0000005051\n".encode())
    assert table.rows[0][1] == ("王小\x07明", "13800005051")


def test_a_spreadsheet_is_read_with_its_numbers_dates_and_row_numbers():
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy/m/d"})
        sheet.write_row(1, 0, ["姓名", "手机", "生日"])
        sheet.write_string(2, 0, "王小明")
        sheet.write_number(2, 1, 13800005051)
        sheet.write_number(2, 2, 32995, day)
        sheet.write_string(4, 0, "李萍")
    table = readers.read(out.getvalue())
    assert table.encoding == "XLSX"
    assert table.rows == ((3, ("王小明", "13800005051", "1990-05-02")), (5, ("李萍",)))


def test_a_formula_is_what_its_cell_shows_and_is_never_evaluated():
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["姓名", "备注"])
        sheet.write_formula(1, 0, '=HYPERLINK("http://evil.example","王")', None, "王小明")
        sheet.write_string(1, 1, "=1+1")
    assert readers.read(out.getvalue()).rows == ((2, ("王小明", "=1+1")),)
    assert readers.read("姓名,备注\n王小明,=1+1\n".encode()).rows == ((2, ("王小明", "=1+1")),)


def zipped(*parts: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return out.getvalue()


def bomb_of(megabytes: int) -> bytes:
    """Return an archive whose sheet unpacks to so many megabytes."""
    out = io.BytesIO()
    piece = b"<row><c><v>%d</v></c></row>"
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for n in range(megabytes):
                sheet.write((piece % (n % 10)) * (1024 * 1024 // (len(piece) - 1)))
    return out.getvalue()


def cost(data: bytes) -> tuple[float, int]:
    """Return seconds and peak memory (MB) of the parser process on `data`, measured from outside."""
    watcher = (
        "import resource,subprocess,sys,time;t=time.perf_counter();"
        "subprocess.run([sys.executable,'-m','core.imports.parser'],stdin=sys.stdin,stdout=subprocess.DEVNULL);"
        "print(time.perf_counter()-t,resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss//1024)"
    )
    told = subprocess.run([sys.executable, "-c", watcher], input=data, capture_output=True, check=True, cwd=ROOT)
    seconds, megabytes = told.stdout.split()
    return float(seconds), int(megabytes)


def test_a_zip_bomb_is_refused_at_once_and_costs_little_memory():
    bomb = bomb_of(224)
    assert 0.2 < len(bomb) / 1024 / 1024 < 1
    assert "解压后过大" in code_of(bomb)
    seconds, megabytes = cost(bomb)
    assert seconds < 2
    assert megabytes < 200


def test_a_bomb_that_lies_about_its_size_is_refused():
    bomb = bytearray(zipped(("xl/workbook.xml", b"<workbook/>"), ("xl/worksheets/sheet1.xml", b"0" * 50_000_000)))
    for name in (b"PK\x01\x02", b"PK\x03\x04"):
        at = bomb.rfind(name)
        size = at + (24 if name == b"PK\x01\x02" else 22)
        bomb[size : size + 4] = (1000).to_bytes(4, "little")
    assert "已损坏" in code_of(bytes(bomb))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "空的"), (b"\0\0\0\n", "空的"), ("姓名,手机\n".encode(), "只有表头"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "旧版 .xls"), (b"PK\x03\x04 not a zip", "已损坏"),
        (zipped(("word/document.xml", b"<x/>")), "不是表格文件"),
        (zipped(("xl/workbook.xml", b"<x/>"), ("xl/inner.zip", b"PK")), "层层嵌套"),
        (zipped(("xl/workbook.xml", b"<x/>"), *((f"xl/{n}.xml", b"") for n in range(limits.ENTRIES))), "解压后过大"),
        ("姓名,备注\n王,{}\n".format("长" * (limits.CELL_CHARS + 1)).encode(), "超过 10000 个字"),
        ("姓名\n{}\n".format("a," * (limits.COLUMNS + 1) + "b").encode(), "超过 200 列"),
        (b"x" * (limits.FILE_BYTES + 1), "超过 20 MB"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_read_say_why_and_what_to_do(data, words):
    assert words in code_of(data)


def test_entities_of_a_spreadsheet_are_not_expanded():
    """A billion laughs in the sheet's own XML neither grows nor reads a file of ours."""
    lol = "".join(
        f'<!ENTITY l{n} "{"&l" + str(n - 1) + ";" if n else "ha"}{"&l" + str(n - 1) + ";" if n else ""}">'
        for n in range(30)
    )
    head = f'<?xml version="1.0"?><!DOCTYPE x [{lol}<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    good = io.BytesIO()
    with xlsxwriter.Workbook(good) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["姓名", "手机"])
        sheet.write_row(1, 0, ["王小明", "x"])
    out = io.BytesIO()
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            content = old.read(entry).decode()
            if entry.filename == "xl/sharedStrings.xml":
                content = head + content.split("?>", 1)[1].replace("王小明", "&l29;&f;")
            new.writestr(entry.filename, content)
    began = time.perf_counter()
    try:
        table = readers.read(out.getvalue())
    except Refusal as refusal:
        assert refusal.code == "unreadable_file"
    else:
        text = "".join(table.rows[0][1])
        assert "root:" not in text
        assert "haha" not in text
    assert time.perf_counter() - began < 5


def test_an_honest_spreadsheet_costs_little():
    rows, _want = lists.members(2000)
    seconds, megabytes = cost(lists.as_xlsx(rows))
    assert seconds < 5
    assert megabytes < 200


def test_csv_and_xlsx_of_one_list_read_alike():
    rows, _want = lists.members(600)
    assert readers.read(lists.as_csv(rows)).rows == readers.read(lists.as_xlsx(rows)).rows
