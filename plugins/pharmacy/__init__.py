"""Pharmacy: medicines checked at the till, prescriptions, pharmacists on duty, the register, refills."""

from core.sdk import Plugin, _l

PLUGIN = Plugin(
    key="pharmacy",
    name=_l("药房"),
    description=_l("用药核对、处方、药师在岗、麻黄碱登记、续药提醒"),
    version="1.0",
    sdk=(1, 1),
    icon="pill",
)
