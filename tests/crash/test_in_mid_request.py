"""A worker that goes while Intacct still works on its request is followed by one that waits for the outcome."""

import signal
from collections.abc import Iterator

import pytest

from tests.crash.both import Both, both_running
from tests.crash.conftest import NewScene
from tests.crash.scene import three_of_one_lane
from tests.waiting import until


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    """A company that takes its time, as real ones do."""
    with both_running(seconds_per_record=0.7) as running:
        yield running


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_payments_are_posted_once_when_the_worker_goes_in_mid_request(
    number: signal.Signals, both: Both, set_scene: NewScene
) -> None:
    scene = set_scene()
    posted, refused = three_of_one_lane(both)
    scene.told(posted + refused)
    first = scene.crew.start()
    until(both.company.gateway.running)
    first.told(number)
    scene.crew.start().ends(0)
    assert both.differences(posted=posted, refused=refused) == []
    if number is signal.SIGSTOP:
        first.told(signal.SIGCONT)
        first.ends(0)

    until(lambda: not both.company.gateway.running())
    assert both.differences(posted=posted, refused=refused) == []
    assert scene.states() == {"carried": 2, "rejected": 1}
