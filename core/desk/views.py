"""All pages of the desk: importing the view modules puts them on the blueprint."""

from core.desk import till_views
from core.desk.blueprint import bp

__all__ = ["bp", "till_views"]
