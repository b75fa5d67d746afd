"""The processes of the service, as the help shows them. They are `workers`' own: we only pass the wish on."""

import typer

Asked = typer.Context


def run(asked: Asked) -> None:
    """
    Start everything on this machine: web, workers, ticker, and simulators of both systems where no credentials are set.

    Example: PORT=8080 ledgerline run
    """
    _start(asked)


def web(asked: Asked) -> None:
    """
    Only the web server. Any number of hosts may share one DATABASE_URL and one REDIS_URL.

    Example: HOST=0.0.0.0 ledgerline web
    """
    _start(asked)


def worker(asked: Asked) -> None:
    """
    Only one worker process.

    Example: ledgerline worker
    """
    _start(asked)


def ticker(asked: Asked) -> None:
    """
    Only the ticker: it rings what is due each second. One is enough; two do no harm.

    Example: ledgerline ticker
    """
    _start(asked)


def _start(asked: Asked) -> None:
    raise typer.Exit(asked.obj(asked.info_name))
