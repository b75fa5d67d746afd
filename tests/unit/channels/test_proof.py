"""Who may speak to us."""

import pytest

from app.channels import proof


def test_the_secret_itself_is_the_proof() -> None:
    assert proof.matches("s3cret", b"s3cret")
    assert not proof.matches("s3cret", b"s3cres")
    assert proof.matches("pässword", "pässword".encode())


def test_a_secret_that_is_not_configured_is_matched_by_nothing() -> None:
    assert not proof.matches("", b"")
    assert not proof.bearer_matches("", b"Bearer ")


@pytest.mark.parametrize(
    ("authorization", "right"),
    [
        (b"Bearer s3cret", True),
        (b"bearer s3cret", True),
        (b"Bearer  s3cret ", True),
        (b"Basic s3cret", False),
        (b"s3cret", False),
        (b"Bearer", False),
        (b"", False),
    ],
)
def test_a_bearer_says_so(authorization: bytes, right: bool) -> None:
    assert proof.bearer_matches("s3cret", authorization) is right
