"""Sign-in, as simple-salesforce and a plain HTTP client do it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from simple_salesforce.exceptions import SalesforceAuthenticationFailed

from simulators.salesforce.oauth import JWT_BEARER
from simulators.salesforce.settings import Settings, from_environment
from tests.simulators.conftest import Serve
from tests.simulators.salesforce_org import START, Running, running, signed_in

USERNAME = "integration@harborlight.example"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PUBLIC = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SETTINGS = Settings(username=USERNAME, public_key=PUBLIC, refresh_token="kept-from-consent")


def certificate() -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ledgerline")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(1)
        .not_valid_before(START - timedelta(days=1))
        .not_valid_after(START + timedelta(days=1))
        .sign(KEY, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()


@pytest.fixture
def sim(served: Serve) -> Iterator[Running]:
    with running(served, SETTINGS) as started:
        yield started


def token(sim: Running, auth: tuple[str, str] | None = None, **form: str) -> httpx.Response:
    return httpx.post(f"{sim.url}/services/oauth2/token", data=form, auth=auth)


def assertion(sim: Running, key: rsa.RSAPrivateKey = KEY, **changed: object) -> httpx.Response:
    claims = {
        "iss": "sim-client",
        "sub": USERNAME,
        "aud": "https://login.salesforce.com",
        "exp": int((START + timedelta(minutes=3)).timestamp()),
    } | changed
    given = {name: value for name, value in claims.items() if value is not None}
    return token(sim, grant_type=JWT_BEARER, assertion=jwt.encode(given, key, "RS256"))


class TestClientCredentials:
    def test_they_are_taken_by_basic_and_in_the_body(self, sim: Running) -> None:
        by_basic = token(sim, ("sim-client", "sim-client-secret"), grant_type="client_credentials")
        in_body = token(
            sim, grant_type="client_credentials", client_id="sim-client", client_secret="sim-client-secret"
        )
        for answer in (by_basic, in_body):
            said = answer.json()
            assert answer.status_code == 200
            assert said["instance_url"] == sim.url
            assert said["token_type"] == "Bearer"
            assert said["id"].split("/")[-2] == sim.org.settings.org_id
            assert said["access_token"].startswith(sim.org.settings.org_id[:15] + "!")
            assert "expires_in" not in said

    def test_a_wrong_secret_is_refused_in_the_vendors_shape(self, sim: Running) -> None:
        login = {"consumer_key": "sim-client", "consumer_secret": "guess", "domain": "harborlight.my"}
        with pytest.raises(SalesforceAuthenticationFailed) as failed, signed_in(sim.url, **login):
            pass
        assert failed.value.code == "invalid_client"

    def test_an_unknown_client_and_an_unknown_grant_are_told_apart(self, sim: Running) -> None:
        unknown = token(sim, ("nobody", "sim-client-secret"), grant_type="client_credentials")
        grant = token(sim, grant_type="telepathy")
        assert (unknown.status_code, unknown.json()["error"]) == (400, "invalid_client_id")
        assert (grant.status_code, grant.json()["error"]) == (400, "unsupported_grant_type")


class TestJwtBearer:
    def test_simple_salesforce_signs_in_with_its_key(self, sim: Running) -> None:
        sim.clock.now = datetime.now(UTC)  # that client signs with the wall clock's expiry
        login = {"username": USERNAME, "consumer_key": "sim-client", "privatekey": PRIVATE}
        with signed_in(sim.url, **login) as sf:
            assert sf.query("SELECT COUNT() FROM Account")["totalSize"] == 8

    def test_a_certificate_serves_as_well_as_a_key(self, served: Serve, tmp_path: Path) -> None:
        file = tmp_path / "ledgerline.crt"
        file.write_text(certificate())
        names = {"SIM_SALESFORCE_JWT_PUBLIC_KEY_FILE": str(file), "SIM_SALESFORCE_USERNAME": USERNAME}
        with running(served, from_environment(names)) as sim:
            assert assertion(sim).status_code == 200

    def test_the_answer_has_what_this_flow_sends_and_no_more(self, sim: Running) -> None:
        said = assertion(sim).json()
        assert set(said) == {"access_token", "scope", "instance_url", "id", "token_type"}

    @pytest.mark.parametrize(
        ("changed", "error"),
        [
            ({"iss": "someone"}, "invalid_client_id"),
            ({"sub": "someone@harborlight.example"}, "invalid_grant"),
            ({"aud": "https://elsewhere.example"}, "invalid_grant"),
            ({"aud": None}, "invalid_grant"),
            ({"exp": None}, "invalid_grant"),
            ({"exp": int(START.timestamp()) - 1}, "invalid_grant"),
            ({"exp": int(START.timestamp()) + 3600}, "invalid_grant"),
        ],
    )
    def test_a_wrong_claim_is_refused(self, sim: Running, changed: dict[str, object], error: str) -> None:
        answer = assertion(sim, **changed)
        assert (answer.status_code, answer.json()["error"]) == (400, error)

    def test_the_simulators_own_address_is_an_audience(self, sim: Running) -> None:
        assert assertion(sim, aud=sim.url).status_code == 200

    def test_another_key_is_refused(self, sim: Running) -> None:
        assert assertion(sim, STRANGER).json()["error"] == "invalid_grant"

    def test_an_unsigned_or_symmetric_assertion_is_refused(self, sim: Running) -> None:
        claims = {"iss": "sim-client", "sub": USERNAME, "aud": sim.url, "exp": int(START.timestamp()) + 60}
        for forged in (jwt.encode(claims, None, "none"), jwt.encode(claims, "k" * 32, "HS256"), "not.a.jwt"):
            answer = token(sim, grant_type=JWT_BEARER, assertion=forged)
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


class TestSessions:
    def test_introspection_says_when_a_session_ends(self, sim: Running) -> None:
        auth = ("sim-client", "sim-client-secret")
        given = token(sim, auth, grant_type="client_credentials").json()["access_token"]
        url = f"{sim.url}/services/oauth2/introspect"
        said = httpx.post(url, data={"token": given}, auth=auth).json()
        assert said["active"]
        assert said["exp"] == int(START.timestamp()) + 7200
        sim.clock.turn(seconds=7200)
        assert httpx.post(url, data={"token": given}, auth=auth).json() == {"active": False}

    def test_a_revoked_token_is_no_longer_taken(self, sim: Running) -> None:
        given = token(sim, ("sim-client", "sim-client-secret"), grant_type="client_credentials").json()
        headers = {"Authorization": f"Bearer {given['access_token']}"}
        limits = f"{sim.url}/services/data/v65.0/limits"
        assert httpx.get(limits, headers=headers).status_code == 200
        httpx.post(f"{sim.url}/services/oauth2/revoke", data={"token": given["access_token"]})
        assert httpx.get(limits, headers=headers).status_code == 401

    def test_a_refresh_token_gives_a_new_session(self, sim: Running) -> None:
        good = token(
            sim, grant_type="refresh_token", client_id="sim-client", refresh_token="kept-from-consent"
        )
        bad = token(sim, grant_type="refresh_token", client_id="sim-client", refresh_token="other")
        assert (good.status_code, good.json()["issued_at"]) == (200, str(int(START.timestamp() * 1000)))
        assert (bad.status_code, bad.json()["error_description"]) == (400, "expired access/refresh token")


def test_no_secret_shows_in_the_settings_repr() -> None:
    secrets = {
        "CLIENT_SECRET": "s1",
        "HOOK_URL": "http://h/s2",
        "EVENT_URL": "http://h/s3",
        "EVENT_TOKEN": "s4",
    }
    settings = from_environment({f"SIM_SALESFORCE_{name}": value for name, value in secrets.items()})
    assert settings.hook_url == "http://h/s2"
    for value in secrets.values():
        assert value not in repr(settings)
