"""`ledgerline resync`, `replay` and `ignore`: what an operator decides about payments."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import opening, runs
from app.cli.console import Json, Shown, complain, say, say_json
from app.errors import BadSetting

if TYPE_CHECKING:
    from app.bootstrap import Service
    from app.ledger.inbox import Entry, Filter

_MOMENT = "A day or a moment, 2026-11-24 or 2026-11-24T14:30+01:00; without a zone it is UTC."

Since = Annotated[str, typer.Option("--since", metavar="MOMENT", help=f"Changed since then. {_MOMENT}")]
Until = Annotated[str, typer.Option("--until", metavar="MOMENT", help="Changed before then; by default now.")]
Wait = Annotated[bool, typer.Option("--wait", help="Show how far it is, and end when it is.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def resync(  # noqa: PLR0913 - each is an option that a person may give
    kind: Annotated[str, typer.Argument(metavar="OBJECT", help="payment, or AR_Payment__c.")],
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Ids of records.")] = None,
    since: Since = "",
    until: Until = "",
    everything: Annotated[bool, typer.Option("--all", help="All that the flow's filter takes.")] = False,
    system: Annotated[str, typer.Option(help="Where the records are.")] = "salesforce",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would become of each.")] = False,
    wait: Wait = False,
    as_json: Json = False,
) -> None:
    """
    Look at records again, by their ids or by when they changed, as if their system had told of them.

    What is in step is skipped; nothing is ever posted twice. Ends with 1 where some of it needs a person.

    Example: ledgerline resync payment --since 2026-11-24 --wait
    """
    from app.records import System
    from app.sync import resync as verb

    if sum(map(bool, (ids, since, everything))) != 1:
        raise BadSetting("resync", "which records is not said", "Give ids, or --since, or --all.")
    if system not in list(System):
        raise BadSetting("--system", f"there is no system {system}", f"It takes: {', '.join(System)}.")
    request = verb.Request(
        System(system), kind, tuple(ids or ()), _moment("--since", since), _moment("--until", until), dry_run
    )
    with opening.opened() as service:
        made, routes = service.connection, service.routes
        flow, _ = verb.carried(request.system, kind, flows=made.flows, routes=routes)
        run = verb.start(request, flow=flow, desk=made.desk, doorbell=service.doorbell, routes=routes)
        if wait and not dry_run:
            run = runs.waited_for(service, run)
    runs.show(run, as_json=as_json, dry=dry_run)
    raise typer.Exit(runs.exit_code(run))


def replay(  # noqa: PLR0913 - each is an option that a person may give
    messages: Annotated[list[int] | None, typer.Argument(metavar="[MESSAGE]...", help="Numbers.")] = None,
    record: Annotated[str, typer.Option(help="All messages of this record that need a person.")] = "",
    state: Annotated[str, typer.Option(help="All in this state: rejected, failed, ignored, …")] = "",
    since: Annotated[str, typer.Option(metavar="MOMENT", help=f"Only what came since. {_MOMENT}")] = "",
    yes: Yes = False,
    wait: Wait = False,
    as_json: Json = False,
) -> None:
    """
    Try messages again now, with a fresh retry schedule. What may be out there is looked up, never sent blind.

    Example: ledgerline replay --state failed --since 2026-11-24 --wait
    """
    from app.ledger.inbox import Filter
    from app.records.ids import is_id, to18
    from app.sync import replay as verb

    if bool(messages) == bool(record or state or since):
        raise BadSetting(
            "replay", "which messages is not said", "Give their numbers, or --record, --state, --since."
        )
    spelled = (to18(record) if is_id(record) else record,) if record else ()
    wanted = Filter(states=(state,) if state else (), records=spelled, since=_moment("--since", since))
    with opening.opened() as service:
        if not messages:
            _replay_all(service, wanted, yes=yes, wait=wait, as_json=as_json)
            return
        desk, routes = service.connection.desk, service.routes
        entries = [
            verb.replay(number, desk=desk, doorbell=service.doorbell, now=service.clock(), routes=routes)
            for number in messages
        ]
    if as_json:
        say_json([_shown(entry) for entry in entries])
    else:
        say(f"Due now: {', '.join(f'{entry.id} ({entry.record_id})' for entry in entries)}.")


def ignore(
    message: Annotated[int, typer.Argument(metavar="MESSAGE", help="Its number.")],
    reason: Annotated[str, typer.Option(help="Why nothing is to be done; its person reads it.")],
    by: Annotated[str, typer.Option(help="Who says so; by default the user of this machine.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Also where it may have been posted.")] = False,
    as_json: Json = False,
) -> None:
    """
    Close a message for good, and say so beside its record. It comes back when the record's money changes.

    Example: ledgerline ignore 42 --reason "paid by the parent company, see INV-10533"
    """
    from app.sync import replay as verb

    with opening.opened() as service:
        made = service.connection
        flow = next(iter(made.flows.values()))
        closed = verb.ignore(message, reason, by or getpass.getuser(), flow=flow, desk=made.desk, force=force)
    if as_json:
        say_json({**_shown(closed.message), "unsaid": closed.unsaid})
        return
    say(f"Message {message} is closed: {closed.message.reason}")
    if closed.unsaid:
        complain(f"! It could not be said beside the record: {closed.unsaid}")


def _replay_all(service: Service, wanted: Filter, *, yes: bool, wait: bool, as_json: bool) -> None:
    from dataclasses import replace

    from app.ledger import inbox
    from app.ledger.messages import EXCEPTIONS
    from app.sync import replay as verb

    wanted = wanted if wanted.states else replace(wanted, states=EXCEPTIONS)
    with service.ledger.read() as reading:
        count = inbox.matching(reading, service.settings.connection, wanted)
    if not count:
        say_json(None) if as_json else say("No message matches; nothing was done.")
        return
    if not yes:
        typer.confirm(f"Replay {count:,} message{'' if count == 1 else 's'}?", abort=True, err=True)
    desk, now = service.connection.desk, service.clock()
    run = verb.replay_many(wanted, count, desk=desk, doorbell=service.doorbell, now=now)
    run = runs.waited_for(service, run) if wait else run
    runs.show(run, as_json=as_json)
    raise typer.Exit(runs.exit_code(run))


def _moment(option: str, text: str) -> datetime | None:
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise BadSetting(option, f"{text} is no day and no moment", _MOMENT) from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _shown(entry: Entry) -> dict[str, Shown]:
    """The shape of a message in the REST API."""

    def instant(at: datetime | None) -> str | None:
        return at.isoformat() if at else None

    return {
        "id": entry.id,
        "connection": entry.connection,
        "system": entry.system,
        "object": entry.object,
        "record": entry.record_id,
        "state": entry.state,
        "reason": entry.reason,
        "due_at": instant(entry.due_at),
        "attempts": entry.attempts,
        "received_at": instant(entry.received_at),
        "closed_at": instant(entry.closed_at),
        "target": entry.target,
    }
