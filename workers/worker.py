"""The worker: takes bells from Redis, and drains the lanes they name on a small pool of threads."""

import os
import sys
import time
from collections.abc import Callable

from redis import Redis
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.exceptions import DequeueTimeout, StopRequested
from rq.job import Job
from rq.queue import Queue
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty

from app import redis_server
from app.config import Settings
from app.log import configure, logger
from app.queue import QUEUE, Doorbell
from workers.jobs import Hands, answer_with
from workers.pool import Drainer, LanePool
from workers.stopping import Stopping

LOOK_SECONDS = 1
"""How long one look at the queue blocks, so how soon a quiet worker sees that it shall stop."""

FINISH_SECONDS = 30.0
"""What a batch in hand may still take after SIGTERM. What is left over falls due again when its lease runs out."""

HEARTBEAT_SECONDS = 15
WORKER_TTL = 60
"""RQ forgets a worker 60 s after this."""

RECONNECT_SECONDS = 0.5


class LaneWorker(SimpleWorker):
    """
    RQ's worker without its work horse: a job only hands its lane to the pool, so a fork for each (40 to 75 ms) would
    cost more than all the rest.

    It takes no job while the pool is full, takes no commands over Redis, and leaves the signals alone. When Redis
    goes away `work` ends with the reason in `lost`, and `serve` starts another.
    """

    # The other class raises from an alarm, at any line; this one does nothing where the time-out is off, as ours is.
    death_penalty_class = TimerDeathPenalty

    def __init__(self, redis: Redis, pool: LanePool, stop: Callable[[], bool]) -> None:
        super().__init__(
            [QUEUE],
            connection=redis,
            serializer=JSONSerializer,
            worker_ttl=WORKER_TTL,
            log_job_description=False,
        )
        self._pool = pool
        self._stop = stop
        self._next_heartbeat = 0.0
        self.lost: RedisError | None = None

    def dequeue_job_and_maintain_ttl(
        self,
        timeout: int | None,  # noqa: ARG002 - RQ's: minutes, through which no flag would be seen
        max_idle_time: int | None = None,  # noqa: ARG002
    ) -> tuple[Job, Queue] | None:
        try:
            while not self._stop():
                self._heartbeat_now_and_then()
                if self._pool.has_room(LOOK_SECONDS) and (found := self._look()):
                    return found
        except RedisError as error:
            self.lost = error
        raise StopRequested

    def _look(self) -> tuple[Job, Queue] | None:
        try:
            return self.queue_class.dequeue_any(
                self.queues,
                LOOK_SECONDS,
                connection=self.connection,
                job_class=self.job_class,
                serializer=self.serializer,
                death_penalty_class=self.death_penalty_class,
            )
        except DequeueTimeout:
            return None

    def _heartbeat_now_and_then(self) -> None:
        if time.monotonic() >= self._next_heartbeat:
            self.heartbeat()
            self._next_heartbeat = time.monotonic() + HEARTBEAT_SECONDS

    def subscribe(self) -> None:
        """No commands over Redis: whoever can write there could otherwise stop us; and one connection less."""

    def unsubscribe(self) -> None:
        """Nothing to end."""

    def _install_signal_handlers(self) -> None:
        """The process's own `Stopping` listens: RQ's handlers raise in the middle of whatever runs."""


def serve(redis: Redis, pool: LanePool, stop: Stopping) -> None:
    """Take bells until told to stop; a Redis that goes away and comes back is waited for, however long it takes."""
    answer_with(Hands(Doorbell(redis), pool))
    away = False
    while not stop():
        try:
            redis.ping()
            if away:
                logger().info("redis.back")
            away = False
            worker = LaneWorker(redis, pool, stop)
            worker.work(logging_level="WARNING")
            if worker.lost is not None:
                raise worker.lost
        except RedisError as error:
            if not away:
                logger().warning("redis.away", error=f"{type(error).__name__}: {error}")
            away = True
        stop.wait(RECONNECT_SECONDS)


def run(settings: Settings, drainer: Drainer) -> None:
    """The whole life of a worker process, on its main thread."""
    stop = Stopping()
    stop.listen()
    pool = LanePool(drainer, stop)
    serve(redis_server.connect(redis_server.url(settings)), pool, stop)
    unfinished = pool.finish(FINISH_SECONDS)
    if unfinished:
        logger().warning("lanes.left_to_their_lease", lanes=sorted(unfinished))
        sys.stdout.flush()
        os._exit(
            0
        )  # a thread in a remote call cannot be ended, and the interpreter's own exit could wait for it


def main(settings: Settings) -> None:
    configure("worker")
    from app import bootstrap

    run(settings, bootstrap.build(settings).drainer)
