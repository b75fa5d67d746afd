"""A worker that is killed anywhere on its way posts every payment exactly once, when another takes over."""

import sys

import pytest

from tests.crash.conftest import NewScene
from tests.crash.scene import Scene, in_one_lane, three_of_one_lane

LOOK_AROUND, READ_BACK = "intacct query ARINVOICE", "intacct query ARPYMT"
ON_THE_WAY = (
    "commit:before:1",
    "commit:before:2",
    "commit:before:3",
    "commit:before:4",
    "salesforce token:before:1",
    "salesforce query:before:1",
    "intacct getAPISession:before:1",
    f"{LOOK_AROUND}:before:1",
    "claims take:before:1",
    "intacct create:before:1",
    f"{READ_BACK}:before:1",
    "salesforce update:before:1",
)


def learn(scene: Scene) -> tuple[str, ...]:
    """The points that a worker passes which nobody kills, in their order."""
    trace = scene.folder / "trace"
    scene.crew.start(trace=trace).ends(0)
    return tuple(point for point in trace.read_text().splitlines() if not point.startswith("lease"))


def test_payments_are_posted_once_whatever_point_the_worker_dies_at(
    set_scene: NewScene, subtests: pytest.Subtests
) -> None:
    untouched = set_scene()
    posted, refused = three_of_one_lane(untouched.both)
    assert in_one_lane(posted + refused)
    untouched.told(posted + refused)
    points = learn(untouched)
    assert untouched.both.differences(posted=posted, refused=refused) == []

    missing = {end for point in ON_THE_WAY for end in (point, point.replace("before", "after"))} - set(points)
    assert not missing
    assert len(points) >= 12
    for point in points:
        with subtests.test(point=point):
            _dies_at(point, set_scene())
    sys.stdout.write("killed at: " + ", ".join(points) + "\n")


def _dies_at(point: str, scene: Scene) -> None:
    posted, refused = three_of_one_lane(scene.both)
    scene.told(posted + refused)
    scene.crew.start(strike_at=point).ends(-9)
    scene.ten_seconds_pass_in_redis()
    scene.crew.start().ends(0)

    assert scene.both.differences(posted=posted, refused=refused) == []
    assert scene.states() == {"carried": 2, "rejected": 1}
