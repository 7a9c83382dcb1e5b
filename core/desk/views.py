"""All pages of the desk: importing the view modules puts them on the blueprint."""

from core.desk import (
    anomaly_views,
    course_views,
    enrol_views,
    guard_views,
    held_views,
    home,
    lot_views,
    member_views,
    order_views,
    palette_views,
    payment_views,
    receipt_views,
    referral_views,
    reward_views,
    tender_views,
    till_views,
    wallet_views,
)
from core.desk.blueprint import bp

__all__ = [
    "anomaly_views",
    "bp",
    "course_views",
    "enrol_views",
    "guard_views",
    "held_views",
    "home",
    "lot_views",
    "member_views",
    "order_views",
    "palette_views",
    "payment_views",
    "receipt_views",
    "referral_views",
    "reward_views",
    "tender_views",
    "till_views",
    "wallet_views",
]
