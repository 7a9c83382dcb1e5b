"""Jobs of segments: automatic tags, grades and counts, once a day."""

from __future__ import annotations

from core.kernel.jobs import Job
from core.segments import compute

JOBS = (Job("tags", compute.run, 24 * 3600),)
