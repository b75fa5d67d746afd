"""A preview shows what was read, what it means and what would be sent, and leaves no trace anywhere."""

import pytest
from sqlalchemy import func, select

from app.errors import RemoteUnavailable
from app.ledger import links, postings
from app.ledger.postings import Sending
from app.ledger.tables import Message, Posted
from app.mapping.plan import prepare
from app.records import Pair
from app.sync import preview
from app.sync.preview import RecordNotFound
from tests.previewed import ID, Company, Org, connection
from tests.unit.mapping.examples import field_row, with_rows
from tests.unit.sync.test_pipeline import World


@pytest.fixture
def org() -> Org:
    made = Org()
    made.hold()
    return made


@pytest.fixture
def company() -> Company:
    return Company()


@pytest.fixture
def world(ledger, redis, clock) -> World:
    return World(ledger, redis, clock)


@pytest.fixture
def previewed(org, company, world):
    return connection(org, company, world.desk)


def test_shows_each_field_and_the_exact_request(previewed, company, world):
    seen = preview.preview(previewed, ID)

    assert (seen.payment.key, seen.currency, seen.problems, seen.later) == ("ARP-000412", "USD", (), "")
    shown = {
        (row.line, row.word): (row.source, row.read, row.to, row.written) for row in seen.rows if row.word
    }
    assert shown[0, "key"] == ("Name", "ARP-000412", "DOCNUMBER", "ARP-000412")
    assert shown[0, "method"] == ("Payment_Method__c", "EFT", "PAYMENTMETHOD", "EFT")
    assert shown[2, "amount"] == ("Amount__c", "9450.00", "TRX_PAYMENTAMOUNT", "9450.00")
    assert "<RECORDKEY>55171</RECORDKEY>" in seen.request
    assert 'controlid="main:payment:ARP-000412:1"' in seen.request
    assert (seen.posted_as, seen.unclear) == (None, False)
    assert not company.writes
    with world.ledger.read() as reading:
        for table in (Message, Posted):
            assert reading.scalar(select(func.count()).select_from(table)) == 0


def test_tells_every_problem_at_once_and_still_shows_the_request(previewed, org):
    org.hold(Payment_Method__c="ACH Credit", Receipt_Date__c=None)
    seen = preview.preview(previewed, ID)
    assert [problem.field for problem in seen.problems] == ["receipt_date", "method"]
    assert all(problem.text and problem.remedy for problem in seen.problems)
    assert "RECORDKEY" in seen.request


def test_tells_what_it_waits_for(previewed, org):
    org.hold(Account__r___Intacct_Customer_Id__c=None)
    seen = preview.preview(previewed, ID)
    assert seen.problems == ()
    assert "to be linked with Intacct" in seen.later


def test_says_under_which_number_it_is_posted_already(previewed, world):
    with world.ledger.write() as writing:
        links.pair(writing, "main", "payment", [Pair(ID, "88123", "ARP-000412")], now=world.clock())
    assert preview.preview(previewed, ID).posted_as == "88123"


def test_says_that_nobody_knows_yet_whether_it_is_posted(previewed, world):
    sending = Sending(ID, 1, "ARP-000412", "main:payment:ARP-000412:1", "f", "")
    with world.ledger.write() as writing:
        postings.reserve(writing, "main", "payment", [sending], token="t", now=world.clock())
    assert preview.preview(previewed, ID).unclear


def test_of_a_mapping_that_cannot_be_written_down_says_which_field(org, company, world):
    plan = prepare(with_rows(field_row(**{"from": "Description__c", "to": "A.B"})))
    seen = preview.preview(connection(org, company, world.desk, plan), ID)
    assert [problem.code for problem in seen.problems] == ["field_unknown"]
    assert "A.B" in seen.problems[0].text
    assert seen.request == ""


def test_of_a_record_that_is_not_there_is_refused(previewed):
    with pytest.raises(RecordNotFound, match="no record a0B5g0000000002AAA"):
        preview.preview(previewed, "a0B5g0000000002AAA")


def test_says_so_when_a_system_cannot_be_asked(previewed, company):
    company.failures["look_around"] = [RemoteUnavailable("intacct", "524")]
    with pytest.raises(RemoteUnavailable):
        preview.preview(previewed, ID)
