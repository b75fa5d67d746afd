"""The REST API, as simple-salesforce and a plain HTTP client meet it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import (
    SalesforceMalformedRequest,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)

from simulators.salesforce import ids
from simulators.salesforce.settings import Settings
from tests.simulators.conftest import Serve
from tests.simulators.salesforce_org import START, Running, running, signed_in


@pytest.fixture
def sim(served: Serve) -> Iterator[Running]:
    with running(served) as started:
        yield started


@pytest.fixture
def sf(sim: Running) -> Iterator[Salesforce]:
    with signed_in(sim.url) as client:
        yield client


def account_id(sf: Salesforce, customer: str = "C-10233") -> str:
    return str(
        sf.query(f"SELECT Id FROM Account WHERE Intacct_Customer_Id__c = '{customer}'")["records"][0]["Id"]
    )


def invoice_id(sf: Salesforce, number: str = "INV-10482") -> str:
    return str(sf.query(f"SELECT Id FROM AR_Invoice__c WHERE Name = '{number}'")["records"][0]["Id"])


def typed(sobject: str, **fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": sobject}, **fields}


def code(failed: pytest.ExceptionInfo[Any]) -> str:
    return str(failed.value.content[0]["errorCode"])


class TestRecords:
    def test_a_created_record_is_read_back_with_defaults_number_and_stamps(self, sf: Salesforce) -> None:
        made = sf.AR_Payment__c.create({"Account__c": account_id(sf), "Amount__c": 1250.5})
        assert made["success"]
        assert made["errors"] == []
        read = sf.AR_Payment__c.get(made["id"])
        assert read["attributes"]["url"] == f"/services/data/v65.0/sobjects/AR_Payment__c/{made['id']}"
        assert read["Name"] == "ARP-000001"
        assert read["Amount__c"] == 1250.5
        assert (read["Status__c"], read["Origin__c"], read["CurrencyIsoCode"]) == (
            "Draft",
            "Salesforce",
            "USD",
        )
        assert read["CreatedDate"] == read["SystemModstamp"] == "2026-11-24T19:32:05.000+0000"
        assert read["Reference__c"] is None

    def test_an_id_is_taken_in_15_characters_and_in_18_of_any_case(self, sf: Salesforce) -> None:
        made = sf.AR_Payment__c.create({"Amount__c": 1})["id"]
        assert len(made) == 18
        assert sf.AR_Payment__c.get(made[:15])["Id"] == made
        assert sf.AR_Payment__c.get(made.lower())["Id"] == made

    def test_names_of_fields_and_objects_are_taken_in_any_case(self, sf: Salesforce) -> None:
        made = sf.ar_payment__c.create({"AMOUNT__C": 5, "status__c": "Ready"})["id"]
        assert sf.AR_Payment__c.get(made)["Amount__c"] == 5.0

    def test_an_update_answers_204_and_moves_the_stamp(self, sim: Running, sf: Salesforce) -> None:
        made = sf.AR_Payment__c.create({"Amount__c": 1})["id"]
        sim.clock.turn(seconds=61)
        assert sf.AR_Payment__c.update(made, {"Sync_Message__c": "Waiting for the invoice"}) == 204
        read = sf.AR_Payment__c.get(made)
        assert read["SystemModstamp"] == "2026-11-24T19:33:06.000+0000"
        assert read["CreatedDate"] == "2026-11-24T19:32:05.000+0000"

    def test_a_deleted_record_says_so_and_its_lines_go_with_it(self, sf: Salesforce) -> None:
        payment = sf.AR_Payment__c.create({"Amount__c": 1})["id"]
        line = sf.AR_Payment_Line__c.create({"AR_Payment__c": payment, "AR_Invoice__c": invoice_id(sf)})["id"]
        assert sf.AR_Payment__c.delete(payment) == 204
        for sobject, id in ((sf.AR_Payment__c, payment), (sf.AR_Payment_Line__c, line)):
            with pytest.raises(SalesforceResourceNotFound) as failed:
                sobject.get(id)
            assert code(failed) == "ENTITY_IS_DELETED"
        assert sf.query("SELECT Id FROM AR_Payment__c")["totalSize"] == 0
        assert sf.query_all("SELECT Id, IsDeleted FROM AR_Payment__c", include_deleted=True)["totalSize"] == 1

    def test_a_parent_may_be_named_by_its_external_id(self, sf: Salesforce) -> None:
        by_key = {"Account__r": {"Intacct_Customer_Id__c": "C-20418"}, "Amount__c": 1}
        made = sf.AR_Payment__c.create(by_key)["id"]
        assert sf.AR_Payment__c.get(made)["Account__c"] == account_id(sf, "C-20418")

    @pytest.mark.parametrize(
        ("fields", "expected"),
        [
            ({"Amount__c": "much"}, "JSON_PARSER_ERROR"),
            ({"Amount__c": 1e17}, "NUMBER_OUTSIDE_VALID_RANGE"),
            ({"Receipt_Date__c": "2026-13-01"}, "JSON_PARSER_ERROR"),
            ({"Reference__c": "x" * 256}, "STRING_TOO_LONG"),
            ({"Status__c": "Paid"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
            ({"Nothing__c": 1}, "INVALID_FIELD"),
            ({"Name": "ARP-1"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
            ({"SystemModstamp": "2026-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
            ({"Account__c": "001"}, "MALFORMED_ID"),
            ({"Account__c": ids.mint("001", 999)}, "INVALID_CROSS_REFERENCE_KEY"),
            ({"Account__c": ids.mint("a0A", 1)}, "MALFORMED_ID"),
            ({"Account__r": {"Intacct_Customer_Id__c": "nobody"}}, "INVALID_FIELD"),
        ],
    )
    def test_a_bad_field_is_refused_by_its_code(
        self, sf: Salesforce, fields: dict[str, Any], expected: str
    ) -> None:
        with pytest.raises(SalesforceMalformedRequest) as failed:
            sf.AR_Payment__c.create(fields)
        assert code(failed) == expected
        assert sf.query("SELECT COUNT() FROM AR_Payment__c")["totalSize"] == 0

    def test_a_picklist_that_is_not_restricted_takes_any_value(self, sf: Salesforce) -> None:
        made = sf.AR_Payment__c.create({"Payment_Method__c": "ACH Credit"})["id"]
        assert sf.AR_Payment__c.get(made)["Payment_Method__c"] == "ACH Credit"

    def test_an_amount_is_kept_to_the_scale_of_its_field(self, sf: Salesforce) -> None:
        made = sf.AR_Payment__c.create({"Amount__c": 10.005, "Exchange_Rate__c": 1.0876543})["id"]
        read = sf.AR_Payment__c.get(made)
        assert (read["Amount__c"], read["Exchange_Rate__c"]) == (10.01, 1.0876543)

    def test_a_detail_needs_its_master_and_cannot_leave_it(self, sf: Salesforce) -> None:
        with pytest.raises(SalesforceMalformedRequest) as failed:
            sf.AR_Payment_Line__c.create({"Amount__c": 1})
        assert failed.value.content[0]["errorCode"] == "REQUIRED_FIELD_MISSING"
        assert failed.value.content[0]["fields"] == ["AR_Payment__c"]
        one, other = (sf.AR_Payment__c.create({"Amount__c": 1})["id"] for _ in range(2))
        line = sf.AR_Payment_Line__c.create({"AR_Payment__c": one})["id"]
        with pytest.raises(SalesforceMalformedRequest) as failed:
            sf.AR_Payment_Line__c.update(line, {"AR_Payment__c": other})
        assert code(failed) == "INVALID_FIELD_FOR_INSERT_UPDATE"

    def test_a_unique_key_names_the_record_that_has_it(self, sf: Salesforce) -> None:
        first = sf.AR_Payment__c.create({"Intacct_Key__c": "88213"})["id"]
        with pytest.raises(SalesforceMalformedRequest) as failed:
            sf.AR_Payment__c.create({"Intacct_Key__c": "88213"})
        assert code(failed) == "DUPLICATE_VALUE"
        assert failed.value.content[0]["message"].endswith(f"record with id: {first[:15]}")

    def test_what_is_not_there_answers_404(self, sf: Salesforce) -> None:
        for wrong in (lambda: sf.Nothing__c.describe(), lambda: sf.Account.get(ids.mint("001", 999))):
            with pytest.raises(SalesforceResourceNotFound) as failed:
                wrong()
            assert code(failed) == "NOT_FOUND"


class TestUpsert:
    def test_it_creates_with_201_and_updates_with_200(self, sf: Salesforce) -> None:
        path = "sobjects/AR_Invoice__c/Intacct_Key__c/99001"
        made = sf.restful(path, method="PATCH", json={"Name": "INV-1", "Total__c": 5})
        again = sf.restful(path, method="PATCH", json={"Total__c": 6})
        assert (made["created"], again["created"]) == (True, False)
        assert made["id"] == again["id"]
        assert sf.AR_Invoice__c.get_by_custom_id("Intacct_Key__c", "99001")["Total__c"] == 6.0

    def test_the_client_sees_the_status_itself(self, sf: Salesforce) -> None:
        assert sf.AR_Invoice__c.upsert("Intacct_Key__c/99002", {"Name": "INV-2"}) == 201
        assert sf.AR_Invoice__c.upsert("Intacct_Key__c/99002", {"Name": "INV-2b"}) == 200

    def test_before_version_46_an_update_answers_204(self, sim: Running, sf: Salesforce) -> None:
        headers = {"Authorization": f"Bearer {sf.session_id}"}
        url = f"{sim.url}/services/data/v45.0/sobjects/AR_Invoice__c/Intacct_Key__c/55102"
        answer = httpx.patch(url, json={"Paid__c": 1}, headers=headers)
        assert (answer.status_code, answer.content) == (204, b"")

    def test_a_quoted_value_may_hold_a_slash(self, sf: Salesforce) -> None:
        value = "A/B 7"
        sf.restful(
            f"sobjects/Account/Intacct_Customer_Id__c/{quote(value, safe='')}",
            method="PATCH",
            json={"Name": "A"},
        )
        assert sf.query("SELECT Id FROM Account WHERE Intacct_Customer_Id__c = 'A/B 7'")["totalSize"] == 1

    def test_update_only_never_creates(self, sf: Salesforce) -> None:
        with pytest.raises(SalesforceResourceNotFound):
            sf.restful(
                "sobjects/AR_Invoice__c/Intacct_Key__c/77777",
                {"updateOnly": "true"},
                "PATCH",
                json={"Paid__c": 1},
            )

    def test_a_field_that_is_no_external_id_answers_404_in_the_vendors_words(self, sf: Salesforce) -> None:
        with pytest.raises(SalesforceResourceNotFound) as failed:
            sf.AR_Payment__c.upsert("Reference__c/x", {"Amount__c": 1})
        message = failed.value.content[0]["message"]
        assert message == "Provided external ID field does not exist or is not accessible: Reference__c"

    def test_the_key_may_not_stand_in_the_body_too(self, sf: Salesforce) -> None:
        with pytest.raises(SalesforceMalformedRequest) as failed:
            sf.AR_Invoice__c.upsert("Intacct_Key__c/5", {"Intacct_Key__c": "5"})
        assert code(failed) == "INVALID_FIELD"


class TestCollections:
    def test_two_hundred_are_saved_in_one_call_in_their_order(self, sf: Salesforce) -> None:
        records = [typed("AR_Payment__c", Amount__c=n, Reference__c=str(n)) for n in range(200)]
        outcomes = sf.restful("composite/sobjects", method="POST", json={"records": records})
        assert all(outcome["success"] for outcome in outcomes)
        found = sf.query("SELECT Id, Reference__c FROM AR_Payment__c ORDER BY Name")["records"]
        assert [r["Id"] for r in found] == [outcome["id"] for outcome in outcomes]
        changes = [typed("AR_Payment__c", id=o["id"], Sync_Status__c="Synced") for o in outcomes]
        sf.restful("composite/sobjects", method="PATCH", json={"records": changes})
        assert (
            sf.query("SELECT COUNT() FROM AR_Payment__c WHERE Sync_Status__c = 'Synced'")["totalSize"] == 200
        )

    def test_one_more_than_two_hundred_is_refused(self, sf: Salesforce) -> None:
        with pytest.raises(SalesforceMalformedRequest) as failed:
            sf.restful(
                "composite/sobjects", method="POST", json={"records": [typed("Account", Name="A")] * 201}
            )
        assert code(failed) == "EXCEEDED_ID_LIMIT"

    def test_more_than_ten_changes_of_type_are_refused(self, sf: Salesforce) -> None:
        records = [typed("Account", Name="A"), typed("AR_Payment__c", Amount__c=1)] * 6
        with pytest.raises(SalesforceMalformedRequest) as failed:
            sf.restful("composite/sobjects", method="POST", json={"records": records})
        assert code(failed) == "LIMIT_EXCEEDED"

    def test_each_record_has_its_own_outcome(self, sf: Salesforce) -> None:
        good = sf.AR_Payment__c.create({"Amount__c": 1})["id"]
        records = [
            typed("AR_Payment__c", id=good, Amount__c=2),
            typed("AR_Payment__c", id=good[:15], Amount__c=3),
            typed("AR_Payment__c", id=ids.mint("a0B", 999), Amount__c=4),
            typed("AR_Payment__c", Amount__c=5),
        ]
        outcomes = sf.restful("composite/sobjects", method="PATCH", json={"records": records})
        assert outcomes[0] == {"id": good, "success": True, "errors": []}
        assert [o["errors"][0]["statusCode"] for o in outcomes[1:]] == [
            "DUPLICATE_VALUE",
            "NOT_FOUND",
            "MISSING_ARGUMENT",
        ]
        assert sf.AR_Payment__c.get(good)["Amount__c"] == 2.0

    def test_all_or_none_takes_everything_back(self, sf: Salesforce) -> None:
        records = [typed("AR_Payment__c", Amount__c=1), typed("AR_Payment__c", Status__c="Paid")]
        body = {"allOrNone": True, "records": records}
        outcomes = sf.restful("composite/sobjects", method="POST", json=body)
        assert [o["errors"][0]["statusCode"] for o in outcomes] == [
            "ALL_OR_NONE_OPERATION_ROLLED_BACK",
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        ]
        assert sf.query("SELECT COUNT() FROM AR_Payment__c")["totalSize"] == 0

    def test_upsert_by_key_says_which_are_new(self, sf: Salesforce) -> None:
        records = [
            typed("AR_Invoice__c", Intacct_Key__c=key, Paid__c=1) for key in ("55102", "99003", "99003")
        ]
        outcomes = sf.restful(
            "composite/sobjects/AR_Invoice__c/Intacct_Key__c", method="PATCH", json={"records": records}
        )
        assert [o.get("created") for o in outcomes] == [False, True, None]
        assert outcomes[2]["errors"][0]["statusCode"] == "DUPLICATE_VALUE"

    def test_delete_and_read_go_by_ids(self, sf: Salesforce) -> None:
        one, other = (sf.AR_Payment__c.create({"Amount__c": n})["id"] for n in (1, 2))
        sf.restful("composite/sobjects", {"ids": one, "allOrNone": "true"}, "DELETE")
        body = {"ids": [one, other], "fields": ["Amount__c"]}
        read = sf.restful("composite/sobjects/AR_Payment__c", method="POST", json=body)
        assert read[0] is None
        assert read[1]["Amount__c"] == 2.0

    def test_a_locked_row_refuses_as_often_as_asked_and_its_lines_too(
        self, sim: Running, sf: Salesforce
    ) -> None:
        payment = sf.AR_Payment__c.create({"Amount__c": 1})["id"]
        sim.control("POST", "locks", {"id": payment[:15], "count": 2})
        records = [
            typed("AR_Payment__c", id=payment, Amount__c=2),
            typed("AR_Payment__c", id=sf.AR_Payment__c.create({"Amount__c": 9})["id"], Amount__c=8),
        ]
        outcomes = sf.restful("composite/sobjects", method="PATCH", json={"records": records})
        assert outcomes[0]["errors"][0]["statusCode"] == "UNABLE_TO_LOCK_ROW"
        assert outcomes[1]["success"]
        with pytest.raises(SalesforceMalformedRequest) as failed:
            sf.AR_Payment_Line__c.create({"AR_Payment__c": payment})
        assert code(failed) == "UNABLE_TO_LOCK_ROW"
        assert sf.AR_Payment__c.update(payment, {"Amount__c": 3}) == 204


class TestComposite:
    def test_later_parts_use_what_earlier_ones_answered(self, sf: Salesforce) -> None:
        root = "/services/data/v65.0/sobjects"
        parts = [
            {
                "method": "POST",
                "url": f"{root}/AR_Payment__c",
                "referenceId": "pay",
                "body": {"Amount__c": 7.5},
            },
            {
                "method": "POST",
                "url": f"{root}/AR_Payment_Line__c",
                "referenceId": "line",
                "body": {"AR_Payment__c": "@{pay.id}", "Amount__c": 7.5},
            },
            {
                "method": "GET",
                "url": f"{root}/AR_Payment__c/@{{pay.id}}?fields=Amount__c",
                "referenceId": "read",
            },
        ]
        said = sf.restful("composite", method="POST", json={"compositeRequest": parts})["compositeResponse"]
        assert [part["httpStatusCode"] for part in said] == [201, 201, 200]
        assert said[2]["body"]["Amount__c"] == 7.5

    def test_all_or_none_halts_the_siblings_of_the_failing_part(self, sf: Salesforce) -> None:
        root = "/services/data/v65.0/sobjects/AR_Payment__c"
        parts = [
            {"method": "POST", "url": root, "referenceId": "good", "body": {"Amount__c": 1}},
            {"method": "POST", "url": root, "referenceId": "bad", "body": {"Status__c": "Paid"}},
        ]
        body = {"allOrNone": True, "compositeRequest": parts}
        good, bad = sf.restful("composite", method="POST", json=body)["compositeResponse"]
        assert good["body"][0]["errorCode"] == "PROCESSING_HALTED"
        assert bad["body"][0]["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
        assert sf.query("SELECT COUNT() FROM AR_Payment__c")["totalSize"] == 0

    def test_a_reference_to_nothing_fails_its_part_only(self, sf: Salesforce) -> None:
        part = {"method": "GET", "url": "/services/data/v65.0/sobjects/Account/@{no.id}", "referenceId": "a"}
        said = sf.restful("composite", method="POST", json={"compositeRequest": [part]})
        assert said["compositeResponse"][0]["httpStatusCode"] == 400


class TestDescribe:
    def test_fields_say_what_a_mapping_needs(self, sf: Salesforce) -> None:
        said = sf.AR_Payment__c.describe()
        fields = {field["name"]: field for field in said["fields"]}
        amount = fields["Amount__c"]
        assert (amount["type"], amount["precision"], amount["scale"]) == ("currency", 18, 2)
        key = fields["Intacct_Key__c"]
        assert (key["externalId"], key["unique"], key["createable"]) == (True, True, True)
        assert fields["Account__c"]["referenceTo"] == ["Account"]
        assert fields["Account__c"]["relationshipName"] == "Account__r"
        assert [v["value"] for v in fields["Status__c"]["picklistValues"]] == [
            "Draft",
            "Ready",
            "Posted",
            "Reversal Requested",
            "Reversed",
        ]
        assert (
            fields["Status__c"]["restrictedPicklist"],
            fields["Payment_Method__c"]["restrictedPicklist"],
        ) == (
            True,
            False,
        )
        assert fields["Name"]["autoNumber"]
        assert not fields["Name"]["createable"]
        assert said["childRelationships"][0]["relationshipName"] == "AR_Payment_Lines__r"
        assert said["childRelationships"][0]["cascadeDelete"]

    def test_the_global_list_names_every_object_of_the_contract(self, sf: Salesforce) -> None:
        described = sf.describe()
        assert described is not None
        assert {o["name"] for o in described["sobjects"]} == {
            "Account",
            "AR_Invoice__c",
            "AR_Payment__c",
            "AR_Payment_Line__c",
            "AR_Payment_Event__e",
        }

    def test_it_answers_304_until_a_field_is_added(self, sim: Running, sf: Salesforce) -> None:
        url = f"{sim.url}/services/data/v65.0/sobjects/AR_Payment__c/describe"
        headers = {"Authorization": f"Bearer {sf.session_id}"}
        stamp = httpx.get(url, headers=headers).headers["Last-Modified"]
        sim.clock.turn(minutes=1)
        since = headers | {"If-Modified-Since": stamp}
        assert httpx.get(url, headers=since).status_code == 304
        sim.control("POST", "fields", {"object": "AR_Payment__c", "name": "Branch__c", "type": "string"})
        answer = httpx.get(url, headers=since)
        assert answer.status_code == 200
        assert "Branch__c" in {field["name"] for field in answer.json()["fields"]}
        made = sf.AR_Payment__c.create({"Branch__c": "North"})["id"]
        assert sf.query("SELECT Id FROM AR_Payment__c WHERE Branch__c = 'north'")["records"][0]["Id"] == made

    def test_a_single_currency_org_has_no_currency_field(self, served: Serve) -> None:
        with running(served, Settings(multi_currency=False)) as sim, signed_in(sim.url) as sf:
            for name in ("Account", "AR_Invoice__c", "AR_Payment__c", "AR_Payment_Line__c"):
                assert "CurrencyIsoCode" not in {f["name"] for f in getattr(sf, name).describe()["fields"]}
            with pytest.raises(SalesforceMalformedRequest) as failed:
                sf.query("SELECT CurrencyIsoCode FROM AR_Payment__c")
            assert code(failed) == "INVALID_FIELD"

    def test_versions_are_listed_without_a_session(self, sim: Running) -> None:
        versions = httpx.get(f"{sim.url}/services/data/").json()
        assert {"label": "Winter '26", "url": "/services/data/v65.0", "version": "65.0"} in versions
        assert next(v for v in versions if v["version"] == "31.0")["label"] == "Summer '14"

    def test_a_retired_version_is_gone(self, sim: Running, sf: Salesforce) -> None:
        headers = {"Authorization": f"Bearer {sf.session_id}"}
        answer = httpx.get(f"{sim.url}/services/data/v30.0/limits", headers=headers)
        assert answer.status_code == 410


class TestChanges:
    def test_updated_and_deleted_tell_of_a_range(self, sim: Running, sf: Salesforce) -> None:
        kept, gone = (sf.AR_Payment__c.create({"Amount__c": n})["id"] for n in (1, 2))
        sim.clock.turn(minutes=5)
        sf.AR_Payment__c.update(kept, {"Amount__c": 3})
        sf.AR_Payment__c.delete(gone)
        start, end = START + timedelta(minutes=1), START + timedelta(minutes=10)
        assert sf.AR_Payment__c.updated(start, end)["ids"] == [kept]
        deleted = sf.AR_Payment__c.deleted(start, end)["deletedRecords"]
        assert deleted == [{"id": gone, "deletedDate": "2026-11-24T19:37:05.000+0000"}]
        assert sf.AR_Payment__c.updated(end, end + timedelta(minutes=1))["ids"] == []


class TestLimits:
    def test_every_answer_says_how_many_calls_are_used(self, sf: Salesforce) -> None:
        sf.query("SELECT Id FROM Account")
        used = sf.api_usage["api-usage"].used
        sf.query("SELECT Id FROM Account")
        assert sf.api_usage["api-usage"].used == used + 1
        assert sf.api_usage["api-usage"].total == 115_000
        assert sf.limits()["DailyApiRequests"]["Max"] == 115_000

    def test_a_spent_budget_refuses_until_the_next_day(self, sim: Running, sf: Salesforce) -> None:
        sim.control("POST", "budget", {"limit": 10, "used": 9})
        sf.query("SELECT Id FROM Account")
        with pytest.raises(SalesforceRefusedRequest) as failed:
            sf.query("SELECT Id FROM Account")
        assert code(failed) == "REQUEST_LIMIT_EXCEEDED"
        sim.clock.turn(days=1)
        assert sf.query("SELECT Id FROM Account")["totalSize"] == 8

    def test_a_body_that_is_not_said_to_be_json_is_415(self, sim: Running, sf: Salesforce) -> None:
        headers = {"Authorization": f"Bearer {sf.session_id}", "Content-Type": "text/plain"}
        answer = httpx.post(f"{sim.url}/services/data/v65.0/sobjects/Account", content=b"{}", headers=headers)
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (415, "UNSUPPORTED_MEDIA_TYPE")

    def test_a_method_that_a_resource_lacks_is_405(self, sim: Running, sf: Salesforce) -> None:
        headers = {"Authorization": f"Bearer {sf.session_id}"}
        answer = httpx.put(f"{sim.url}/services/data/v65.0/limits", headers=headers)
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (405, "METHOD_NOT_ALLOWED")


class TestSessions:
    def test_the_client_signs_in_again_when_its_session_has_ended(self, sim: Running, sf: Salesforce) -> None:
        before = sf.session_id
        sim.clock.turn(hours=3)
        assert sf.query("SELECT Id FROM Account")["totalSize"] == 8
        assert sf.session_id != before

    def test_a_token_that_was_never_given_is_refused(self, sim: Running) -> None:
        headers = {"Authorization": "Bearer 00D5g00000HrbSm!never"}
        answer = httpx.get(f"{sim.url}/services/data/v65.0/limits", headers=headers)
        assert answer.status_code == 401
        assert answer.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


class TestEvents:
    def test_publishing_answers_success_with_an_entry_among_the_errors(self, sf: Salesforce) -> None:
        said = sf.AR_Payment_Event__e.create({"Record_Id__c": "a0B5g0000000001EAA", "Change__c": "Updated"})
        assert said["success"]
        assert said["errors"][0]["statusCode"] == "OPERATION_ENQUEUED"
        assert said["id"].startswith("e0x")
