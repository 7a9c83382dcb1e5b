"""Teeth and what happened at them in words: for the chart's labels, a person's copy, toasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.sdk import _
from plugins.dental import fold, teeth
from plugins.dental.fold import Event, Face, Tooth

DEGREES = ("", "Ⅰ°", "Ⅱ°", "Ⅲ°")


def said(fdi: str, tooth: Tooth) -> str:
    """Return what a screen reader says of a tooth, and the table shows: 36 左下第一磨牙：龋 咬合面。"""
    return _("%(fdi)s %(name)s：%(state)s", fdi=fdi, name=teeth.name(fdi), state="；".join(facts(tooth)) or _("未记录"))


def facts(tooth: Tooth) -> list[str]:
    """Return what is known of a tooth, a phrase each."""
    found = []
    if tooth.presence in ("missing", "unerupted", "impacted"):
        cause = str(fold.CAUSES[tooth.cause]) if tooth.presence == "missing" else ""
        word = str(fold.CODES[tooth.presence])
        found.append(f"{word}（{cause}）" if tooth.cause and cause else word)
    elif tooth.presence in ("implant", "root"):
        found.append(str(fold.CODES["implant" if tooth.presence == "implant" else "residual_root"]))
    if tooth.cover:
        found.append(f"{fold.CODES[tooth.cover]}（{fold.KINDS[tooth.cover_kind]}）")
    if tooth.canal:
        found.append(f"{fold.CODES['rct']}（{fold.KINDS[tooth.canal]}）")
    found += _on_faces(tooth.faces)
    if tooth.mobility:
        found.append(f"{fold.CODES['mobility']} {DEGREES[tooth.mobility]}")
    found += [str(fold.CODES[code]) for code in sorted(tooth.others)]
    if tooth.watch:
        found.append(str(fold.KINDS[fold.WATCH]))
    found += [_("计划%(what)s", what=fold.CODES[code]) for code in tooth.planned]
    return found or ([str(fold.CODES["sound"])] if tooth.presence == "present" else [])


def _on_faces(faces: Mapping[str, Face]) -> list[str]:
    by_word: dict[str, list[str]] = {}
    for s, face in faces.items():
        for word in _face_words(face):
            by_word.setdefault(word, []).append(s)
    return [f"{word} {faces_said(found)}" for word, found in by_word.items()]


def _face_words(face: Face) -> list[str]:
    words = []
    if face.filled:
        words.append(f"{fold.CODES[face.filling]}（{fold.KINDS[face.filled]}）")
    if face.caries:
        words.append(f"{fold.CODES['caries']}（{fold.DEPTHS[face.caries]}）")
    if face.problem:
        words.append(str(fold.CODES[face.problem]))
    if face.watch:
        words.append(str(fold.KINDS[fold.WATCH]))
    if face.planned:
        words.append(_("计划%(what)s", what=fold.CODES[face.planned]))
    return words


def faces_said(found: Sequence[str]) -> str:
    """Return surfaces in words: 近中面、咬合面."""
    return "、".join(str(teeth.SURFACES[s]) for s in found)


def told(one: Event) -> str:
    """Return an event in words, without its tooth: 龋（牙本质） · 咬合面."""
    detail = str(fold.DEPTHS[one.grade]) if one.code == "caries" else DEGREES[one.grade]
    cause = str(fold.CAUSES[one.cause]) if one.cause else ""
    inner = "，".join(word for word in (detail, cause) if word)
    what = f"{fold.CODES[one.code]}{f'（{inner}）' if inner else ''}"
    parts = [what, *([faces_said(one.surfaces)] if one.surfaces else [])]
    usual = fold.DEFAULT_KIND.get(one.code, "")
    if one.kind != usual:
        parts.append(str(fold.KINDS[one.kind]))
    return " · ".join(parts)
