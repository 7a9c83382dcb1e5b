"""A condition in words, as a clinic's staff would say it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from core.kernel.i18n import _
from core.kernel.money import show_yuan
from core.programme import facts as engine
from core.programme.conditions import All, Any_, Condition, Leaf, Not

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.hookfacts import Fact

Labels = Callable[["Fact"], Mapping[str, str]]
FEW = 6


def sentence(session: Session, condition: Condition, facts: Mapping[str, Fact] | None = None) -> str:
    """Return a condition in the language of the reader, codes by their names."""
    known = engine.offered() if facts is None else facts
    kept: dict[str, Mapping[str, str]] = {}

    def labels(fact: Fact) -> Mapping[str, str]:
        if fact.key not in kept:
            choices = fact.choices(session) if fact.choices is not None else ()
            kept[fact.key] = {str(code): str(label) for code, label in choices}
        return kept[fact.key]

    return words(condition, known, labels)


def words(condition: Condition, facts: Mapping[str, Fact], labels: Labels, inner: bool = False) -> str:
    """Return a condition in words; `labels(fact)` names its codes."""
    if isinstance(condition, Leaf):
        return leaf_words(condition, facts.get(condition.fact), labels)
    if isinstance(condition, Not):
        part = condition.part
        inside = part.parts if isinstance(part, Any_) else (part,)
        if len(inside) == 1:
            return _("不满足（%(what)s）", what=words(inside[0], facts, labels))
        return _("都不满足（%(what)s）", what="；".join(words(one, facts, labels) for one in inside))
    if not condition.parts:
        return _("全部会员") if isinstance(condition, All) else _("没有人")
    if len(condition.parts) == 1:
        return words(condition.parts[0], facts, labels, inner)
    joint = _("，并且") if isinstance(condition, All) else _("，或者")
    found = joint.join(words(part, facts, labels, True) for part in condition.parts)
    return _("（%(what)s）", what=found) if inner else found


def leaf_words(leaf: Leaf, fact: Fact | None, labels: Labels) -> str:
    """Return one leaf in words."""
    if fact is None:
        return _("未知的事实“%(key)s”", key=leaf.fact)
    params = engine.params_of(fact, leaf)
    name = str(fact.sentence) % params if fact.sentence else str(fact.label)
    return compared(name, leaf, fact, labels)


def compared(name: str, leaf: Leaf, fact: Fact, labels: Labels) -> str:
    """Return a named fact with its comparison in words."""
    if leaf.op == "is":
        return _("%(fact)s：是", fact=name) if leaf.value else _("%(fact)s：否", fact=name)
    if leaf.op == "known":
        return _("%(fact)s已登记", fact=name) if leaf.value else _("%(fact)s未登记", fact=name)
    if leaf.op == "contains":
        return _("%(fact)s含“%(text)s”", fact=name, text=str(leaf.value))
    if isinstance(leaf.value, tuple) and leaf.op != "between":
        return _codes(name, leaf, labels(fact))
    unit = str(fact.unit) or (_("元") if fact.kind == "money" else "")
    if leaf.op == "between" and isinstance(leaf.value, tuple):
        low, high = (_figure(one, fact) for one in leaf.value)
        return _("%(fact)s在 %(low)s 到 %(high)s %(unit)s之间", fact=name, low=low, high=high, unit=unit)
    value = _figure(leaf.value, fact)
    if leaf.op == "ge":
        return _("%(fact)s不少于 %(value)s %(unit)s", fact=name, value=value, unit=unit).rstrip()
    if leaf.op == "le":
        return _("%(fact)s不超过 %(value)s %(unit)s", fact=name, value=value, unit=unit).rstrip()
    return _("%(fact)s正好 %(value)s %(unit)s", fact=name, value=value, unit=unit).rstrip()


def _figure(value: Any, fact: Fact) -> str:
    return show_yuan(int(value)) if fact.kind == "money" else f"{int(value):,}"


def _codes(name: str, leaf: Leaf, names: Mapping[str, str]) -> str:
    assert isinstance(leaf.value, tuple)
    shown = [names.get(str(code), str(code)) for code in leaf.value]
    listed = "、".join(shown[:FEW])
    if len(shown) > FEW:
        listed = _("%(list)s 等 %(n)d 项", list=listed, n=len(shown))
    if leaf.op in ("in", "not_in"):
        return (
            _("%(fact)s是 %(list)s", fact=name, list=listed)
            if leaf.op == "in"
            else _("%(fact)s不是 %(list)s", fact=name, list=listed)
        )
    if leaf.op == "any_of":
        return _("%(fact)s含 %(list)s", fact=name, list=listed)
    return _("%(fact)s不含 %(list)s", fact=name, list=listed)
