"""`ledgerline preview`: what would become of a payment now, field by field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from app.cli import opening
from app.cli.console import Json, Shown, out, say, say_json, table
from app.errors import BadSetting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.mapping.preview import PreviewRow
    from app.records import Problem
    from app.sync.preview import Preview


def preview(
    id: Annotated[str, typer.Argument(metavar="ID", help="The payment's id in Salesforce.")],
    as_json: Json = False,
) -> None:
    """
    Show what would become of a payment now: each field, what is wrong, and the exact request. Sends nothing.

    Ends with 1 where something is wrong with the payment.

    Example: ledgerline preview a0B5g0000000001EAA
    """
    from app.records.ids import is_id, to18
    from app.sync.preview import preview as looked_at

    if not is_id(id):
        raise BadSetting("ID", f"{id} is no Salesforce id", "It has 15 or 18 letters and digits.")
    with opening.opened() as service:
        found = looked_at(service.connection, to18(id))
    if as_json:
        say_json(_as_json(found))
    else:
        _show(found)
    raise typer.Exit(1 if _wrong(found) else 0)


def _wrong(found: Preview) -> Sequence[Problem]:
    """What stands in the way. Of what is posted already nothing does: its invoices owe less since, and that is right."""
    return () if found.posted_as else found.problems


def _show(found: Preview) -> None:
    from app.records.money import spoken

    payment = found.payment
    amount = "no amount" if payment.amount is None else spoken(payment.amount, found.currency)
    say(f"{payment.key} of {payment.account_name or 'no account'}, {amount}\n")
    rows = [_row(one) for one in found.rows if one.read or one.written or one.problem]
    out.print(table(["FIELD", "READ", "BECOMES", "WRITTEN"], rows, whole=["BECOMES"]))
    if empty := len(found.rows) - len(rows):
        say(f"\n{empty} fields are empty.")
    for problem in _wrong(found):
        out.print(Text(f"\n✗ {problem.text}\n  → {problem.remedy}", style="red"))
    if found.later:
        say(f"\n! It waits: {found.later}")
    if found.posted_as:
        say(f"\nIt is posted already, as {found.posted_as}; nothing more would be sent.")
    elif found.unclear:
        say("\n! It was sent, and nobody can say yet whether it was posted: it would be looked up first.")
    elif found.request:
        say("\nThe request:")
        typer.echo(found.request)  # in one piece, to be copied


def _row(row: PreviewRow) -> list[str]:
    """A row of a line says which; what could not be understood stands beside what was read."""
    source = row.source or ("(constant)" if row.read else "(rule)")
    where = f"line {row.line}: {source}" if row.line else source
    return [where, f"{row.read}  ✗ {row.problem}" if row.problem else row.read, row.to, row.written]


def _as_json(found: Preview) -> dict[str, Shown]:
    return {
        "key": found.payment.key,
        "currency": found.currency,
        "fields": [
            {
                "line": row.line,
                "from": row.source,
                "read": row.read,
                "word": row.word,
                "value_map": row.value_map,
                "to": row.to,
                "written": row.written,
                "problem": row.problem,
            }
            for row in found.rows
        ],
        "problems": [
            {"code": one.code, "text": one.text, "remedy": one.remedy, "field": one.field}
            for one in found.problems
        ],
        "later": found.later,
        "request": found.request,
        "posted_as": found.posted_as,
        "unclear": found.unclear,
    }
