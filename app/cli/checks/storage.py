"""The ledger and Redis: there, of this version, and kept on disk."""

from collections.abc import Iterator

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from app.cli.checks.finding import Area, Finding
from app.cli.variables import masked
from app.config import Settings
from app.ledger import health, standing
from app.ledger.engine import Ledger

AREA = Area("Ledger and Redis")
_APPEND = "Switch its append-only file on (appendonly yes)."


def ledger_findings(settings: Settings) -> list[Finding]:
    stands = standing.look(settings.ledger_url)
    where = masked(settings.ledger_url)
    if not stands.is_current:
        return [AREA.wrong("Ledger", f"{stands.said} ({where})", stands.remedy)]
    return [AREA.good("Ledger", f"reachable, {stands.said}")]


def connection_findings(ledger: Ledger, connection: str) -> Iterator[Finding]:
    """Whether the connection works, as the workers know it."""
    subject, care = f"Connection {connection}", []
    try:
        with ledger.read() as reading:
            pauses = health.pauses(reading, connection)
            conditions = health.conditions(reading, connection)
    except SQLAlchemyError as error:
        yield AREA.wrong(subject, str(error).splitlines()[0], "See that the ledger lets us read.")
        return
    for flow, (reason, since) in pauses.items():
        care.append(f"{flow or 'all of it'} is paused since {since:%Y-%m-%d %H:%M} UTC: {reason}")
    for system, condition in conditions.items():
        if not condition.healthy and condition.since:
            care.append(f"stopped since {condition.since:%Y-%m-%d %H:%M} UTC by {system}: {condition.reason}")
    for text in care:
        yield AREA.care(subject, text, "Mend the reason; it goes on by itself, or with a resume.")
    if not care:
        yield AREA.good(subject, "works, as far as the workers know")


def redis_findings(redis: Redis) -> list[Finding]:
    try:
        redis.ping()
    except RedisError as error:
        remedy = (
            "Start `ledgerline run`, which brings one along, or see that REDIS_URL is right and lets us in."
        )
        return [AREA.wrong("Redis", f"does not answer ({error})", remedy)]
    try:
        keeps = str(redis.info("persistence").get("aof_enabled")) == "1"
    except RedisError as error:
        return [AREA.care("Redis", f"answers, but does not say whether it keeps its data ({error})", _APPEND)]
    if not keeps:
        text = "answers, but forgets all with a restart: nothing doubles, but payments under way take longer"
        return [AREA.care("Redis", text, _APPEND)]
    return [AREA.good("Redis", "answers, and keeps an append-only file")]
