"""What every page shares: templates with the words for money, days and states, and a strict policy."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from . import desk, money
from .org import Org
from .records import Record
from .refusals import Refused
from .values import Value

Form = Mapping[str, Sequence[str]]

_HERE = Path(__file__).parent
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_SYNC = {"Waiting": "wait", "Synced": "ok", "Needs Attention": "bad", "Unknown": "unk", "Ignored": "ign"}
_QUEUE = {"queued": "wait", "delivered": "ok", "given up": "gave", "lost": "skip", "removed": "ign"}


class Site:
    """Renders the pages of one org."""

    def __init__(self, org: Org) -> None:
        self._org = org
        loader = FileSystemLoader([_HERE / "templates", _HERE.parent / "templates"])
        self._templates = Environment(
            loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._templates.filters |= {"money": money.grouped, "day": day, "when": when, "iso": iso}
        self._templates.globals |= {
            "currency_of": desk.currency,
            "lines_of": lambda payment: desk.lines_of(org, payment),
            "record": org.records.find,
            "sync_class": _SYNC,
            "queue_class": _QUEUE,
            "ledgerline_url": org.settings.ledgerline_url,
            "multi": org.settings.multi_currency,
        }

    def page(self, name: str, values: Mapping[str, object], status: int = 200) -> HTMLResponse:
        """A page; the org does not change while it is rendered."""
        with self._org.lock:
            self._templates.globals["record"] = self._org.records.find
            text = self._templates.get_template(name).render(values)
        headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
        return HTMLResponse(text, status, headers)

    def problem(self, refused: Refused) -> HTMLResponse:
        return self.page("problem.html", {"here": "", "refused": refused}, refused.status)


async def sent(request: Request) -> Form:
    """The fields of a form; raises Refused (403) for one that another site sent."""
    origin = request.headers.get("origin")
    if origin and origin != "null" and urlsplit(origin).netloc != request.headers.get("host"):
        raise Refused("INSUFFICIENT_ACCESS", "This form was sent from another site.", status=403)
    return parse_qs((await request.body()).decode(), keep_blank_values=True)


def one(form: Form, name: str) -> str:
    return next(iter(form.get(name, ())), "")


def back(form: Form) -> Response:
    """To the page that the form names, which is always one of ours."""
    path = one(form, "back")
    ours = path.startswith("/") and not path.startswith(("//", "/\\"))
    return RedirectResponse(path if ours else "/", 303)


def day(value: Value) -> str:
    """24 Nov 2026"""
    return f"{value.day} {value:%b %Y}" if isinstance(value, date) else ""


def when(value: Value, seconds: bool = False) -> str:
    """24 Nov, 14:18 UTC; with its seconds where a wait is counted in them"""
    if not isinstance(value, datetime):
        return ""
    moment = value.astimezone(UTC)
    return f"{moment.day} {moment:%b}, {moment:{'%H:%M:%S' if seconds else '%H:%M'}} UTC"


def iso(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def totals(records: Sequence[Record], field: str) -> list[tuple[str, str]]:
    """Currency and amount for each currency, never added across."""
    sums: dict[str, Value] = {}
    for record in records:
        unit = desk.currency(record)
        sums[unit] = money.total(sums.get(unit), record[field])
    return [(unit, money.grouped(amount, unit)) for unit, amount in sorted(sums.items())]
