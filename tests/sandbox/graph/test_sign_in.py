"""Signing in with msal as it is, over TLS; and what the token endpoint says where it refuses (reference 7)."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import jwt
import msal  # type: ignore[import-untyped]  # it carries no types
import pytest
from cryptography.hazmat.primitives.hashes import SHA1

from bridge.sandbox.graph import (
    BRIDGE,
    DEFAULT_CLIENT_ID,
    GROUPS,
    USERS,
    Fault,
    Refuse,
    Tenant,
)
from tests.sandbox.graph.api import SCOPE, Api, Clock, error, rehearse
from tests.sandbox.graph.credentials import SUBJECT, issuer, key_pair

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


@pytest.mark.parametrize("host", ["graph.microsoft.com", "graph.microsoft.us", "dod-graph.microsoft.us"])
def test_scopes(api: Api, host: str) -> None:
    """Graph is known by its name in every cloud, and by where the sandbox is."""
    assert api.ask_token(scope=f"https://{host}/.default").status_code == 200
    assert api.ask_token(scope=f"{api.sandbox.url}/.default").status_code == 200
