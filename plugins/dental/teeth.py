"""Teeth and their names: FDI two digits are stored (ISO 3950), Palmer is printed, Universal is shown on wish.

Quadrants 1–4 hold permanent teeth 1–8, quadrants 5–8 primary teeth 1–5: 52 teeth. A supernumerary tooth is the nearest
tooth with an `S` behind it.
"""

from __future__ import annotations

from typing import Any

from core.sdk import _, _l

PERMANENT = tuple(f"{q}{n}" for q in "1234" for n in range(1, 9))
PRIMARY = tuple(f"{q}{n}" for q in "5678" for n in range(1, 6))
ALL = frozenset(PERMANENT + PRIMARY)
UPPER = frozenset("1256")


# As the dentist looks at the mouth: the patient's right is left.
def _row(left: str, right: str, size: int) -> tuple[str, ...]:
    return (*(f"{left}{n}" for n in range(size, 0, -1)), *(f"{right}{n}" for n in range(1, size + 1)))


ROWS = {
    "permanent": (_row("1", "2", 8), _row("4", "3", 8)),
    "primary": (_row("5", "6", 5), _row("8", "7", 5)),
}

SURFACES = {
    "M": _l("近中面"), "O": _l("咬合面"), "I": _l("切缘"), "D": _l("远中面"), "B": _l("颊面"), "L": _l("舌面"),
    "P": _l("腭面"), "V": _l("颈部"),
}  # fmt: skip
_PERMANENT_NAMES = (
    _l("中切牙"), _l("侧切牙"), _l("尖牙"), _l("第一前磨牙"), _l("第二前磨牙"), _l("第一磨牙"), _l("第二磨牙"),
    _l("第三磨牙"),
)  # fmt: skip
_PRIMARY_NAMES = (_l("乳中切牙"), _l("乳侧切牙"), _l("乳尖牙"), _l("第一乳磨牙"), _l("第二乳磨牙"))
_CORNERS = {"1": _l("右上"), "2": _l("左上"), "3": _l("左下"), "4": _l("右下")}


def is_tooth(fdi: str) -> bool:
    """Return whether a number is one of the 52 teeth, or a supernumerary one beside it (`21S`)."""
    return fdi.removesuffix("S") in ALL and len(fdi) <= 3


def corner(fdi: str) -> str:
    """Return the quadrant 1–4 in which a tooth stands, primary ones too."""
    return fdi[0] if fdi[0] in "1234" else str(int(fdi[0]) - 4)


def place(fdi: str) -> int:
    """Return how far from the midline a tooth stands, from 1."""
    return int(fdi[1])


def is_primary(fdi: str) -> bool:
    """Return whether it is a primary (milk) tooth."""
    return fdi[0] in "5678"


def is_upper(fdi: str) -> bool:
    """Return whether it stands in the upper jaw."""
    return fdi[0] in UPPER


def is_anterior(fdi: str) -> bool:
    """Return whether it is an incisor or canine."""
    return place(fdi) <= 3


def name(fdi: str) -> Any:
    """Return what a tooth is called: 左下第一磨牙."""
    names = _PRIMARY_NAMES if is_primary(fdi) else _PERMANENT_NAMES
    words = {"corner": _CORNERS[corner(fdi)], "tooth": names[place(fdi) - 1]}
    return _("%(corner)s%(tooth)s（多生牙）", **words) if fdi.endswith("S") else _("%(corner)s%(tooth)s", **words)


def palmer(fdi: str) -> tuple[str, str]:
    """Return (quadrant 1–4, number 1–8 or letter A–E) as the Palmer cross has it."""
    return corner(fdi), "ABCDE"[place(fdi) - 1] if is_primary(fdi) else str(place(fdi))


def universal(fdi: str) -> str:
    """Return the American number: 1–32, primary A–T, a supernumerary one with S."""
    bare = fdi.removesuffix("S")
    quadrant, at = corner(bare), place(bare)
    size = 5 if is_primary(bare) else 8
    n = {"1": size + 1 - at, "2": size + at, "3": 3 * size + 1 - at, "4": 3 * size + at}[quadrant]
    return ("ABCDEFGHIJKLMNOPQRST"[n - 1] if is_primary(bare) else str(n)) + fdi[2:]


def shown(fdi: str, system: str) -> str:
    """Return a tooth's number in `system`: fdi, palmer or universal."""
    if system == "universal":
        return universal(fdi)
    return palmer(fdi)[1] + fdi[2:] if system == "palmer" else fdi


def surfaces_of(fdi: str) -> str:
    """Return the surfaces that a tooth has, in the order in which they are written: MODBLV, MIDBPV …"""
    return f"M{'I' if is_anterior(fdi) else 'O'}DB{'P' if is_upper(fdi) else 'L'}V"


def surfaces(fdi: str, written: str) -> str | None:
    """Return surfaces in their order without repetition, or None for one the tooth does not have.

    F (facial) is B; L and P, O and I are taken for whichever the tooth has.
    """
    own = surfaces_of(fdi)
    other = {"F": "B", "L": own[4], "P": own[4], "O": own[1], "I": own[1]}
    found = {other.get(one, one) for one in written.upper()}
    return "".join(one for one in own if one in found) if found <= set(own) else None


def cross(found: list[str]) -> dict[str, str]:
    """Return what stands in the four corners of a Palmer cross, from the left to the right of the page."""
    corners: dict[str, list[str]] = {"1": [], "2": [], "3": [], "4": []}
    for one in sorted(set(found), key=lambda fdi: (is_primary(fdi), place(fdi))):
        corners[corner(one)].append(palmer(one)[1] + one[2:])
    return {key: "".join(marks[::-1] if key in "14" else marks) for key, marks in corners.items()}
