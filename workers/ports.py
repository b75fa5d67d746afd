"""Whether the ports that `run` needs are free, said in a person's words."""

import errno
import socket
import time

from app.config import Settings
from app.errors import BadSetting, LedgerlineError

PATIENCE = 3.0
"""Seconds in which what a killed `run` left behind may still be ending."""


class PortInUse(LedgerlineError):
    """Names the port and the variable that moves it."""


def reachable(host: str) -> str:
    """The host as a local browser names it: an address that listens everywhere is no address to call."""
    if host in ("0.0.0.0", "::", ""):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def address(settings: Settings) -> str:
    """The web server's, with its last slash."""
    return f"http://{reachable(settings.host)}:{settings.port}/"


def check(variable: str, host: str, port: int, *, patience: float = PATIENCE) -> int:
    """
    The port, seen to be free; for 0 some free one.

    :raises PortInUse: something listens there
    :raises BadSetting: nobody can listen there
    """
    if not 0 <= port <= 65_535:  # getaddrinfo would wrap it around
        raise BadSetting(variable, f"{port} is no port", "It takes 1 to 65535.")
    deadline = time.monotonic() + patience
    while True:
        try:
            return _bind(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise BadSetting(
                    variable,
                    f"cannot listen on {host}, port {port} ({error.strerror})",
                    "Name an address of this machine in HOST, and a port that this user may listen on.",
                ) from None
        if time.monotonic() >= deadline:
            raise PortInUse(
                f"{variable}: port {port} on {host} is in use. "
                f"Stop what listens there, or set {variable} to a free port."
            )
        time.sleep(0.1)


def _bind(host: str, port: int) -> int:
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        bound: int = listener.getsockname()[1]
        return bound
