"""What the token endpoint says where it refuses, and whom it believes (reference 7.4 and 7.9)."""

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from bridge.sandbox.certificates import KeyPair
from bridge.sandbox.graph import (
    BRIDGE,
    DEFAULT_CLIENT_ID,
    Secret,
    Tenant,
    WorkloadIssuer,
)
from bridge.sandbox.graph.assertions import ASSERTION_TYPE
from tests.sandbox.graph.api import Api, Clock, certificates, rehearse
from tests.sandbox.graph.credentials import SUBJECT, issuer, key_pair

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("changes", "status", "name", "code"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_secret": ""}, 401, "invalid_client", 7000218),
        ({"scope": "https://nowhere.example/.default"}, 400, "invalid_resource", 500011),
        ({"scope": "https://graph.microsoft.com/User.Read"}, 400, "invalid_scope", 1002012),
        ({"client_id": "not-a-guid"}, 400, "unauthorized_client", 700038),
        ({"client_id": "11111111-1111-1111-1111-111111111111"}, 400, "unauthorized_client", 700016),
        ({"tenant": "11111111-1111-1111-1111-111111111111"}, 400, "invalid_request", 90002),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"client_assertion": "x"}, 400, "invalid_request", 900144),
    ],
)
def test_refusal(api: Api, changes: dict[str, str], status: int, name: str, code: int) -> None:
    """Each refusal has its status, its error and its figure, in the words and in a list."""
    answer = api.ask_token(**changes)
    told = answer.json()
    assert (answer.status_code, told["error"], told["error_codes"]) == (status, name, [code])
    assert told["error_description"].startswith(f"AADSTS{code}: ")
    assert told["trace_id"] in told["error_description"]
    assert {"timestamp", "correlation_id"} <= set(told)


def test_expired_secret() -> None:
    """An expired secret is told from a wrong one."""
    clock = Clock()
    spent = replace(BRIDGE, secrets=(Secret(BRIDGE.secrets[0].text, clock.now + timedelta(days=1)),))
    with rehearse(Tenant(clock=clock), applications=[spent]) as api:
        clock.advance(86_400)
        assert (api.ask_token().status_code, api.ask_token().json()["error_codes"]) == (401, [7000222])


def test_disabled_application(api: Api) -> None:
    """A disabled application gets nothing."""
    api.sandbox.applications.put(replace(BRIDGE, enabled=False))
    assert api.ask_token().json()["error_codes"] == [7000112]


def own_assertion(api: Api, pair: KeyPair | None = None, algorithm: str = "PS256", **changes: object) -> str:
    """What the application would sign."""
    signer = pair or key_pair()
    thumbprint = hashlib.sha256(signer.certificate.public_bytes(Encoding.DER)).digest()
    now = datetime.now(UTC).timestamp()
    claims = {
        "iss": DEFAULT_CLIENT_ID,
        "sub": DEFAULT_CLIENT_ID,
        "aud": f"{api.sandbox.authority}/oauth2/v2.0/token",
        "iat": now,
        "exp": now + 600.5,
    }
    headers = {"x5t#S256": base64.urlsafe_b64encode(thumbprint).decode()}
    return jwt.encode(claims | changes, signer.key, algorithm, headers=headers)


def assertion_code(api: Api, assertion: str) -> list[int]:
    """The figures that an assertion is refused with."""
    answer = api.ask_token(client_secret="", client_assertion=assertion, client_assertion_type=ASSERTION_TYPE)
    codes: list[int] = answer.json().get("error_codes", [])
    return codes


def test_good_assertion(office: Api) -> None:
    """Times with fractions and thumbprints with padding are good, as msal writes them."""
    assert assertion_code(office, own_assertion(office)) == []


def test_bad_assertions(office: Api) -> None:
    """An assertion must be signed by a registered key, be meant for this endpoint, in time, and of this client."""
    hour = datetime.now(UTC).timestamp() + 3600
    stranger = certificates().issue("stranger")
    assert assertion_code(office, own_assertion(office, stranger)) == [700027]
    assert assertion_code(office, own_assertion(office, aud="https://elsewhere.example")) == [700023]
    assert assertion_code(office, own_assertion(office, sub="somebody")) == [700021]
    assert assertion_code(office, own_assertion(office, exp=hour - 7200)) == [700024]
    assert assertion_code(office, own_assertion(office, nbf=hour)) == [700024]
    assert assertion_code(office, "no.jwt.atall") == [50027]


def test_forged_assertion(office: Api) -> None:
    """A known thumbprint over another's signature is not enough."""
    forger = KeyPair(key_pair().certificate, certificates().issue("forger").key)
    assert assertion_code(office, own_assertion(office, forger)) == [700027]


def test_expired_certificate() -> None:
    """A certificate that has run out proves nothing, even while its assertions are fresh."""
    short = certificates().issue("short", life=timedelta(minutes=30))
    with rehearse(applications=[replace(BRIDGE, certificates=(short.certificate,))]) as api:
        assert assertion_code(api, own_assertion(api, short)) == [700027]


def test_federated_assertions(office: Api) -> None:
    """A cluster's token must be of a known issuer, subject and audience, signed by it, and in time."""
    assert assertion_code(office, issuer().token(SUBJECT)) == []
    assert assertion_code(office, issuer().token("system:serviceaccount:other:other")) == [700213]
    assert assertion_code(office, issuer().token(SUBJECT, audience="api://Other")) == [700212]
    assert assertion_code(office, issuer().token(SUBJECT, life=-3600)) == [700024]
    assert assertion_code(office, WorkloadIssuer("https://other.example/").token(SUBJECT)) == [700211]
    assert assertion_code(office, WorkloadIssuer().token(SUBJECT)) == [50013]
