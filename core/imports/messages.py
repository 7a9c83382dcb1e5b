"""What a problem of a member's row is in words: what is wrong and the way out. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.kernel.i18n import _

if TYPE_CHECKING:
    from core.imports.cleaning import Problem


def reason_and_way(problem: Problem) -> tuple[str, str]:
    """Return (what is wrong, what to do) for a problem of a row."""
    _field, code, argument = problem
    words = {
        "missing_name": (_("没有姓名"), _("请补上姓名。")),
        "bad_phone": (_("不是有效的电话号码"), _("请填写 11 位手机号，境外号码以 + 开头。")),
        "lost_digits": (
            _("号码被表格软件写成了科学计数法，尾数已丢失"),
            _("请在原系统查到完整号码，把这一列设为“文本”格式后重新填写。"),
        ),
        "bad_date": (_("看不懂这个日期"), _("请写成 1990-05-02、1990/5/2 或 19900502。")),
        "future_birth": (_("出生日期晚于今天"), _("请核对年份。")),
        "too_early": (_("出生日期早于 %(year)s 年", year=argument), _("请核对年份。")),
        "bad_gender": (_("性别不认识"), _("请写“女”或“男”，或留空；也可以在列映射里对应。")),
        "bad_calendar": (_("历法不认识"), _("请写“公历”或“农历”，或留空。")),
        "bad_email": (_("邮箱地址不完整"), _("请写成 name@example.com，或留空。")),
        "unknown_tier": (_("会员方案里没有这个等级"), _("请改成现有等级的名称，或在列映射里对应。")),
        "too_long": (_("超过 %(n)s 个字", n=argument), _("请缩短到 %(n)s 个字以内。", n=argument)),
        "too_many_tags": (_("标签超过 %(n)s 个", n=argument), _("请只留最有用的标签。")),
        "bad_text": (_("有乱码，文件里混用了不同的编码"), _("请在原系统里查到这一格的内容后重新填写。")),
        "child_needs_guardian": (
            _("未满 14 周岁须由监护人同意，这一行没有监护人"), _("请在“监护人手机”一列填写监护人的手机号。"),
        ),
        "no_guardian": (_("没有找到使用这个手机号的监护人"), _("请先为监护人建档，或把监护人也写进名单。")),
        "no_referrer": (_("没有找到推荐人"), _("请填写推荐人的手机号、卡号或会员号，或留空。")),
        "phone_of_other": (
            _("这个手机号已属于另一位姓名不同的会员"),
            _("家人共用手机请填到“监护人手机”一列；本人改名请先在会员资料里修改。"),
        ),
        "card_of_other": (_("这个卡号已属于另一位会员"), _("请核对手机号与卡号是否写在了同一行。")),
        "duplicate": (
            _("与第 %(row)s 行是同一个人，已按第 %(row)s 行导入", row=argument),
            _("请核对两行，需要的内容合并到一行；家人共用手机请填到“监护人手机”一列。"),
        ),
    }  # fmt: skip
    return words.get(code, (code, _("请核对后重新填写。")))
