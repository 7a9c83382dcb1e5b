"""Small parts: formats, charts, log redaction, problem documents, records."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel.errors import FieldError, Invalid
from core.kernel.tenancy import acting
from core.kernel.web import assets, charts, formats, logs, problem
from core.kernel.web.admin_view import AdminView
from core.kernel.web.slots import HomeCard, Slots
from core.org.admin import StoreAdmin
from core.org.models import Store
from tests.web_world import post, sign_in, token_of


@given(st.integers(-(10**12), 10**12))
def test_money_reads_back_exactly(fen):
    shown = formats.fen(fen).replace(",", "").replace("\N{MINUS SIGN}", "-")
    assert round(float(shown) * 100) == fen
    assert formats.yuan(fen).replace("¥", "") == formats.fen(fen)


def test_formats():
    assert formats.yuan(1842650) == "¥18,426.50"
    assert formats.fen_signed(-20000) == "\N{MINUS SIGN}200.00"
    assert formats.percent(8000) == "80%"
    assert formats.percent(850) == "8.5%"
    assert formats.mask_phone("13812345051") == "138****5051"
    assert formats.short_day(dt.date(2026, 11, 20), dt.date(2026, 11, 21)) == "昨天"
    assert formats.short_day(dt.date(2025, 1, 2), dt.date(2026, 11, 21)) == "2025-01-02"
    assert formats.long_day(dt.date(2026, 11, 21)) == "11 月 21 日 星期六"
    assert (
        str(formats.attrs({"hx_get": '/a"b', "disabled": True, "x": None, "class_": "c"}))
        == ' hx-get="/a&#34;b" disabled class="c"'
    )


def test_logs_lose_phones_ids_and_mail():
    line = logs.redact(
        None,
        "info",
        {"event": "call 13812345678", "phone": "13812345678", "error": "a@b.cn 110101199001011234"},
    )
    assert "12345678" not in str(line)
    assert "a@b.cn" not in str(line)
    assert "19900101" not in str(line)
    assert line["phone"] == "[redacted]"


def test_a_problem_document_has_the_members_of_the_contract():
    refusal = Invalid("不对。", errors=[FieldError("phone", "少一位。")], extra={"candidates": []})
    body = problem.document(
        422, refusal.code, refusal.message, [{"field": "phone", "message": "少一位。"}], **refusal.extra
    )
    assert set(body) == {"type", "title", "status", "detail", "code", "errors", "candidates"}


def test_charts_have_a_table_and_no_style():
    drawn = (
        str(charts.columns([("周一", 3), ("周二", 9)], "到店"))
        + str(charts.bars([("普通", 3012), ("<b>", 7)]))
        + str(charts.stacked([("a", 2), ("b", 3)], "批次"))
    )
    assert "数据表" in drawn
    assert "style=" not in drawn
    assert "<b>" not in drawn
    assert "少于 5 人" in str(charts.bars([("钻石", 3)], people=True))
    assert str(charts.sparkline([1])) == ""
    assert 'aria-hidden="true"' in str(charts.sparkline([1, 5, 2]))


def test_the_sheet_names_its_dark_values_twice_and_never_prints_them():
    css = assets.stylesheet()
    assert css.count("--paper:#121715") == 2
    assert css.count("@media screen{") == 1
    assert "/*" not in css


def test_every_icon_that_a_template_asks_for_is_in_the_sprite():
    sprite = set(re.findall(r'id="i-([a-z]+)"', (assets.STATIC / "img" / "icons.svg").read_text()))
    used = set()
    for path in (assets.ROOT / "templates").rglob("*.html"):
        used |= set(re.findall(r'icon\("([a-z]+)"', path.read_text(encoding="utf-8")))
        used |= set(re.findall(r'icon="([a-z]+)"', path.read_text(encoding="utf-8")))
    assert len(sprite) == 64
    assert used - sprite == set()


def test_css_files_are_small_and_tokens_are_the_only_colours():
    for path in (assets.STATIC / "css").glob("*.css"):
        text = path.read_text()
        assert text.count("\n") < 500
        if path.name not in {"tokens.css", "dark.css", "print.css", "entry.css", "desk.css"}:
            assert not re.search(r"#[0-9a-fA-F]{3,8}\b(?!\w)", re.sub(r"#[a-z]+[^{;]*\{", "{", text)), path.name


def test_a_home_card_that_fails_does_not_take_the_page(world):
    slots = Slots()
    slots.add_home_card(
        HomeCard("bad", "坏", lambda s, a: 1 / 0),
        HomeCard("none", "空", lambda s, a: None),
        HomeCard("ok", "好", lambda s, a: "here"),
    )
    with acting(world.actor()) as actor, world.runtime.db.unit("read") as s:
        shown = slots.home_cards(s, actor)
    assert [(c.key, c.failed) for c in shown] == [("bad", True), ("ok", False)]


class TestRecords:
    """The one admin view, over the stores."""

    @pytest.fixture()
    def owner(self, world):
        made = world.app().test_client()
        sign_in(made, "owner@example.com")
        return made

    def test_list_details_and_an_edit_that_others_see(self, owner, world):
        assert "人民路店" in owner.get("/records/stores/").text
        path = f"/records/stores/edit/?id={world.store_id}"
        page = owner.get(path)
        assert 'value="A01"' in page.text
        data = {
            "code": "A01",
            "name": "人民路总店",
            "legal_entity": "",
            "active": "y",
            "csrf_token": token_of(page.text),
        }
        assert owner.post(path, data=data).status_code == 303
        assert "人民路总店" in owner.get("/records/stores/").text

    def test_a_taken_code_keeps_the_form(self, owner):
        page = owner.get("/records/stores/new/")
        data = {"code": "A01", "name": "新店名", "csrf_token": token_of(page.text)}
        answer = owner.post("/records/stores/new/", data=data)
        assert answer.status_code == 409
        assert 'value="新店名"' in answer.text

    def test_a_missing_field_is_422_with_a_linked_summary(self, owner):
        page = owner.get("/records/stores/new/")
        answer = owner.post("/records/stores/new/", data={"code": "", "name": "x", "csrf_token": token_of(page.text)})
        assert answer.status_code == 422
        assert 'href="#code"' in answer.text
        assert 'aria-invalid="true"' in answer.text

    @pytest.mark.parametrize("what", ["details", "edit"])
    def test_a_foreign_an_absent_and_a_senseless_id_are_the_same_404(self, owner, world, what):
        bodies = set()
        for bad in (world.extra["their_store_id"], 12345, "1,2", "abc", "9" * 30, ""):
            answer = owner.get(f"/records/stores/{what}/?id={bad}")
            assert answer.status_code == 404
            bodies.add(
                re.sub(
                    r"R-[0-9A-F]{8}|\d\d:\d\d:\d\d|nonce=\"[^\"]+\"|content=\"[^\"]+\"|value=\"[^\"]+\"",
                    "",
                    answer.text,
                )
            )
        assert len(bodies) == 1

    def test_side_doors_of_flask_admin_are_shut(self, owner):
        for path in ("/records/stores/export/csv/", "/records/stores/ajax/lookup/?name=x"):
            assert owner.get(path).status_code == 404
        for path in ("/records/stores/ajax/update/", "/records/stores/action/", "/records/stores/delete/"):
            assert post(owner, path, {"id": "1"}, page="/").status_code == 404

    def test_the_front_desk_sees_no_store_records(self, client):
        sign_in(client)
        assert client.get("/records/stores/").status_code == 403
        assert client.get("/records/stores/new/").status_code == 403

    def test_staff_records_can_only_be_read(self, owner):
        assert "李前台" in owner.get("/records/staff/").text
        assert owner.get("/records/staff/new/").status_code == 404

    def test_a_posted_franchise_or_id_changes_nothing(self, owner, world):
        path = f"/records/stores/edit/?id={world.store_id}"
        page = owner.get(path)
        data = {
            "code": "A01",
            "name": "人民路店",
            "active": "y",
            "franchise_id": world.other_franchise_id,
            "id": 1,
            "csrf_token": token_of(page.text),
        }
        owner.post(path, data=data)
        with acting(world.actor()), world.runtime.db.unit("read") as s:
            assert s.get(Store, world.store_id).franchise_id == world.franchise_id

    def test_no_vendor_file_is_linked_or_served(self, owner):
        assert "bootstrap" not in owner.get("/records/stores/").text
        assert owner.get("/static/admin/bootstrap/bootstrap4/css/bootstrap.min.css").status_code == 404

    def test_a_view_with_a_balance_field_or_without_declared_columns_stops_the_start(self):
        class Wrong(StoreAdmin):
            form_columns = ("name", "points")

        class Bare(AdminView):
            record, key, title, listing, view_permission = (
                Store,
                "bare",
                "x",
                StoreAdmin.listing,
                "org.store.view",
            )

        with pytest.raises(TypeError, match="points"):
            Wrong()
        with pytest.raises(TypeError, match="column_details_list"):
            Bare()
