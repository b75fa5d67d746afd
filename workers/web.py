"""The web server process."""

from app.config import Settings
from app.log import configure


def main(settings: Settings) -> None:
    configure("web")
    from app import bootstrap
    from app.web.main import create_app, server

    server(create_app(bootstrap.build(settings)), host=settings.host, port=settings.port).run()
