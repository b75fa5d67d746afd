"""From a payment in our words to the destination's fields, and from what became of it to the origin's."""

import hashlib
from datetime import UTC, datetime

from app.mapping.plan import Plan
from app.mapping.writers import Defaults, Terms
from app.records import Books, Change, Note, Payment, PaymentLine, Posting, SyncStatus, Value

__all__ = ["CONTROL_ID_LENGTH", "MESSAGE_LENGTH", "Defaults", "changes", "posting", "settled_currency"]

CONTROL_ID_LENGTH = 256
"""Source: gateway, control ids [XDOC:requests]."""
MESSAGE_LENGTH = 32_000
"""The length that our package gives `Sync_Message__c`."""


def posting(plan: Plan, payment: Payment, books: Books, *, generation: int, defaults: Defaults) -> Posting:
    """
    What is written for a payment that the judge has passed. Values that are empty are left out, so that a payment
    which was not passed can be shown as well. The same payment and generation always give the same `control_id`.
    """
    currency = settled_currency(payment, books, defaults.currency)
    terms = Terms(defaults, currency, dict(payment.extra))
    header = (write(payment, terms) for write in plan.header_writers)
    return Posting(
        key=payment.key,
        control_id=_control_id(defaults.connection, payment.key, generation),
        entity=payment.entity or _entity_of_invoices(payment, books) or defaults.entity,
        header=tuple(pair for pair in header if pair[1]),
        lines=tuple(_line(plan, line, terms) for line in payment.lines),
    )


def _line(plan: Plan, line: PaymentLine, terms: Terms) -> tuple[tuple[str, str], ...]:
    own = Terms(terms.defaults, terms.currency, dict(line.extra)) if line.extra else terms
    pairs = (write(line, own) for write in plan.line_writers)
    return tuple(pair for pair in pairs if pair[1])


def _control_id(connection: str, key: str, generation: int) -> str:
    """
    Of nothing but what can never change, so that a repeat after any crash says the same and is refused there. A key
    too long for it is replaced by its digest, never cut: two long keys may begin alike.
    """
    control_id = f"{connection}:payment:{key}:{generation}"
    if len(control_id) <= CONTROL_ID_LENGTH:
        return control_id
    return f"{connection}:payment:{hashlib.sha256(key.encode()).hexdigest()}:{generation}"


def settled_currency(payment: Payment, books: Books, default: str) -> str:
    """The payment's currency, else the connection's, else that of the first invoice it pays; empty if none says."""
    if currency := payment.currency or default:
        return currency
    known = (books.invoices.get(line.invoice_key or "") for line in payment.lines)
    return next((invoice.currency for invoice in known if invoice and invoice.currency), "")


def _entity_of_invoices(payment: Payment, books: Books) -> str:
    """A payment stands in the entity of what it pays; where that is several, none of theirs."""
    known = (books.invoices.get(line.invoice_key or "") for line in payment.lines)
    entities = {invoice.entity for invoice in known if invoice}
    return entities.pop() if len(entities) == 1 else ""


def changes(plan: Plan, note: Note) -> list[Change]:
    """
    What to write beside the record, header first, then the lines that were paired. The time of synchronisation is
    written only when the record is in step: on a record that needs attention it would say what is not so.
    """
    origin, fields = plan.document.origin, plan.document.write_back
    header: dict[str, Value] = {
        fields.sync_status: note.sync_status.value,
        fields.sync_message: _message(note.message),
    }
    if fields.synced_at and note.sync_status is SyncStatus.SYNCED:
        header[fields.synced_at] = _instant(note.at)
    own_words = {"Posted": fields.posted_status, "Reversed": fields.reversed_status}
    status = own_words.get(note.status, note.status)
    for field, value in (
        (fields.status, status),
        (fields.target_id, note.target_id),
        (fields.target_state, note.target_state),
    ):
        if field and value:
            header[field] = value
    written = [Change(origin.object, note.id, header)]
    if fields.line_target_id:
        paired = fields.line_target_id
        written += [Change(origin.lines.object, line, {paired: target}) for line, target in note.lines]
    return written


def _message(message: str) -> str | None:
    if len(message) > MESSAGE_LENGTH:
        return message[: MESSAGE_LENGTH - 1] + "…"
    return message or None


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
