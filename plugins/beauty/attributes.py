"""Item attributes of the beauty plugin."""

from core.sdk import ItemAttribute, _l

PROCEDURES = (
    ("care", _l("护理")),
    ("hydra", _l("水光")),
    ("ipl", _l("光子")),
    ("laser", _l("激光")),
    ("injection", _l("注射")),
    ("peel", _l("刷酸")),
    ("radiofrequency", _l("射频")),
    ("consultation", _l("咨询与皮肤检测")),
)

ATTRIBUTES = [
    ItemAttribute(
        "beauty.procedure",
        _l("美容项目类型"),
        "choice",
        PROCEDURES,
        item_kinds=frozenset({"service", "course"}),
    ),
]
