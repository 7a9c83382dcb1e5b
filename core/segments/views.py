"""All pages of segments: importing the view modules puts them on the blueprint."""

from core.segments import grading_views, segment_views, tag_views
from core.segments.blueprint import bp

__all__ = ["bp", "grading_views", "segment_views", "tag_views"]
