"""Logs: one JSON line an event, without persons (security C64)."""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from collections.abc import MutableMapping

_SECRET = re.compile(r"pass|pin|token|secret|cookie|authorization|phone|mobile|id_no|email|address|name|text", re.I)
_KEEP = {"endpoint_name", "logger_name"}
_NUMBERS = re.compile(r"(?<!\d)(1[3-9]\d)\d{4}(\d{4})(?!\d)")
_IDS = re.compile(r"(?<!\d)\d{6}(?:19|20)\d{9}[\dXx](?![\dXx])")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")


def scrub(text: str) -> str:
    """Return `text` without phone numbers, id numbers and e-mail addresses."""
    text = _IDS.sub("[id]", text)
    text = _NUMBERS.sub(r"\1****\2", text)
    return _MAIL.sub("[mail]", text)


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank what names a person or opens a door, whoever logged it."""
    for key, value in list(event.items()):
        if key not in _KEEP and _SECRET.search(key):
            event[key] = "[redacted]"
        elif isinstance(value, str):
            event[key] = scrub(value)
    return event


def configure(level: int = logging.INFO) -> None:
    """Send structured logs to standard error as JSON lines."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_names: structlog.WriteLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
