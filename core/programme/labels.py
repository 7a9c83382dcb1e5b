"""What the keys and words of a programme document are called on screen. Every key of spec.py has a label here
(a test compares); `help` says what a keeper of the rules asks at the counter."""

from __future__ import annotations

from typing import Any

from core.kernel.i18n import _l

Label = tuple[Any, Any]

FIELDS: dict[str, dict[str, Label]] = {
    "ItemScope": {
        "codes": (_l("这些项目"), _l("填项目代码，用空格隔开")),
        "classes": (_l("这些券类"), _l("项目资料里的券类，例如 filling")),
        "categories": (_l("这些分类"), ""),
        "kinds": (_l("这些种类"), _l("会员卡和充值只有在这里点名才算在内")),
        "except.codes": (_l("除去这些项目"), _l("填项目代码，用空格隔开")),
        "except.classes": (_l("除去这些券类"), ""),
    },
    "Threshold": {
        "spend_fen": (_l("累计消费满"), _l("按实收金额计")),
        "visits": (_l("到店次数满"), _l("同一天多次付款只算一次")),
        "points": (_l("累计积分满"), ""),
        "topup_fen": (_l("累计充值满"), ""),
        "match": (_l("多个条件时"), ""),
        "window": (_l("只算最近"), _l("不填就是从入会起一直累计")),
        "window_kind": (_l("统计期怎么起"), _l("按自然年：填 12 个月，每年 1 月 1 日重新算")),
    },
    "DiscountBenefit": {
        "pay_bp": (_l("实付"), _l("80 就是 8 折")),
        "items": (_l("适用项目"), ""),
    },
    "MultiplierBenefit": {
        "factor_bp": (_l("积分倍数"), _l("2 就是双倍")),
        "items": (_l("适用项目"), ""),
    },
    "BirthdayBenefit": {
        "on": (_l("什么时候"), _l("登记农历生日的会员按农历算")),
        "pay_bp": (_l("实付"), _l("实付、倍数、积分、券四选一")),
        "factor_bp": (_l("积分倍数"), ""),
        "points": (_l("送积分"), ""),
        "coupon": (_l("送券"), ""),
        "items": (_l("适用项目"), ""),
    },
    "EntitlementBenefit": {
        "code": (_l("代码"), _l("发布后不再改")),
        "name": (_l("名称"), ""),
        "item": (_l("免费的项目"), _l("填项目代码")),
        "times": (_l("次数"), ""),
        "per": (_l("每"), ""),
        "choice": (_l("任选组"), _l("同一组里的权益，每个周期只能选一个")),
    },
    "ServiceBenefit": {
        "code": (_l("代码"), _l("例如 priority_booking")),
        "name": (_l("名称"), ""),
        "choice": (_l("任选组"), _l("同一组里的权益，每个周期只能选一个")),
    },
    "GiftBenefit": {
        "code": (_l("代码"), _l("发布后不再改")),
        "name": (_l("名称"), ""),
        "item": (_l("赠送的项目"), _l("填项目代码；收银时加上这一行就是 0 元")),
        "min_spend_fen": (_l("其他项目满"), _l("按用券前的金额算")),
        "times": (_l("次数"), ""),
        "per": (_l("每"), ""),
        "choice": (_l("任选组"), _l("同一组里的权益，每个周期只能选一个")),
    },
    "Tier": {
        "code": (_l("代码"), _l("发布后不再改，订单和接口都认它")),
        "name": (_l("名称"), ""),
        "from": (_l("升级门槛"), ""),
        "keep": (_l("保级条件"), _l("不设就按升级门槛保级")),
        "grace_days": (_l("宽限天数"), _l("到期没达标，还保留这么多天")),
        "period_months": (_l("有效月数"), _l("不填就用保级或门槛的统计期")),
        "fall": (_l("没保住时"), ""),
        "cooling_days": (_l("退款冷静期（天）"), _l("期内退款会立即影响等级，过后等到期再看")),
        "benefits": (_l("权益"), ""),
    },
    "PointsRule": {
        "per_yuan": (_l("每消费 1 元积"), _l("单位：积分")),
        "rounding": (_l("不满 1 分的积分"), ""),
        "multipliers": (_l("几个倍数碰在一起"), ""),
        "expires": (_l("积分有效期"), _l("不填就是永久有效")),
        "notice_months": (_l("提前几个月提醒到期"), ""),
        "extension": (_l("可以延期一次"), ""),
        "pending_days": (_l("几天后才能用"), _l("单位：天；0 就是当场可用。期间退款先扣这部分")),
    },
    "Extension": {
        "months": (_l("延长月数"), ""),
        "min_points": (_l("余额至少"), _l("单位：积分")),
        "bonus_points": (_l("不延期，改送"), _l("单位：积分；填了就在到期前送积分，不再延期")),
    },
    "EarnRule": {
        "code": (_l("代码"), _l("发布后不再改")),
        "on": (_l("怎样积分"), ""),
        "name": (_l("名称"), ""),
        "points": (_l("积分"), _l("不填就用默认标准或项目自己的积分")),
        "per_fen": (_l("每满"), _l("每满这个金额积一次")),
        "factor_bp": (_l("系数"), _l("只用于疗程：1.2 就是多 20%")),
        "items": (_l("适用项目"), ""),
        "except_tenders": (_l("不积分的付款方式"), ""),
        "expires": (_l("这条规则的积分有效期"), _l("不填就用默认有效期")),
        "when_member": (_l("限哪些会员"), _l("一条都不加就是全体会员；按付款人看")),
        "enabled": (_l("启用"), ""),
    },
    "When": {
        "weekday": (_l("每周"), ""),
        "day_of_month": (_l("每月"), _l("可选多天，例如 8、18、28")),
        "lunar_day": (_l("农历"), _l("例如初一、十五")),
        "festival": (_l("节日"), _l("日期按当年的历法算好")),
        "days": (_l("节日连续几天"), ""),
        "offset": (_l("从节日前后第几天开始"), _l("-1 就是前一天")),
        "from": (_l("从"), ""),
        "until": (_l("到"), _l("含当天")),
    },
    "Promotion": {
        "code": (_l("代码"), _l("发布后不再改")),
        "name": (_l("名称"), ""),
        "when": (_l("什么时候"), _l("填了的条件要同时满足")),
        "pay_bp": (_l("实付"), _l("80 就是 8 折")),
        "factor_bp": (_l("积分倍数"), ""),
        "free_units": (_l("买赠"), ""),
        "nth_unit": (_l("第几件优惠"), _l("例如第 2 件实付 50，就是第二件半价")),
        "amount_off": (_l("满减"), _l("按用券前的金额算")),
        "items": (_l("适用项目"), ""),
        "with_tier": (_l("和等级折扣"), ""),
        "priority": (_l("先后"), _l("数字小的先算")),
        "exclusive": (_l("不与其他活动同享"), ""),
        "tiers": (_l("限这些等级"), _l("一个都不选就是全体会员")),
        "public": (_l("非会员也能参加"), ""),
        "public_from": (_l("从哪天起对所有人开放"), _l("这天以前只有会员（或上面选的等级）能享受")),
        "when_member": (_l("限哪些会员"), _l("一条都不加就是全体会员；按付款人看")),
        "enabled": (_l("启用"), ""),
    },
    "NthUnit": {"nth": (_l("第几件"), _l("同一种商品，每满这么多件优惠一件")), "pay_bp": (_l("这一件实付"), "")},
    "AmountOff": {
        "from_fen": (_l("满"), ""),
        "off_fen": (_l("减"), ""),
        "repeat": (_l("每满都减"), _l("不勾就只减一次")),
    },
    "FreeUnits": {"buy": (_l("买"), ""), "free": (_l("送"), _l("同一种商品"))},
    "CouponRule": {
        "code": (_l("代码"), _l("发布后不再改")),
        "name": (_l("名称"), ""),
        "level": (_l("用在"), ""),
        "amount_fen": (_l("减"), _l("减金额和打折二选一")),
        "pay_bp": (_l("实付"), _l("0 就是免费一次")),
        "items": (_l("适用项目"), ""),
        "min_spend_fen": (_l("满多少可用"), ""),
        "valid_days": (_l("有效天数"), _l("不填就是不过期")),
        "limit": (_l("次数限制"), ""),
        "stackable": (_l("可以和别的券一起用"), ""),
    },
    "CardProduct": {
        "code": (_l("代码"), _l("和项目目录里卡的代码一致")),
        "name": (_l("名称"), ""),
        "seats": (_l("几个人用"), _l("含持卡人")),
        "months": (_l("有效月数"), _l("不填就是终身")),
        "free": (_l("入会免费送"), ""),
        "earns": (_l("买卡积分"), ""),
        "benefits": (_l("持卡折扣"), ""),
        "coupons": (_l("附带的券"), ""),
    },
    "TenderRule": {
        "points_step": (_l("每用"), _l("单位：积分")),
        "fen_per_step": (_l("抵"), ""),
        "cap_bp": (_l("最多抵应付的"), ""),
    },
    "Reward": {
        "code": (_l("代码"), _l("发布后不再改")),
        "name": (_l("名称"), ""),
        "kind": (_l("种类"), ""),
        "points": (_l("需要积分"), ""),
        "cash_fen": (_l("另付"), ""),
        "item": (_l("项目"), _l("填项目代码")),
        "coupon": (_l("券"), ""),
        "valid_from": (_l("从哪天起"), ""),
    },
    "Referral": {
        "on": (_l("什么时候给"), _l("注册即给的只给积分、只算一级，不得以购买为条件（《禁止传销条例》第七条）")),
        "referrer_points": (_l("推荐人得"), _l("单位：积分")),
        "referee_points": (_l("被推荐人得"), _l("单位：积分")),
        "depth": (_l("层级"), _l("默认一级；两级须加盟主确认，第三级法律不容许，不能设")),
        "level2_points": (_l("二级推荐人得"), _l("单位：积分")),
        "monthly_cap": (_l("每人每月最多"), _l("单位：次；超过的照常登记，不给推荐人积分")),
    },
    "Streak": {
        "code": (_l("代码"), _l("发布后不再改")),
        "name": (_l("名称"), ""),
        "months": (_l("连续几个月"), ""),
        "visits": (_l("每月到店至少"), _l("单位：天")),
        "points": (_l("送积分"), ""),
    },
    "Rounding": {"to_fen": (_l("应付金额取整到"), ""), "mode": (_l("取整方式"), "")},
    "StoredValue": {"max_card_fen": (_l("单卡余额上限"), _l("不填就是不另设上限"))},
    "Privilege": {
        "code": (_l("代码"), _l("例如 priority_booking")),
        "name": (_l("名称"), ""),
        "when_member": (_l("哪些会员"), _l("例如可用积分满 5,000")),
        "enabled": (_l("启用"), ""),
    },
    "EventPoints": {
        "min_points": (_l("一次活动最少"), _l("单位：积分")),
        "max_points": (_l("一次活动最多"), _l("单位：积分")),
    },
}

WORDS: dict[tuple[str, str], dict[Any, Any]] = {
    ("Threshold", "match"): {"all": _l("全部满足"), "any": _l("满足一个就行")},
    ("Threshold", "window_kind"): {
        "": _l("往前数这么多个月"), "calendar": _l("按自然年、季、月"), "anniversary": _l("按入会周年"),
    },
    ("GiftBenefit", "per"): {
        "membership_year": _l("会员年"), "calendar_year": _l("自然年"), "month": _l("自然月"), "day": _l("天"),
    },
    ("BirthdayBenefit", "on"): {"day": _l("生日当天"), "month": _l("生日当月")},
    ("EntitlementBenefit", "per"): {"membership_year": _l("会员年"), "calendar_year": _l("自然年")},
    ("Tier", "fall"): {
        "to_qualified": _l("降到够得着的等级"), "one_down": _l("降一级"), "never": _l("永不降级"),
    },
    ("PointsRule", "rounding"): {"floor": _l("舍去"), "half_up": _l("四舍五入")},
    ("PointsRule", "multipliers"): {
        "best": _l("取最高的一个"), "sum": _l("加在一起"), "product": _l("相乘"),
    },
    ("EarnRule", "on"): {"paid": _l("按实付金额"), "item": _l("按件固定"), "course": _l("按疗程")},
    ("EarnRule", "except_tenders"): {
        "cash": _l("现金"), "wechat": _l("微信"), "alipay": _l("支付宝"), "bank": _l("银行卡"),
        "stored_value": _l("储值"), "points": _l("积分"), "insurance_pooled": _l("医保统筹"),
        "insurance_personal": _l("医保个人账户"), "platform_voucher": _l("平台券"), "other": _l("其他"),
    },
    ("ItemScope", "kinds"): {
        "service": _l("服务"), "goods": _l("商品"), "course": _l("疗程"), "card": _l("会员卡"), "topup": _l("充值"),
    },
    ("When", "weekday"): {
        1: _l("周一"), 2: _l("周二"), 3: _l("周三"), 4: _l("周四"), 5: _l("周五"), 6: _l("周六"), 7: _l("周日"),
    },
    ("When", "lunar_day"): {
        1: _l("初一"), 2: _l("初二"), 3: _l("初三"), 4: _l("初四"), 5: _l("初五"), 6: _l("初六"),
        7: _l("初七"), 8: _l("初八"), 9: _l("初九"), 10: _l("初十"), 11: _l("十一"), 12: _l("十二"),
        13: _l("十三"), 14: _l("十四"), 15: _l("十五"), 16: _l("十六"), 17: _l("十七"), 18: _l("十八"),
        19: _l("十九"), 20: _l("二十"), 21: _l("廿一"), 22: _l("廿二"), 23: _l("廿三"), 24: _l("廿四"),
        25: _l("廿五"), 26: _l("廿六"), 27: _l("廿七"), 28: _l("廿八"), 29: _l("廿九"), 30: _l("三十"),
    },
    ("When", "festival"): {
        "spring": _l("春节"), "lantern": _l("元宵节"), "dragon_boat": _l("端午节"), "qixi": _l("七夕"),
        "mid_autumn": _l("中秋节"), "double_ninth": _l("重阳节"), "new_year": _l("元旦"), "valentine": _l("情人节"),
        "womens_day": _l("妇女节"), "labour": _l("劳动节"), "childrens_day": _l("儿童节"), "national": _l("国庆节"),
        "christmas": _l("圣诞节"), "qingming": _l("清明节"),
    },
    ("Promotion", "with_tier"): {"stack": _l("可以叠加"), "best": _l("取更优惠的一个")},
    ("CouponRule", "level"): {"item": _l("单件项目"), "order": _l("整单")},
    ("CouponRule", "limit"): {
        "per_person_year": _l("每人每卡年一次"), "per_filling": _l("每件一次"), "per_card_year": _l("每卡每年一次"),
        "once": _l("每人一次"),
    },
    ("Reward", "kind"): {"goods": _l("礼品"), "coupon": _l("券"), "course": _l("疗程次数")},
    ("Referral", "on"): {"registration": _l("注册时"), "first_paid_order": _l("首笔付清的订单")},
    ("Referral", "depth"): {1: _l("只有直接推荐"), 2: _l("两级")},
    ("Rounding", "mode"): {"down": _l("向下抹零"), "half_up": _l("四舍五入")},
}  # fmt: skip

BENEFITS: dict[str, Any] = {
    "discount": _l("折扣"), "multiplier": _l("积分倍数"), "birthday": _l("生日礼"), "entitlement": _l("免费项目"),
    "service": _l("服务权益"), "gift": _l("满额赠品"),
}  # fmt: skip


def label_of(cls: str, key: str) -> Label:
    """Return (label, help) of a key of a document class; raise KeyError for an unknown one."""
    return FIELDS[cls][key]
