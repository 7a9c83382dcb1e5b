"""Records of people: the fields that a franchise adds."""

from __future__ import annotations

from typing import Any

from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from core.kernel.i18n import _, _l
from core.kernel.web import routes
from core.kernel.web.admin_view import AdminView
from core.kernel.web.lists import Column, Filter, ListSpec, Sort, address, link
from core.kernel.web.render import MenuEntry, menu
from core.people import custom
from core.people.models import PersonField
from core.people.permissions import FIELDS

_USED = (("1", _l("在用")), ("0", _l("已停用")))


class PersonFieldAdmin(AdminView):
    """The fields that a franchise adds to its members' particulars."""

    record = PersonField
    key = "person_fields"
    title = _l("会员自定义资料")
    sub = _l("建档和修改资料时填写；单选和是否可用来圈人群")
    view_permission = FIELDS
    edit_permission = FIELDS
    form_columns = ("label", "key", "kind", "choices", "position", "required", "protected", "sealed", "active")
    form_overrides = {"kind": SelectField}
    form_args = {"kind": {"choices": [SelectChoice(value=key, label=word) for key, word in custom.KINDS.items()]}}
    column_details_list = form_columns
    column_labels = {
        "label": _l("名称"), "key": _l("代号"), "kind": _l("类型"), "choices": _l("选项"), "position": _l("次序"),
        "required": _l("必填"), "protected": _l("只给有权限的人看"), "sealed": _l("加密保存"), "active": _l("在用"),
    }  # fmt: skip
    column_descriptions = {
        "key": _l("小写字母、数字和下划线，如 skin_type；建好后不再改。"), "choices": _l("单选时填写，一行一个。"),
        "sealed": _l("加密后不能用来圈人群；建好后不再改。"),
    }  # fmt: skip
    column_formatters_detail = {
        "kind": lambda _v, _c, row, _n: str(custom.KINDS.get(row.kind, row.kind)),
        "choices": lambda _v, _c, row, _n: "、".join(custom.choices_of(row.choices)),
        **{
            name: lambda _v, _c, row, field: _("是") if getattr(row, field) else _("否")
            for name in ("required", "protected", "sealed", "active")
        },
    }
    listing = ListSpec(
        key="person_fields",
        model=PersonField,
        noun=_l("项"),
        columns=(
            Column(
                "label", _l("名称"), (PersonField.label,),
                lambda r: link(address("record_person_fields.details_view", id=r.id), r.label), phone="title",
                fixed=True,
            ),
            Column("key", _l("代号"), (PersonField.key,), lambda r: r.key, phone="meta", quiet=True),
            Column(
                "kind", _l("类型"), (PersonField.kind,), lambda r: str(custom.KINDS.get(r.kind, r.kind)), phone="value"
            ),
            Column("required", _l("必填"), (PersonField.required,), lambda r: _("必填") if r.required else "—"),
            Column(
                "protected", _l("谁能看"), (PersonField.protected,),
                lambda r: _("有权限的人") if r.protected else _("能看会员的人"),
            ),
            Column("active", _l("状态"), (PersonField.active,), lambda r: _("在用") if r.active else _("已停用")),
        ),
        sorts=(Sort("position", _l("次序"), (PersonField.position, PersonField.id)),),
        filters=(Filter("active", _l("状态"), _USED, lambda v: PersonField.active.is_(v == "1")),),
    )  # fmt: skip

    def make(self, form: Any) -> Any:
        """Return a new field; raise Invalid or Conflict for a definition that cannot be."""
        custom.check_definition(routes.session(), self._values(form), None)
        return super().make(form)

    def change(self, form: Any, row: Any) -> Any:
        """Return the changed field; its key, kind and sealing stay."""
        custom.check_definition(routes.session(), self._values(form), row)
        return super().change(form, row)

    @staticmethod
    def _values(form: Any) -> dict[str, Any]:
        return {name: getattr(form, name).data for name in ("key", "label", "kind", "choices", "sealed")}


RECORDS = (PersonFieldAdmin,)
menu.add(MenuEntry("settings", _l("会员自定义资料"), "record_person_fields.index_view", "user", FIELDS, 58))
