"""What of the service the API needs, and how a route comes by it."""

from typing import Annotated, Protocol, cast

from fastapi import Depends, Request
from redis import Redis

from app.meter import Meter
from app.sync.preview import Previewed
from app.web.hooks import Receiver


class Operated(Receiver, Protocol):
    """`connection` may raise BadSetting: it is made when it is first asked for."""

    @property
    def redis(self) -> Redis: ...
    @property
    def meter(self) -> Meter: ...
    @property
    def connection(self) -> Previewed: ...


def service_of(request: Request) -> Operated:
    return cast(Operated, request.app.state.service)


Service = Annotated[Operated, Depends(service_of)]
