"""Member lists for tests: Chinese members with a known share of bad rows and duplicates, from a seed."""

from __future__ import annotations

import csv
import io
import random

import xlsxwriter

HEADINGS = (
    "姓名", "手机", "性别", "生日", "公历/农历", "职业", "单位", "地址", "邮箱", "会员级别", "卡号", "推荐人", "标签", "备注", "监护人手机",
    "来源",
)  # fmt: skip
SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢"
GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文辉玲波红梅建华国志鹏浩宇轩梓涵子萱雨欣佳怡思远晓琳"
RARE = ("𠮷田美子", "阿卜杜拉·买买提", "欧阳修文", "古丽娜尔·阿不都热依木", "爨慕白")
TIERS = ("", "普通会员", "VIP", "银卡", "金卡", "")
BAD = (
    "missing_name", "bad_phone", "bad_date", "future_birth", "bad_gender", "too_long", "child_needs_guardian",
    "unknown_tier", "lost_digits", "bad_email",
)  # fmt: skip


def phone_of(n: int) -> str:
    """Return the n-th phone of the list: valid, never twice."""
    return f"13{8 + n // 100_000_000}{n % 100_000_000:08d}"


def members(n: int, seed: int = 7, bad: float = 0.03, twice: float = 0.02) -> tuple[list[list[str]], dict[str, int]]:
    """Return `n` rows in the order of HEADINGS, and how many are created, duplicate and failed."""
    rng = random.Random(seed)
    n_bad, n_twice = int(n * bad), int(n * twice)
    kinds = [BAD[i % len(BAD)] for i in range(n_bad)]
    rows = [_row(rng, k) for k in range(n - n_twice)]
    for place, kind in zip(rng.sample(range(len(rows)), n_bad), kinds, strict=True):
        _spoil(rows[place], kind)
    good = [row for row in rows if row[1].isdigit() and not row[14] and _is_good(row)]
    for _ in range(n_twice):
        source = rng.choice(good)
        place = rng.randrange(rows.index(source) + 1, len(rows) + 1)
        rows.insert(place, list(source))
    return rows, {"created": n - n_bad - n_twice, "duplicate": n_twice, "failed": n_bad}


_BAD_MARK = "坏"


def _is_good(row: list[str]) -> bool:
    return not row[-1].startswith(_BAD_MARK)


def _row(rng: random.Random, k: int) -> list[str]:
    name = rng.choice(SURNAMES) + "".join(rng.sample(GIVEN, rng.choice((1, 2, 2))))
    if k % 97 == 0:
        name = RARE[k // 97 % len(RARE)]
    year, month, day = rng.randrange(1945, 2005), rng.randrange(1, 13), rng.randrange(1, 29)
    birth = rng.choice((f"{year}/{month}/{day}", f"{year}-{month:02d}-{day:02d}", f"{year}{month:02d}{day:02d}",
                        f"{year}年{month}月{day}日", ""))  # fmt: skip
    return [
        name, phone_of(k * 37 + 5), rng.choice(("男", "女", "M", "F", "")), birth, rng.choice(("公历", "农历", "")),
        rng.choice(("教师", "工程师", "退休", "")), rng.choice(("康悦科技有限公司", "第一中学", "")),
        rng.choice((f"建设路{k % 300 + 1}号", "")), rng.choice((f"m{k}@example.com", "")), rng.choice(TIERS),
        f"VIP{k:06d}" if k % 3 == 0 else "", "", rng.choice(("怕疼", "老客户；洗牙", "")),
        rng.choice(("晚上联系", "=1+1", "")), "", "老系统",
    ]  # fmt: skip


def _spoil(row: list[str], kind: str) -> None:
    row[15] = _BAD_MARK
    if kind == "missing_name":
        row[0] = ""
    elif kind == "bad_phone":
        row[1] = "12345"
    elif kind == "bad_date":
        row[3] = "1990-13-45"
    elif kind == "future_birth":
        row[3] = "2090-01-01"
    elif kind == "bad_gender":
        row[2] = "甲"
    elif kind == "too_long":
        row[0] = "很" * 61
    elif kind == "child_needs_guardian":
        row[3], row[4] = "2020-06-01", ""
    elif kind == "unknown_tier":
        row[9] = "超级会员"
    elif kind == "lost_digits":
        row[1] = "1.38E+10"
    elif kind == "bad_email":
        row[8] = "某某.com"


def as_csv(
    rows: list[list[str]], encoding: str = "gb18030", headings: tuple[str, ...] = HEADINGS, **dialect: str
) -> bytes:
    """Return the rows as a CSV."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, **dialect)
    writer.writerow(headings)
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def as_xlsx(rows: list[list[str]], headings: tuple[str, ...] = HEADINGS) -> bytes:
    """Return the rows as an XLSX; phones of digits are numbers, as spreadsheets keep them."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("会员")
        for line, row in enumerate([list(headings), *rows]):
            for place, cell in enumerate(row):
                if line and place == 1 and cell.isdigit():
                    sheet.write_number(line, place, int(cell))
                else:
                    sheet.write_string(line, place, cell)
    return out.getvalue()
