"""Which changes travel in which call, and what an answer says of each."""

import json
from decimal import Decimal
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.records import Again, Change, Refused, Written, ids
from app.salesforce import wire
from app.salesforce.writes import body, calls, items, met_lock, outcomes


def change(number: int, object: str = "AR_Payment__c", **values: str) -> Change:
    return Change(object, f"a0B5g0000{number:06}", values or {"Sync_Status__c": "Synced"})


def answered(*results: object) -> wire.Json:
    return wire.loads(json.dumps(results).encode())


def failed(code: str, message: str = "text", fields: tuple[str, ...] = ()) -> dict[str, object]:
    return {"success": False, "errors": [{"statusCode": code, "message": message, "fields": fields}]}


@given(some.lists(some.tuples(some.integers(0, 30), some.integers(0, 12)), max_size=600))
def test_every_change_travels_once_and_every_call_keeps_the_limits(asked: list[tuple[int, int]]) -> None:
    good, bad = items([change(number, f"Type_{kind}__c") for number, kind in asked])
    made = calls(good)
    assert not bad
    assert sorted(item.place for call in made for item in call) == list(range(len(asked)))
    for call in made:
        assert 1 <= len(call) <= 200
        assert len([*groupby(item.change.object for item in call)]) <= 10
        assert len({item.change.id for item in call}) == len(call)
    for id in {item.change.id for item in good}:
        places = [item.place for call in made for item in call if item.change.id == id]
        assert places == sorted(places), "two changes of one record keep their order"


def test_types_are_gathered_and_the_children_of_one_parent_stay_together() -> None:
    asked = [
        change(1),
        change(11, "AR_Payment_Line__c"),
        change(12, "AR_Payment_Line__c"),
        change(2),
        change(21, "AR_Payment_Line__c"),
    ]
    [call] = calls(items(asked)[0])
    assert [item.place for item in call] == [0, 3, 1, 2, 4]


def test_an_eleventh_type_begins_a_new_call() -> None:
    made = calls(items([change(n, f"Type_{n % 23}__c") for n in range(46)])[0])
    assert [len({item.change.object for item in call}) for call in made] == [10, 10, 3]
    assert [len(call) for call in made] == [20, 20, 6]


def test_a_full_page_is_one_call_and_one_more_is_two() -> None:
    assert [len(call) for call in calls(items([change(n) for n in range(200)])[0])] == [200]
    assert [len(call) for call in calls(items([change(n) for n in range(201)])[0])] == [200, 1]
    assert calls([]) == []


def test_a_record_is_sent_with_its_type_its_long_id_and_its_money_as_a_number() -> None:
    good, _ = items(
        [Change("AR_Invoice__c", "a0B5g00000Pmt01", {"Paid__c": Decimal("10.10"), "Note__c": None})]
    )
    assert body(good) == (
        '{"allOrNone":false,"records":[{"attributes":{"type":"AR_Invoice__c"},'
        '"id":"a0B5g00000Pmt01EAB","Paid__c":10.10,"Note__c":null}]}'
    )


def test_what_is_no_id_is_refused_here_and_the_others_travel() -> None:
    good, bad = items([change(1), Change("AR_Payment__c", "C-10233", {}), change(2)])
    assert [item.place for item in good] == [0, 2]
    refused = bad[1]
    assert isinstance(refused, Refused)
    assert refused.problem.code == "salesforce_id_malformed"


@pytest.mark.parametrize(
    "code",
    [
        "UNABLE_TO_LOCK_ROW",
        "TOO_MANY_APEX_REQUESTS",
        "QUERY_TIMEOUT",
        "REQUEST_RUNNING_TOO_LONG",
        "SERVER_UNAVAILABLE",
        "UNKNOWN_EXCEPTION",
        "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE",
        "REQUEST_LIMIT_EXCEEDED",
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "PROCESSING_HALTED",
        "INVALID_SESSION_ID",
    ],
)
def test_what_is_nobodys_fault_comes_again(code: str) -> None:
    [outcome] = outcomes(items([change(1)])[0], answered(failed(code)))
    assert isinstance(outcome, Again)
    assert outcome.reason
    assert code not in outcome.reason
    assert met_lock(outcome) is (code == "UNABLE_TO_LOCK_ROW")


def test_each_record_gets_its_own_outcome_in_the_order_sent() -> None:
    good, _ = items([change(n) for n in range(4)])
    answer = answered(
        {"id": good[0].change.id, "success": True, "errors": []},
        failed("STRING_TOO_LONG", "Message: data value too large: … (max length=15)", ("Sync_Message__c",)),
        failed("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"),
        failed("NOBODY_HAS_SEEN_THIS", "Something new."),
    )
    written, long, locked, new = outcomes(good, answer)
    assert isinstance(written, Written)
    assert written.id == ids.full(change(0).id)
    assert isinstance(long, Refused)
    assert (long.problem.code, long.problem.field) == ("salesforce_text_too_long", "Sync_Message__c")
    assert "STRING_TOO_LONG" in long.problem.support
    assert isinstance(locked, Again)
    assert isinstance(new, Refused)
    assert new.problem.text == "Salesforce refuses it: Something new."


def test_the_exchange_keeps_what_was_sent_and_what_came_back_for_each_record() -> None:
    good, _ = items([change(1, Sync_Message__c="Posted")])
    [outcome] = outcomes(good, answered(failed("MALFORMED_ID")))
    assert json.loads(outcome.exchange.sent)["Sync_Message__c"] == "Posted"
    assert json.loads(outcome.exchange.received) == {
        "success": False,
        "errors": [{"statusCode": "MALFORMED_ID", "message": "text", "fields": []}],
    }


def test_among_several_errors_one_that_a_person_must_mend_decides() -> None:
    errors = [*failed("UNABLE_TO_LOCK_ROW")["errors"], *failed("REQUIRED_FIELD_MISSING")["errors"]]  # type: ignore[misc] # lists
    [outcome] = outcomes(items([change(1)])[0], answered({"success": False, "errors": errors}))
    assert isinstance(outcome, Refused)


def test_a_failure_without_errors_is_a_refusal_without_a_reason() -> None:
    [outcome] = outcomes(items([change(1)])[0], answered({"success": False, "errors": []}))
    assert isinstance(outcome, Refused)
    assert outcome.problem.text == "Salesforce refuses it: it gives no reason."


def test_an_answer_about_another_number_of_records_is_not_understood() -> None:
    with pytest.raises(wire.AnswerNotUnderstood, match="1 results for 2 records"):
        outcomes(items([change(1), change(2)])[0], answered({"success": True}))
