"""Keeping a batch ours while we work on it: the lease is renewed by a thread beside the work."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from app.ledger import messages
from app.log import logger
from app.sync.desk import Desk


@contextmanager
def kept(lane: str, token: str, desk: Desk) -> Iterator[None]:
    """
    Renew the lane and its messages three times a lease until the block ends. A renewal that fails is no harm yet: the
    next may pass, and whatever is written later checks the claim again.
    """
    done = threading.Event()
    thread = threading.Thread(
        target=_renew_until, args=(done, lane, token, desk), name=f"lease {lane}", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _renew_until(done: threading.Event, lane: str, token: str, desk: Desk) -> None:
    while not done.wait(desk.lease.total_seconds() / 3):
        try:
            with desk.ledger.write() as ledger:
                if not messages.renew(ledger, lane, token, now=desk.clock(), lease=desk.lease):
                    return
        except SQLAlchemyError as error:
            logger().warning("lease.renewal_failed", lane=lane, error=type(error).__name__)
