"""What is written into the audit trail about care, in words."""

from core.care import visit_audited

ACTIONS = {**visit_audited.ACTIONS}
