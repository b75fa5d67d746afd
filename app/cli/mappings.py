"""`ledgerline mappings`: a mapping leaves as a file, is edited, checked against the org, and comes back."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import opening
from app.cli.console import Json, complain, out, say, say_json, table
from app.errors import BadSetting, CallRefused, LedgerlineError, RemoteError

if TYPE_CHECKING:
    from app.bootstrap import Service
    from app.ledger.mappings import Saved
    from app.mapping.document import Document

group = typer.Typer(help="Export, check and import what becomes of which field.", no_args_is_help=True)

FlowName = Annotated[str, typer.Argument(metavar="FLOW", help="As `ledgerline mappings list` names it.")]
File = Annotated[
    typer.FileText, typer.Argument(metavar="FILE", help="An edited export; - reads standard input.")
]
Offline = Annotated[bool, typer.Option("--offline", help="Do not ask the org which fields it has.")]

_NO_OBJECT = "Correct the name of the object, or let our user see it."


class MappingRefused(LedgerlineError):
    """The mapping was not imported; the one in force stays."""


@group.command("list")
def list_all(as_json: Json = False) -> None:
    """
    Show the flows, and of each the versions that were saved; the newest is in force.

    Example: ledgerline mappings list
    """
    from app import flows
    from app.ledger import mappings

    with opening.opened() as service, service.ledger.read() as reading:
        saved = {name: mappings.versions(reading, service.settings.connection, name) for name in flows.FLOWS}
    if as_json:
        say_json({name: [_listed(one) for one in versions] for name, versions in saved.items()})
        return
    rows = [
        [name, str(one.version), f"{one.saved_at:%Y-%m-%d %H:%M} UTC", one.saved_by, one.note]
        for name, versions in saved.items()
        for one in versions
    ]
    rows += [[name, "1", "", "", "the preset"] for name in saved]
    rows.sort(key=_newest_first)
    out.print(table(["FLOW", "VERSION", "SAVED", "BY", "NOTE"], rows))


@group.command()
def export(flow: FlowName) -> None:
    """
    Write the mapping in force to standard output, one row a line.

    Example: ledgerline mappings export payment-to-intacct > mapping.json
    """
    from app.mapping.document import to_json

    _known(flow)
    with opening.opened() as service:
        typer.echo(to_json(_in_force(service, flow)), nl=False)


@group.command()
def check(file: File, offline: Offline = False, as_json: Json = False) -> None:
    """
    Say everything that is wrong with a mapping, with its row. Asks the org which fields it has and changes nothing.

    Example: ledgerline mappings check mapping.json
    """
    with opening.opened() as service:
        document, problems, unasked = _examined(service, file.read(), offline=offline)
    if as_json:
        say_json(
            {
                "org_asked": not unasked,
                "problems": [{"row": p.name, "problem": p.problem, "remedy": p.remedy} for p in problems],
            }
        )
    else:
        _say_problems(problems, unasked)
        if document and not problems:
            say(f"{document.name}, version {document.version}: nothing is wrong with it.")
    raise typer.Exit(1 if problems else 0)


@group.command("import")
def import_file(
    file: File,
    offline: Offline = False,
    note: Annotated[str, typer.Option(help="Who changed what and why; by default the document's own.")] = "",
    by: Annotated[str, typer.Option(help="Who imports it; by default the user of this machine.")] = "",
) -> None:
    """
    Check a mapping and put it in force. Nothing need be stopped; the versions before stay.

    Example: ledgerline mappings import mapping.json --note "Region travels too"
    """
    with opening.opened() as service:
        document, problems, unasked = _examined(service, file.read(), offline=offline)
        _say_problems(problems, unasked)
        if problems or document is None:
            raise MappingRefused("Not imported; the mapping in force stays.")
        version = _save(service, document, note=note or document.note, by=by or getpass.getuser())
    say(f"{document.name}, version {version}, is in force within seconds.")


def _known(flow: str) -> None:
    from app import flows

    if flow not in flows.FLOWS:
        raise BadSetting("FLOW", f"there is no flow {flow}", f"Flows are: {', '.join(flows.FLOWS)}.")


def _in_force(service: Service, flow: str) -> Document:
    from app.ledger import mappings
    from app.mapping.document import Document
    from app.mapping.preset import preset

    with service.ledger.read() as reading:
        saved = mappings.newest(reading, service.settings.connection, flow)
    return Document.model_validate(saved.document) if saved else preset()


def _examined(service: Service, text: str, *, offline: bool) -> tuple[Document | None, list[BadSetting], str]:
    """The document, all that is wrong with it, and why the org was not asked."""
    from app import flows
    from app.mapping import check as checking
    from app.mapping.document import parse

    try:
        document = parse(text)
    except BadSetting as wrong:
        return None, [wrong], ""
    key_field = service.settings.intacct_key_field
    if document.name not in flows.FLOWS:
        known = ", ".join(flows.FLOWS)
        return document, [BadSetting("name", f"there is no flow {document.name}", f"Flows are: {known}.")], ""
    unasked = "--offline"
    if not offline:
        try:
            records, origin = service.connection.records, document.origin
            facts, child_facts = records.facts(origin.object), records.facts(origin.lines.object)
            return document, checking.check(document, facts, child_facts, key_field=key_field), ""
        except CallRefused as refused:
            return document, [BadSetting("origin", refused.reason, _NO_OBJECT)], ""
        except (RemoteError, BadSetting) as error:
            unasked = str(error)
    return document, checking.check(document, key_field=key_field), unasked


def _say_problems(problems: list[BadSetting], unasked: str) -> None:
    for problem in problems:
        complain(f"✗ {problem}")
    if unasked:
        complain(f"! The org was not asked which fields it has: {unasked}")


def _save(service: Service, document: Document, *, note: str, by: str) -> int:
    """
    One version after the one in force, and only if the document says so: who exported before somebody else imported
    would undo that work unseen.
    """
    from app.ledger import mappings

    name, connection = document.name, service.settings.connection
    with service.ledger.write() as writing:
        newest = mappings.newest(writing, connection, name)
        wanted = (newest.version if newest else 1) + 1
        if document.version != wanted:
            raise MappingRefused(
                f"version: version {wanted - 1} is in force, and the document says {document.version}. Compare it with "
                f"`ledgerline mappings export {name}`, and set its version to {wanted}."
            )
        kept = document.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        saved = mappings.Saved(wanted, {**kept, "note": note}, datetime.now(UTC), by, note)
        return mappings.save(writing, connection, name, saved)


def _listed(saved: Saved) -> dict[str, str | int]:
    at = saved.saved_at.isoformat()
    return {"version": saved.version, "saved_at": at, "saved_by": saved.saved_by, "note": saved.note}


def _newest_first(row: list[str]) -> tuple[str, int]:
    return row[0], -int(row[1])
