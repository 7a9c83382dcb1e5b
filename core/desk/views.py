"""All pages of the desk: importing the view modules puts them on the blueprint."""

from core.desk.assets import (
    anomaly_views,
    brought_views,
    card_views,
    course_views,
    lot_views,
    referral_views,
    reward_views,
    wallet_views,
)
from core.desk.blueprint import bp
from core.desk.front import home, palette_views
from core.desk.people import consent_views, enrol_views, member_views
from core.desk.selling import (
    guard_views,
    held_views,
    invoice_views,
    order_views,
    payment_views,
    receipt_views,
    site_views,
    tender_views,
    till_views,
)

__all__ = [
    "anomaly_views",
    "bp",
    "brought_views",
    "consent_views",
    "card_views",
    "course_views",
    "enrol_views",
    "guard_views",
    "held_views",
    "home",
    "invoice_views",
    "lot_views",
    "member_views",
    "order_views",
    "palette_views",
    "payment_views",
    "receipt_views",
    "referral_views",
    "reward_views",
    "site_views",
    "tender_views",
    "till_views",
    "wallet_views",
]
