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
YUAN = _split("元|块|rmb|cny")
FLAGS: dict[str, tuple[str, ...]] = {
    "yes": _split("是|1|y|yes|true|在售|上架|启用|有|√|✓|在職|在职"),
    "no": _split("否|0|n|no|false|停售|下架|停用|无|無|×|-|離職|离职"),
}

# -- items -----------------------------------------------------------------------------------------
ITEM_HEADINGS: dict[str, tuple[str, ...]] = {
    "code": _split("编码|项目编码|商品编码|货号|代码|编号|項目編碼|商品編碼|貨號|code|item code|sku|item"),
    "name": _split("名称|项目名称|商品名称|品名|项目|服务名称|名稱|項目名稱|商品名稱|name|item name|title"),
    "kind": _split("类型|项目类型|商品类型|類型|kind|type|item type"),
    "price": _split("价格|单价|售价|零售价|金额|原价|标价|價格|單價|售價|price|unit price|retail price"),
    "category": _split("分类|类别|品类|大类|项目分类|分類|類別|category|group"),
    "barcode": _split("条码|条形码|商品条码|國際條碼|條碼|barcode|ean|upc"),
    "points_fixed": _split("固定积分|积分|每件积分|固定積分|points|fixed points"),
    "sessions": _split("次数|疗程次数|共几次|總次數|次數|sessions|times"),
    "active": _split("在售|是否在售|上架|是否上架|启用|状态|在售狀態|active|on sale|enabled"),
    "classes": _split("券类别|适用券类|券分类|券類別|coupon classes|coupon class"),
    "sensitive": _split("敏感|敏感项目|隐私项目|敏感項目|sensitive|private"),
}
ITEM_KINDS: dict[str, tuple[str, ...]] = {
    "service": _split("服务|项目|诊疗|治疗|服務|service"),
    "goods": _split("商品|货品|药品|产品|实物|貨品|產品|藥品|goods|product"),
    "course": _split("疗程|次卡|套餐|课程|療程|course|package"),
}

# -- staff -----------------------------------------------------------------------------------------
STAFF_HEADINGS: dict[str, tuple[str, ...]] = {
    "number": _split("工号|员工编号|员工号|人员编号|工號|員工編號|number|staff number|employee no|employee id"),
    "name": _split("姓名|员工姓名|名字|員工姓名|name|full name|staff name"),
    "store": _split("门店|门店编号|所属门店|门店代码|店号|門店|門店編號|分店|store|store code|shop"),
    "role": _split("角色|岗位|职位|职务|权限|崗位|職位|role|position|job"),
    "licence_kind": _split("执照种类|证书种类|执照类型|职称|資格種類|執照種類|licence kind|license type|licence"),
    "licence_no": _split("执照编号|证书编号|执业证号|执照号|執照編號|licence no|license no|licence number"),
    "licence_until": _split("执照有效期|有效期至|证书有效期|執照有效期|licence until|license expiry|license until"),
    "performs": _split("做项目|接诊|可接诊|是否接诊|做項目|performs|treats"),
}
ROLE_WORDS: dict[str, tuple[str, ...]] = {
    "owner": _split("加盟主|老板|老闆|加盟商"),
    "manager": _split("店长|经理|店經理|店長|门店经理"),
    "front_desk": _split("前台|收银|收银员|前臺|櫃檯|接待"),
    "clinician": _split("医生|医师|治疗师|医生/治疗师|醫生|醫師|治療師|护士|美容师"),
    "pharmacist": _split("药师|执业药师|药剂师|藥師"),
    "call_agent": _split("客服|回访员|电话客服"),
    "marketing": _split("营销|市场|市场部|行銷"),
    "auditor": _split("审计|审计员|稽核"),
    "rule_keeper": _split("规则管理员|規則管理員"),
}
LICENCE_WORDS: dict[str, tuple[str, ...]] = {
    "physician": _split("执业医师|医师|醫師|執業醫師"), "assistant": _split("执业助理医师|助理医师"),
    "nurse": _split("护士|注册护士|護士|护师"), "pharmacist": _split("执业药师|药师|藥師"),
    "therapist": _split("康复治疗师|治疗师|物理治疗师|治療師"), "cosmetic": _split("主诊医师|美容主诊医师|主診醫師"),
    "other": _split("其他|其它"),
}  # fmt: skip

# -- cards -----------------------------------------------------------------------------------------
CARD_HEADINGS: dict[str, tuple[str, ...]] = {
    "number": _split("卡号|会员卡号|实体卡号|卡片编号|卡號|會員卡號|card|card no|card number"),
    "product": _split("卡种|卡种代码|卡类型|卡类别|卡名称|卡種|卡類型|product|card product|card type"),
    "holder": _split("持卡人|会员号|持卡人手机|手机|手机号|会员编号|持卡人会员号|會員號|手機|holder|member no|phone"),
    "valid_from": _split("生效日期|开卡日期|有效期自|起始日期|办卡日期|開卡日期|生效日|valid from|start|opened"),
    "valid_until": _split("有效期|有效期至|到期日|到期日期|截止日期|失效日期|有效期限|valid until|expires|end"),
    "state": _split("状态|卡状态|狀態|state|status"),
    "family": _split("家人|家庭成员|共用人|共享人|副卡会员|家人会员号|家庭成員|family|seats|shared with"),
}
CARD_STATES: dict[str, tuple[str, ...]] = {
    "active": _split("正常|有效|启用|使用中|啟用|active|valid|ok"),
    "frozen": _split("冻结|停用|暂停|凍結|frozen|paused"),
    "lost": _split("挂失|遗失|掛失|lost"),
}

# -- opening balances and courses ------------------------------------------------------------------
_MEMBER = _split(
    "会员号|会员编号|会员|手机|手机号|手机号码|电话|联系电话|會員號|會員編號|手機|手機號碼"
    "|member|member no|phone|mobile"
)
_CARD = _split("卡号|会员卡号|旧卡号|原卡号|老卡号|实体卡号|卡號|會員卡號|舊卡號|card|card no|card number")
BALANCE_HEADINGS: dict[str, tuple[str, ...]] = {
    "member": _MEMBER,
    "card": _CARD,
    "points": _split("积分|剩余积分|可用积分|积分余额|当前积分|積分|點數|剩餘點數|points|balance points"),
    "points_until": _split(
        "积分到期日|积分有效期|积分有效期至|积分失效日|積分到期日|點數到期日|points until|points expiry"
    ),
    "principal": _split(
        "储值本金|本金|本金余额|储值余额|储值|余额|卡内余额|充值余额|儲值本金|本金餘額|餘額"
        "|principal|stored value|balance"
    ),
    "bonus": _split("储值赠金|赠金|赠送金额|赠送余额|赠金余额|儲值贈金|贈金|贈送餘額|bonus|gift balance"),
    "bonus_until": _split("赠金到期日|赠金有效期|赠送到期日|贈金到期日|bonus until|bonus expiry"),
}
COURSE_HEADINGS: dict[str, tuple[str, ...]] = {
    "member": _MEMBER,
    "card": _CARD,
    "item": _split(
        "疗程编码|疗程|疗程名称|项目编码|项目|项目名称|次卡|次卡名称|編碼|療程|療程編碼|項目|item|course|code"
    ),
    "remaining": _split("剩余次数|剩余|可用次数|未用次数|余次|剩餘次數|可用次數|remaining|sessions left|left"),
    "total": _split("总次数|次数|购买次数|共几次|總次數|次數|total|sessions"),
    "paid": _split("剩余金额|未消费金额|未用金额|剩余价值|未消金额|剩餘金額|未消費金額|paid left|amount left|value"),
    "until": _split("到期日|到期日期|疗程到期日|有效期|有效期至|截止日期|到期日期|until|expires|expiry"),
}
