"""Business records in our own words, frozen and pure, and what can come of them."""

from app.records.books import Books, Customer, Invoice
from app.records.memory import Pair, Trace
from app.records.note import Note, SyncStatus
from app.records.notice import Notice
from app.records.outcomes import Again, Exchange, Problem, Refused, Repeated, Unclear, WriteOutcome, Written
from app.records.payment import Extra, Payment, PaymentLine, PostedLine, PostedPayment
from app.records.posting import Posting
from app.records.ref import Ref, System
from app.records.row import Change, Condition, FieldFacts, ObjectFacts, Row, Shape, Value

__all__ = [
    "Again",
    "Books",
    "Change",
    "Condition",
    "Customer",
    "Exchange",
    "Extra",
    "FieldFacts",
    "Invoice",
    "Note",
    "Notice",
    "ObjectFacts",
    "Pair",
    "Payment",
    "PaymentLine",
    "PostedLine",
    "PostedPayment",
    "Posting",
    "Problem",
    "Ref",
    "Refused",
    "Repeated",
    "Row",
    "Shape",
    "SyncStatus",
    "System",
    "Trace",
    "Unclear",
    "Value",
    "WriteOutcome",
    "Written",
]
