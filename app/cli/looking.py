"""`ledgerline messages` and `links`: what became of what we were told, and what is the same as what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli import opening
from app.cli.console import Json, Shown, out, say, say_json, table
from app.errors import BadSetting

if TYPE_CHECKING:
    from app.ledger.inbox import Entry, Try
    from app.ledger.links import Known

MOST = 200

Record = Annotated[str, typer.Option(help="Only of this record, by its Salesforce id.")]
Limit = Annotated[int, typer.Option(min=1, max=MOST, help="How many at most, the newest first.")]


def messages(
    number: Annotated[int | None, typer.Argument(metavar="[MESSAGE]", help="One, with its attempts.")] = None,
    state: Annotated[
        str, typer.Option(help="waiting, unknown, carried, skipped, rejected, failed, ignored.")
    ] = "",
    record: Record = "",
    limit: Limit = 20,
    as_json: Json = False,
) -> None:
    """
    Show what Ledgerline was told and what became of it, the newest first; one with every attempt at it.

    Example: ledgerline messages --state rejected
    """
    from app.ledger import inbox

    with opening.opened() as service, service.ledger.read() as ledger:
        connection = service.settings.connection
        if number is None:
            wanted = inbox.Filter(states=(state,) if state else (), records=_spellings(record))
            _show(inbox.page(ledger, connection, wanted, limit=limit), as_json=as_json)
            return
        entry = inbox.one(ledger, connection, number)
        if entry is None:
            raise BadSetting("MESSAGE", f"there is no message {number}", "`ledgerline messages` lists them.")
        _tell(entry, inbox.tries(ledger, number), as_json=as_json)


def links(record: Record = "", limit: Limit = 20, as_json: Json = False) -> None:
    """
    Show which records of the two systems are the same thing, the newest first.

    Example: ledgerline links --record a0B5g0000000001EAA
    """
    from app.ledger import links as pairs

    with opening.opened() as service, service.ledger.read() as ledger:
        wanted = pairs.Search(salesforce=_spellings(record))
        found = pairs.search(ledger, service.settings.connection, wanted, limit=limit)
    if as_json:
        say_json([_as_shown(asdict(link)) for link in found])
    elif not found:
        say("No links yet.")
    else:
        out.print(table(["KEY", "KIND", "SALESFORCE", "INTACCT", "SETTLED"], [_link(link) for link in found]))


def _spellings(record: str) -> tuple[str, ...]:
    from app.records.ids import is_id, to18

    if record and not is_id(record):
        raise BadSetting("--record", f"{record!r} is no Salesforce id", "It has 15 or 18 letters and digits.")
    return (record, to18(record)) if record else ()


def _show(entries: list[Entry], *, as_json: bool) -> None:
    if as_json:
        say_json([_message(entry) for entry in entries])
    elif not entries:
        say("No such messages.")
    else:
        rows = [[str(entry.id), entry.record_id, entry.state, entry.reason] for entry in entries]
        out.print(table(["MESSAGE", "RECORD", "STATE", "REASON"], rows, whole=("RECORD", "STATE")))


def _tell(entry: Entry, tries: list[Try], *, as_json: bool) -> None:
    if as_json:
        say_json({**_message(entry), "attempts": [_as_shown(asdict(one)) for one in tries]})
        return
    say(f"Message {entry.id}: {entry.object} {entry.record_id} is {entry.state}.")
    say(entry.reason)
    if entry.due_at:
        say(f"Looked at again at {entry.due_at:%Y-%m-%d %H:%M:%S} UTC.")
    for number, one in enumerate(tries, 1):
        say(f"\nAttempt {number}, {one.started_at:%Y-%m-%d %H:%M:%S} UTC: {one.outcome}. {one.reason}")
        for name, text in (("Sent", one.sent), ("Received", one.received)):
            if text:
                say(f"{name}:\n{text}")


def _message(entry: Entry) -> dict[str, Shown]:
    hidden = ("claim", "lane", "record_id", "flow")
    shown = {name: value for name, value in asdict(entry).items() if name not in hidden}
    return _as_shown({**shown, "record": entry.record_id})


def _as_shown(values: Mapping[str, Any]) -> dict[str, Shown]:
    """The ledger's values are texts, numbers, instants and lists of them."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()
    }


def _link(link: Known) -> list[str]:
    settled = f"{link.settled_at:%Y-%m-%d %H:%M}" if link.settled_at else "not yet"
    return [link.key or "-", link.kind, link.salesforce_id, link.intacct_id, settled]
