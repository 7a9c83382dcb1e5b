"""All pages of the cash room: importing the view modules puts them on the blueprint."""

from core.cash import day_views, foot, shift_views
from core.cash.blueprint import bp

__all__ = ["bp", "day_views", "foot", "shift_views"]
