"""Message templates: named fields checked at save, a preview for a sample member, a way out in marketing."""

from __future__ import annotations

import re

import pytest

from core.contact import rules
from tests.core.desk.conftest import desk, sit, web
from tests.core.desk.desk_kit import alert, plain

__all__ = ["desk", "sit", "web"]
GOOD = {"name": "生日祝福", "code": "birthday", "channel": "sms", "purpose": "care", "subject": "",
        "body": "{name}您好，{franchise}祝您生日快乐！", "active": "y"}  # fmt: skip
NEW = "/records/message_templates/new/"


def test_saved_previewed_and_changed(sit):
    owner = sit("owner")
    answer = owner.post(NEW, GOOD)
    assert answer.status_code == 303, alert(answer.text)
    page = plain(owner.get(answer.location).text)
    assert "王芳您好，康悦医疗祝您生日快乐！" in page
    assert "16 个字，按 1 条短信计费" in page
    row = re.search(r"id=(\d+)", answer.location).group(1)
    edit = f"/records/message_templates/edit/?id={row}"
    assert owner.post(edit, {**GOOD, "body": "{name}，{points} 分。", "version": "1"}).status_code == 303
    assert "王芳，1,280 分。" in plain(owner.get(answer.location).text)
    assert owner.post(edit, {**GOOD, "version": "1"}).status_code == 409
    assert owner.post(NEW, GOOD).status_code == 409, "the code is taken"
    assert sit("front_desk").get("/records/message_templates/").status_code == 403
    assert sit("auditor").get("/records/message_templates/").status_code == 200
    assert sit("auditor").post(NEW, {**GOOD, "code": "x"}).status_code == 403
    other = sit("owner", owner.installation.pharmacy)
    assert other.get(f"/records/message_templates/details/?id={row}").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"body": "{nmae}您好"}, "body", "没有名为 {nmae} 的字段"), ({"body": "{name您好"}, "body", "花括号没有成对"),
        ({"body": "  "}, "body", "正文"), ({"body": "字" * 501}, "body", "最多 500 个字"),
        ({"purpose": "marketing", "body": "全场八折"}, "body", "怎么退订"), ({"code": "A B"}, "code", "代号"),
        ({"channel": "email"}, "subject", "邮件要有标题"), ({"subject": "{x}"}, "subject", "没有名为"),
    ],
)  # fmt: skip
def test_what_cannot_be_sent_is_not_saved(wrong, field, says):
    found = rules.problems({**GOOD, **wrong})
    assert [one.field for one in found] == [field]
    assert says in found[0].message


def test_a_wrong_form_keeps_what_was_typed(sit):
    answer = sit("owner").post(NEW, {**GOOD, "body": "{nmae}您好"})
    assert answer.status_code == 422
    assert "{nmae}您好" in answer.text
    assert "没有名为 {nmae} 的字段" in alert(answer.text)
    assert 'href="#body"' in answer.text


def test_marketing_with_a_way_out_and_the_length_of_messages():
    assert rules.problems({**GOOD, "purpose": "marketing", "body": "全场八折，回 T 退订"}) == []
    assert [rules.sms_parts("字" * n) for n in (1, 70, 71, 134, 135)] == [1, 1, 2, 2, 3]
    assert rules.filled("{name}{unknown}", {"name": "甲"}) == "甲{unknown}"
