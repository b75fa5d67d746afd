"""`ledgerline run`: everything on one machine, kept alive, stopped in order. A bare machine needs nothing else."""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError

from app import home, redis_server
from app.config import Settings
from app.errors import LedgerlineError
from app.ledger import health, migrate
from app.ledger.engine import connect
from workers import ports, simulation
from workers.children import Child, Family, Guard, Program
from workers.console import Announcement, say
from workers.stopping import Stopping


class AlreadyRunning(LedgerlineError):
    """Another `run` owns this home."""


class LedgerUnreachable(LedgerlineError):
    """The ledger cannot be opened or brought to this version."""


def run(given: Settings) -> int:
    """
    Until told to stop; answers the exit code.

    :raises BadSetting, PortInUse, AlreadyRunning, LedgerUnreachable: nothing was started
    """
    stop = Stopping()
    stop.listen()
    settings = home.prepare(given, tokens=True)
    with _sole_owner(settings.ledgerline_home):
        settings = _with_ports(settings)
        _upgrade(settings.ledger_url)
        guard = Guard()
        family = Family(_stages(settings, guard.group), say)
        try:
            family.watch(stop, Announcement(given, settings).when_ready)
            say("Stopping; a batch in hand may take up to half a minute.")
        finally:
            family.end()
            guard.dismiss()
    return 0


def _stages(settings: Settings, group: int) -> list[list[Child]]:
    """Redis first and simulators before those who call them, so that a batch in hand ends with both still there."""
    logs = settings.ledgerline_home / "logs"
    # glibc gives each thread an arena of its own and returns little of it: with two, a worker stays 6 MiB smaller.
    environment = {"MALLOC_ARENA_MAX": "2", **os.environ, "PYTHONUNBUFFERED": "1"}

    def child(name: str, command: list[str], extra: dict[str, str]) -> Child:
        program = Program(name, command, environment | extra, logs / f"{name}.log")
        return Child(name, lambda: program.start(group), program.log)

    ours = _environment(settings)
    roles = ["web", *(f"worker-{number}" for number in range(1, settings.workers + 1)), "ticker"]
    stages = [[child(name, role(name.split("-")[0]), ours) for name in roles]]
    if not settings.has_credentials:
        simulation.prepare(settings.ledgerline_home)
        told = simulation.for_simulators(settings, ports.address(settings))
        names = simulation.addresses(settings)
        stages.insert(
            0, [child(f"simulator-{name}", simulation.command(name, settings), told) for name in names]
        )
    if not settings.redis_url:
        server = redis_server.EmbeddedServer(settings.ledgerline_home)
        stages.insert(0, [Child("redis", lambda: server.start(process_group=group), server.log)])
    return stages


def role(name: str) -> list[str]:
    """
    The command line of one of our processes, told apart in `ps` by its last word.

    Trap: whoever looks for `worker` must not find a ticker, so no command line names the package of this module.
    """
    script = Path(sys.executable).with_name("ledgerline")
    if script.exists():
        return [sys.executable, str(script), name]
    return [sys.executable, "-c", "import importlib as i; i.import_module('work' 'ers.command').main()", name]


def _environment(settings: Settings) -> dict[str, str]:
    """What the children are told beyond our own environment: all that was completed here."""

    def secret(value: SecretStr) -> str:
        return value.get_secret_value()

    return {
        **({} if settings.has_credentials else simulation.for_ledgerline(settings)),
        "LEDGERLINE_HOME": str(settings.ledgerline_home),
        "HOST": settings.host,
        "PORT": str(settings.port),
        "DATABASE_URL": settings.ledger_url,
        "REDIS_URL": redis_server.url(settings),
        "SECRET_KEY": secret(settings.secret_key),
        "API_TOKEN": secret(settings.api_token),
        "SALESFORCE_HOOK_TOKEN": secret(settings.salesforce_hook_token),
        "INTACCT_HOOK_KEY": secret(settings.intacct_hook_key),
    }


def _with_ports(settings: Settings) -> Settings:
    """Every port seen to be free, and 0 replaced by a free one."""
    found = {"port": ports.check("PORT", settings.host, settings.port)}
    if not settings.has_credentials:
        for name in ("sim_salesforce_port", "sim_intacct_port"):
            found[name] = ports.check(name.upper(), "127.0.0.1", getattr(settings, name))
    return settings.model_copy(update=found)


@contextmanager
def _sole_owner(folder: Path) -> Iterator[None]:
    """A lock on the home, which the kernel takes away with the process, however it ends."""
    descriptor = os.open(folder / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = lock.read().strip() or "unknown"
            raise AlreadyRunning(
                f"Ledgerline runs on {folder} already (process {owner}). Stop it, or set LEDGERLINE_HOME to another."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _upgrade(url: str) -> None:
    """To this version's tables; and a system that refused our login before gets one more try, as after any restart."""
    try:
        migrate.upgrade(url)
        with connect(url).write() as ledger:
            health.forgive(ledger)
    except SQLAlchemyError as error:
        reason = str(error).splitlines()[0]
        raise LedgerUnreachable(
            f"DATABASE_URL: the ledger cannot be opened ({reason}). See that it runs and lets us in."
        ) from error
