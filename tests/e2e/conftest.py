"""The whole product as a newcomer starts it, and a real browser to use it with."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@dataclass(frozen=True)
class Product:
    """Where a running Ledgerline and its simulators answer."""

    ledgerline: str
    salesforce: str
    intacct: str
    home: Path

    @property
    def token(self) -> str:
        return (self.home / "api_token").read_text().strip()


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """`ledgerline run` on free ports, with no credentials: so with both simulators."""
    home = tmp_path_factory.mktemp("home")
    ports = [_free_port() for _ in range(3)]
    names = ("PORT", "SIM_SALESFORCE_PORT", "SIM_INTACCT_PORT")
    ours = ("SALESFORCE_", "INTACCT_", "API_TOKEN", "DATABASE_URL", "REDIS_URL")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environment |= {name: str(port) for name, port in zip(names, ports, strict=True)}
    environment |= {"LEDGERLINE_HOME": str(home), "LOOKUP_SECONDS": "4,4,4", "WORKERS": "1"}
    command = [str(Path(sys.executable).with_name("ledgerline")), "run"]
    running = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    started = Product(*(f"http://127.0.0.1:{port}" for port in ports), home)
    try:
        _wait_until_ready(started, running)
        yield started
    finally:
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=60)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium. LEDGERLINE_NEEDS_BROWSER makes its absence a failure instead of a skip; CI sets it."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        if os.environ.get("LEDGERLINE_NEEDS_BROWSER"):
            pytest.fail("no Chromium on this machine, and LEDGERLINE_NEEDS_BROWSER is set")
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield launched
        launched.close()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_until_ready(product: Product, running: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 60
    for address in (f"{product.ledgerline}/readyz", product.salesforce, product.intacct):
        while time.monotonic() < deadline:
            if running.poll() is not None:
                pytest.fail(f"it ended at once: {running.stdout.read() if running.stdout else ''}")
            try:
                if httpx.get(address).status_code == 200:
                    break
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        else:
            pytest.fail(f"{address} is not ready after a minute")
