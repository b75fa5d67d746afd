"""Every table of the ledger, with a comment on every column that is not obvious."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Integer, MetaData, Text, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.ledger.engine import Instant

BigId = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only INTEGER keys


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )
    type_annotation_map = {str: Text, datetime: Instant, dict[str, Any]: JSON}


class Message(Base):
    """The inbox: every notice that we accepted, once, and what became of it."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("connection", "channel", "delivery_id"),
        # The whole scheduler reads this index only, and closed messages are not in it: so a claim costs the same
        # with a thousand and with a million of them.
        Index(
            "ix_messages_due", "lane", "due_at",
            sqlite_where=text("due_at IS NOT NULL"), postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index("ix_messages_record", "connection", "record_id"),
        Index(
            "ix_messages_exceptions", "connection", "state",
            sqlite_where=text("state IN ('rejected', 'failed')"), postgresql_where=text("state IN ('rejected', 'failed')"),
        ),
        Index(
            "ix_messages_run", "run_id", "state",
            sqlite_where=text("run_id IS NOT NULL"), postgresql_where=text("run_id IS NOT NULL"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    connection: Mapped[str] = mapped_column(comment="slug of the connection")
    channel: Mapped[str] = mapped_column(comment="inbound format that told us, or resync, replay, sweep")
    delivery_id: Mapped[str] = mapped_column(
        comment="the sender's id of this notice; the same on its repeats"
    )
    flow: Mapped[str] = mapped_column(comment="payment-to-intacct, …; empty when no flow carries the object")
    lane: Mapped[str] = mapped_column(
        comment="connection/flow/shard; a record always falls into the same one"
    )
    system: Mapped[str]
    object: Mapped[str] = mapped_column(comment="the system's own name of the kind, AR_Payment__c")
    record_id: Mapped[str] = mapped_column(comment="18 characters for Salesforce")
    state: Mapped[str] = mapped_column(comment="waiting unknown carried skipped rejected failed ignored")
    reason: Mapped[str] = mapped_column(default="", comment="why it is in this state, for people")
    due_at: Mapped[datetime | None] = mapped_column(
        comment="waiting: when to try; claimed: now + lease; closed: NULL. The only scheduler"
    )
    claim: Mapped[str | None] = mapped_column(
        comment="token of the worker that holds it; every close checks it"
    )
    attempts: Mapped[int] = mapped_column(
        default=0, comment="failed tries that count towards the retry schedule"
    )
    waiting_since: Mapped[datetime | None] = mapped_column(
        comment="since when its parent is missing; after a day we ask"
    )
    received_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    target: Mapped[str | None] = mapped_column(comment="id of the record in the other system, once carried")
    run_id: Mapped[int | None] = mapped_column(BigId, comment="the resync or replay that asked for it")
    ignored_as: Mapped[str | None] = mapped_column(
        comment="fingerprint of the record when a person ignored this; NULL = never, or replayed since"
    )


class Link(Base):
    """A Salesforce record and an Intacct record that are the same thing."""

    __tablename__ = "links"
    __table_args__ = (
        UniqueConstraint("connection", "kind", "salesforce_id"),
        UniqueConstraint("connection", "kind", "intacct_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    connection: Mapped[str]
    kind: Mapped[str] = mapped_column(comment="payment, invoice, customer, …")
    salesforce_id: Mapped[str]
    intacct_id: Mapped[str]
    key: Mapped[str] = mapped_column(default="", comment="the business key that both show, ARP-000042")
    salesforce_fingerprint: Mapped[str | None] = mapped_column(
        comment="of each side when last settled; NULL while paired but not settled, so a failed write-back is not 'nothing to do'"
    )
    intacct_fingerprint: Mapped[str | None]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class Posted(Base):
    """Idempotency records: what we are about to send, have sent, and what came of it. The truth behind Redis's claims."""

    __tablename__ = "postings"
    __table_args__ = (UniqueConstraint("connection", "kind", "origin_id", "generation"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    connection: Mapped[str]
    kind: Mapped[str]
    origin_id: Mapped[str] = mapped_column(comment="id of the record in the system it comes from")
    generation: Mapped[int] = mapped_column(
        comment="1; one more for each time a person asked to post again after a reversal"
    )
    key: Mapped[str] = mapped_column(comment="what it is looked up by in the destination")
    control_id: Mapped[str] = mapped_column(comment="the function controlid; stable over every repeat")
    state: Mapped[str] = mapped_column(
        comment="sending: may be out there · unknown: being looked up · posted · free: surely not out there"
    )
    token: Mapped[str] = mapped_column(
        comment="claim of the worker that sent last; an outcome of an older one is dropped"
    )
    fingerprint: Mapped[str] = mapped_column(comment="of the record as it was sent")
    request: Mapped[str] = mapped_column(default="", comment="as sent, secrets removed")
    sent_at: Mapped[datetime | None] = mapped_column(comment="just before the last send")
    lookups: Mapped[int] = mapped_column(default=0, comment="look-ups since sent_at that found nothing")
    next_lookup_at: Mapped[datetime | None]
    repeated: Mapped[bool] = mapped_column(
        default=False, comment="the destination says it did this before: never send again, only look up"
    )
    target_id: Mapped[str | None]


class Attempt(Base):
    """One try at a message: what was sent and what came back, secrets removed, for the person who asks."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_message", "message_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    message_id: Mapped[int] = mapped_column(BigId)
    started_at: Mapped[datetime]
    duration_ms: Mapped[int] = mapped_column(comment="of the batch that carried it")
    outcome: Mapped[str] = mapped_column(comment="the message state that it led to")
    reason: Mapped[str] = mapped_column(default="")
    problems: Mapped[list[dict[str, Any]]] = mapped_column(
        JSON, default=list, comment="each refusal: code text remedy field support"
    )
    sent: Mapped[str] = mapped_column(default="")
    received: Mapped[str] = mapped_column(default="")


class Lane(Base):
    """Who drains a lane now. One worker at a time works on a record because it holds the record's lane."""

    __tablename__ = "lanes"

    lane: Mapped[str] = mapped_column(primary_key=True)
    token: Mapped[str]
    leased_until: Mapped[datetime]


class Health(Base):
    """Each remote system of each connection: whether it takes our calls, and since when it does not."""

    __tablename__ = "health"

    connection: Mapped[str] = mapped_column(primary_key=True)
    system: Mapped[str] = mapped_column(primary_key=True)
    healthy: Mapped[bool]
    reason: Mapped[str] = mapped_column(default="")
    kind: Mapped[str] = mapped_column(default="", comment="down · sign-in · budget")
    since: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0, comment="in a row; sets the pace of the probes")
    probe_at: Mapped[datetime | None] = mapped_column(comment="when one batch may try again")


class Pause(Base):
    """A person stopped a connection or one flow of it: messages queue, nothing is written on either side."""

    __tablename__ = "pauses"

    connection: Mapped[str] = mapped_column(primary_key=True)
    flow: Mapped[str] = mapped_column(primary_key=True, comment="empty = the whole connection")
    reason: Mapped[str]
    since: Mapped[datetime]


class Watermark(Base):
    """How far a flow's sweep has read."""

    __tablename__ = "watermarks"

    connection: Mapped[str] = mapped_column(primary_key=True)
    flow: Mapped[str] = mapped_column(primary_key=True)
    read_until: Mapped[datetime]
    swept_at: Mapped[datetime] = mapped_column(comment="when the last sweep ended")


class Run(Base):
    """A resync or a bulk replay that somebody asked for. `done` is counted from its messages, never stored."""

    __tablename__ = "runs"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    connection: Mapped[str]
    kind: Mapped[str] = mapped_column(comment="resync · replay")
    state: Mapped[str] = mapped_column(comment="running · finished · stopped")
    request: Mapped[dict[str, Any]]
    total: Mapped[int]
    plan: Mapped[dict[str, Any]] = mapped_column(comment="a dry run's outcomes and amounts; empty otherwise")
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Quarantined(Base):
    """A body whose sender proved itself and whose format we could not read, kept for a person."""

    __tablename__ = "quarantine"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    connection: Mapped[str]
    channel: Mapped[str]
    reason: Mapped[str]
    body: Mapped[bytes]
    received_at: Mapped[datetime]


class MappingVersion(Base):
    """A mapping as it was saved: the newest version of a name is in force, older ones stay for going back."""

    __tablename__ = "mappings"

    connection: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True, comment="the flow's name")
    version: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime]
    saved_by: Mapped[str]
    note: Mapped[str] = mapped_column(default="")


class Setting(Base):
    """What an administrator set at run time; the environment gives the rest."""

    __tablename__ = "settings"

    connection: Mapped[str] = mapped_column(primary_key=True, comment="empty = the whole service")
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str]


class Token(Base):
    """API tokens, by their SHA-256: the token itself is shown once, when made."""

    __tablename__ = "tokens"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str] = mapped_column(comment="reader · operator")
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Reply(Base):
    """Answers already given under an Idempotency-Key; the same key with another body is refused."""

    __tablename__ = "replies"

    token: Mapped[str] = mapped_column(primary_key=True, comment="whose key it is")
    key: Mapped[str] = mapped_column(primary_key=True)
    request: Mapped[str] = mapped_column(comment="SHA-256 of method, path and body")
    status: Mapped[int | None] = mapped_column(comment="NULL while the first request is at work")
    body: Mapped[str] = mapped_column(default="")
    made_at: Mapped[datetime]


class Tally(Base):
    """Closed messages counted as they close: counting a million rows for a metric would be slow."""

    __tablename__ = "tallies"

    connection: Mapped[str] = mapped_column(primary_key=True)
    flow: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
