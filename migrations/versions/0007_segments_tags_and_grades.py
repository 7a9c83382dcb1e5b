"""segments, tags and grades"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('grading',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('spec', sa.Text(), nullable=False),
    sa.Column('cursor', sa.BigInteger(), nullable=False),
    sa.Column('computed_at', sa.BigInteger(), nullable=True),
    sa.Column('changed_at', sa.BigInteger(), nullable=False),
    sa.Column('changed_by', sa.BigInteger(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_grading_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_grading')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_grading_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'kind', name=op.f('uq_grading_franchise_id_kind'))
    )
    op.create_table('segment',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('purpose', sa.String(length=10), nullable=False),
    sa.Column('tree', sa.Text(), nullable=False),
    sa.Column('members', sa.BigInteger(), nullable=True),
    sa.Column('counted_at', sa.BigInteger(), nullable=True),
    sa.Column('made_by', sa.BigInteger(), nullable=True),
    sa.Column('changed_at', sa.BigInteger(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_segment_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_segment')),
    sa.UniqueConstraint('franchise_id', 'code', name=op.f('uq_segment_franchise_id_code')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_segment_franchise_id_id'))
    )
    op.create_table('tag_definition',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('tag', sa.String(length=40), nullable=False),
    sa.Column('group_code', sa.String(length=40), nullable=False),
    sa.Column('rule', sa.Text(), nullable=False),
    sa.Column('note', sa.String(length=120), nullable=False),
    sa.Column('computed_at', sa.BigInteger(), nullable=True),
    sa.Column('automatic', sa.BigInteger(), nullable=False),
    sa.Column('problem', sa.String(length=200), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('changed_at', sa.BigInteger(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_tag_definition_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tag_definition')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_tag_definition_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'tag', name=op.f('uq_tag_definition_franchise_id_tag'))
    )
    op.create_table('tag_group',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('exclusive', sa.Boolean(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_tag_group_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tag_group')),
    sa.UniqueConstraint('franchise_id', 'code', name=op.f('uq_tag_group_franchise_id_code')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_tag_group_franchise_id_id'))
    )
    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.add_column(sa.Column('grade', sa.String(length=10), server_default='', nullable=False))
        batch_op.add_column(sa.Column('rfm', sa.String(length=3), server_default='', nullable=False))
        batch_op.add_column(sa.Column('value_class', sa.String(length=10), server_default='', nullable=False))
        batch_op.add_column(sa.Column('abc', sa.String(length=1), server_default='', nullable=False))
        batch_op.create_index('ix_person_grade', ['franchise_id', 'grade', 'last_visit_at', 'id'], unique=False)
        batch_op.create_index('ix_person_value', ['franchise_id', 'value_class', 'last_visit_at', 'id'], unique=False)



def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.drop_index('ix_person_value')
        batch_op.drop_index('ix_person_grade')
        batch_op.drop_column('abc')
        batch_op.drop_column('value_class')
        batch_op.drop_column('rfm')
        batch_op.drop_column('grade')

    op.drop_table('tag_group')
    op.drop_table('tag_definition')
    op.drop_table('segment')
    op.drop_table('grading')
