"""Rules of the pharmacy as pure functions."""

from __future__ import annotations

from core.sdk import ItemVeto, ItemView, _l

NOT_GIVEN = frozenset({"Rx", "OTC-A"})


def gift_vetoes(items: tuple[ItemView, ...]) -> list[ItemVeto]:
    """Return a veto for each prescription and class A over-the-counter drug.

    Retailers may not give them away with a purchase or in exchange for points (capabilities part D, S4-34).
    """
    reason = _l("处方药和甲类非处方药不得买赠，也不得用积分换（药品流通监督管理办法）。")
    return [
        ItemVeto(item.code, "pharmacy.not_given", reason)
        for item in items
        if item.attributes.get("pharmacy.rx_class") in NOT_GIVEN
    ]
