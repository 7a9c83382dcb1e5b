"""Records of what is said to members: message templates, each with its preview for a sample member."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from core.contact import rules
from core.contact.models import MessageTemplate
from core.contact.permissions import EDIT, VIEW
from core.kernel.errors import Conflict, FieldError, Invalid
from core.kernel.i18n import _, _l
from core.kernel.web import routes
from core.kernel.web.admin_view import AdminView
from core.kernel.web.lists import Column, Filter, ListSpec, Sort, address, link
from core.kernel.web.render import MenuEntry, menu

_USED = (("1", _l("在用")), ("0", _l("已停用")))
CHECKED = ("code", "name", "channel", "purpose", "subject", "body")


def _options(words: dict[str, Any]) -> dict[str, Any]:
    return {"choices": [SelectChoice(value=key, label=word) for key, word in words.items()]}


class TemplateAdmin(AdminView):
    """Message templates."""

    record = MessageTemplate
    key = "message_templates"
    title = _l("消息模板")
    sub = _l("花括号里的字段发送时换成会员自己的")
    view_permission = VIEW
    edit_permission = EDIT
    details_template = "contact/template.html"
    form_columns = ("name", "code", "channel", "purpose", "subject", "body", "active")
    form_overrides = {"channel": SelectField, "purpose": SelectField}
    form_args = {"channel": _options(rules.CHANNELS), "purpose": _options(rules.PURPOSES)}
    column_details_list = ("name", "code", "channel", "purpose", "subject", "body", "active")
    column_labels = {
        "name": _l("名称"), "code": _l("代号"), "channel": _l("渠道"), "purpose": _l("用途"), "subject": _l("标题"),
        "body": _l("正文"), "active": _l("在用"),
    }  # fmt: skip
    column_descriptions = {
        "subject": _l("邮件才要。"),
        "body": _l("可用字段：{name} 姓名、{tier} 等级、{points} 积分、{expiring} 快到期的积分、{expires_on} 到期日、"
                   "{birthday} 生日、{store} 门店、{franchise} 机构。营销内容须写明怎么退订。"),
    }  # fmt: skip
    column_formatters_detail = {
        "channel": lambda _v, _c, row, _n: str(rules.CHANNELS.get(row.channel, row.channel)),
        "purpose": lambda _v, _c, row, _n: str(rules.PURPOSES.get(row.purpose, row.purpose)),
        "active": lambda _v, _c, row, _n: _("在用") if row.active else _("已停用"),
    }
    listing = ListSpec(
        key="message_templates",
        model=MessageTemplate,
        noun=_l("个"),
        columns=(
            Column(
                "name", _l("名称"), (MessageTemplate.name,),
                lambda r: link(address("record_message_templates.details_view", id=r.id), r.name), phone="title",
                fixed=True,
            ),
            Column("code", _l("代号"), (MessageTemplate.code,), lambda r: r.code, phone="meta", quiet=True),
            Column(
                "channel", _l("渠道"), (MessageTemplate.channel,),
                lambda r: str(rules.CHANNELS.get(r.channel, r.channel)), phone="value",
            ),
            Column(
                "purpose", _l("用途"), (MessageTemplate.purpose,),
                lambda r: str(rules.PURPOSES.get(r.purpose, r.purpose)), phone="note",
            ),
            Column("active", _l("状态"), (MessageTemplate.active,), lambda r: _("在用") if r.active else _("已停用")),
        ),
        sorts=(
            Sort("name", _l("名称"), (MessageTemplate.name, MessageTemplate.id), column="name"),
            Sort("newest", _l("最新添加"), (MessageTemplate.id,), down=True),
        ),
        filters=(
            Filter("channel", _l("渠道"), tuple(rules.CHANNELS.items()), lambda v: MessageTemplate.channel == v),
            Filter("purpose", _l("用途"), tuple(rules.PURPOSES.items()), lambda v: MessageTemplate.purpose == v),
            Filter("active", _l("状态"), _USED, lambda v: MessageTemplate.active.is_(v == "1")),
        ),
    )  # fmt: skip

    @staticmethod
    def preview(row: MessageTemplate) -> dict[str, Any]:
        """Return subject and body for the sample member, and how many short messages that is."""
        values = rules.sample()
        body = rules.filled(row.body, values)
        parts = rules.sms_parts(body) if row.channel == rules.SMS else 0
        return {"subject": rules.filled(row.subject, values), "body": body, "parts": parts, "length": len(body)}

    def _check(self, form: Any, row: Any) -> None:
        found = rules.problems({name: getattr(form, name).data for name in CHECKED})
        if found:
            raise Invalid(_("有 %(n)d 处需要修改。", n=len(found)), errors=found)
        code = form.code.data
        taken = routes.session().scalar(select(MessageTemplate.id).where(MessageTemplate.code == code))
        if taken is not None and (row is None or taken != row.id):
            message = _("代号 %(key)s 已经用过了。", key=code)
            raise Conflict(message, code="code_taken", errors=[FieldError("code", message)])

    def make(self, form: Any) -> Any:
        """Return a new template; raise Invalid naming every fault, Conflict for a code in use."""
        self._check(form, None)
        return super().make(form)

    def change(self, form: Any, row: Any) -> Any:
        """Return the changed template; raise as `make` does."""
        self._check(form, row)
        return super().change(form, row)


RECORDS = (TemplateAdmin,)
menu.add(MenuEntry("marketing", _l("消息模板"), "record_message_templates.index_view", "msg", VIEW, 80))
