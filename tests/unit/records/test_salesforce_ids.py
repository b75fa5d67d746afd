"""Ids in two forms, and orgs that are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.records.ids import full, same_org

REAL = ("00D5g00000HrbSmEAJ", "0015g00000Acct1AAB", "a0B5g00000Pmt01EAB", "04k5g0000004PayAAE")


@pytest.mark.parametrize("id18", REAL)
def test_a_short_id_gets_the_checksum_that_salesforce_gives_it(id18: str) -> None:
    assert full(id18[:15]) == id18


@pytest.mark.parametrize("id18", REAL)
@pytest.mark.parametrize("lose", [str.lower, str.upper, str.swapcase])
def test_a_long_id_that_lost_its_case_gets_it_back(id18: str, lose: "type[str.lower]") -> None:
    assert full(lose(id18)) == id18


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00D",
        "00D5g00000HrbS",
        "00D5g00000HrbSmE",
        "00D5g00000HrbSm EAF",
        "00D5g00000HrbSmEAJ\n",
        "00D5g00000HrbS'",
        "00D5g00000HrbSmEA9",
        "00D5g00000HrbSmZZZ",
        "０0D5g00000HrbSm",
    ],
)
def test_what_is_no_id_or_does_not_fit_its_checksum_is_none(text: str) -> None:
    assert full(text) is None


@given(some.from_regex(r"[0-9A-Za-z]{15}", fullmatch=True))
def test_every_short_id_survives_the_loss_of_its_case(id15: str) -> None:
    id18 = full(id15)
    assert id18 is not None
    assert full(id18.lower()) == full(id18.upper()) == id18
    assert id18[:15] == id15


def test_an_org_is_the_same_in_both_forms_and_another_is_not() -> None:
    assert same_org("00D5g00000HrbSm", "00D5g00000HrbSmEAJ")
    assert same_org("00d5g00000hrbsmeaj", "00D5g00000HrbSm")
    assert not same_org("00D5g00000HrbSm", "00D5g00000hrbSm")
    assert same_org("00D5g00000HrbSmAAA", "00D5g00000HrbSm"), "compared as 15"
    assert not same_org("", "")
    assert not same_org("production", "production")
