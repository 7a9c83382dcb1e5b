"""Message templates."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from core.kernel.columns import INTERNAL, Text, code_col, col, count_col, flag_col, label_col, owned_index, owned_unique
from core.kernel.db import Base, FranchiseOwned


class MessageTemplate(FranchiseOwned, Base):
    """A text to members with named fields in braces. Channels: sms, email. Purposes: notice, care, marketing."""

    __tablename__ = "message_template"
    code: Mapped[str] = code_col(40)
    name: Mapped[str] = label_col(60)
    channel: Mapped[str] = code_col(10)
    purpose: Mapped[str] = code_col(10)
    subject: Mapped[str] = label_col(120, default="")
    body: Mapped[str] = col(Text, INTERNAL)
    active: Mapped[bool] = flag_col(True)
    version: Mapped[int] = count_col(default=1)
    __table_args__ = (owned_unique("code"), owned_index("ix_message_template_name", "name", "id"))
