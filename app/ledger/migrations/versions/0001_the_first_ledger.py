"""The first ledger"""

import sqlalchemy as sa
from alembic import op


revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('attempts',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('message_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('duration_ms', sa.Integer(), nullable=False, comment='of the batch that carried it'),
    sa.Column('outcome', sa.Text(), nullable=False, comment='the message state that it led to'),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('problems', sa.JSON(), nullable=False, comment='each refusal: code text remedy field support'),
    sa.Column('sent', sa.Text(), nullable=False),
    sa.Column('received', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attempts'))
    )
    with op.batch_alter_table('attempts', schema=None) as batch_op:
        batch_op.create_index('ix_attempts_message', ['message_id'], unique=False)

    op.create_table('health',
    sa.Column('connection', sa.Text(), nullable=False),
    sa.Column('system', sa.Text(), nullable=False),
    sa.Column('healthy', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False, comment='down · sign-in · budget'),
    sa.Column('since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failures', sa.Integer(), nullable=False, comment='in a row; sets the pace of the probes'),
    sa.Column('probe_at', sa.DateTime(timezone=True), nullable=True, comment='when one batch may try again'),
    sa.PrimaryKeyConstraint('connection', 'system', name=op.f('pk_health'))
    )
    op.create_table('lanes',
    sa.Column('lane', sa.Text(), nullable=False),
    sa.Column('token', sa.Text(), nullable=False),
    sa.Column('leased_until', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('lane', name=op.f('pk_lanes'))
    )
    op.create_table('links',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('connection', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False, comment='payment, invoice, customer, …'),
    sa.Column('salesforce_id', sa.Text(), nullable=False),
    sa.Column('intacct_id', sa.Text(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False, comment='the business key that both show, ARP-000042'),
    sa.Column('salesforce_fingerprint', sa.Text(), nullable=True, comment="of each side when last settled; NULL while paired but not settled, so a failed write-back is not 'nothing to do'"),
    sa.Column('intacct_fingerprint', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_links')),
    sa.UniqueConstraint('connection', 'kind', 'intacct_id', name=op.f('uq_links_connection_kind_intacct_id')),
    sa.UniqueConstraint('connection', 'kind', 'salesforce_id', name=op.f('uq_links_connection_kind_salesforce_id'))
    )
    op.create_table('mappings',
    sa.Column('connection', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False, comment="the flow's name"),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('document', sa.JSON(), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('saved_by', sa.Text(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('connection', 'name', 'version', name=op.f('pk_mappings'))
    )
    op.create_table('messages',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('connection', sa.Text(), nullable=False, comment='slug of the connection'),
    sa.Column('channel', sa.Text(), nullable=False, comment='inbound format that told us, or resync, replay, sweep'),
    sa.Column('delivery_id', sa.Text(), nullable=False, comment="the sender's id of this notice; the same on its repeats"),
    sa.Column('flow', sa.Text(), nullable=False, comment='payment-to-intacct, …; empty when no flow carries the object'),
    sa.Column('lane', sa.Text(), nullable=False, comment='connection/flow/shard; a record always falls into the same one'),
    sa.Column('system', sa.Text(), nullable=False),
    sa.Column('object', sa.Text(), nullable=False, comment="the system's own name of the kind, AR_Payment__c"),
    sa.Column('record_id', sa.Text(), nullable=False, comment='18 characters for Salesforce'),
    sa.Column('state', sa.Text(), nullable=False, comment='waiting unknown carried skipped rejected failed ignored'),
    sa.Column('reason', sa.Text(), nullable=False, comment='why it is in this state, for people'),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True, comment='waiting: when to try; claimed: now + lease; closed: NULL. The only scheduler'),
    sa.Column('claim', sa.Text(), nullable=True, comment='token of the worker that holds it; every close checks it'),
    sa.Column('attempts', sa.Integer(), nullable=False, comment='failed tries that count towards the retry schedule'),
    sa.Column('waiting_since', sa.DateTime(timezone=True), nullable=True, comment='since when its parent is missing; after a day we ask'),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('target', sa.Text(), nullable=True, comment='id of the record in the other system, once carried'),
    sa.Column('run_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True, comment='the resync or replay that asked for it'),
    sa.Column('ignored_as', sa.Text(), nullable=True, comment='fingerprint of the record when a person ignored this; NULL = never, or replayed since'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_messages')),
    sa.UniqueConstraint('connection', 'channel', 'delivery_id', name=op.f('uq_messages_connection_channel_delivery_id'))
    )
    with op.batch_alter_table('messages', schema=None) as batch_op:
        batch_op.create_index('ix_messages_due', ['lane', 'due_at'], unique=False, sqlite_where=sa.text('due_at IS NOT NULL'), postgresql_where=sa.text('due_at IS NOT NULL'))
        batch_op.create_index('ix_messages_exceptions', ['connection', 'state'], unique=False, sqlite_where=sa.text("state IN ('rejected', 'failed')"), postgresql_where=sa.text("state IN ('rejected', 'failed')"))
        batch_op.create_index('ix_messages_record', ['connection', 'record_id'], unique=False)
        batch_op.create_index('ix_messages_run', ['run_id', 'state'], unique=False, sqlite_where=sa.text('run_id IS NOT NULL'), postgresql_where=sa.text('run_id IS NOT NULL'))

    op.create_table('pauses',
    sa.Column('connection', sa.Text(), nullable=False),
    sa.Column('flow', sa.Text(), nullable=False, comment='empty = the whole connection'),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('connection', 'flow', name=op.f('pk_pauses'))
    )
    op.create_table('postings',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('connection', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('origin_id', sa.Text(), nullable=False, comment='id of the record in the system it comes from'),
    sa.Column('generation', sa.Integer(), nullable=False, comment='1; one more for each time a person asked to post again after a reversal'),
    sa.Column('key', sa.Text(), nullable=False, comment='what it is looked up by in the destination'),
    sa.Column('control_id', sa.Text(), nullable=False, comment='the function controlid; stable over every repeat'),
    sa.Column('state', sa.Text(), nullable=False, comment='sending: may be out there · unknown: being looked up · posted · free: surely not out there'),
    sa.Column('token', sa.Text(), nullable=False, comment='claim of the worker that sent last; an outcome of an older one is dropped'),
    sa.Column('fingerprint', sa.Text(), nullable=False, comment='of the record as it was sent'),
    sa.Column('request', sa.Text(), nullable=False, comment='as sent, secrets removed'),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True, comment='just before the last send'),
    sa.Column('lookups', sa.Integer(), nullable=False, comment='look-ups since sent_at that found nothing'),
    sa.Column('next_lookup_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('repeated', sa.Boolean(), nullable=False, comment='the destination says it did this before: never send again, only look up'),
    sa.Column('target_id', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_postings')),
    sa.UniqueConstraint('connection', 'kind', 'origin_id', 'generation', name=op.f('uq_postings_connection_kind_origin_id_generation'))
    )
    op.create_table('quarantine',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('connection', sa.Text(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quarantine'))
    )
    op.create_table('replies',
    sa.Column('token', sa.Text(), nullable=False, comment='whose key it is'),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('request', sa.Text(), nullable=False, comment='SHA-256 of method, path and body'),
    sa.Column('status', sa.Integer(), nullable=True, comment='NULL while the first request is at work'),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('token', 'key', name=op.f('pk_replies'))
    )
    op.create_table('runs',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('connection', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False, comment='resync · replay'),
    sa.Column('state', sa.Text(), nullable=False, comment='running · finished · stopped'),
    sa.Column('request', sa.JSON(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('plan', sa.JSON(), nullable=False, comment="a dry run's outcomes and amounts; empty otherwise"),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_runs'))
    )
    op.create_table('settings',
    sa.Column('connection', sa.Text(), nullable=False, comment='empty = the whole service'),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_by', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('connection', 'name', name=op.f('pk_settings'))
    )
    op.create_table('tallies',
    sa.Column('connection', sa.Text(), nullable=False),
    sa.Column('flow', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('count', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('connection', 'flow', 'state', name=op.f('pk_tallies'))
    )
    op.create_table('tokens',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False, comment='reader · operator'),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tokens')),
    sa.UniqueConstraint('digest', name=op.f('uq_tokens_digest'))
    )
    op.create_table('watermarks',
    sa.Column('connection', sa.Text(), nullable=False),
    sa.Column('flow', sa.Text(), nullable=False),
    sa.Column('read_until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('swept_at', sa.DateTime(timezone=True), nullable=False, comment='when the last sweep ended'),
    sa.PrimaryKeyConstraint('connection', 'flow', name=op.f('pk_watermarks'))
    )


def downgrade() -> None:
    op.drop_table('watermarks')
    op.drop_table('tokens')
    op.drop_table('tallies')
    op.drop_table('settings')
    op.drop_table('runs')
    op.drop_table('replies')
    op.drop_table('quarantine')
    op.drop_table('postings')
    op.drop_table('pauses')
    with op.batch_alter_table('messages', schema=None) as batch_op:
        batch_op.drop_index('ix_messages_run', sqlite_where=sa.text('run_id IS NOT NULL'), postgresql_where=sa.text('run_id IS NOT NULL'))
        batch_op.drop_index('ix_messages_record')
        batch_op.drop_index('ix_messages_exceptions', sqlite_where=sa.text("state IN ('rejected', 'failed')"), postgresql_where=sa.text("state IN ('rejected', 'failed')"))
        batch_op.drop_index('ix_messages_due', sqlite_where=sa.text('due_at IS NOT NULL'), postgresql_where=sa.text('due_at IS NOT NULL'))

    op.drop_table('messages')
    op.drop_table('mappings')
    op.drop_table('links')
    op.drop_table('lanes')
    op.drop_table('health')
    with op.batch_alter_table('attempts', schema=None) as batch_op:
        batch_op.drop_index('ix_attempts_message')

    op.drop_table('attempts')
