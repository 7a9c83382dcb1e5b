"""Timed work of care."""

from __future__ import annotations

from core.care import visit_duties
from core.kernel.jobs import Job

JOBS = (Job("care_files", visit_duties.sweep, 24 * 3600),)
