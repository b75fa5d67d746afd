"""Workers that meet on the same lanes: two at once, and one that was only asleep."""

import signal
from random import Random

import pytest

from tests.crash.both import many_payments
from tests.crash.conftest import NewScene
from tests.crash.scene import three_of_one_lane
from tests.crash.worker import BELLS
from tests.waiting import until


def test_two_workers_at_once_post_each_payment_once(set_scene: NewScene) -> None:
    scene = set_scene()
    posted = [made["id"] for made in scene.both.pay_all(many_payments(100))]
    scene.told(posted)
    traces = [scene.folder / f"trace-{number}" for number in range(2)]
    for worker in [scene.crew.start(trace=trace) for trace in traces]:
        worker.ends(0)

    assert scene.both.differences(posted=posted) == []
    assert scene.states() == {"carried": 100}
    assert all("intacct create:after:1" in trace.read_text() for trace in traces)


def test_a_redis_that_loses_everything_again_and_again_loses_and_doubles_nothing(set_scene: NewScene) -> None:
    scene, chance = set_scene(), Random(60)
    posted = [made["id"] for made in scene.both.pay_all(many_payments(60))]
    untold = list(posted)
    for _ in range(2):
        scene.crew.start(BELLS)
    flushed = 0

    def all_is_carried() -> bool:
        nonlocal flushed
        scene.told([untold.pop() for _ in range(min(3, len(untold)))], ring=True)
        scene.tick()
        if flushed < 60 and chance.random() < 0.4:
            scene.redis.flushall()
            flushed += 1
        return not untold and scene.is_quiet()

    until(all_is_carried, seconds=60)
    assert flushed >= 5
    assert scene.both.differences(posted=posted) == []
    assert scene.states() == {"carried": 60}


@pytest.mark.parametrize("point", ["commit:after:2", "intacct create:before:1", "intacct create:after:1"])
def test_a_worker_that_slept_past_its_lease_in_mid_post_does_no_harm_when_it_wakes(
    point: str, set_scene: NewScene
) -> None:
    scene = set_scene()
    posted, refused = three_of_one_lane(scene.both)
    scene.told(posted + refused)
    asleep = scene.crew.start(strike_at=point, by="STOP")
    until(lambda: asleep.is_stopped)
    scene.crew.start().ends(0)
    assert scene.both.differences(posted=posted, refused=refused) == []
    asleep.told(signal.SIGCONT)
    asleep.ends(0)

    assert scene.both.differences(posted=posted, refused=refused) == []
    assert scene.states() == {"carried": 2, "rejected": 1}


def test_a_worker_that_slept_before_its_news_does_not_leave_them_where_they_are_wrong_by_now(
    set_scene: NewScene,
) -> None:
    scene = set_scene()
    posted, refused = three_of_one_lane(scene.both)
    scene.told(posted + refused)
    asleep = scene.crew.start(strike_at="salesforce update:before:1", by="STOP")
    until(lambda: asleep.is_stopped)
    scene.both.correct(refused[0], amount="100.00")
    scene.told(refused)
    scene.crew.start().ends(0)
    assert scene.both.differences(posted=posted + refused) == []
    asleep.told(signal.SIGCONT)
    asleep.ends(0)

    assert scene.both.differences(posted=posted + refused) == []
