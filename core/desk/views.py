"""All pages of the desk: importing the view modules puts them on the blueprint."""

from core.desk import (
    course_views,
    enrol_views,
    guard_views,
    home,
    member_views,
    order_views,
    palette_views,
    referral_views,
    tender_views,
    till_views,
)
from core.desk.blueprint import bp

__all__ = [
    "bp",
    "course_views",
    "enrol_views",
    "guard_views",
    "home",
    "member_views",
    "order_views",
    "palette_views",
    "referral_views",
    "tender_views",
    "till_views",
]
