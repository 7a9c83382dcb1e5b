"""The kinds of lists that the wizard imports, in the order in which it offers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.imports.kinds.balances import BalancesKind
from core.imports.kinds.cards import CardsKind
from core.imports.kinds.items import ItemsKind
from core.imports.kinds.opened_courses import CoursesKind
from core.imports.kinds.people import PeopleKind
from core.imports.kinds.staff import StaffKind
from core.kernel.errors import Invalid
from core.kernel.i18n import _
from core.kernel.permissions import authorize
from core.kernel.tenancy import current_actor

if TYPE_CHECKING:
    from core.imports.kinds.base import Kind

PEOPLE = PeopleKind()
_REST = (ItemsKind(), StaffKind(), CardsKind(), BalancesKind(), CoursesKind())
ALL: dict[str, Kind] = {one.key: one for one in (PEOPLE, *_REST)}


def of(key: str) -> Kind:
    """Return the kind with this key; raise Invalid for one that is not imported."""
    if key not in ALL:
        raise Invalid.field("kind", _("没有“%(kind)s”这种名单。请选择要导入什么。", kind=key[:20]))
    return ALL[key]


def allowed() -> list[Kind]:
    """Return the kinds that the acting person may import."""
    return [one for one in ALL.values() if one.allowed()]


def authorize_for(key: str) -> None:
    """Raise Forbidden unless the acting person may import this kind: who may not change items may not import them."""
    permission = of(key).permission
    if permission is not None:
        authorize(current_actor(), permission)


__all__ = ["ALL", "PEOPLE", "allowed", "authorize_for", "of"]
