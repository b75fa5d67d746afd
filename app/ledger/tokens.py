"""API tokens: made once, shown once, kept as their SHA-256."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from app.ledger.tables import Token

READER, OPERATOR = "reader", "operator"
ROLES = (READER, OPERATOR)
"""A reader asks and previews; an operator also replays, ignores, resyncs, links and pauses."""


@dataclass(frozen=True, slots=True)
class Kept:
    id: int
    name: str
    role: str
    created_at: datetime
    revoked_at: datetime | None


def digest_of(text: str) -> str:
    """A token holds 256 random bits, so a plain digest is as good as a slow one, and its look-up tells nothing."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def create(ledger: Connection, name: str, role: str, now: datetime) -> str:
    """Make a token; answers its text, which is nowhere kept."""
    if role not in ROLES:
        raise ValueError(f"{role!r} is no role; there are: {', '.join(ROLES)}")
    text = f"ll_{secrets.token_urlsafe(32)}"
    ledger.execute(insert(Token).values(name=name, digest=digest_of(text), role=role, created_at=now))
    return text


def listed(ledger: Connection) -> list[Kept]:
    """All that were ever made, the oldest first."""
    return [Kept(*row) for row in ledger.execute(select(*_KEPT).order_by(Token.id))]


def revoke(ledger: Connection, token_id: int, now: datetime) -> bool:
    """From now on it opens nothing; False where there is none such that still did."""
    done = ledger.execute(
        update(Token).where(Token.id == token_id, Token.revoked_at.is_(None)).values(revoked_at=now)
    )
    return bool(done.rowcount)


def find(ledger: Connection, text: str) -> Kept | None:
    """The token with this text, unless it was revoked."""
    row = ledger.execute(
        select(*_KEPT).where(Token.digest == digest_of(text), Token.revoked_at.is_(None))
    ).first()
    return Kept(*row) if row else None


_KEPT = (Token.id, Token.name, Token.role, Token.created_at, Token.revoked_at)
