"""Which lane a record falls into. Stable for ever: a record must never be in two lanes at once."""

from zlib import crc32

SHARDS = 4
"""
Lanes of one flow. More lanes post more at once (a real company takes 0.3 to 1 s a payment), fewer make fuller
batches, so fewer calls. Trap: messages keep the lane that they were recorded with, so a change of this number must
wait until no message is open.
"""


def lane_of(connection: str, flow: str, record_id: str) -> str:
    """`main/payment-to-intacct/2`. The 15-character id decides, so both spellings of an id fall together."""
    return f"{connection}/{flow}/{crc32(record_id[:15].encode()) % SHARDS}"


def flow_of(lane: str) -> tuple[str, str]:
    """(connection, flow) of a lane."""
    connection, flow, _ = lane.split("/")
    return connection, flow
