"""A list of items: added, priced by the price table, refused with the way out, taken back."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.catalog import prices
from core.catalog import services as catalog
from core.catalog.models import Item, ItemPrice
from core.imports import jobs
from core.imports.kinds.items import CLASSES
from core.kernel import clock
from core.kernel.tenancy import acting
from core.orders.models import OrderLine
from tests.core.imports import lists
from tests.core.imports.kinds.kit import Bureau
from tests.core.imports.test_kill import killed_run

HEADINGS = (
    "项目编码", "商品名称", "项目类型", "单价（元）", "类别", "条形码", "固定积分", "次数", "是否上架", "券类别", "牙科分类", "隐私项目",
)  # fmt: skip


def item(code, name="", kind="", price="", category="", barcode="", points="", sessions="", on="", **more):
    dental, classes, sensitive = more.get("dental", ""), more.get("classes", ""), more.get("sensitive", "")
    return [code, name, kind, price, category, barcode, points, sessions, on, classes, dental, sensitive]


GOOD = (
    item("N-1", "超声洁牙", "服务", "￥1,280.50", "洁牙", points="20", classes="filling、scaling", dental="充填"),
    item("N-2", "电动牙刷", "商品", "299元", barcode="6901234567892", on="是"),
    item("N-3", "正畸疗程", "疗程", "9800", sessions="12", sensitive="是"),
    item("N-4", "旧项目", "项目", "0", on="停售"),
)
BAD = (
    item("N 5!", "坏编码", "服务", "10"), item("N-6", "", "服务", "10"), item("N-7", "没类型", "", "10"),
    item("N-8", "没价格", "服务", ""), item("N-9", "坏价格", "服务", "十元"), item("N-10", "没次数", "疗程", "10"),
    item("N-11", "卡", "会员卡", "10"), item("N-12", "坏选项", "服务", "1", dental="脚"), item("", "没编码", "服务", "1"),
    item("N-13", "坏开关", "服务", "1", on="也许"),
)  # fmt: skip
WRONG = [
    ("code", "bad_code"), ("name", "missing_item_name"), ("kind", "missing_kind"), ("price", "missing_price"),
    ("price", "bad_price"), ("sessions", "missing_sessions"), ("kind", "bad_kind"), ("dental.category", "bad_choice"),
    ("code", "missing_code"), ("active", "bad_flag"),
]  # fmt: skip


@pytest.fixture
def bureau(installation):
    return Bureau(installation, installation.dental, "items")


@pytest.fixture
def any_bureau(any_installation):
    return Bureau(any_installation, any_installation.dental, "items")


def found(bureau, code):
    with acting(bureau.actor), bureau.unit() as session:
        row = session.scalar(select(Item).where(Item.code == code))
        if row is None:
            return None
        price = prices.one(session, row)
        session.expunge_all()
        return row, price


@pytest.mark.parametrize("sheet", [False, True])
def test_good_bad_and_repeated_rows(bureau, sheet):
    rows = [*GOOD, *BAD, item("N-1", "又一次", "服务", "1")]
    batch, told = bureau.take(HEADINGS, *rows, sheet=sheet)
    assert told == {"created": 4, "failed": len(BAD), "duplicate": 1}
    problems = bureau.problems(batch)
    assert [problems[6 + n] for n in range(len(BAD))] == [[one] for one in WRONG]
    assert problems[16] == [("code", "duplicate")]
    one, price = found(bureau, "N-1")
    assert (one.name, one.kind, price, one.category, one.points_fixed) == ("超声洁牙", "service", 128_050, "洁牙", 20)
    assert catalog.attributes_of(one) == {CLASSES: ["filling", "scaling"], "dental.category": "filling"}
    assert one.initials == "csjy"
    two, price = found(bureau, "N-2")
    assert (two.kind, price, two.barcode, two.active) == ("goods", 29_900, "6901234567892", True)
    three, _price = found(bureau, "N-3")
    assert (three.kind, three.sessions, three.sensitive) == ("course", 12, True)
    assert found(bureau, "N-4")[0].active is False
    again, told = bureau.take(HEADINGS, *rows, sheet=sheet)
    assert told == {"unchanged": 4, "failed": len(BAD), "duplicate": 1}
    assert bureau.actions("item").count("imports.item.created") == 4


def test_the_error_file_names_row_column_reason_and_way_out(bureau):
    batch = bureau.check(lists.as_csv([list(row) for row in BAD], "gb18030", HEADINGS))
    lines = bureau.errors(batch)
    assert [line["原行号"] for line in lines] == [str(n) for n in range(2, 2 + len(BAD))]
    assert [line["有问题的列"] for line in lines][:5] == [
        "项目编码",
        "商品名称",
        "项目类型",
        "单价（元）",
        "单价（元）",
    ]
    assert all(line["原因"] and line["怎么改"] for line in lines)
    assert "充填" in lines[7]["怎么改"]
    assert lines[4]["单价（元）"] == "十元"


def test_a_new_price_goes_into_the_price_table_from_today(any_bureau):
    bureau = any_bureau
    bureau.take(HEADINGS, item("N-1", "超声洁牙", "服务", "100"))
    with clock.frozen_at(clock.now() + timedelta(days=3)):
        _batch, told = bureau.take(HEADINGS, item("N-1", price="120"))
        assert told == {"updated": 1}
        one, price = found(bureau, "N-1")
        assert (one.price_fen, price, one.name) == (10_000, 12_000, "超声洁牙")
        with acting(bureau.actor), bureau.unit() as session:
            row = session.scalars(select(ItemPrice).where(ItemPrice.item_id == one.id)).one()
            assert (row.valid_on, row.price_fen, row.set_by) == (prices.today(), 12_000, bureau.actor.staff_id)
            item_row = session.get(Item, one.id)
            assert prices.one(session, item_row, prices.today() - timedelta(days=1)) == 10_000
        assert "catalog.price.set" in bureau.actions("item")


def test_a_store_with_a_price_of_its_own_keeps_it(bureau):
    bureau.take(HEADINGS, item("N-1", "超声洁牙", "服务", "100"))
    with acting(bureau.actor), bureau.unit("write") as session:
        prices.put(session, catalog.by_code(session, "N-1"), 9_000, store_id=bureau.actor.store_id)
    assert bureau.take(HEADINGS, item("N-1", price="100"))[1] == {"unchanged": 1}
    assert bureau.take(HEADINGS, item("N-1", price="90"))[1] == {"updated": 1}
    with acting(bureau.actor), bureau.unit() as session:
        assert session.scalar(select(prices.common()).where(Item.code == "N-1")) == 9_000


def test_the_kind_of_an_item_stays_and_the_row_says_why(bureau):
    bureau.take(HEADINGS, item("N-1", "超声洁牙", "服务", "100"))
    batch, told = bureau.take(HEADINGS, item("N-1", kind="商品", price="90"))
    assert told == {"failed": 1}
    line = bureau.errors(batch)[0]
    assert "类型建档后不能改" in line["原因"]
    assert "新的编码" in line["怎么改"]
    assert found(bureau, "N-1")[1] == 10_000


def test_empty_cells_say_nothing_and_a_mark_can_be_taken_away(installation):
    bureau = Bureau(installation, installation.pharmacy, "items")
    headings = ("编码", "名称", "类型", "价格", "含麻黄碱", "药品分类", "每件可用天数", "成分")
    bureau.take(headings, ["P-1", "感冒药", "商品", "20", "是", "甲类非处方药", "5", "ibuprofen;caffeine"])
    with acting(bureau.actor), bureau.unit() as session:
        have = catalog.attributes_of(catalog.by_code(session, "P-1"))
    assert have["pharmacy.ephedrine"] is True
    assert have["pharmacy.ingredients"] == ["ibuprofen", "caffeine"]
    assert str(have["pharmacy.days_supply"]) == "5"
    assert bureau.take(headings, ["P-1", "", "", "", "", "", "", ""])[1] == {"unchanged": 1}
    assert bureau.take(headings, ["P-1", "", "", "", "是", "", "5", "caffeine、ibuprofen"])[1] == {"unchanged": 1}
    assert bureau.take(headings, ["P-1", "", "", "", "否", "", "", ""])[1] == {"updated": 1}
    with acting(bureau.actor), bureau.unit() as session:
        assert catalog.attributes_of(catalog.by_code(session, "P-1")) == {
            key: value for key, value in have.items() if key != "pharmacy.ephedrine"
        }


def test_attributes_of_a_plugin_that_is_off_are_no_columns(bureau):
    batch = bureau.check(
        lists.as_csv([["N-1", "甲", "服务", "1", "是"]], "utf-8", ("编码", "名称", "类型", "价格", "含麻黄碱"))
    )
    assert bureau.planned(batch)["created"] == 1
    with acting(bureau.actor):
        assert "pharmacy.ephedrine" not in bureau.kind.vocabulary().labels()
        assert "dental.category" in bureau.kind.vocabulary().labels()


def test_an_undo_restores_prices_and_deletes_what_nobody_used(any_bureau, request):
    bureau = any_bureau
    bureau.take(HEADINGS, item("N-1", "超声洁牙", "服务", "100", "洁牙"), item("N-9", "动过", "服务", "5"))
    batch, told = bureau.take(
        HEADINGS, item("N-1", "洁牙（新）", "", "120", "新类"), item("N-2", "卖过", "服务", "50"),
        item("N-3", "没用", "商品", "30"), item("N-4", "改过", "商品", "30"), item("N-9", price="6"),
    )  # fmt: skip
    assert told == {"created": 3, "updated": 2}
    with acting(bureau.actor):
        bureau.installation.sell(None, "N-2")
        with bureau.unit("write") as session:
            catalog.change(session, catalog.by_code(session, "N-4"), {"name": "改过了"})
            prices.put(session, catalog.by_code(session, "N-9"), 700)
    foreseen, done = bureau.take_back(batch)
    assert (foreseen.persons, foreseen.changes, foreseen.stay) == (1, 1, 3)
    assert foreseen == done
    assert dict(foreseen.reasons) == {"之后卖过或用过": 1, "之后又改过项目或价格": 2}
    one, price = found(bureau, "N-1")
    assert (one.name, one.category, price) == ("超声洁牙", "洁牙", 10_000)
    assert found(bureau, "N-3") is None
    assert found(bureau, "N-2")[0].name == "卖过"
    assert found(bureau, "N-4")[0].name == "改过了"
    assert found(bureau, "N-9")[1] == 700
    with acting(bureau.actor), bureau.unit() as session:
        assert session.scalars(select(OrderLine.item_code)).all() == ["N-2"]
    assert "imports.item.undone" in bureau.actions("item")
    assert bureau.take(HEADINGS, item("N-3", "又来", "商品", "30"))[1] == {"created": 1}


def test_ten_thousand_items_are_one_batch_and_a_killed_run_goes_on(any_bureau):
    """10,000 rows through dry run, half a run, SIGKILL and the job (about 6 s on one core)."""
    bureau, n = any_bureau, 10_000
    rows = [item(f"K-{k:05d}", f"项目{k}", ("服务", "商品")[k % 2], f"{k}.50", "批量") for k in range(n)]
    begun = time.monotonic()
    batch = bureau.check(lists.as_csv(rows, "gb18030", HEADINGS))
    assert bureau.planned(batch)["created"] == n
    bureau.start(batch)
    assert 0 < killed_run(bureau, batch, 2) < n
    assert bureau.batch(batch).state == "running"
    with acting(bureau.actor):
        assert jobs.work(bureau.installation.runtime, bureau.actor)["done"] == 1
    assert bureau.counted(batch) == {"created": n, "updated": 0, "unchanged": 0, "duplicate": 0, "failed": 0}
    with acting(bureau.actor), bureau.unit() as session:
        assert len(session.scalars(select(Item.id).where(Item.category == "批量")).all()) == n
    assert time.monotonic() - begun < 60
