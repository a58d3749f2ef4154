"""Signing in with msal as it is, over TLS; and what the token endpoint says where it refuses (reference 7)."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import jwt
import msal  # type: ignore[import-untyped]  # it carries no types
import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding

from bridge.sandbox.certificates import KeyPair
from bridge.sandbox.graph import (
    BRIDGE,
    DEFAULT_CLIENT_ID,
    GROUPS,
    USERS,
    Fault,
    Refuse,
    Secret,
    Tenant,
    WorkloadIssuer,
)
from bridge.sandbox.graph.assertions import ASSERTION_TYPE
from tests.sandbox.graph.api import SCOPE, Api, Clock, certificates, error, rehearse

SUBJECT = "system:serviceaccount:bridge:bridge"
Json = dict[str, Any]


class MsalTransport:
    """What msal asks of an HTTP client, on httpx, which by itself would send a signed assertion as `b'...'`."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def get(
        self, url: str, params: dict[str, str] | None = None, headers: dict[str, str] | None = None, **_: object
    ) -> httpx.Response:
        return self._client.get(url, params=params, headers=headers)

    def post(
        self, url: str, data: dict[str, str | bytes], headers: dict[str, str] | None = None, **_: object
    ) -> httpx.Response:
        fields = {name: _text(value) for name, value in data.items()}
        return self._client.post(url, headers=headers, data=fields)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def sign_in(api: Api, credential: object, **changes: object) -> Json:
    """Sign in with msal."""
    options = {"authority": api.sandbox.authority, "instance_discovery": False} | changes
    application = msal.ConfidentialClientApplication(
        DEFAULT_CLIENT_ID, client_credential=credential, http_client=MsalTransport(api.http), **options
    )
    answer: Json = application.acquire_token_for_client([SCOPE])
    return answer


def works(api: Api, answer: Json) -> bool:
    """Whether a token was given, and opens Graph."""
    api.token = answer["access_token"]
    return api.get("/groups").status_code == 200


@cache
def key_pair() -> KeyPair:
    """The application's certificate and key."""
    return certificates().issue("bridge")


@cache
def issuer() -> WorkloadIssuer:
    """A cluster."""
    return WorkloadIssuer()


@pytest.fixture
def office() -> Iterator[Api]:
    """An application with a secret, a certificate and a federated credential."""
    known = replace(BRIDGE, certificates=(key_pair().certificate,), federations=(issuer().federation(SUBJECT),))
    with rehearse(applications=[known]) as api:
        yield api


# ---- ways to sign in with msal ---------------------------------------------------------------------------


def test_secret(office: Api) -> None:
    """A client secret."""
    assert works(office, sign_in(office, BRIDGE.secrets[0].text))


def test_wire_of_secret(office: Api) -> None:
    """Msal asks for the discovery document and for a token, and nothing else."""
    office.sandbox.clear_log()
    sign_in(office, BRIDGE.secrets[0].text)
    asked = [(one.method, one.path.removeprefix(f"/{office.tenant.id}")) for one in office.sandbox.requests]
    assert asked == [("GET", "/v2.0/.well-known/openid-configuration"), ("POST", "/oauth2/v2.0/token")]


def _pem(folder: Path) -> Json:
    return {"private_key": key_pair().key_pem(), "public_certificate": key_pair().certificate_pem}


def _locked_pem(folder: Path) -> Json:
    return {
        "private_key": key_pair().key_pem("open sesame"),
        "passphrase": "open sesame",
        "public_certificate": key_pair().certificate_pem,
    }


def _pfx(folder: Path) -> Json:
    path = folder / "app.pfx"
    path.write_bytes(key_pair().pfx("open sesame"))
    return {"private_key_pfx_path": str(path), "passphrase": "open sesame"}


def _pfx_with_chain(folder: Path) -> Json:
    return _pfx(folder) | {"public_certificate": True}


def _thumbprint(folder: Path) -> Json:
    sha1 = key_pair().certificate.fingerprint(SHA1())  # noqa: S303 - what older registrations go by
    return {"private_key": key_pair().key_pem(), "thumbprint": sha1.hex()}


@pytest.mark.parametrize("credential", [_pem, _locked_pem, _pfx, _pfx_with_chain, _thumbprint])
def test_certificate(office: Api, credential: Callable[[Path], Json], tmp_path: Path) -> None:
    """A certificate: as PEM or PFX, locked or not, with its chain or without, by either thumbprint."""
    assert works(office, sign_in(office, credential(tmp_path)))


def test_certificate_as_bytes(office: Api) -> None:
    """A signed assertion that a bare httpx client sends as `b'...'` is no JWT."""
    application = msal.ConfidentialClientApplication(
        DEFAULT_CLIENT_ID,
        client_credential=_pem(Path()),
        authority=office.sandbox.authority,
        instance_discovery=False,
        http_client=office.http,
    )
    assert application.acquire_token_for_client([SCOPE])["error_codes"] == [50027]


def test_workload_identity(office: Api) -> None:
    """A token of a federated cluster, read when it is needed."""
    assert works(office, sign_in(office, {"client_assertion": lambda: issuer().token(SUBJECT)}))


def test_instance_discovery(office: Api) -> None:
    """Msal can be told where to ask about the authority."""
    address = f"{office.sandbox.url}/common/discovery/instance"
    assert works(office, sign_in(office, BRIDGE.secrets[0].text, instance_discovery=address))


def test_oidc_authority(office: Api) -> None:
    """The discovery document names the issuer that msal checks."""
    application = msal.ConfidentialClientApplication(
        DEFAULT_CLIENT_ID,
        client_credential=BRIDGE.secrets[0].text,
        oidc_authority=f"{office.sandbox.authority}/v2.0",
        http_client=MsalTransport(office.http),
    )
    assert works(office, application.acquire_token_for_client([SCOPE]))


def test_tenant_by_domain(office: Api) -> None:
    """A tenant can be named by its domain."""
    assert works(office, sign_in(office, BRIDGE.secrets[0].text, authority=f"{office.sandbox.url}/corp.example"))


def test_unknown_tenant(office: Api) -> None:
    """Msal takes an unknown tenant for a configuration error: its discovery document is a 400."""
    with pytest.raises(ValueError, match="Unable to get authority configuration"):
        sign_in(office, "secret", authority=f"{office.sandbox.url}/nowhere.example")


def test_discovery_throttled(office: Api) -> None:
    """So it does a throttled one, which is none."""
    office.sandbox.faults.add(Fault(Refuse(429), path="openid-configuration"))
    with pytest.raises(ValueError, match="Unable to get authority configuration"):
        sign_in(office, "secret")


# ---- the token -------------------------------------------------------------------------------------------


def test_token_answer(api: Api) -> None:
    """The answer has what the real one has: no scope, no Retry-After."""
    answer = api.ask_token()
    assert set(answer.json()) == {"token_type", "expires_in", "ext_expires_in", "access_token"}
    assert "Retry-After" not in answer.headers


def test_roles_in_the_token(api: Api) -> None:
    """A token says which permissions it was given with; consent afterwards is in the next one."""
    api.sandbox.applications.consent(DEFAULT_CLIENT_ID, USERS, granted=False)
    assert api.get("/users").status_code == 200
    token = api.ask_token().json()["access_token"]
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims["roles"] == [GROUPS, "Member.Read.Hidden"]


def test_no_consent_at_all(api: Api) -> None:
    """An application without any consent gets a token without roles, and no further."""
    api.sandbox.applications.consent(DEFAULT_CLIENT_ID, *BRIDGE.roles, granted=False)
    api.sign_in()
    assert "roles" not in jwt.decode(api.token, options={"verify_signature": False})
    assert error(api.get("/groups")) == (403, "Authorization_RequestDenied")


def test_token_expires() -> None:
    """A token is good for its life, and no longer."""
    clock = Clock()
    with rehearse(Tenant(clock=clock), token_life=600) as api:
        clock.advance(599)
        assert api.get("/groups").status_code == 200
        clock.advance(1)
        answer = api.get("/groups")
        assert error(answer) == (401, "InvalidAuthenticationToken")
        assert 'client_id="00000003-0000-0000-c000-000000000000"' in answer.headers["WWW-Authenticate"]


def test_tokens_revoked(api: Api) -> None:
    """Every token can be made worthless."""
    api.sandbox.revoke_tokens()
    assert error(api.get("/groups")) == (401, "InvalidAuthenticationToken")


def test_no_token(api: Api) -> None:
    """Without a token there is nothing, in a batch either."""
    api.token = ""
    assert api.get("/groups").json()["error"]["message"] == "Access token is empty."
    assert error(api.batch("/groups")) == (401, "InvalidAuthenticationToken")


@pytest.mark.parametrize("life", [300, 301])
def test_msal_keeps_a_token(api: Api, life: int) -> None:
    """Msal keeps tokens of 301 seconds and more."""
    api.sandbox.set_modes(token_life=life)
    application = msal.ConfidentialClientApplication(
        DEFAULT_CLIENT_ID,
        client_credential=BRIDGE.secrets[0].text,
        authority=api.sandbox.authority,
        instance_discovery=False,
        http_client=MsalTransport(api.http),
    )
    sources = [application.acquire_token_for_client([SCOPE])["token_source"] for _ in range(2)]
    assert sources == ["identity_provider", "cache" if life == 301 else "identity_provider"]


# ---- refusals --------------------------------------------------------------------------------------------


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
