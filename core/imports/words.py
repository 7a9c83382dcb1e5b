"""The words by which other systems call columns and values. Data, one line a meaning's family."""

from __future__ import annotations


def _split(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.replace("\n", "|").split("|") if word.strip())


HEADINGS: dict[str, tuple[str, ...]] = {
    "name": _split("姓名|会员姓名|顾客姓名|客户姓名|患者姓名|名字|称呼|name|full name"),
    "phone": _split(
        """手机|手机号|手机号码|联系手机|移动电话|电话|电话号码|联系电话|联系方式|会员手机
        phone|mobile|mobile phone|phone number|tel|telephone|cellphone"""
    ),
    "gender": _split("性别|gender|sex"),
    "birth": _split(
        """生日|出生日期|出生年月日|出生年月|会员生日
        birthday|birth date|birthdate|date of birth|dob"""
    ),
    "calendar": _split(
        """公历农历|公历/农历|农历公历|历法|生日类型|生日历法|阴历阳历|阳历阴历
        calendar|birth calendar"""
    ),
    "tier": _split(
        """会员级别|会员等级|等级|级别|卡类型|卡类别|会员类型|会员卡类型
        tier|level|member level|grade"""
    ),
    "card": _split(
        """卡号|会员卡号|会员编号|会员号|编号|实体卡号
        card|card no|card number|member no|member number"""
    ),
    "guardian": _split(
        """监护人手机|监护人手机号|监护人电话|家长手机|家长手机号|家长电话|联系人手机
        guardian phone|guardian|parent phone"""
    ),
    "referrer": _split(
        """推荐人|推荐人手机|推荐人手机号|推荐人卡号|推荐人会员号|介绍人|介绍人手机
        referrer|referred by"""
    ),
    "occupation": _split("职业|工作|职务|occupation|job"),
    "company": _split("单位|公司|工作单位|单位名称|公司名称|company|employer|organization"),
    "address": _split("地址|住址|家庭住址|家庭地址|联系地址|通讯地址|住所|address"),
    "email": _split("邮箱|电子邮箱|电子邮件|email|e-mail|mail"),
    "tags": _split("标签|会员标签|分组|tags|tag|labels"),
    "source": _split("来源|会员来源|来源渠道|客户来源|渠道|source|channel"),
    "note": _split("备注|备注信息|说明|note|notes|remark|remarks|comment"),
}
# Headings in traditional characters, as lists from Taiwan and Hong Kong have them.
TRADITIONAL: dict[str, tuple[str, ...]] = {
    "name": _split("會員姓名|顧客姓名"),
    "phone": _split("手機|手機號碼|行動電話|電話|聯絡電話"),
    "gender": _split("性別"),
    "calendar": _split("國曆農曆|國曆/農曆|曆法"),
    "tier": _split("會員級別|會員等級|等級"),
    "card": _split("卡號|會員卡號|會員編號"),
    "guardian": _split("監護人手機|家長手機"),
    "referrer": _split("推薦人|介紹人"),
    "occupation": _split("職業"),
    "company": _split("單位|公司名稱"),
    "email": _split("電子郵件|電郵|信箱"),
    "tags": _split("標籤"),
    "source": _split("來源"),
    "note": _split("備註"),
}

GENDERS: dict[str, tuple[str, ...]] = {
    "female": _split("女|女士|女性|小姐|f|female|woman"),
    "male": _split("男|先生|男士|男性|m|male|man"),
    "unknown": _split("未知|未填|保密|不详|不詳|其他|unknown|-"),
}
CALENDARS: dict[str, tuple[str, ...]] = {
    "solar": _split("公历|公曆|国历|國曆|阳历|陽曆|新历|公|阳|solar|gregorian"),
    "lunar": _split("农历|農曆|阴历|陰曆|旧历|农|阴|lunar"),
}
# What other systems call a tier of ours, by its code.
TIERS: dict[str, tuple[str, ...]] = {
    "silver": _split("银卡|銀卡|银|银卡会员|silver"),
    "gold": _split("金卡|金|金卡会员|vip|贵宾|gold"),
    "platinum": _split("白金|白金卡|铂金|铂金卡|platinum"),
    "diamond": _split("钻石|鑽石|钻石卡|钻卡|至尊|diamond"),
}
BASE_TIER = _split("普通|普通会员|普卡|普通卡|一般|注册会员|会员|regular|normal|basic|standard")
