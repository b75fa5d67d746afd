"""A Ledgerline of its own for the demo: own ports, own home, no setting of its user's."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from app.config import Settings
from app.errors import LedgerlineError

READY_SECONDS = 45.0
STOP_SECONDS = 45.0
"""The supervisor gives a batch in hand half a minute; nothing of ours takes a second."""
LOOK_SECONDS = 0.05


class DemoFailed(LedgerlineError):
    """The demo could not be played to its end; the text says where it stopped."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the three are, and the folder with all that they keep."""

    folder: Path
    ledgerline: str
    salesforce: str
    intacct: str

    def last_words(self) -> str:
        """The ends of the logs, for who must find out why."""
        files = [self.folder / "run.log", *sorted((self.folder / "home" / "logs").glob("*.log"))]
        said = {
            file.name: file.read_text(errors="replace").splitlines()[-3:] for file in files if file.exists()
        }
        return "\n".join(f"{name}: {line}" for name, lines in said.items() for line in lines)


@contextmanager
def raised() -> Iterator[Stage]:
    """
    Started and answering; stopped and forgotten at the end.

    :raises DemoFailed: it does not come up
    """
    with TemporaryDirectory(prefix="ledgerline-demo-") as name:
        folder, ports = Path(name), _free_ports(3)
        stage = Stage(folder, *(f"http://127.0.0.1:{port}" for port in ports))
        with (folder / "run.log").open("wb") as log:
            service = subprocess.Popen(  # noqa: S603 - our own script
                _command(),
                cwd=folder,  # a .env of its user's is not found from here
                env=_environment(folder / "home", ports),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us alone, and we stop it in order
            )
        try:
            _wait(stage, service)
            yield stage
        finally:
            _stop(service)


def _command() -> list[str]:
    script = Path(sys.executable).with_name("ledgerline")
    return [sys.executable, str(script if script.exists() else Path(sys.argv[0]).resolve()), "run"]


def _environment(home: Path, ports: list[int]) -> dict[str, str]:
    """Ours without any variable that Ledgerline or the simulators read, and with what the demo needs."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.lower() not in Settings.model_fields and not name.startswith(("SIM_", "LEDGERLINE_"))
    }
    local = "127.0.0.1,localhost"
    return kept | {
        "LEDGERLINE_HOME": str(home),
        "PORT": str(ports[0]),
        "SIM_SALESFORCE_PORT": str(ports[1]),
        "SIM_INTACCT_PORT": str(ports[2]),
        "WORKERS": "1",
        "LOOKUP_SECONDS": "1,2,3",
        "NO_PROXY": local,
        "no_proxy": local,
    }


def _free_ports(count: int) -> list[int]:
    """All held at once, so that none comes twice."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _wait(stage: Stage, service: "subprocess.Popen[bytes]") -> None:
    addresses = [
        f"{stage.salesforce}/_sim/health",
        f"{stage.intacct}/_sim/health",
        f"{stage.ledgerline}/healthz",
    ]
    deadline = time.monotonic() + READY_SECONDS
    with httpx.Client(trust_env=False, timeout=2) as http:
        while not all(_answers(http, address) for address in addresses):
            if service.poll() is not None or time.monotonic() > deadline:
                raise DemoFailed(f"The demo's Ledgerline did not come up.\n{stage.last_words()}")
            time.sleep(LOOK_SECONDS)


def _answers(http: httpx.Client, address: str) -> bool:
    try:
        return http.get(address).is_success
    except httpx.TransportError:
        return False


def _stop(service: "subprocess.Popen[bytes]") -> None:
    service.terminate()
    try:
        service.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:  # its guard takes the children along
        service.kill()
        service.wait()
