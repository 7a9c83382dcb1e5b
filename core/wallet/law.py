"""Limits of the law as versioned data: each with its amount, source, article and day (loyalty C1, C3, C4).

Not legal advice: a franchise may be stricter at any time; laxer only by its owner, with the reason written down
(limits.py). A change of the law is a new version of this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from core.kernel.i18n import _l

VERSION = "2025-05-01"
CARDS = _l("《单用途商业预付卡管理办法（试行）》（商务部令 2012 年第 9 号，2016 年修订）")
COURT = _l("《最高人民法院关于审理预付式消费民事纠纷案件适用法律若干问题的解释》（法释〔2025〕4 号）")
CONSUMERS = _l("《消费者权益保护法实施条例》（国务院令第 778 号）")
CARDS_ON, COURT_ON, CONSUMERS_ON = date(2012, 11, 1), date(2025, 5, 1), date(2024, 7, 1)
MONEY, DAYS, TEXT = "money", "days", "text"


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit: `value` in fen or days. `most`: a larger value is laxer; else a smaller one is."""

    key: str
    label: Any
    value: int
    source: Any
    article: Any
    since: date
    unit: str = MONEY
    most: bool = True
    changes: bool = True


RULES = (
    Rule("named_max_fen", _l("记名卡本金余额上限"), 500_000, CARDS, _l("单张记名卡限额 5,000 元"), CARDS_ON),
    Rule(
        "bearer_max_fen", _l("不记名卡限额"), 100_000, CARDS, _l("单张不记名卡限额 1,000 元；本系统只发记名账户"),
        CARDS_ON, changes=False,
    ),
    Rule(
        "identity_from_fen", _l("一次购买达到此额须登记证件"), 1_000_000, CARDS,
        _l("一次性购卡 1 万元（含）以上须登记姓名和有效证件"), CARDS_ON,
    ),
    Rule(
        "transfer_from_fen", _l("个人一次购买达到此额须转账"), 5_000_000, CARDS,
        _l("个人一次性购卡 5 万元（含）以上须银行转账，不得用现金"), CARDS_ON,
    ),
    Rule(
        "cash_back_max_fen", _l("退款可付现金的上限"), 10_000, CARDS,
        _l("退至退卡人同名银行账户；余额不超过 100 元可支付现金"), CARDS_ON,
    ),
    Rule(
        "cooling_days", _l("无理由退回的天数"), 7, COURT, _l("付款之日起七日内请求返还本金"), COURT_ON,
        unit=DAYS, most=False,
    ),
    Rule(
        "principal_never_expires", _l("本金不过期"), 0, CARDS, _l("记名卡不得设有效期"), CARDS_ON, unit=TEXT,
        changes=False,
    ),
    Rule(
        "written_contract", _l("收取预付款须有书面合同"), 0, CONSUMERS, _l("第二十二条"), CONSUMERS_ON, unit=TEXT,
        changes=False,
    ),
)  # fmt: skip
BY_KEY = {rule.key: rule for rule in RULES}

FORMULA_NAMES: dict[str, Any] = {
    "seven_day": _l("七日内无理由"), "operator": _l("门店的原因"), "consumer": _l("顾客自己的原因"),
}  # fmt: skip
FORMULA_SOURCES: dict[str, Any] = {
    "seven_day": _l("法释〔2025〕4 号：付款之日起七日内无理由请求返还本金"),
    "operator": _l("法释〔2025〕4 号：经营者的原因，按实付 ÷（实付 + 赠送）折算未消费部分"),
    "consumer": _l("法释〔2025〕4 号：消费者自身原因，已消费部分可按原价计算，退款不低于 0"),
}
