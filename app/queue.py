"""The doorbell: which lanes have work. It carries names of lanes and nothing else; the work is in the ledger."""

from collections.abc import Collection

from redis import Redis
from rq import Queue
from rq.queue import EnqueueData
from rq.serializers import JSONSerializer

QUEUE = "ledgerline"
DRAIN = "workers.jobs.drain"
"""Redis remembers the function by this name: while a job may wait, do not rename it or its argument."""

RUNG_SECONDS = 10
"""A bell that nobody answers (its worker was killed, its job lost) can be rung again after this."""

STALE_SECONDS = 60
LONGEST_QUEUE = 2_000
"""Without a worker a bell adds one job in 10 s; older ones are cut off, for each lane has been rung since."""


class Doorbell:
    """
    Rings lanes. A lane that was rung and not answered yet is not rung again.

    Traps of RQ 3, read in its code. `unique=True` refuses while the job's hash exists in any state, so a job whose
    worker was killed would block its lane: a key of our own with a short life decides instead. A fixed job id would
    let the end of one job delete the hash of the next, so ids are random. The default `job_timeout` of 180 s raises
    inside our code at any line, so it is off. The default serializer is pickle, which runs what Redis holds: JSON.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._queue = Queue(QUEUE, connection=redis, serializer=JSONSerializer)

    def ring(self, lanes: Collection[str]) -> None:
        """
        Two round trips at most, however many lanes. Should we die between them, the lanes are silent for 10 s.

        :raises redis.exceptions.RedisError: nobody was told; the ticker rings whatever is due
        """
        if not lanes:
            return
        named = list(dict.fromkeys(lanes))
        with self._redis.pipeline(transaction=False) as pipe:
            for lane in named:
                pipe.set(_rung(lane), 1, nx=True, ex=RUNG_SECONDS)
            silent = [lane for lane, was_silent in zip(named, pipe.execute(), strict=True) if was_silent]
        if silent:
            with self._redis.pipeline() as pipe:
                self._queue.enqueue_many([_job(lane) for lane in silent], pipeline=pipe)
                pipe.ltrim(self._queue.key, -LONGEST_QUEUE, -1)
                pipe.execute()

    def answered(self, lane: str) -> None:
        """Call before the lane is looked at: what is rung from here on may have come too late for that look."""
        self._redis.delete(_rung(lane))


def _rung(lane: str) -> str:
    return f"ledgerline:rung:{lane}"


def _job(lane: str) -> EnqueueData:
    return Queue.prepare_data(
        DRAIN,
        kwargs={"lane": lane},
        description=lane,
        timeout=-1,
        ttl=STALE_SECONDS,
        result_ttl=0,
        failure_ttl=STALE_SECONDS,
    )
