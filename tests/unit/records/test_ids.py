"""Record ids in their two forms."""

import pytest

from app.records.ids import is_id, same_org, to18


@pytest.mark.parametrize(
    "id",
    # public ids of the vendor's documentation and of the messages in tests/payloads
    ["001D000000IqhSLIAZ", "00D5g00000HrbSmEAJ", "04l5g00000Ntf01AAB", "a0B5g00000Pmt01EAB"],
)
def test_the_long_form_follows_from_the_short_one(id: str) -> None:
    assert to18(id[:15]) == id
    assert to18(id) == id


@pytest.mark.parametrize(
    "text", ["", "aContactId", "a0B5g00000Pmt01E", "a0B5g00000Pmt0é", "a0B5g00000Pmt01\n"]
)
def test_what_is_no_id_is_said_to_be_none(text: str) -> None:
    assert not is_id(text)
    with pytest.raises(ValueError, match="not a Salesforce id"):
        to18(text)


def test_one_org_in_either_form_is_the_same_org() -> None:
    assert same_org("00D5g00000HrbSm", "00D5g00000HrbSmEAJ")
    assert not same_org("00D5g00000HrbSm", "00D5g00000Hrbsm")
    assert not same_org("", "")
