"""Settings of lists: how many rows a role may take out of the house without a second person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.kernel import settings
from core.kernel.i18n import _l
from core.kernel.settings import SettingSpec

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.kernel.tenancy import Actor

MOST = 5_000_000
CAP_OWNER, CAP_MANAGER, CAP_OTHER = "lists.export_cap_owner", "lists.export_cap_manager", "lists.export_cap_other"


def _rows(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST


_HELP = _l("超过这个行数，要另一个人批准。")
SETTINGS = (
    SettingSpec(CAP_OWNER, _l("加盟主一次可导出的行数"), 50_000, _rows, _HELP),
    SettingSpec(CAP_MANAGER, _l("店长一次可导出的行数"), 5_000, _rows, _HELP),
    SettingSpec(CAP_OTHER, _l("其他角色一次可导出的行数"), 1_000, _rows, _HELP),
)


def cap_of(session: Session, actor: Actor) -> int:
    """Return how many rows the actor may export alone: the highest of their roles."""
    keys = {"owner": CAP_OWNER, "manager": CAP_MANAGER}
    wanted = {keys.get(role, CAP_OTHER) for role in actor.roles} or {CAP_OTHER}
    return max(int(settings.value(session, key)) for key in wanted)
