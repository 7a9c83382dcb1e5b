"""prices, settings by layer, custom fields, message templates"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('chain_setting',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('chain_id', sa.BigInteger(), nullable=False),
    sa.Column('key', sa.String(length=80), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('changed_at', sa.BigInteger(), nullable=False),
    sa.Column('changed_by', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_chain_setting')),
    sa.UniqueConstraint('chain_id', 'key', name=op.f('uq_chain_setting_chain_id_key'))
    )
    op.create_table('person_field',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('label', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('choices', sa.Text(), nullable=False),
    sa.Column('required', sa.Boolean(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('protected', sa.Boolean(), nullable=False),
    sa.Column('sealed', sa.Boolean(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_person_field_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person_field')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_person_field_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'key', name=op.f('uq_person_field_franchise_id_key'))
    )
    with op.batch_alter_table('person_field', schema=None) as batch_op:
        batch_op.create_index('ix_person_field_position', ['franchise_id', 'position', 'id'], unique=False)

    op.create_table('message_template',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('channel', sa.String(length=10), nullable=False),
    sa.Column('purpose', sa.String(length=10), nullable=False),
    sa.Column('subject', sa.String(length=120), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_message_template_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message_template')),
    sa.UniqueConstraint('franchise_id', 'code', name=op.f('uq_message_template_franchise_id_code')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_message_template_franchise_id_id'))
    )
    with op.batch_alter_table('message_template', schema=None) as batch_op:
        batch_op.create_index('ix_message_template_name', ['franchise_id', 'name', 'id'], unique=False)

    op.create_table('store_setting',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('store_id', sa.BigInteger(), nullable=False),
    sa.Column('key', sa.String(length=80), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('changed_at', sa.BigInteger(), nullable=False),
    sa.Column('changed_by', sa.BigInteger(), nullable=True),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_store_setting_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_store_setting')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_store_setting_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'store_id', 'key', name=op.f('uq_store_setting_franchise_id_store_id_key'))
    )
    op.create_table('item_price',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('scope', sa.BigInteger(), nullable=False),
    sa.Column('valid_on', sa.Date(), nullable=False),
    sa.Column('price_fen', sa.BigInteger(), nullable=True),
    sa.Column('set_at', sa.BigInteger(), nullable=False),
    sa.Column('set_by', sa.BigInteger(), nullable=True),
    sa.Column('item_id', sa.BigInteger(), nullable=False),
    sa.Column('store_id', sa.BigInteger(), nullable=True),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('price_fen >= 0', name=op.f('ck_item_price_price')),
    sa.CheckConstraint('price_fen IS NOT NULL OR scope <> 0', name=op.f('ck_item_price_amount')),
    sa.ForeignKeyConstraint(['franchise_id', 'item_id'], ['item.franchise_id', 'item.id'], name=op.f('fk_item_price_franchise_id_item_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id', 'store_id'], ['store.franchise_id', 'store.id'], name=op.f('fk_item_price_franchise_id_store_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_item_price_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_item_price')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_item_price_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'item_id', 'scope', 'valid_on', name=op.f('uq_item_price_franchise_id_item_id_scope_valid_on'))
    )
    op.create_table('person_value',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('value', sa.String(length=200), nullable=False),
    sa.Column('text_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('code', sa.String(length=120), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('person_field_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'person_field_id'], ['person_field.franchise_id', 'person_field.id'], name=op.f('fk_person_value_franchise_id_person_field_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id', 'person_id'], ['person.franchise_id', 'person.id'], name=op.f('fk_person_value_franchise_id_person_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_person_value_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person_value')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_person_value_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'person_id', 'person_field_id', name=op.f('uq_person_value_franchise_id_person_id_person_field_id'))
    )
    with op.batch_alter_table('person_value', schema=None) as batch_op:
        batch_op.create_index('ix_person_value_code', ['franchise_id', 'code', 'person_id'], unique=False)

    with op.batch_alter_table('item', schema=None) as batch_op:
        batch_op.add_column(sa.Column('desk_script', sa.Text(), server_default='', nullable=False))

    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.add_column(sa.Column('industry', sa.String(length=60), server_default='', nullable=False))
        batch_op.add_column(sa.Column('interests', sa.String(length=200), server_default='', nullable=False))
        batch_op.add_column(sa.Column('economy', sa.String(length=10), server_default='', nullable=False))
        batch_op.add_column(sa.Column('adviser_id', sa.BigInteger(), nullable=True))
        batch_op.create_index('ix_person_adviser', ['franchise_id', 'adviser_id', 'last_visit_at', 'id'], unique=False)



def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.drop_index('ix_person_adviser')
        batch_op.drop_column('adviser_id')
        batch_op.drop_column('economy')
        batch_op.drop_column('interests')
        batch_op.drop_column('industry')

    with op.batch_alter_table('item', schema=None) as batch_op:
        batch_op.drop_column('desk_script')

    with op.batch_alter_table('person_value', schema=None) as batch_op:
        batch_op.drop_index('ix_person_value_code')

    op.drop_table('person_value')
    op.drop_table('item_price')
    op.drop_table('store_setting')
    with op.batch_alter_table('message_template', schema=None) as batch_op:
        batch_op.drop_index('ix_message_template_name')

    op.drop_table('message_template')
    with op.batch_alter_table('person_field', schema=None) as batch_op:
        batch_op.drop_index('ix_person_field_position')

    op.drop_table('person_field')
    op.drop_table('chain_setting')
