"""What holds on SQLite when a worker is killed holds on PostgreSQL too."""

from pathlib import Path

import pytest

from tests.crash.both import Both
from tests.crash.processes import Zygote
from tests.crash.scene import scene, three_of_one_lane


@pytest.mark.parametrize(
    "point",
    [
        "commit:before:2",
        "commit:after:2",
        "intacct create:before:1",
        "intacct create:after:1",
        "commit:before:3",
        "commit:after:3",
        "salesforce update:after:1",
        "commit:before:4",
    ],
)
def test_payments_are_posted_once_whatever_point_the_worker_dies_at(
    point: str, both: Both, zygote: Zygote, redis_url: str, postgres_ledger_url: str, tmp_path: Path
) -> None:
    with scene(both, zygote, redis_url, postgres_ledger_url, tmp_path / "home") as here:
        posted, refused = three_of_one_lane(both)
        here.told(posted + refused)
        here.crew.start(strike_at=point).ends(-9)
        here.crew.start().ends(0)

        assert both.differences(posted=posted, refused=refused) == []
        assert here.states() == {"carried": 2, "rejected": 1}
