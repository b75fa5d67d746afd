"""
The `ledgerline` command. The roles of the service start here and import only what they run on: typer and rich would
cost each process 20 MiB. Everything else a person can ask for is `app.cli`.
"""

import sys
from collections.abc import Callable, Sequence

from app import config, home
from app.config import Settings
from app.errors import BadSetting, LedgerlineError


def main() -> None:
    """The console script."""
    sys.exit(start(sys.argv[1:]))


def start(arguments: Sequence[str]) -> int:
    """Run what the arguments ask for; answers the exit code: 2 for a wrong setting, 1 for what cannot run now."""
    if len(arguments) == 1 and arguments[0] in _ROLES:
        _travel_light()
        return _start_role(arguments[0])
    from app import cli

    cli.main(_start_role, arguments)
    return 0


def _travel_light() -> None:
    """
    Keep out what others import only because it is installed, 6 MiB a process: httpx its own command line, structlog the
    pretty tracebacks that our JSON lines never show. Both go on without, as where it is not installed.
    """
    sys.modules["httpx._main"] = sys.modules["rich"] = None  # type: ignore[assignment] # None = "not installed"


def _start_role(name: str) -> int:
    try:
        return _ROLES[name](config.load())
    except BadSetting as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except LedgerlineError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _run(settings: Settings) -> int:
    from workers import supervisor

    return supervisor.run(settings)


def _web(settings: Settings) -> int:
    from workers import web

    web.main(home.prepare(settings))
    return 0


def _worker(settings: Settings) -> int:
    from workers import worker

    worker.main(home.prepare(settings))
    return 0


def _ticker(settings: Settings) -> int:
    from workers import ticker

    ticker.main(home.prepare(settings))
    return 0


_ROLES: dict[str, Callable[[Settings], int]] = {
    "run": _run,
    "web": _web,
    "worker": _worker,
    "ticker": _ticker,
}
