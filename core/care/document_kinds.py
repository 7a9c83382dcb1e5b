"""Which kinds of papers are kept, who may see and add each, and whether a law asks the house to keep it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.care.visit_permissions import PAPERS, PAPERS_ADD
from core.hooktypes import DocumentKind
from core.kernel.i18n import _l
from core.kernel.permissions import may
from core.kernel.runtime import runtime
from core.kernel.tenancy import current_actor

if TYPE_CHECKING:
    from collections.abc import Iterable

# A report belongs to the outpatient record (医疗机构病历管理规定); a signed consent proves that one was given.
OWN = (
    DocumentKind("care.report", _l("外院报告、化验单"), PAPERS, PAPERS_ADD, by_law=True, order=10),
    DocumentKind("care.consent", _l("纸质同意书"), PAPERS, PAPERS_ADD, by_law=True, order=20),
    DocumentKind("care.other", _l("其他资料"), PAPERS, PAPERS_ADD, order=90),
)


def declared() -> dict[str, DocumentKind]:
    """Return every declared kind by its key, on or off: what was kept keeps its name."""
    host = runtime().host
    own = {one.key: one for one in OWN}
    if host is None:
        return own
    return own | {one.value.key: one.value for one in host.declared("register_document_kinds") if not one.failed}


def readable() -> dict[str, DocumentKind]:
    """Return the kinds that the acting one may see, in order: a plugin that is off shows none of its own."""
    return _in_order(one for one in declared().values() if may(current_actor(), one.read))


def addable() -> dict[str, DocumentKind]:
    """Return the kinds that the acting one may add on core's own page: those that need no record of a plugin."""
    return _in_order(one for one in OWN if may(current_actor(), one.write))


def _in_order(kinds: Iterable[DocumentKind]) -> dict[str, DocumentKind]:
    return {one.key: one for one in sorted(kinds, key=lambda one: (one.order, one.key))}
