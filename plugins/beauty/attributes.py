"""Item attributes of the beauty plugin: the procedure of a service, whom a product suits."""

from core.sdk import ItemAttribute, _l

PROCEDURES = (
    ("care", _l("护理")),
    ("hydra", _l("水光")),
    ("ipl", _l("光子")),
    ("laser", _l("激光")),
    ("ablative_laser", _l("剥脱性激光")),
    ("injection", _l("注射")),
    ("botulinum", _l("肉毒素注射")),
    ("filler", _l("填充注射")),
    ("hyaluronidase", _l("玻尿酸酶注射")),
    ("thread", _l("埋线")),
    ("surgery", _l("手术")),
    ("peel", _l("刷酸")),
    ("deep_peel", _l("深层换肤与磨皮")),
    ("radiofrequency", _l("射频")),
    ("microcurrent", _l("微电流")),
    ("cryolipolysis", _l("冷冻溶脂")),
    ("consultation", _l("咨询与皮肤检测")),
)
NAMES = dict(PROCEDURES)
MOTIVES = (("problem", _l("尽快解决皮肤问题")), ("natural", _l("偏好天然温和")), ("relax", _l("放松休闲")))

PROCEDURE, SUITS = "beauty.procedure", "beauty.suits"
INJECTED = frozenset({"hydra", "injection", "botulinum", "filler", "hyaluronidase", "thread"})
LIGHT = frozenset({"ipl", "laser", "ablative_laser"})
HARMLESS = frozenset({"care", "consultation"})  # no consent, no questionnaire, no hand-off

# What a person signs for: one text a kind of procedure.
CONSENT_OF: dict[str, str] = {
    **dict.fromkeys(INJECTED, "injection"), **dict.fromkeys(LIGHT, "energy"), "radiofrequency": "energy",
    "microcurrent": "energy", "cryolipolysis": "energy", "peel": "peel", "deep_peel": "peel", "surgery": "surgery",
    "thread": "surgery",
}  # fmt: skip

ATTRIBUTES = [
    ItemAttribute(
        PROCEDURE,
        _l("美容项目类型"),
        "choice",
        PROCEDURES,
        item_kinds=frozenset({"service", "course"}),
    ),
    ItemAttribute(SUITS, _l("适合的护理动机"), "choice", MOTIVES, item_kinds=frozenset({"service", "goods", "course"})),
]
