"""Managed identities: msal gets tokens from the local endpoints (reference 7.5)."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import msal  # type: ignore[import-untyped]  # it carries no types
import msal.managed_identity  # type: ignore[import-untyped]  # as above
import pytest

from bridge.sandbox.graph import SYSTEM_ASSIGNED, USER_ASSIGNED, EntraSandbox, Fault, Refuse
from tests.sandbox.graph.api import Api, certificates

RESOURCE = "https://graph.microsoft.com"
Json = dict[str, Any]
EVERY_NAME = [
    msal.UserAssignedManagedIdentity(client_id=USER_ASSIGNED.application.id),
    msal.UserAssignedManagedIdentity(object_id=USER_ASSIGNED.object_id),
    msal.UserAssignedManagedIdentity(resource_id=USER_ASSIGNED.resource_id),
]


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose environment says nothing."""
    for name in (
        "IDENTITY_ENDPOINT",
        "IDENTITY_HEADER",
        "IMDS_ENDPOINT",
        "MSI_ENDPOINT",
        "IDENTITY_SERVER_THUMBPRINT",
    ):
        monkeypatch.delenv(name, raising=False)


def settle(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    """Put variables into the environment."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


def sign_in(api: Api, identity: object = None, resource: str = RESOURCE) -> Json:
    """Sign in with msal."""
    client = msal.ManagedIdentityClient(identity or msal.SystemAssignedManagedIdentity(), http_client=api.http)
    answer: Json = client.acquire_token_for_client(resource=resource)
    return answer


def holder(api: Api, answer: Json) -> str:
    """The client id whose token opens Graph."""
    api.token = answer["access_token"]
    assert api.get("/groups").status_code == 200
    return api.sandbox.requests[-1].client_id


def test_virtual_machine(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A VM's endpoint gives a token to the system assigned identity, and to a user assigned one by any name."""
    settle(monkeypatch, api.sandbox.imds_environment)
    assert holder(api, sign_in(api)) == SYSTEM_ASSIGNED.application.id
    assert {holder(api, sign_in(api, one)) for one in EVERY_NAME} == {USER_ASSIGNED.application.id}


def test_app_service(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """So does App Service's, which is asked with its header."""
    settle(monkeypatch, api.sandbox.app_service_environment)
    assert holder(api, sign_in(api)) == SYSTEM_ASSIGNED.application.id
    assert {holder(api, sign_in(api, one)) for one in EVERY_NAME} == {USER_ASSIGNED.application.id}


def test_app_service_header(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """With another header it gives nothing."""
    settle(monkeypatch, api.sandbox.app_service_environment | {"IDENTITY_HEADER": "guessed"})
    assert sign_in(api)["error_description"].startswith("401")


def test_arc(tmp_path: Path, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arc's has its client read a file that only the machine's administrators may read."""
    # msal takes the file from this folder alone
    monkeypatch.setitem(
        msal.managed_identity._supported_arc_platforms_and_their_prefixes, sys.platform, str(tmp_path)
    )
    with EntraSandbox(api.tenant, arc_folder=tmp_path, certificates=certificates()) as sandbox:
        settle(monkeypatch, sandbox.arc_environment)
        there = Api(sandbox, api.http)
        assert holder(there, sign_in(there)) == SYSTEM_ASSIGNED.application.id
        assert {holder(there, sign_in(there, one)) for one in EVERY_NAME} == {USER_ASSIGNED.application.id}
        statuses = [one.status for one in sandbox.requests if one.path.startswith("/arc/")]
    assert statuses == [401, 200] * 4


def test_arc_key_is_good_once(tmp_path: Path, api: Api) -> None:
    """A key file's word opens the endpoint once."""
    with EntraSandbox(arc_folder=tmp_path, certificates=certificates()) as sandbox:
        address = sandbox.arc_environment["IDENTITY_ENDPOINT"]
        parameters = {"resource": RESOURCE}
        challenge = api.http.get(address, params=parameters, headers={"Metadata": "true"})
        key = Path(challenge.headers["WWW-Authenticate"].partition("=")[2]).read_text(encoding="ascii")
        shown = {"Metadata": "true", "Authorization": f"Basic {key}"}
        statuses = [api.http.get(address, params=parameters, headers=shown).status_code for _ in range(2)]
    assert statuses == [200, 401]


def test_metadata_header(api: Api) -> None:
    """Without its header the VM's endpoint refuses: a page in a browser cannot ask."""
    answer = api.http.get(f"{api.sandbox.local_url}/metadata/identity/oauth2/token", params={"resource": RESOURCE})
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request_102")


def test_unknown_identity(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """An identity that the machine does not have gets nothing."""
    settle(monkeypatch, api.sandbox.imds_environment)
    assert sign_in(api, msal.UserAssignedManagedIdentity(client_id="nobody"))["error"] == "invalid_request"


def test_no_system_assigned_identity(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with a user assigned identity alone must be told which."""
    with EntraSandbox(identities=[USER_ASSIGNED], certificates=certificates()) as sandbox:
        settle(monkeypatch, sandbox.imds_environment)
        assert sign_in(api)["error"] == "invalid_request"


def test_unknown_resource(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong resource is a 400 at a VM, and a vague 500 at App Service."""
    settle(monkeypatch, api.sandbox.imds_environment)
    assert sign_in(api, resource="https://nowhere.example")["error"] == "invalid_resource"
    settle(monkeypatch, api.sandbox.app_service_environment)
    assert sign_in(api, resource="https://nowhere.example")["error_description"].startswith("500")


def test_consent_of_an_identity(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """An identity without consent gets a token that opens nothing."""
    settle(monkeypatch, api.sandbox.imds_environment)
    api.sandbox.applications.put(replace(SYSTEM_ASSIGNED.application, roles=frozenset()))
    api.token = sign_in(api)["access_token"]
    assert api.get("/groups").status_code == 403


def test_endpoint_fails(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The endpoints have faults too."""
    settle(monkeypatch, api.sandbox.imds_environment)
    api.sandbox.faults.add(Fault(Refuse(429, "too_many_requests"), path="^/metadata/"))
    assert sign_in(api)["error"] == "too_many_requests"


def test_nothing_else_without_tls(api: Api) -> None:
    """Graph is not there over plain HTTP."""
    answer = api.http.get(f"{api.sandbox.local_url}/v1.0/groups", headers={"Authorization": f"Bearer {api.token}"})
    assert answer.status_code == 404
