"""A worker that is killed while a payment is in doubt leaves it in doubt, and the next one finds out what became of it."""

import pytest

from tests.crash.conftest import NewScene
from tests.crash.scene import Scene, three_of_one_lane
from tests.crash.test_kill import learn


def _in_doubt(scene: Scene, fault: str) -> tuple[list[str], list[str]]:
    """Payments whose first sending is going to be lost, with or without its work."""
    posted, refused = three_of_one_lane(scene.both)
    scene.both.intacct.strike(fault, "create")
    scene.told(posted + refused)
    return posted, refused


@pytest.mark.parametrize(
    ("fault", "sendings"), [("cut_after", 1), ("cut_before", 2)], ids=["posted", "never-posted"]
)
def test_payments_are_posted_once_whatever_point_of_the_look_up_the_worker_dies_at(
    fault: str, sendings: int, set_scene: NewScene, subtests: pytest.Subtests
) -> None:
    untouched = set_scene()
    posted, refused = _in_doubt(untouched, fault)
    points = learn(untouched)
    assert untouched.both.differences(posted=posted, refused=refused) == []
    assert f"intacct create:before:{sendings}" in points

    lost = points.index("intacct create:before:1")
    for point in points[lost + 1 :]:
        with subtests.test(point=point):
            _dies_at(point, set_scene(), fault)


def _dies_at(point: str, scene: Scene, fault: str) -> None:
    posted, refused = _in_doubt(scene, fault)
    scene.crew.start(strike_at=point).ends(-9)
    scene.ten_seconds_pass_in_redis()
    scene.crew.start().ends(0)

    assert scene.both.differences(posted=posted, refused=refused) == []
    assert scene.states() == {"carried": 2, "rejected": 1}
