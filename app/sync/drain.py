"""Drain a lane: batch after batch until nothing is due, the gate shuts, or we are asked to stop."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy.exc import SQLAlchemyError

from app.errors import CallRefused, RemoteError, RemoteUnavailable, SignInRefused
from app.ledger import health, messages
from app.ledger.messages import Closing
from app.log import logger
from app.records.lane import flow_of
from app.sync.batch import Batch, batch_of
from app.sync.desk import Desk
from app.sync.endings import Ending
from app.sync.flow import Flow
from app.sync.lease import kept
from app.sync.pipeline import carry
from app.sync.post import LaneLost
from app.sync.retry import next_try


@dataclass(frozen=True)
class Drainer:
    """`flows` by (connection, flow name), `desks` by connection."""

    flows: Mapping[tuple[str, str], Flow]
    desks: Mapping[str, Desk]

    def drain(self, lane: str, stop: Callable[[], bool]) -> None:
        """
        Work on a lane until nothing is due. Returns at once where another worker is at it, a person paused it, or a
        system is down. Looks at `stop` between batches only: what is in hand is finished.
        """
        connection, name = flow_of(lane)
        flow, desk = self.flows.get((connection, name)), self.desks.get(connection)
        if flow is None or desk is None:
            logger().error("lane.without_flow", lane=lane)
            return
        token = uuid.uuid4().hex
        while not stop():
            batch = _claim(lane, token, desk)
            if batch is None:
                break
            with kept(lane, token, desk):
                goes_on = _work(batch, flow, desk)
            if not goes_on:
                break
        with desk.ledger.write() as ledger:
            messages.leave_lane(ledger, lane, token, now=desk.clock())


def _claim(lane: str, token: str, desk: Desk) -> Batch | None:
    now = desk.clock()
    with desk.ledger.write() as ledger:
        if not health.gate(ledger, lane, now=now).is_open:
            return None
        if not messages.seize_lane(ledger, lane, token, now=now, lease=desk.lease):
            return None
        held = messages.claim(ledger, lane, token, now=now, lease=desk.lease)
    return batch_of(lane, token, now, held) if held else None


def _work(batch: Batch, flow: Flow, desk: Desk) -> bool:
    """Whether the lane may go on with another batch."""
    try:
        ended = carry(batch, flow, desk)
    except RemoteError as error:
        _give_back(batch, error, desk)
        return False
    except LaneLost:
        logger().warning("lane.lost", lane=batch.lane)
        return False
    except SQLAlchemyError:
        logger().exception("ledger.failed", lane=batch.lane)  # the lease runs out, and all is due again
        return False
    except Exception as error:  # noqa: BLE001 - a fault of ours in one record must not stop its neighbours for ever
        return _isolate(batch, error, flow, desk)
    _tell(batch, ended, desk)
    return True


def _give_back(batch: Batch, error: RemoteError, desk: Desk) -> None:
    """A system failed as a whole: the connection stops, nothing is counted, and all goes on when it is back."""
    now = desk.clock()
    wait = error.retry_after if isinstance(error, RemoteUnavailable) else None
    failure = health.Failure(error.system, _kind(error), error.reason, wait)
    with desk.ledger.write() as ledger:
        until = health.failed(ledger, desk.connection, failure, now=now)
        if not messages.seize_lane(ledger, batch.lane, batch.token, now=now, lease=desk.lease):
            return
        messages.release(ledger, batch.lane, batch.token, due_at=now)
    logger().warning(
        "connection.stopped",
        connection=desk.connection,
        system=error.system,
        reason=error.reason,
        kind=failure.kind,
        until=until.isoformat(),
        waiting=len(batch.held),
    )


def _kind(error: RemoteError) -> str:
    if isinstance(error, SignInRefused):
        return health.SIGN_IN
    return health.SETUP if isinstance(error, CallRefused) else health.DOWN


def _isolate(batch: Batch, error: Exception, flow: Flow, desk: Desk) -> bool:
    """Carry each record alone; the one that fails alone is the one that is counted."""
    if len(batch.held) == 1:
        _count(batch, error, desk)
        return True
    return all(_work(replace(batch, held={id: held}), flow, desk) for id, held in batch.held.items())


def _count(batch: Batch, error: Exception, desk: Desk) -> None:
    now = desk.clock()
    reason = f"An error inside Ledgerline ({type(error).__name__}); the log of the worker has it whole."
    closings = []
    for held in (held for messages_held in batch.held.values() for held in messages_held):
        due_at = next_try(held.attempts, desk.retry, now=now)
        closings.append(
            Closing(held.id, "waiting" if due_at else "failed", reason, due_at=due_at, counted=True)
        )
    with desk.ledger.write() as ledger:
        if messages.seize_lane(ledger, batch.lane, batch.token, now=now, lease=desk.lease):
            messages.close(ledger, batch.lane, batch.token, closings, started=batch.started, now=now)
    logger().error("message.broke", lane=batch.lane, records=list(batch.held), exc_info=error)


def _tell(batch: Batch, ended: Mapping[str, Ending], desk: Desk) -> None:
    """One line per attempt."""
    log = logger()
    took = round((desk.clock() - batch.started).total_seconds() * 1000)
    for id, ending in ended.items():
        if not ending.tried:
            continue
        log.info(
            "message.attempted",
            lane=batch.lane,
            record=id,
            messages=[held.id for held in batch.held[id]],
            outcome=ending.state,
            target=ending.target,
            reason=ending.reason,
            due_at=ending.due_at.isoformat() if ending.due_at else None,
            batch=len(batch.held),
            ms=took,
        )
