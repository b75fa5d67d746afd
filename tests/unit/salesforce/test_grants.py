"""How we prove ourselves, and what can never work."""

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from app.errors import BadSetting
from app.salesforce import grants
from tests.unit.salesforce.kit import NOW, SECRET, by_key, by_secret, key_pair

PRIVATE, PUBLIC = key_pair()
HOME = "https://harborlight.my.salesforce.com"


@pytest.mark.parametrize(
    ("url", "audience"),
    [
        ("https://login.salesforce.com", "https://login.salesforce.com"),
        (HOME, "https://login.salesforce.com"),
        ("https://acme-dev-ed.develop.my.salesforce.com", "https://login.salesforce.com"),
        ("https://test.salesforce.com/", "https://test.salesforce.com"),
        ("https://acme--uat.sandbox.my.salesforce.com", "https://test.salesforce.com"),
        ("https://ACME--UAT.my.salesforce.com", "https://test.salesforce.com"),
        ("https://acme.scratch.my.salesforce.com", "https://test.salesforce.com"),
        ("http://127.0.0.1:8101", "http://127.0.0.1:8101"),
        ("http://localhost:8101", "http://localhost:8101"),
        ("http://[::1]:8101", "http://[::1]:8101"),
    ],
)
def test_the_assertion_is_for_the_login_host_that_the_org_belongs_to(url: str, audience: str) -> None:
    form = grants.form(by_key(url, PRIVATE), NOW)
    claims = jwt.decode(
        form["assertion"], PUBLIC, ["RS256"], options={"verify_exp": False, "verify_aud": False}
    )
    assert claims == {
        "iss": "sim-client",
        "sub": "ledgerline@harborlight.example",
        "aud": audience,
        "exp": int(NOW.timestamp()) + 180,
    }
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"


def test_client_credentials_travel_in_the_form() -> None:
    assert grants.form(by_secret(HOME), NOW) == {
        "grant_type": "client_credentials",
        "client_id": "sim-client",
        "client_secret": SECRET,
    }


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "no web address"),
        ("login.salesforce.com", "no web address"),
        ("ftp://login.salesforce.com", "no web address"),
        ("https://user:pass@harborlight.my.salesforce.com", "no web address"),
        ("https://harborlight.my.salesforce.com?x=1", "no web address"),
        ("http://harborlight.my.salesforce.com", "unencrypted"),
        ("http://127.0.0.1.evil.example", "unencrypted"),
        ("http://localhost.evil.example", "unencrypted"),
        ("https://login.salesforce.com", "shared login host"),
        ("https://test.salesforce.com/", "shared login host"),
    ],
)
def test_a_login_address_that_cannot_work_is_a_bad_setting(url: str, problem: str) -> None:
    with pytest.raises(BadSetting, match=problem) as caught:
        grants.check(by_secret(url))
    assert caught.value.name == "SALESFORCE_LOGIN_URL"


@pytest.mark.parametrize("org", ["", "production", "00D5g00000HrbS"])
def test_an_org_id_that_is_none_is_a_bad_setting(org: str) -> None:
    with pytest.raises(BadSetting, match="SALESFORCE_ORG_ID"):
        grants.check(by_secret(HOME, org=org))


def _pem_of_another_kind() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    from cryptography.hazmat.primitives.serialization import NoEncryption

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _pem_behind_a_passphrase() -> str:
    key = load_pem_private_key(PRIVATE.encode(), None)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")).decode()


@pytest.mark.parametrize(
    "pem", ["", "not a key at all", PUBLIC, PRIVATE[:200], _pem_of_another_kind(), _pem_behind_a_passphrase()]
)
def test_a_key_that_cannot_sign_is_a_bad_setting_that_does_not_quote_it(pem: str) -> None:
    with pytest.raises(BadSetting, match="SALESFORCE_PRIVATE_KEY_FILE") as caught:
        grants.check(by_key(HOME, pem))
    assert not pem or pem not in str(caught.value)
    assert caught.value.__cause__ is None


def test_what_can_work_passes() -> None:
    grants.check(by_secret(HOME))
    grants.check(by_secret("http://localhost:8101"))
    grants.check(by_key("https://login.salesforce.com", PRIVATE))


def test_no_secret_shows_in_a_login_that_is_printed() -> None:
    assert SECRET not in repr(by_secret(HOME))
    assert "PRIVATE KEY" not in repr(by_key(HOME, PRIVATE))
