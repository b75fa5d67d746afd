"""The web server process."""

import sys

from app.config import Settings
from app.log import configure

SWITCH_SECONDS = 0.02
"""
For how long a thread may keep the interpreter (Python's default: 5 ms). The thread that parses and the one that commits
otherwise take it from each other in the middle of every message; measured, intake gains a tenth.
"""


def main(settings: Settings) -> None:
    configure("web")
    sys.setswitchinterval(SWITCH_SECONDS)
    from app import bootstrap
    from app.web.main import create_app, server

    server(create_app(bootstrap.build(settings)), host=settings.host, port=settings.port).run()
