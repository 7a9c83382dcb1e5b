"""Item attributes of the physio plugin."""

from core.sdk import ItemAttribute, _l

MODALITIES = (
    ("acupuncture", _l("针灸")),
    ("moxibustion_cupping", _l("艾灸与拔罐")),
    ("manipulation", _l("手法推拿")),
    ("electrotherapy", _l("电疗")),
    ("thermotherapy", _l("热疗与冷疗")),
    ("traction", _l("牵引")),
    ("exercise", _l("运动疗法")),
    ("assessment", _l("评估")),
)

ATTRIBUTES = [
    ItemAttribute("physio.modality", _l("理疗方式"), "choice", MODALITIES, item_kinds=frozenset({"service", "course"})),
]
