"""Settings of the programme."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.settings import SettingSpec

PUBLIC_PAGE = "programme.public_page"

SETTINGS = (
    SettingSpec(
        PUBLIC_PAGE, _l("公开会员规则页"), False, check=lambda value: isinstance(value, bool),
        help=_l("打开后，任何人都能凭网址看到现行会员规则；里面没有会员资料。"),
    ),
)  # fmt: skip
