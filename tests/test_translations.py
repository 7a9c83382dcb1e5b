"""zh_TW and en are complete: every text, its parameters, and pages without a word of the source language."""

from __future__ import annotations

import ast
import html
import re
import string
from pathlib import Path

import pytest
from jinja2 import Environment

from core.kernel.i18n import (
    LOCALE_NAMES,
    LOCALES,
    SOURCE_LOCALE,
    _,
    catalogue,
    compile_catalogues,
    in_locale,
    listed,
    ngettext,
)  # fmt: skip
from core.pricing.words import fold
from tests import catalogues
from tests.catalogues import ROOT, homes
from tests.core.desk.desk_kit import Desk, web_of

PLACEHOLDER = re.compile(r"%(?:\([a-z_]+\)[a-z]|%|.)")
HAN = re.compile(r"[\u3400-\u9fff]")
CHINESE = re.compile(r"[\u3400-\u9fff\uff01-\uff5e\u3001-\u301f]")
# In Chinese a price is "8 折" (eight tenths are paid), in English "20% off"; the code gives both parameters.
OTHER_WORDS = {"%(name)s %(fold)s 折": {"en": ["%%", "%(name)s", "%(percent)s"]}}
# The commonest characters that only the simplified script writes.
SIMPLIFIED = set(
    "们个为么义乐书买乱亏云亚产亲亿仅从仓仪价众优会伟传伤伦伪体债倾偿储儿兑党兰关兴养兽内冈册写军农冲决况冻净凉减凑几凤凭凯击划刘则刚创删别剂剑剧劝办务动励劳势勋区医华协单卖卢卫却厂厅历厉压厌县参双发变叙叠号叶吓吗听启员呜响团园围国图圆圣场坏块坚坛坝坟坠垄垫墙壮声壳处备复够头夹夺奋奖妆妇妈姗娱婴孙学宁宝实审宪宫宽宾对寻导寿将尔尘尝层届属岁岂岗岛峡币帅师帐带帮广庄庆库应废开异弃张弥弯弹强归当录彻径忆忧怀态总恋恶悬惊惧惩惯愤愿戏战户扑执扩扫扬抚抢护报担拟拥择挂挡挤挥损换据掷搅携摄摆摇撑数断无旧时显晓暂术机杀杂权条来杨极构枪柜标栋栏树样档桥检楼横欢欧残毁毕气汇汉沟没沪泪泽洁测济浏浓涛涨渊渐渔温湾湿满滚滞滤灭灯灵灾炉点烂烦烧热爱爷牵犹独狭狮猎猪献环现玛琐电画畅疗疯痒瘾皱盐监盖盘睁矫码砖础硕确碍礼离种积称稳穷窃窍竞笔简类粮紧纠红约级纪纤纯纲纳纵纷纸纹线练组细织终经绑绒结绕绘给络绝统继绩绪续绳维综绿缓编缘缩缴网罗罚职联聪肃肠肤肾肿胀胆胜脉脏脑脚脱脸腻舆舰艺节芦苏苹范茧荐药荣获莲萝营萧蓝蔼虏虑虽虾蚀蛮补袜装见观规视览觉触誉计订认讨让训议讯记讲许论设访证评识诉词试诗话诚询该详语误说请诸课谁调谅谈谊谋谎谓谢谨谱贝负贡财责败账货质贩贫购贮贯贴贵贷费贺贼资赔赖赚赛赞赠赢赵趋跃跄践踪轨转轮软轰轻载较辅辆辈输辑边达迁过运还这进远违连迟适选递逻遗邓邮邻酿释里针钓钟钢钥钱钻铁铃铜铺链销锁错键镇长门闪闭问闲间闷闹闻阅队阳阴阵阶际陆陈险随隐难雾静韩页顶项顺须顾顿预领频题颜额风飞饥饭饮饰饱馆驱驶验骂骑骗骨鱼鲜鸟鸡鸣麦黄齐龄"
) - set("云几冲别卖复强才家据摄楼横欢温滚杀来柜横气点参里骨录内册术净况决凉减凑准奖黄")  # fmt: skip


def every_message():
    for home in homes():
        for text in sorted(catalogues.extracted(home)):
            yield home, text


def translated(home: Path, locale: str) -> dict[str, str]:
    """Return each text with its translation; of one that counts, the form for many."""
    return {forms_of(m.id)[0]: forms_of(m.string)[-1] for m in catalogues.read(home, locale) if m.id}


def forms_of(text) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


@pytest.mark.parametrize("locale", catalogues.LOCALES)
def test_every_form_of_a_counted_text_is_there_with_its_parameters(locale):
    wrong = [
        (m.id, m.string)
        for home in homes()
        for m in catalogues.read(home, locale)
        if m.id and len(forms_of(m.id)) > 1
        and {tuple(sorted(PLACEHOLDER.findall(said))) for said in forms_of(m.string)}
        != {tuple(sorted(PLACEHOLDER.findall(m.id[0])))}
    ]  # fmt: skip
    assert wrong == []


def test_a_count_of_one_reads_right_and_a_list_is_joined_as_the_language_does():
    said = {}
    for locale in LOCALES:
        with in_locale(locale):
            said[locale] = [ngettext("还剩 %(n)d 个名额", "还剩 %(n)d 个名额", n) for n in (1, 2)] + [
                listed(["A", "B"])
            ]
    assert said["zh_CN"] == ["还剩 1 个名额", "还剩 2 个名额", "A、B"]
    assert said["zh_TW"] == ["還剩 1 個名額", "還剩 2 個名額", "A、B"]
    assert said["en"] == ["1 seat left", "2 seats left", "A, B"]


@pytest.mark.parametrize("locale", catalogues.LOCALES)
@pytest.mark.parametrize("home", homes(), ids=lambda home: home.parent.name)
def test_every_text_is_translated_and_none_is_guessed_or_gone(home, locale):
    have = translated(home, locale)
    assert sorted(catalogues.extracted(home) - have.keys()) == [], "run ./dev translate, then translate these"
    assert sorted(have.keys() - catalogues.extracted(home)) == [], "no longer in the sources: run ./dev translate"
    assert [text for text, said in have.items() if not said.strip()] == []
    assert [m.id for m in catalogues.read(home, locale) if m.id and m.fuzzy] == []


def test_the_extraction_sees_the_whole_product():
    assert len(catalogues.extracted(ROOT / "translations")) > 1_200
    assert {"收银台", "积分", "锁定屏幕", "退款"} <= catalogues.extracted(ROOT / "translations")
    assert {home.parent.name for home in homes() if catalogues.extracted(home)} >= {
        "dental", "pharmacy", "physio", "beauty",
    }  # fmt: skip


@pytest.mark.parametrize("locale", catalogues.LOCALES)
def test_parameters_are_those_of_the_source(locale):
    wrong = {}
    for home in homes():
        for text, said in translated(home, locale).items():
            wanted = OTHER_WORDS.get(text, {}).get(locale) or sorted(PLACEHOLDER.findall(text))
            if sorted(PLACEHOLDER.findall(said)) != wanted:
                wrong[text] = said
    assert wrong == {}


def test_a_percentage_reads_right_in_each_language():
    """80 % to pay: eight tenths in Chinese, 20 % off in English (B24's box at 0.8)."""
    said = {}
    for locale in LOCALES:
        with in_locale(locale):
            said[locale] = _("%(name)s %(fold)s 折", name="V2", fold=fold(8_000), percent=fold(10 * 2_000))
    assert said == {"zh_CN": "V2 8 折", "zh_TW": "V2 8 折", "en": "V2 20% off"}


def test_traditional_chinese_has_no_simplified_characters_and_speaks_of_points_as_taiwan_does():
    left, foreign = {}, {}
    strange = ("積分", "默認", "賬", "信息", "登錄", "界面", "門店", "查看", "許可權", "臺", "“", "支付方式", "屏幕")
    for home in homes():
        for text, said in translated(home, "zh_TW").items():
            if found := SIMPLIFIED & set(said):
                left[said] = "".join(sorted(found))
            if any(word in said for word in strange):
                foreign[text] = said
    assert left == {}
    assert foreign == {}


def test_english_has_no_chinese_and_no_full_width_punctuation():
    assert {
        text: said for home in homes() for text, said in translated(home, "en").items() if CHINESE.search(said)
    } == {}


@pytest.mark.parametrize("locale", catalogues.LOCALES)
def test_a_sentence_stays_a_sentence(locale):
    """A text that ends a sentence in the source ends one in the translation, and only then."""
    wrong = []
    for home in homes():
        for text, said in translated(home, locale).items():
            ends = text.endswith(("。", "？"))
            if ends != said.endswith((".", "?", "。", "？")) and not said.endswith("no."):
                wrong.append((text, said))
    assert wrong == []


@pytest.mark.parametrize("locale", catalogues.LOCALES)
def test_core_and_plugins_agree_on_shared_texts(locale):
    """The catalogues are merged, so one text has one translation, whoever says it."""
    said: dict[str, set[str]] = {}
    for home in homes():
        for text, words in translated(home, locale).items():
            said.setdefault(text, set()).add(words)
    assert {text: words for text, words in said.items() if len(words) > 1} == {}


@pytest.mark.parametrize("locale", catalogues.LOCALES)
def test_what_runs_is_what_was_written(locale):
    """The compiled, merged catalogue answers with the text of the .po file, core's and a plugin's."""
    assert compile_catalogues() == []
    running = catalogue(locale)
    wrong = {
        text: running.gettext(text)
        for home in homes()
        for text, said in translated(home, locale).items()
        if said not in {running.gettext(text), running.ngettext(text, text, 2)}
    }
    assert wrong == {}


def unmarked_in_python(path: Path) -> list[str]:
    """Return the Chinese literals of a module that are neither documentation nor given to a marking function."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            known.add(id(node.value))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in catalogues.KEYWORDS:
            known.update(id(inner) for inner in ast.walk(node))
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if id(node) not in known and HAN.search(node.value)
    ]


def unmarked_in_template(path: Path) -> list[str]:
    """Return the Chinese texts of a template that stand bare, or in a string that is not given to `_` or `ngettext`."""
    left, before = [], ("", "", "", "")
    for _line, kind, value in Environment().lex(path.read_text(encoding="utf-8")):
        if kind == "whitespace":
            continue
        counts = before[-2:] == ("ngettext", "(") or (before[0], before[1], before[3]) == ("ngettext", "(", ",")
        marked = kind == "string" and (before[-2:] == ("_", "(") or counts)
        if kind in {"data", "string"} and not marked and HAN.search(value):
            left.append(value.strip())
        before = (*before[1:], value)
    return left


def test_every_chinese_text_of_the_sources_is_marked():
    """Data in Chinese is not a text of the interface: names of demo people, words that an import understands."""
    data = re.compile(
        r"/demo[^/]*\.py$|core/imports/(words|parser|cleaning|rules)\.py|core/api/|core/kernel/i18n\.py"
        r"|core/orders/quoting/basket\.py|core/org/(services|totp)\.py|core/people/rules\.py|core/programme/recurrence\.py"
    )
    sources = [p for sources in homes().values() for source in sources for p in source.rglob("*.*")]
    left = {
        str(path.relative_to(ROOT)): found
        for path in sources
        if path.suffix in {".py", ".html"} and not data.search(path.as_posix())
        if (found := (unmarked_in_python if path.suffix == ".py" else unmarked_in_template)(path))
    }
    assert left == {}


def test_the_source_language_is_itself():
    assert catalogue(SOURCE_LOCALE).gettext("收银台") == "收银台"


# -- pages ------------------------------------------------------------------------------------------


def visible(page: str) -> list[str]:
    """Return the texts a reader meets: between tags, and in the attributes that are read out or shown."""
    body = re.sub(r"<!--.*?-->|<(script|style)\b.*?</\1>", " ", page, flags=re.S)
    shown = re.findall(r'\s(?:aria-label|placeholder|title|alt|data-[a-z-]*(?:text|word|label))="([^"]*)"', body)
    shown += re.split(r"<[^>]+>", body)
    return [text.strip() for text in map(html.unescape, shown) if text.strip(string.whitespace + "·、，—")]


def own_data(page: str, names: set[str]) -> list[str]:
    """Return the visible texts of `page` without the installation's own data, `names`, and their avatars."""
    avatars = {name[0] for name in names}
    left = []
    for text in visible(page):
        if text in avatars:
            continue
        for name in sorted(names, key=len, reverse=True):
            text = text.replace(name, "")
        left.append(text.strip())
    return [text for text in left if text]


def speak(client, locale: str) -> None:
    client.set_cookie("huike-ui", f"light|compact|{locale}")


def assert_speaks(page: str, locale: str, names: set[str]) -> None:
    """Assert that `page` is in `locale`: no Chinese in en, no source text and no simplified script in zh_TW."""
    texts = own_data(page, names)
    if locale == "en":
        assert [text for text in texts if CHINESE.search(text)] == []
        return
    said = {text for home in homes() for text in translated(home, locale).values()}
    source = {text for _home, text in every_message() if text not in said}
    assert [text for text in texts if text in source or SIMPLIFIED & set(text)] == []


@pytest.mark.parametrize("locale", catalogues.LOCALES)
def test_sign_in_page_speaks_the_chosen_language(installation, locale):
    client = web_of(installation).test_client()
    speak(client, locale)
    page = client.get("/sign-in").text
    assert {"en": "Sign in", "zh_TW": "登入"}[locale] in page
    assert_speaks(page, locale, set(LOCALE_NAMES.values()))
    refused = client.get("/no-such-page").text
    assert {"en": "Page not found", "zh_TW": "沒有找到這一頁"}[locale] in refused


RECORDS = (
    "/records/items/", "/records/items/add?kind=card", "/settings", "/settings?layer=store", "/records/tenders",
    "/records/message_templates/", "/records/message_templates/new/", "/records/person_fields/", "/records/person_fields/new/", "/records/orders/", "/records/order_lines/",
    "/records/transfers/", "/records/lots/", "/records/cards/", "/records/coupons/", "/records/staff/?f.licence=due",
)  # fmt: skip
SEGMENTS = ("/segments/", "/segments/new", "/tags", "/tags/new", "/gradings")


@pytest.mark.parametrize("locale", catalogues.LOCALES)
@pytest.mark.parametrize("role", ["front_desk", "owner"])
def test_pages_of_the_desk_speak_the_chosen_language(installation, locale, role):
    desk = Desk(installation, web_of(installation), installation.dental, role)
    speak(desk.client, locale)
    member = desk.enrol("Ann Lee")
    names = data_of(installation)
    paths = ["/", "/till", "/members", "/members/new", f"/members/{member}", f"/members/{member}/edit", "/orders"]
    for path in [
        *paths,
        "/security",
        *(["/imports/", "/imports/new", "/console/plugins", *SEGMENTS, *RECORDS] if role == "owner" else []),
    ]:
        answer = desk.get(path)
        assert answer.status_code == 200, path
        assert_speaks(answer.text, locale, names)
    desk.take(member)
    assert desk.add("F-RESIN").status_code == 303
    assert {"en": "Take payment", "zh_TW": "收款"}[locale] in desk.till()
    assert_speaks(desk.till(), locale, names)


def data_of(installation) -> set[str]:
    """Return the words that are the installation's data: names of places, people, items, tiers and cards."""
    import yaml
    from sqlalchemy import select

    from core.catalog.models import Item
    from core.kernel.tenancy import acting
    from core.org.models import Chain, Franchise, Staff, Store
    from core.segments.models import Segment, TagDefinition, TagGroup

    names = set(LOCALE_NAMES.values())
    with acting(installation.actor(installation.dental)), installation.unit("read") as unit:
        for model in (Chain, Franchise, Store, Staff, Item):
            names |= set(unit.scalars(select(model.name)))
        for column in (TagDefinition.tag, TagDefinition.note, TagGroup.name, Segment.name):
            names |= set(unit.scalars(select(column)))
        for script in unit.scalars(select(Item.desk_script)):
            names |= set(script.splitlines())
        names.discard("")
    for preset in ROOT.glob("plugins/*/preset.yaml"):
        names |= words_of(yaml.safe_load(preset.read_text(encoding="utf-8")))
    return names


def words_of(value) -> set[str]:
    if isinstance(value, dict):
        return {word for inner in value.values() for word in words_of(inner)}
    if isinstance(value, list):
        return {word for inner in value for word in words_of(inner)}
    return {value} if isinstance(value, str) and CHINESE.search(value) else set()
