"""Help where it is asked for: two or three sentences by page key, with the way to the page that says more (ux 4.8).

Drawn by the macro `help(key)` as a disclosure: no script, reachable by keyboard. The texts are ordinary messages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.kernel.i18n import _l


@dataclass(frozen=True, slots=True)
class Help:
    """A text of help: what it is about, its sentences, and an endpoint (with its words) that leads further."""

    title: Any
    sentences: tuple[Any, ...]
    endpoint: str = ""
    words: Any = ""


TEXTS: dict[str, Help] = {
    "till": Help(
        _l("收银台"),
        (
            _l("先找会员，再输项目；价格、券和等级折扣自动按最划算的合法组合算好，每一步都写在行下面。"),
            _l("收款前什么都不入账：放弃这一单，积分和券都不动。"),
        ),
        "programme.rules", _l("看现行规则"),
    ),
    "refund": Help(
        _l("退款"),
        (
            _l("按行退。先预览：钱按原来的支付方式退回，券、积分、次数和等级怎么变，一条条列出来。"),
            _l("预览之后情况变了会要求再看一次；超过限额要主管输 PIN，或提出申请。"),
        ),
    ),
    "tiers": Help(
        _l("等级变动预览"),
        (
            _l("矩阵里每一格是从这一级变到那一级的人数；发布时真正移动的就是这些人。"),
            _l("“保留到期”让要降级的人用完现有等级；生效日之后才变，之前的订单按旧规则。"),
        ),
    ),
    "points": Help(
        _l("积分怎么算的"),
        (
            _l("每条规则的积分 = 金额按规则换算后向下取整；倍数按下单前的等级。"),
            _l("先到期的先用；退款先收回这一单发的，用掉了就记为欠分，欠着的时候不能抵扣。"),
        ),
        "programme.rules", _l("看现行规则"),
    ),
    "programme": Help(
        _l("会员方案"),
        (
            _l("现行方案不能直接改：打开草稿，改完预览，再选生效日发布；旧订单仍按当时的版本。"),
            _l("代码一旦发布就不再换给别的条目，卡、券和订单靠它认。"),
        ),
    ),
    "import": Help(
        _l("导入名单"),
        (
            _l("先试运行，只数不写：会新增、更新、重复和出错各多少，错误文件里写着每行的原因。"),
            _l("导入可以离开页面，做完会有消息；整批可以撤销，之后用过的会员会保留。"),
        ),
    ),
    "roles": Help(
        _l("角色与权限"),
        (
            _l("勾选就是给，保存前先列出谁多了什么、少了什么。改动从下一次点击起生效。"),
            _l("有几格是锁住的：审计只看不改，总部不接触会员，同一件事的提出和批准不归同一个普通角色。"),
        ),
    ),
    "switchboard": Help(
        _l("业态与插件"),
        (
            _l("点开关先看“会出现什么”，再启用；立即生效，不用重启。"),
            _l("停用只是收起来，数据都还在；插件出错会被隔离，收银照常。"),
        ),
    ),
}  # fmt: skip


def help_text(key: str) -> Help:
    """Return the help of a page; raise KeyError for a key without one (a template's mistake)."""
    return TEXTS[key]
