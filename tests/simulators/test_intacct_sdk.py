"""A client that nobody here wrote, sageintacctsdk, finds the simulator to be what it expects."""

import pytest
from sageintacctsdk import SageIntacctSDK
from sageintacctsdk.apis import ApiBase
from sageintacctsdk.exceptions import InvalidTokenError, SageIntacctSDKError, WrongParamsError

from simulators.faults import Fault
from simulators.intacct.web import PATH


def pointed(api: ApiBase, url: str) -> ApiBase:
    """The SDK keeps the address in each instance, under its class's own private name."""
    api._ApiBase__api_url = f"{url}{PATH}"
    return api


@pytest.fixture
def url(books, served) -> str:
    return served(books.simulator.app)


def signed_in(url: str, password: str = "sim-user-secret", entity: str | None = None) -> str:
    base = pointed(ApiBase(), url)
    base.set_sender_id("sim_sender")
    base.set_sender_password("sim-sender-secret")
    return base.get_session_id("sim_user", "HARBORLIGHT-SIM", password, entity)


@pytest.fixture
def sdk(url) -> SageIntacctSDK:
    made = SageIntacctSDK(
        "sim_sender", "sim-sender-secret", "sim_user", "HARBORLIGHT-SIM", "-", session_id=signed_in(url)
    )
    for api in vars(made).values():
        if isinstance(api, ApiBase):
            pointed(api, url)
    return made


def wanted(amount: str, invoice: int = 55102) -> dict[str, object]:
    return {
        "FINANCIALENTITY": "CHASE-4471",
        "PAYMENTMETHOD": "EFT",
        "CUSTOMERID": "C-10233",
        "DOCNUMBER": "ARP-000017",
        "RECEIPTDATE": "11/20/2026",
        "CURRENCY": "USD",
        "ARPYMTDETAILS": {"ARPYMTDETAIL": [{"RECORDKEY": invoice, "TRX_PAYMENTAMOUNT": amount}]},
    }


def test_it_signs_in_at_the_top_and_into_an_entity(url):
    assert signed_in(url)
    assert signed_in(url, entity="200") != signed_in(url)


def test_it_is_told_of_a_wrong_password_as_a_wrong_password(url):
    with pytest.raises(InvalidTokenError):
        signed_in(url, "wrong")


def test_it_records_a_payment_finds_it_and_deletes_a_draft(sdk, books):
    made = sdk.ar_payments.post(wanted("125.00"))["data"]["arpymt"]
    by_number = sdk.ar_payments.get("DOCNUMBER", "ARP-000017")["ARPYMT"]
    assert [one["RECORDNO"] for one in by_number] == [made["RECORDNO"]]
    assert sdk.ar_payments.count(None) == 1
    every = sdk.ar_payments.get_all()
    assert [(one["RECORDNO"], one["TRX_TOTALPAID"]) for one in every] == [(made["RECORDNO"], "125")]
    draft = sdk.ar_payments.post(wanted("5") | {"ACTION": "Draft"})["data"]["arpymt"]["RECORDNO"]
    assert sdk.ar_payments.delete(draft)["status"] == "success"
    assert books.due(55102) == 14775


def test_it_queries_with_its_own_filters(sdk):
    found = sdk.ar_invoices.get_by_query(
        fields=["RECORDNO", "RECORDID", "TRX_TOTALDUE"],
        and_filter=[("equalto", "CURRENCY", "EUR"), ("greaterthan", "TRX_TOTALDUE", "5000")],
    )
    assert [(one["RECORDNO"], one["RECORDID"]) for one in found] == [("55190", "INV-E-0412")]
    either = sdk.ar_invoices.get_by_query(
        fields=["RECORDNO"],
        or_filter=[("equalto", "CURRENCY", "GBP"), ("in", "RECORDNO", ["55201", "55202"])],
    )
    assert {one["RECORDNO"] for one in either} == {"55195", "55201", "55202"}


def test_its_full_field_lists_are_known_objects_all(sdk):
    assert len(sdk.ar_invoices.get_all()) == 18
    assert len(sdk.customers.get_all()) == 8
    assert [one["LOCATIONID"] for one in sdk.location_entities.get_all()] == ["100", "200", "300", "400"]
    assert {one["BANKACCOUNTID"] for one in sdk.checking_accounts.get_all()} == {
        "CHASE-4471",
        "ING-0091",
        "BARC-2210",
        "MUFG-7703",
    }


def test_it_pages_by_its_generator(sdk):
    pages = list(sdk.customers.get_all_generator(order_by_field="CUSTOMERID", order="descending"))
    assert [one["CUSTOMERID"] for page in pages for one in page][:2] == ["C-40012", "C-30077"]


def test_it_reads_the_definition_of_an_object(sdk):
    fields = sdk.ar_payments.get_lookup()["Type"]["Fields"]["Field"]
    assert {"ID": "DOCNUMBER", "DATATYPE": "TEXT"}.items() <= next(
        one for one in fields if one["ID"] == "DOCNUMBER"
    ).items()


def test_it_creates_an_invoice_with_the_legacy_function(sdk, books):
    made = sdk.ar_invoices.post({
        "customerid": "C-10241",
        "datecreated": {"year": "2026", "month": "11", "day": "20"},
        "termname": "N30",
        "invoiceno": "INV-SDK",
        "currency": "USD",
        "invoiceitems": {"lineitem": [{"glaccountno": "4000", "amount": "10.50", "locationid": "100"}]},
    })  # fmt: skip
    assert str(books.due(int(made["key"]))) == "10.50"


def test_it_unpacks_the_errors_of_a_refused_payment_with_their_support_id(sdk):
    with pytest.raises(WrongParamsError) as refused:
        sdk.ar_payments.post(wanted("14900.01"))
    errors = refused.value.response["error"]
    assert len(errors) == 2
    assert "more than the amount due" in errors[0]["description2"]
    assert "[Support ID: " in errors[0]["description2"]
    assert "%7E" not in errors[0]["description2"]
    with pytest.raises(WrongParamsError) as alone:
        sdk.ar_payments.get("COLOUR", "red")
    assert len(alone.value.response["error"]) == 1


def test_it_is_told_of_a_session_that_has_ended(sdk, books):
    books.clock.turn(hours=7)
    with pytest.raises(InvalidTokenError):
        sdk.ar_payments.count(None)


def test_it_recognises_the_rate_limit(sdk, books):
    books.simulator.gateway.faults.add(Fault("rate_limit", seconds=1))
    with pytest.raises(SageIntacctSDKError) as limited:
        sdk.ar_payments.count(None)
    assert "API rate limit exceeded" in str(limited.value.response or limited.value)
