"""All pages of care: importing the view modules puts them on the blueprint."""

from core.care import photo_views, visit_views
from core.care.blueprint import bp

__all__ = ["bp", "photo_views", "visit_views"]
