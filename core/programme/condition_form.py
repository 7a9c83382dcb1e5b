"""The condition builder's form: fields ↔ draft ↔ condition. Knows no web framework.

Any room embeds it so:

    draft = condition_form.read(session(), request.form, facts)      # or `of(session(), condition, facts)`
    if draft.acted:                                                  # a button of the builder: show the page again
        return render_page(…, builder=draft)
    condition = draft.condition("marketing")                         # raises Invalid; each row knows its fault

and in the template, inside its own form that posts to the page: `{{ builder(draft, url) }}` of
macros/conditions.html. Fields carry the draft's prefix, so one form may hold several builders.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from core.kernel.errors import Invalid
from core.kernel.i18n import _, _l
from core.kernel.money import parse_yuan, show_yuan
from core.programme import conditions as lang
from core.programme import facts as engine
from core.programme.conditions import All, Any_, Condition, Leaf, Not

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.hookfacts import Fact

FEW = 16
OFFERED = 200
KINDS = (("all", _l("全部满足")), ("any", _l("任一满足")), ("none", _l("都不满足")))
OP_NAMES: dict[str, Any] = {
    "ge": _l("不少于"), "le": _l("不超过"), "eq": _l("正好"), "between": _l("介于"), "in": _l("是其中之一"),
    "not_in": _l("不是这些"), "any_of": _l("含其中之一"), "none_of": _l("不含这些"), "contains": _l("包含文字"),
    "yes": _l("是"), "no": _l("否"), "known": _l("已登记"), "unknown": _l("未登记"),
}  # fmt: skip


class Form(Protocol):
    """What is read from a form: werkzeug's MultiDict is one."""

    def get(self, key: str, default: str = "") -> str:
        """Return the first value of a key."""

    def getlist(self, key: str) -> list[str]:
        """Return every value of a key."""

    def keys(self) -> Any:
        """Return the keys."""


@dataclass
class Row:
    """One line of the builder as typed. `op` is an operator of OP_NAMES; `codes` are chosen codes."""

    path: str = ""
    fact: str = ""
    op: str = ""
    text: str = ""
    low: str = ""
    high: str = ""
    codes: list[str] = field(default_factory=list)
    params: dict[str, str] = field(default_factory=dict)
    error: str = ""
    is_group = False

    @property
    def is_typed(self) -> bool:
        """Return whether a value stands in the row: one without is not at fault yet."""
        return bool(self.fact and (self.text or self.low or self.high or self.codes))


@dataclass
class Group:
    """A group of lines and groups: all, any or none of them."""

    kind: str = "all"
    parts: list[Row | Group] = field(default_factory=list)
    path: str = ""
    error: str = ""
    is_group = True


class Draft:
    """What stands in the builder: a tree as typed, what may be chosen, and what is wrong with it."""

    def __init__(self, session: Session, root: Group, facts: Mapping[str, Fact], prefix: str = "c") -> None:
        self.session, self.root, self.facts, self.prefix = session, root, facts, prefix
        self.acted = False
        self._choices: dict[str, list[tuple[str, str]]] = {}
        self._places: dict[str, Row | Group] = {}
        self.number()

    # -- for the template ------------------------------------------------------------------------

    def name(self, node: Row | Group, what: str) -> str:
        """Return the name of a field of a row or group."""
        return f"{self.prefix}.{node.path}.{what}"

    def groups_of_facts(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Return the facts to choose from by their groups: (group, [(key, label)])."""
        found: dict[str, list[tuple[str, str]]] = {}
        for fact in sorted(self.facts.values(), key=lambda one: one.order):
            found.setdefault(str(fact.group) or _("其他"), []).append((fact.key, str(fact.label)))
        return list(found.items())

    def fact_of(self, row: Row) -> Fact | None:
        """Return the fact of a row, None while none is chosen."""
        return self.facts.get(row.fact)

    def ops(self, row: Row) -> list[tuple[str, str]]:
        """Return the comparisons a row offers."""
        fact = self.facts.get(row.fact)
        if fact is None:
            return []
        names: list[str] = []
        for op in engine.ops_of(fact):
            names += {"is": ["yes", "no"], "known": ["known", "unknown"]}.get(op, [op])
        return [(name, str(OP_NAMES[name])) for name in names]

    def control(self, row: Row) -> str:
        """Return which control the value has: number, money, range, few, many, text or none."""
        fact = self.facts.get(row.fact)
        if fact is None or row.op in ("yes", "no", "known", "unknown"):
            return "none"
        if row.op == "between":
            return "range"
        if row.op == "contains":
            return "text"
        if fact.kind in ("number", "money"):
            return "number"
        return "few" if fact.choices is not None and len(self.choices(row.fact)) <= FEW else "many"

    def unit(self, row: Row) -> str:
        """Return the unit that stands behind a row's value."""
        fact = self.facts[row.fact]
        return str(fact.unit) or (_("元") if fact.kind == "money" else "")

    def choices(self, key: str) -> list[tuple[str, str]]:
        """Return the (code, label) pairs of a fact."""
        if key not in self._choices:
            fact = self.facts[key]
            found = fact.choices(self.session) if fact.choices is not None else ()
            self._choices[key] = [(str(code), str(label)) for code, label in found]
        return self._choices[key]

    def offered(self, row: Row) -> list[str]:
        """Return the names that a search box of a row suggests, those not chosen yet."""
        return [label for code, label in self.choices(row.fact) if code not in row.codes][:OFFERED]

    def chosen(self, row: Row) -> list[tuple[str, str]]:
        """Return the (code, label) pairs chosen in a row."""
        names = dict(self.choices(row.fact))
        return [(code, names.get(code, code)) for code in row.codes]

    @property
    def rows(self) -> int:
        """Return how many lines there are."""
        return sum(1 for _row in _rows(self.root))

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """Return the kinds of groups."""
        return [(key, str(label)) for key, label in KINDS]

    def is_typed(self) -> bool:
        """Return whether every line has a fact and a value."""
        return all(row.is_typed or self.control(row) == "none" and row.fact for row in _rows(self.root))

    def quiet(self) -> None:
        """Take the faults off groups and off lines that nobody filled in yet."""
        for node in _nodes(self.root):
            if isinstance(node, Group) or not node.is_typed:
                node.error = ""

    # -- changing --------------------------------------------------------------------------------

    def number(self) -> None:
        """Give every row and group its path, in the order they stand."""
        _number(self.root, "0")

    def act(self, command: str) -> None:
        """Do what a button of the builder says: `row:PATH`, `group:PATH`, `drop:PATH`; anything else: nothing."""
        what, _colon, path = command.partition(":")
        self.acted = True
        node = next((one for one in _nodes(self.root) if one.path == path), None)
        if what == "row" and isinstance(node, Group) and self.rows < lang.MAX_LEAVES:
            node.parts.append(Row())
        elif what == "group" and isinstance(node, Group) and path.count(".") + 2 < lang.MAX_DEPTH:
            node.parts.append(Group("any", [Row()]))
        elif what == "drop" and node is not None and node is not self.root:
            for group in _nodes(self.root):
                if isinstance(group, Group) and node in group.parts:
                    group.parts.remove(node)
        self.number()

    # -- the condition ---------------------------------------------------------------------------

    def plain(self) -> dict[str, Any]:
        """Return what is typed as plain data, as far as it goes; notes which row each path belongs to."""
        self._places = {}
        return self._group(self.root, "condition")

    def _group(self, group: Group, path: str) -> dict[str, Any]:
        self._places[path] = group
        inner = f"{path}.not.any" if group.kind == "none" else f"{path}.{group.kind}"
        parts = []
        for place, part in enumerate(group.parts):
            where = f"{inner}.{place}"
            parts.append(self._group(part, where) if isinstance(part, Group) else self._row(part, where))
        if group.kind == "none":
            return {"not": {"any": parts}}
        return {group.kind: parts}

    def _row(self, row: Row, path: str) -> dict[str, Any]:
        self._places[path] = row
        fact = self.facts.get(row.fact)
        if fact is None:
            return {"fact": row.fact, "op": row.op, "value": None}
        params = {name: _int(text) for name, text in row.params.items()}
        if row.op in ("yes", "no"):
            return {"fact": row.fact, "op": "is", "value": row.op == "yes", **params}
        if row.op in ("known", "unknown"):
            return {"fact": row.fact, "op": "known", "value": row.op == "known", **params}
        return {"fact": row.fact, "op": row.op, "value": self._value(row, fact), **params}

    @staticmethod
    def _value(row: Row, fact: Fact) -> Any:
        figure = _fen if fact.kind == "money" else _int
        if row.op == "between":
            return [figure(row.low), figure(row.high)]
        if row.op in lang.RANGE_OPS:
            return figure(row.text)
        return row.text if row.op == "contains" else list(row.codes)

    def condition(self, purpose: engine.Purpose = "marketing") -> Condition:
        """Return the condition in the builder; raise Invalid, with the fault noted at each row.

        A builder without any line is everybody.
        """
        found, errors = lang.read(self.plain(), "condition")
        if found is not None:
            errors = engine.problems(found, self.facts, purpose)
        for error in errors:
            node = self._place_of(error.field)
            node.error = node.error or error.message
        if errors or found is None:
            raise Invalid(_("条件有 %(n)d 处需要修改。", n=len(errors)), errors=errors)
        return found

    def _place_of(self, path: str) -> Row | Group:
        while path and path not in self._places:
            path = path.rpartition(".")[0]
        return self._places.get(path, self.root)


def _nodes(node: Row | Group) -> Iterator[Row | Group]:
    yield node
    if isinstance(node, Group):
        for part in node.parts:
            yield from _nodes(part)


def _rows(group: Group) -> Iterator[Row]:
    return (node for node in _nodes(group) if isinstance(node, Row))


def _number(node: Row | Group, path: str) -> None:
    node.path = path
    if isinstance(node, Group):
        for place, part in enumerate(node.parts):
            _number(part, f"{path}.{place}")


def _int(text: str) -> Any:
    cleaned = text.strip().replace(",", "")
    return int(cleaned) if cleaned.lstrip("-").isdecimal() and len(cleaned) <= 14 else None


def _fen(text: str) -> Any:
    try:
        return parse_yuan(text)
    except Invalid:
        return None


# -- from a form, from a condition -----------------------------------------------------------------


def read(session: Session, form: Form, facts: Mapping[str, Fact], prefix: str = "c") -> Draft:
    """Return the draft that a form posts, with the builder's button (if one was pressed) done."""
    root = _read_group(form, facts, prefix, "0", 1)
    draft = Draft(session, root, facts, prefix)
    for row in _rows(root):
        _settle(draft, row, form)
    draft.number()
    command = form.get(f"{prefix}.do", "")
    if command:
        draft.act(command)
    return draft


def _read_group(form: Form, facts: Mapping[str, Fact], prefix: str, path: str, depth: int) -> Group:
    kind = form.get(f"{prefix}.{path}.kind", "all")
    group = Group(kind if kind in dict(KINDS) else "all", path=path)
    for place in range(lang.MAX_LEAVES * 2):
        inner = f"{path}.{place}"
        if form.get(f"{prefix}.{inner}.kind", "") and depth < lang.MAX_DEPTH:
            group.parts.append(_read_group(form, facts, prefix, inner, depth + 1))
        elif f"{prefix}.{inner}.fact" in form.keys():  # noqa: SIM118 (a MultiDict's keys)
            group.parts.append(_read_row(form, facts, f"{prefix}.{inner}", inner))
    return group


def _read_row(form: Form, facts: Mapping[str, Fact], name: str, path: str) -> Row:
    key = form.get(f"{name}.fact", "")
    row = Row(path=path, fact=key)
    fact = facts.get(key)
    if fact is None:
        return row
    if form.get(f"{name}.was", "") != key:
        row.params = {param.name: str(param.default) for param in fact.params}
        return row
    row.op, row.text = form.get(f"{name}.op", ""), form.get(f"{name}.v", "").strip()
    row.low, row.high = form.get(f"{name}.low", "").strip(), form.get(f"{name}.high", "").strip()
    row.codes = list(dict.fromkeys(one for one in form.getlist(f"{name}.code") if one))
    row.params = {
        param.name: form.get(f"{name}.p.{param.name}", "").strip() or str(param.default) for param in fact.params
    }
    return row


def _settle(draft: Draft, row: Row, form: Form) -> None:
    """Give a row an operator its fact takes, and turn a name typed into its search box into a code."""
    ops = [op for op, _label in draft.ops(row)]
    if ops and row.op not in ops:
        row.op = ops[0]
    typed = form.get(f"{draft.prefix}.{row.path}.add", "").strip()
    if not typed or row.fact not in draft.facts:
        return
    names = draft.choices(row.fact)
    found = next((code for code, label in names if typed in (code, label)), None)
    if found is None and draft.facts[row.fact].choices is None:
        found = typed
    if found is None:
        near = [code for code, label in names if typed.lower() in label.lower()]
        found = near[0] if len(near) == 1 else None
    if found is None:
        row.error = _("没有找到“%(text)s”，请从列表里选。", text=typed[:20])
    elif found not in row.codes:
        row.codes.append(found)


def blank(session: Session, facts: Mapping[str, Fact], prefix: str = "c") -> Draft:
    """Return an empty draft: everybody."""
    return Draft(session, Group("all"), facts, prefix)


def of(session: Session, condition: Condition, facts: Mapping[str, Fact], prefix: str = "c") -> Draft:
    """Return the draft of a condition, to be changed in the builder."""
    node = _node(condition)
    draft = Draft(session, node if isinstance(node, Group) else Group("all", [node]), facts, prefix)
    for row in _rows(draft.root):
        fact = facts.get(row.fact)
        if fact is not None and fact.kind == "money":
            row.text, row.low, row.high = (_yuan(one) for one in (row.text, row.low, row.high))
    return draft


def _yuan(text: str) -> str:
    return show_yuan(int(text)).replace(",", "").removesuffix(".00") if text else ""


def _node(condition: Condition) -> Row | Group:
    if isinstance(condition, Leaf):
        return _row_of(condition)
    if isinstance(condition, Not):
        part = condition.part
        inner = part.parts if isinstance(part, Any_) else (part,)
        return Group("none", [_node(one) for one in inner])
    return Group("all" if isinstance(condition, All) else "any", [_node(part) for part in condition.parts])


def _row_of(leaf: Leaf) -> Row:
    row = Row(fact=leaf.fact, op=leaf.op, params={name: str(value) for name, value in leaf.params})
    if leaf.op == "is":
        row.op = "yes" if leaf.value else "no"
    elif leaf.op == "known":
        row.op = "known" if leaf.value else "unknown"
    elif leaf.op == "between" and isinstance(leaf.value, tuple):
        row.low, row.high = (str(one) for one in leaf.value)
    elif isinstance(leaf.value, tuple):
        row.codes = [str(one) for one in leaf.value]
    else:
        row.text = str(leaf.value)
    return row
