"""Drafts and previews of the programme"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('programme_draft',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('slot', sa.String(length=20), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('base_number', sa.BigInteger(), nullable=False),
    sa.Column('origin', sa.String(length=120), nullable=False),
    sa.Column('opened_at', sa.BigInteger(), nullable=False),
    sa.Column('opened_by', sa.BigInteger(), nullable=True),
    sa.Column('changed_at', sa.BigInteger(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_programme_draft_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_programme_draft')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_programme_draft_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'slot', name=op.f('uq_programme_draft_franchise_id_slot'))
    )
    op.create_table('programme_preview',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('base_sha256', sa.String(length=64), nullable=False),
    sa.Column('effective_at', sa.BigInteger(), nullable=False),
    sa.Column('keep_holders', sa.Boolean(), nullable=False),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('made_by', sa.BigInteger(), nullable=True),
    sa.Column('moved', sa.BigInteger(), nullable=False),
    sa.Column('result', sa.Text(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_programme_preview_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_programme_preview')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_programme_preview_franchise_id_id'))
    )
    with op.batch_alter_table('programme_preview', schema=None) as batch_op:
        batch_op.create_index('ix_programme_preview_sha', ['franchise_id', 'sha256', 'made_at'], unique=False)

    op.create_table('tier_movement',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('programme_number', sa.BigInteger(), nullable=False),
    sa.Column('effective_at', sa.BigInteger(), nullable=False),
    sa.Column('keep_holders', sa.Boolean(), nullable=False),
    sa.Column('previewed', sa.BigInteger(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('moved', sa.BigInteger(), nullable=False),
    sa.Column('kept', sa.BigInteger(), nullable=False),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_tier_movement_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tier_movement')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_tier_movement_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'programme_number', name=op.f('uq_tier_movement_franchise_id_programme_number'))
    )
    op.create_table('draft_entry',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('section', sa.String(length=20), nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('data', sa.Text(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('draft_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'draft_id'], ['programme_draft.franchise_id', 'programme_draft.id'], name=op.f('fk_draft_entry_franchise_id_draft_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_draft_entry_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_draft_entry')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_draft_entry_franchise_id_id'))
    )
    with op.batch_alter_table('draft_entry', schema=None) as batch_op:
        batch_op.create_index('ix_draft_entry_place', ['franchise_id', 'draft_id', 'section', 'position'], unique=False)



def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('draft_entry', schema=None) as batch_op:
        batch_op.drop_index('ix_draft_entry_place')

    op.drop_table('draft_entry')
    op.drop_table('tier_movement')
    with op.batch_alter_table('programme_preview', schema=None) as batch_op:
        batch_op.drop_index('ix_programme_preview_sha')

    op.drop_table('programme_preview')
    op.drop_table('programme_draft')
