"""The demo's only table: a note about a person."""

from sqlalchemy.orm import Mapped

from core.sdk import Base, FranchiseOwned, columns


class PluginDemoNote(FranchiseOwned, Base):
    """A note. `person_id` refers to core's person by id only."""

    __tablename__ = "plugin_demo_note"
    person_id: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    text: Mapped[str] = columns.col(columns.String(200), columns.PERSONAL)
    made_at: Mapped[int] = columns.at_col()
    __table_args__ = (columns.owned_index("ix_plugin_demo_note_person", "person_id", "made_at"),)
