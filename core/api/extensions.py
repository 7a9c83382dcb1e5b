"""Calls that plugins bring: `POST /x/<plugin>/<verb>`, mounted once, absent (404) where the plugin is off.

A call acts as the person whom X-Staff names: with their rights of that plugin, and of core's rights with those that
the token's scopes give and they hold themselves.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import structlog
from marshmallow import Schema, fields
from sqlalchemy.exc import DBAPIError

from core.api import strict
from core.api.answer_fields import flag, many, text
from core.api.calls import ApiBlueprint, Work, call
from core.api.money import ACCEPTED, NEVER
from core.hooktypes import hook_context
from core.kernel.errors import Refusal
from core.kernel.plugin_health import describe
from core.kernel.plugin_types import PluginError, PluginFailed
from core.kernel.runtime import runtime
from core.kernel.tenancy import act_in
from core.org import proofs, roles
from core.org.tokens import SCOPES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from core.api.auth import Caller
    from core.hookcalls import ApiCall, ApiField
    from core.kernel.plugins import PluginHost
    from core.kernel.tenancy import Actor

HOOK = "register_calls"
log = structlog.get_logger("api")
_made: WeakKeyDictionary[PluginHost, ApiBlueprint] = WeakKeyDictionary()


def blueprint(host: PluginHost | None) -> ApiBlueprint | None:
    """Return the blueprint of what the plugins of this process declare, the same each time; None without any.

    Raises PluginError for a scope that there is not, or a verb that a plugin names twice.
    """
    if host is None:
        return None
    if host not in _made:
        bp = ApiBlueprint("x", "Calls of the plugins")
        taken: set[tuple[str, str]] = set()
        for answer in host.declared(HOOK):
            if answer.failed or answer.plugin is None:
                continue
            key, one = answer.plugin, answer.value
            if not one.scopes or set(one.scopes) - set(SCOPES) or (key, one.verb) in taken:
                raise PluginError(f"call {key}/{one.verb} has unknown scopes, none, or is there twice")
            taken.add((key, one.verb))
            _mount(bp, key, one)
        _made[host] = bp
    return _made[host] if any(not one.failed for one in host.declared(HOOK)) else None


def _mount(bp: ApiBlueprint, key: str, one: ApiCall) -> None:
    name = f"{key}_{one.verb}".title().replace("_", "")

    def view(work: Work, data: Mapping[str, Any]) -> dict[str, Any]:
        return _run(key, one, work, data)

    view.__name__ = view.__qualname__ = f"{key}_{one.verb}"
    view.__doc__ = one.about
    call(
        bp, "POST", f"/x/{key}/{one.verb}", permission=one.permission, scopes=one.scopes, staff=True, plugin=key,
        unit="write" if one.writes else "read", once=ACCEPTED if one.writes else NEVER,
        body=_schema(f"{name}Body", strict.Body, one.body, _asked),
        answer=_schema(f"{name}Answer", Schema, one.answer, _told), example=dict(one.example), refused=_counted,
    )(view)  # fmt: skip


def _counted(_caller: Caller, refusal: Refusal) -> Refusal:
    """Return a refusal; a wrong PIN that a verb was given counts, although all that the verb did is undone."""
    if isinstance(refusal, proofs.WrongPin):
        with runtime().db.unit("write") as session:
            proofs.count_wrong(session, refusal)
    return refusal


def _run(key: str, one: ApiCall, work: Work, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a verb's answer. What it raises beyond refusals undoes all and is told as `plugin_failed` (503)."""
    host, session = runtime().host, work.session
    assert host is not None
    actor = _as_person(work, key)
    began = time.perf_counter_ns()
    try:
        with act_in(session, actor):
            session.info["plugin"] = key
            answer = dict(one.run(hook_context(session), data))
            session.flush()
            return answer
    except (Refusal, DBAPIError):
        raise
    except Exception as problem:
        micros = (time.perf_counter_ns() - began) // 1000
        number = host.health.failed(key, HOOK, describe(problem), micros, actor.franchise_id)
        log.error("plugin_call_failed", plugin=key, verb=one.verb, number=number)
        raise PluginFailed(key, HOOK, number) from problem
    finally:
        session.info.pop("plugin", None)


def _as_person(work: Work, key: str) -> Actor:
    """Return the caller's actor with the person's own rights instead of the token's."""
    actor = work.caller.actor
    held = roles.grants_of(work.session, actor.staff_id or 0)
    here = frozenset({actor.store_id or 0})
    own = {
        code: here for code, stores in held.items()
        if (not stores or actor.store_id in stores) and (code.startswith(f"{key}.") or code in actor.grants)
    }  # fmt: skip
    return replace(actor, grants=own)


# -- schemas ---------------------------------------------------------------------------------------


def _schema(
    name: str, base: type[Schema], own: tuple[ApiField, ...], make: Callable[[str, ApiField], fields.Field[Any]]
) -> type[Schema]:  # fmt: skip
    """Return a schema of the fields, under a name that the OpenAPI document shows."""
    made = {one.name: make(f"{name}{one.name.title().replace('_', '')}", one) for one in own}
    return type(name, (base,), made)


def _asked(name: str, one: ApiField) -> fields.Field[Any]:
    """Return a field as it is read."""
    kw: dict[str, Any] = {"required": True} if one.required else {"load_default": None, "allow_none": True}
    if one.kind == "rows":
        inner = fields.Nested(_schema(name, strict.Body, one.fields, _asked))
        return fields.List(inner, validate=strict.validate.Length(0, one.most, error="length|{min}|{max}"), **kw)
    if one.kind == "texts":
        length = strict.validate.Length(1 if one.required else 0, one.most, error="length|{min}|{max}")
        return fields.List(strict.Words(120, 1), validate=length, **kw)
    kinds: dict[str, Callable[[], fields.Field[Any]]] = {
        "text": lambda: strict.Words(one.most, 1 if one.required else 0, **kw),
        "whole": lambda: strict.Int(0, one.most, **kw),
        "flag": lambda: strict.Flag(**kw),
        "day": lambda: strict.Day(**kw),
        "instant": lambda: strict.Instant(**kw),
        "id": lambda: strict.Id(**kw),
        "choice": lambda: strict.Choice(*one.choices, **kw),
    }
    return kinds[one.kind]()


def _told(name: str, one: ApiField) -> fields.Field[Any]:
    """Return a field as it is told: always there, null only where it is not required."""
    if one.kind == "rows":
        return many(_schema(name, Schema, one.fields, _told))
    if one.kind == "texts":
        return fields.List(fields.String(), required=True)
    if one.kind == "whole":
        return fields.Integer(required=True, allow_none=not one.required)
    if one.kind == "flag":
        return flag()
    if one.kind == "day":
        return fields.Date(required=True, allow_none=not one.required)
    if one.kind == "instant":
        return fields.DateTime(required=True, allow_none=not one.required)
    return text(allow_none=not one.required)
