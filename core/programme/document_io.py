"""Reading, writing and hashing a programme document."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from core.kernel.errors import FieldError, Invalid
from core.kernel.i18n import _
from core.programme import spec
from core.programme.checks import check
from core.programme.codec import Problems
from core.programme.document import CouponRule, Programme


def parse(data: Mapping[str, Any]) -> Programme:
    """The programme of plain data (a loaded YAML file).

    Raises Invalid with one FieldError for each fault, its field the path (tiers.2.benefits.0.pay_bp).
    Entries are also checked against each other; mere warnings do not stop it (checks.check gives them).
    """
    problems = Problems()
    programme = spec.PROGRAMME.read(data, "", problems)
    if isinstance(programme, Programme):
        for problem in check(programme):
            if problem.severity == "error":
                problems.add(problem.field, problem.message)
    return _or_refuse(programme, problems.errors)


def _or_refuse(value: Any, errors: list[FieldError]) -> Any:
    if not errors:
        return value
    first = errors[0].message
    more = _("（另有 %(n)d 处）", n=len(errors) - 1) if len(errors) > 1 else ""
    raise Invalid(_("会员方案有误：%(first)s%(more)s", first=first, more=more), errors=errors)


def parse_yaml(text: str) -> Programme:
    """The programme of a YAML text; a text that is no YAML raises Invalid too."""
    return parse(load_yaml(text))


def load_yaml(text: str) -> dict[str, Any]:
    """The mapping in a YAML text. Raises Invalid (field empty) if there is none."""
    try:
        data = yaml.load(text, Loader=_Loader)  # noqa: S506 - _Loader is a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise Invalid.field("", _("第 %(line)d 行不是合法的 YAML", line=line)) from None
    if not isinstance(data, dict):
        raise Invalid.field("", _("文件应是一组“键: 值”"))
    return data


class _Loader(yaml.SafeLoader):
    """Safe loader that leaves dates as text and knows only true and false as flags, so that the key `on:`
    stays
    a word (YAML 1.1 reads it as true)."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":bool", ":timestamp"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def dump(programme: Programme) -> dict[str, Any]:
    """Canonical plain data: fixed key order, empty defaults and the version left out.

    parse(dump(p)) equals p but for the version, which publishing sets.
    """
    plain: dict[str, Any] = spec.PROGRAMME.write(programme)
    plain.pop("version", None)
    return plain


def dump_yaml(programme: Programme) -> str:
    """Canonical YAML; exporting, importing and exporting again gives the same bytes."""
    return yaml.safe_dump(dump(programme), allow_unicode=True, sort_keys=False, width=110)


def document_hash(programme: Programme) -> str:
    """sha256 (hex) of the canonical JSON, version left out: the same content has the same hash."""
    text = json.dumps(dump(programme), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def coupon_rule_from(data: Mapping[str, Any]) -> CouponRule:
    """Coupon terms of plain data, as a coupon row stores them. Raises Invalid like parse."""
    problems = Problems()
    return _or_refuse(spec.COUPON.read(data, "", problems), problems.errors)  # type: ignore[no-any-return]


def coupon_rule_to(rule: CouponRule) -> dict[str, Any]:
    """Plain data of coupon terms; coupon_rule_from reads it back."""
    return spec.COUPON.write(rule)  # type: ignore[no-any-return]
