"""The table of data keys, by itself: sealed fields know the keys, and other tables have sealed fields."""

from __future__ import annotations

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from core.kernel.columns import SECRET, LargeBinary, at_col, code_col, col, count_col
from core.kernel.db import Base, Shared


class DataKey(Shared, Base):
    """A data key wrapped by the master key. States: active, retiring (being rotated away), retired."""

    __tablename__ = "data_key"
    number: Mapped[int] = count_col()
    wrapped: Mapped[bytes] = col(LargeBinary, SECRET)
    state: Mapped[str] = code_col(10)
    made_at: Mapped[int] = at_col()
    __table_args__ = (UniqueConstraint("number"),)
