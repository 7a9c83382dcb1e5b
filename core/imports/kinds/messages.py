"""What a problem of a row of items, staff or cards is in words: what is wrong and the way out. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.imports import messages
from core.kernel.i18n import _

if TYPE_CHECKING:
    from core.imports.cleaning import Problem


def reason_and_way(problem: Problem) -> tuple[str, str]:
    """Return (what is wrong, what to do) for a problem of a row."""
    code = problem[1]
    return _cells(problem).get(code) or _rows(problem).get(code) or messages.reason_and_way(problem)


def _cells(problem: Problem) -> dict[str, tuple[str, str]]:
    argument = problem[2]
    least, most = argument if isinstance(argument, list | tuple) and len(argument) == 2 else (0, 0)
    return {
        "missing_code": (_("没有编码"), _("请填写项目编码，它是认出同一个项目的依据。")),
        "missing_number": (_("没有编号"), _("请填写这一列，它是认出同一条记录的依据。")),
        "bad_code": (_("编码有不能用的字符，或超过 40 位"), _("请只用字母、数字、点、横线和下划线，最多 40 位。")),
        "bad_price": (_("看不懂这个价格"), _("请写成 1234.56，单位是元，最多两位小数。")),
        "price_bounds": (_("价格超出范围"), _("请填写 0 到 1,000,000.00 元之间的价格。")),
        "bad_number": (
            _("不是 %(least)s 到 %(most)s 的整数", least=f"{least:,}", most=f"{most:,}"), _("请填写整数，不带单位。"),
        ),
        "bad_flag": (_("看不懂是还是否"), _("请写“是”或“否”，或留空。")),
        "bad_date": (_("看不懂这个日期"), _("请写成 2026-05-02、2026/5/2 或 20260502。")),
        "too_many": (_("超过 %(n)s 个", n=argument), _("请只留需要的，用顿号或分号隔开。")),
        "bad_kind": (_("项目类型不认识"), _("可以写：%(all)s。会员卡和充值项目请在项目页新增。", all=argument)),
        "bad_choice": (_("没有这个选项"), _("可以写：%(all)s。", all=argument)),
        "bad_staff_number": (_("工号有不能用的字符，或超过 20 位"), _("请用 1 到 20 个字母、数字或横线。")),
        "unknown_role": (_("没有这个角色"), _("可以写：%(all)s。", all=argument)),
        "unknown_store": (_("没有这家门店，或门店已停用"), _("请填写门店编号，可以写：%(all)s。", all=argument)),
        "bad_licence": (_("执照种类不认识"), _("可以写：%(all)s。", all=argument)),
        "bad_card_number": (_("卡号有不能用的字符，或超过 20 位"), _("请用 1 到 20 个字母、数字或横线。")),
        "unknown_product": (_("会员方案里没有这个卡种"), _("可以写：%(all)s。", all=argument)),
        "bad_state": (_("卡状态不认识"), _("可以写：%(all)s。", all=argument)),
        "bad_holder": (_("不是会员号，也不是手机号"), _("请填写持卡人的会员号或 11 位手机号。")),
    }  # fmt: skip


def _rows(problem: Problem) -> dict[str, tuple[str, str]]:
    argument = problem[2]
    return {
        "duplicate": (
            _("与第 %(row)s 行是同一条记录，已按第 %(row)s 行导入", row=argument),
            _("请核对两行，需要的内容合并到一行。"),
        ),
        "moved": (
            _("这一行没有写成：记录或你的权限刚被别人改过"), _("请再导入一次；仍不成功时在页面上修改。"),
        ),
        # items
        "missing_item_name": (_("新项目没有名称"), _("请填写项目名称。")),
        "missing_kind": (_("新项目没有类型"), _("请写“服务”“商品”或“疗程”。")),
        "missing_price": (_("新项目没有价格"), _("请填写价格，免费的写 0。")),
        "missing_sessions": (_("疗程没有次数"), _("请填写这个疗程共几次，1 到 1,000。")),
        "kind_fixed": (
            _("这个项目是“%(kind)s”，类型建档后不能改：卖过的订单和疗程都按原来的类型记账", kind=argument),
            _("请用新的编码另建一个项目，把旧的停售。"),
        ),
        "not_for_kind": (_("这种类型的项目没有这项资料"), _("请留空。")),
        # staff
        "missing_staff_name": (_("新员工没有姓名"), _("请填写姓名。")),
        "missing_role": (_("新员工没有角色"), _("请填写角色，例如“前台”“店长”。")),
        "licence_without_no": (_("填了执照有效期，没有执照编号"), _("请填写执照编号，或两格都留空。")),
        "login_taken": (_("按工号生成的登录名已被占用"), _("请换一个工号。")),
        "staff_left": (_("这位员工已停用"), _("请先在员工页恢复在职，再导入。")),
        "staff_above": (_("这位员工的角色比你高"), _("请让更高的角色来改。")),
        "own_role": (_("自己的角色要由别人来改"), _("请把这一格留空，或由别人导入。")),
        "several_roles": (_("这位员工有多个角色，说不清要换掉哪一个"), _("请在员工页修改角色，这一格留空。")),
        "owner_role": (_("加盟主的角色不能在这里收回"), _("请在员工页修改。")),
        # cards
        "missing_product": (_("新卡没有卡种"), _("请填写卡种代码或名称。")),
        "missing_holder": (_("新卡没有持卡人"), _("请填写持卡人的会员号或手机号。")),
        "no_holder": (_("没有找到持卡人"), _("请先导入会员，再导入他们的卡；或核对会员号与手机号。")),
        "no_family": (_("没有找到第 %(n)s 位家人", n=argument), _("请填写家人的会员号；没有建档的先建档。")),
        "no_seats": (
            _("这个卡种最多 %(n)s 人共用（含持卡人），名单里的家人超出了", n=argument),
            _("请减少家人，或换一个可以共用更多人的卡种。"),
        ),
        "our_number": (
            _("这个卡号与系统自己的编号规则相同，以后会撞号"), _("请核对卡号；没有旧卡号的卡请在会员页发新卡。"),
        ),
        "card_of_other": (_("这个卡号已属于另一位会员"), _("请核对卡号与持卡人是否写在了同一行。")),
        "card_sold_here": (_("这张卡是在这里售出的，不能由名单改动"), _("请在会员页办理续期、挂失或换卡。")),
        "other_product": (_("这张卡是别的卡种"), _("换卡种请在会员页办理，或用新的卡号。")),
        "card_gone": (_("这张卡已作废"), _("请用新的卡号。")),
        "from_after_until": (_("生效日期晚于到期日"), _("请核对两个日期。")),
    } | _openings(argument)  # fmt: skip


def _openings(argument: object) -> dict[str, tuple[str, str]]:
    """Return the words about balances and courses from another system."""
    sums = argument if isinstance(argument, dict) else {}
    return {
        "missing_member": (_("没有会员号、手机或卡号"), _("请至少填写一样，否则不知道给谁。")),
        "bad_member": (_("看不懂会员号、手机或卡号"), _("请填写会员号、本人手机或卡号。")),
        "no_member": (_("没有找到这位会员"), _("请先导入会员和会员卡，再导入余额；或核对会员号、手机、卡号。")),
        "already_over": (_("到期日已过"), _("已经过期的不能导入；请核对日期，或删去这一行。")),
        "duplicate_opening": (
            _("与第 %(row)s 行完全相同，只按第 %(row)s 行入账", row=argument),
            _("确实是两笔的，请合成一行填写合计。"),
        ),
        "opened_before": (
            _("这位会员已由另一份文件导入过 %(n)s，与这一行不同", n=argument),
            _("请先撤销那一批再导入，或到会员页申请调整；不要重复导入。"),
        ),
        "wallet_lost": (_("这位会员的储值账户已挂失"), _("请先在储值页恢复账户，再导入。")),
        "over_limit": (
            _("本金共 %(now)s 元，超过记名卡上限 %(most)s 元", now=sums.get("now"), most=sums.get("most")),
            _("仍会照旧系统的数入账；降到上限以下之前不能再充值。"),
        ),
        "missing_item": (_("没有疗程编码"), _("请填写项目里疗程的编码或名称。")),
        "missing_remaining": (_("没有剩余次数"), _("请填写还剩几次。")),
        "more_than_total": (_("剩余次数比总次数 %(n)s 还多", n=argument), _("请核对两格。")),
        "unknown_course": (_("项目里没有这个疗程"), _("请先导入项目，类型写“疗程”；或核对编码。")),
        "course_of_many": (_("这个疗程含有多个项目，或没有写共几次"), _("请为每个项目各建一个疗程，再分行导入。")),
    }  # fmt: skip
