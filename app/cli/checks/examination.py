"""All checks in their order; each is as good without the others as it can be."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime

from app import bootstrap
from app.bootstrap import Connection, Service
from app.cli import opening
from app.cli.checks import intacct, salesforce, storage, variables
from app.cli.checks.finding import Finding
from app.cli.variables import variables as all_variables
from app.config import Settings
from app.errors import BadSetting
from app.mapping.preset import preset


class EmptyShelf:
    """Sessions of this examination only: what the workers share would hide that a login is refused by now."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        return self._kept.get(name)

    def put(self, name: str, text: str, seconds: float) -> None:  # noqa: ARG002 - we live shorter than any session
        self._kept[name] = text

    def drop(self, name: str, text: str) -> None:
        if self._kept.get(name) == text:
            del self._kept[name]

    def lock(self, name: str) -> AbstractContextManager[None]:  # noqa: ARG002 - nobody else is here
        return nullcontext()


def examine() -> Iterator[Finding]:
    """One finding after the other, as they are made: a remote system that is slow holds up only its own."""
    found = all_variables()
    if any(one.problem for one in found):
        yield from variables.forms(found)
        return
    try:
        settings = opening.prepared()
    except BadSetting as bad:
        yield variables.AREA.wrong(bad.name, bad.problem, bad.remedy)
        return
    judged = variables.fitness(settings, found)
    yield from judged
    wrong = {finding.subject for finding in judged if finding.verdict == "wrong"}
    if wrong & {"DATABASE_URL", "REDIS_URL"}:
        return
    with opening.logged(settings):
        yield from _systems(settings)


def _systems(settings: Settings) -> Iterator[Finding]:
    ledger_findings = storage.ledger_findings(settings)
    yield from ledger_findings
    has_ledger = all(finding.verdict == "good" for finding in ledger_findings)
    service = bootstrap.build(settings)
    try:
        yield from storage.redis_findings(service.redis)
        if has_ledger:
            yield from storage.connection_findings(service.ledger, settings.connection)
        yield from _remote(service, has_ledger=has_ledger)
    finally:
        service.redis.close()
        service.ledger.engine.dispose()


def _remote(service: Service, *, has_ledger: bool) -> Iterator[Finding]:
    settings = service.settings
    try:
        connection: Connection = bootstrap.open_connection(service, EmptyShelf())
    except BadSetting as wrong:
        yield variables.AREA.wrong(wrong.name, wrong.problem, wrong.remedy)
        yield salesforce.AREA.skipped("Login", f"{wrong.name} is wrong")
        yield intacct.AREA.skipped("Login", f"{wrong.name} is wrong")
        return
    document = service.plans().document if has_ledger else preset()
    yield from salesforce.findings(connection, document, settings.intacct_key_field)
    yield from salesforce.clock_findings(settings.salesforce_login_url, datetime.now(UTC))
    yield from intacct.findings(connection.gateway, settings)
