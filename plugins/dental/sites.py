"""A line's tooth and surfaces: how the till asks for them, what they may be, when two are one place."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from core.sdk import Invalid, LineField, _, _l
from plugins.dental import rules, teeth

if TYPE_CHECKING:
    from collections.abc import Mapping

# Categories of work at one tooth: their lines have a field for it at the till.
AT_A_TOOTH = frozenset(
    {rules.FILLING, rules.IMAGING, "endodontics", "extraction", "implant", "paediatric", "periodontics", "prosthetics"}
)
_SITE = re.compile(r"([1-8][1-8]S?)(?:[ -]?([A-Z]{1,6}))?")
_TYPED = re.compile(r"(\d{1,3}S?)[ ,，、-]*([A-Z ,，、-]*)")


def site_of(text: str) -> tuple[str, str] | None:
    """Return (tooth, surfaces) of a line's site, or None where it names no tooth."""
    found = _SITE.fullmatch(text.strip().upper())
    if found is None or not teeth.is_tooth(found[1]):
        return None
    faces = teeth.surfaces(found[1], found[2] or "")
    return None if faces is None else (found[1], faces)


def same(one: tuple[str, str] | None, other: tuple[str, str]) -> bool:
    """Return whether two sites are one tooth and, where both name surfaces, share one."""
    if one is None or one[0] != other[0]:
        return False
    return not one[1] or not other[1] or bool(set(one[1]) & set(other[1]))


def read(text: str) -> str:
    """Return a typed tooth with its surfaces as it is kept: 36mo → 36 MO.

    Raises Invalid for a number that is no tooth (ISO 3950) and for a surface that the tooth has not.
    """
    typed = unicodedata.normalize("NFKC", text).strip().upper().removeprefix("#")
    found = _TYPED.fullmatch(typed)
    if found is None or not teeth.is_tooth(found[1]):
        raise Invalid.field(
            "site", _("没有“%(tooth)s”这颗牙。请先写两位牙位号，再写牙面，例如 36 MO。", tooth=typed[:12])
        )
    faces = teeth.surfaces(found[1], "".join(re.findall("[A-Z]", found[2])))
    if faces is None:
        raise Invalid.field(
            "site",
            _("%(tooth)s 没有“%(faces)s”这个牙面，可用 %(own)s。", tooth=found[1], faces=found[2],
              own=" ".join(teeth.surfaces_of(found[1]))),
        )  # fmt: skip
    return " ".join(part for part in (found[1], faces) if part)


def _asks(attributes: Mapping[str, Any]) -> bool:
    return attributes.get(rules.CATEGORY) in AT_A_TOOTH


FIELD = LineField("dental.tooth", _l("牙位与牙面"), _asks, read, _l("如 36 MO"))
