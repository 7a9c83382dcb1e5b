"""Message templates: named fields, what a template may say, a text with its fields filled in. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.kernel.errors import FieldError
from core.kernel.i18n import _, _l, listed

if TYPE_CHECKING:
    from collections.abc import Mapping

SMS, EMAIL = "sms", "email"
CHANNELS: dict[str, Any] = {SMS: _l("短信"), EMAIL: _l("邮件")}
NOTICE, CARE, MARKETING = "notice", "care", "marketing"
PURPOSES: dict[str, Any] = {NOTICE: _l("服务通知"), CARE: _l("关怀回访"), MARKETING: _l("营销")}
CODE = re.compile(r"[a-z][a-z0-9_\-]{0,38}")
FIELD = re.compile(r"\{([^{}\n]*)\}")
SMS_LONGEST, EMAIL_LONGEST, ONE_SMS, PART = 500, 5_000, 70, 67
# How an advertisement can be refused must stand in it (通信短信息服务管理规定 art. 20, 广告法 art. 43).
# "Unsubscribe" in simplified and traditional characters, "refuse", "reply T": words to look for, not to show.
WAYS_OUT = re.compile(r"\u9000\u8ba2|\u9000\u8a02|\u62d2\u6536|\u56de\s*T|TD|unsubscribe", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Named:
    """A field that a text may name: what it is and what stands there for the sample member."""

    label: Any
    sample: Any


FIELDS: dict[str, Named] = {
    "name": Named(_l("会员姓名"), _l("王芳")), "tier": Named(_l("等级"), _l("金卡会员")),
    "points": Named(_l("可用积分"), "1,280"), "expiring": Named(_l("快到期的积分"), "300"),
    "expires_on": Named(_l("积分到期日"), "2026-12-31"), "birthday": Named(_l("生日（月日）"), "05-02"),
    "store": Named(_l("门店"), _l("人民路店")), "franchise": Named(_l("机构名称"), _l("康悦医疗")),
}  # fmt: skip


def problems(values: Mapping[str, Any]) -> list[FieldError]:
    """Return everything that is wrong with a template: code, kind, subject, unknown fields, length, no way out."""
    found = []
    if not CODE.fullmatch(values["code"] or ""):
        found.append(FieldError("code", _("代号用小写字母开头，由小写字母、数字、横线和下划线组成，最多 39 位。")))
    if not (values["name"] or "").strip():
        found.append(FieldError("name", _("请填写名称。")))
    if values["channel"] not in CHANNELS:
        found.append(FieldError("channel", _("请从列出的渠道里选。")))
    if values["purpose"] not in PURPOSES:
        found.append(FieldError("purpose", _("请从列出的用途里选。")))
    if values["channel"] == EMAIL and not (values["subject"] or "").strip():
        found.append(FieldError("subject", _("邮件要有标题。")))
    for key in ("subject", "body"):
        found += [FieldError(key, message) for message in _texts(values[key] or "")]
    return found + _body(values)


def _texts(text: str) -> list[str]:
    strange = [name for name in FIELD.findall(text) if name not in FIELDS]
    if strange:
        return [_("没有名为 {%(name)s} 的字段。可用：%(all)s。", name=strange[0][:40],
                  all=listed("{" + key + "}" for key in FIELDS))]  # fmt: skip
    if "{" in FIELD.sub("", text) or "}" in FIELD.sub("", text):
        return [_("花括号没有成对，请写成 {name} 的样子。")]
    return []


def _body(values: Mapping[str, Any]) -> list[FieldError]:
    body = (values["body"] or "").strip()
    if not body:
        return [FieldError("body", _("请填写正文。"))]
    most = SMS_LONGEST if values["channel"] == SMS else EMAIL_LONGEST
    if len(body) > most:
        return [FieldError("body", _("正文最多 %(n)d 个字。", n=most))]
    if values["purpose"] == MARKETING and not WAYS_OUT.search(body):
        return [FieldError("body", _("营销内容须写明怎么退订，例如“回 T 退订”。"))]
    return []


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return a text with its fields filled in; an unknown field stays as it is written."""
    return FIELD.sub(lambda match: values.get(match[1], match[0]), text)


def sample() -> dict[str, str]:
    """Return the values of the sample member, in the reader's language."""
    return {key: str(named.sample) for key, named in FIELDS.items()}


def sms_parts(text: str) -> int:
    """Return how many short messages a text is: 70 characters one, beyond that 67 each."""
    return 1 if len(text) <= ONE_SMS else -(-len(text) // PART)
