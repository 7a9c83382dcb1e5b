"""papers kept as pictures; signatures drawn beside a visit's"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('document',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.String(length=60), nullable=False),
    sa.Column('subject_id', sa.BigInteger(), nullable=True),
    sa.Column('dated_on', sa.Date(), nullable=False),
    sa.Column('attachment_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'attachment_id'], ['attachment.franchise_id', 'attachment.id'], name=op.f('fk_document_franchise_id_attachment_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_document_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_document')),
    sa.UniqueConstraint('franchise_id', 'attachment_id', name=op.f('uq_document_franchise_id_attachment_id')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_document_franchise_id_id'))
    )
    with op.batch_alter_table('document', schema=None) as batch_op:
        batch_op.create_index('ix_document_subject', ['franchise_id', 'kind', 'subject_id', 'id'], unique=False)
    with op.batch_alter_table('visit_revision', schema=None) as batch_op:
        batch_op.add_column(sa.Column('marks_sealed', sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('visit_revision', schema=None) as batch_op:
        batch_op.drop_column('marks_sealed')
    op.drop_table('document')
