"""The API keeps its own description, whatever is sent; and the description in the repository is the one that is served."""

import warnings

import pytest
import yaml
from hypothesis import HealthCheck, Phase, settings

from app.ledger.engine import connect
from tests.architecture import generated
from tests.fakes import a_payment
from tests.integration.test_api import P1, P2, P3
from tests.serving import TOKEN, opened

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the library's own, at its import
    import schemathesis
    from schemathesis.checks import CHECKS, load_all_checks

load_all_checks()
CHECKED = [
    check
    for check in CHECKS.get_all()
    if check.__name__
    in {
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
    }
]
SERVED = schemathesis.openapi.from_dict(yaml.safe_load(generated.service_yaml()))


@pytest.fixture(scope="module")
def address(sqlite_template, redis_url, tmp_path_factory):
    """One service for all of it: whatever one call leaves behind is there for the next."""
    from redis import Redis

    from tests.conftest import Clock

    copy = tmp_path_factory.mktemp("schema") / "ledger.db"
    copy.write_bytes(sqlite_template.read_bytes())
    ledger, redis = connect(f"sqlite:///{copy}"), Redis.from_url(redis_url)
    with opened(ledger, redis, Clock()) as desk:
        desk.arrive(P1)
        desk.arrive(P2, P3, amount="-5.00")
        desk.world.salesforce.hold(a_payment(P1))
        yield str(desk.web.base_url)
    ledger.engine.dispose()
    redis.close()


def test_the_description_in_the_repository_is_the_one_that_is_served():
    assert generated.SERVICE.read_text(encoding="utf-8") == generated.service_yaml()


def test_four_checks_are_made():
    assert len(CHECKED) == 4


@SERVED.parametrize()
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_whatever_is_sent_is_answered_as_described(case, address):
    response = case.call(base_url=address, headers={"Authorization": f"Bearer {TOKEN}"})
    case.validate_response(response, checks=CHECKED)
