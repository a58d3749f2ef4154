"""Every way to sign in, over real TLS and the endpoints on this machine."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import msal  # type: ignore[import-untyped]  # it carries no types
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bridge.errors import Denied, Unavailable
from bridge.sandbox.certificates import Authority, KeyPair
from bridge.sandbox.graph import BRIDGE, DEFAULT_CLIENT_SECRET, EntraSandbox, Secret
from bridge.sandbox.graph.federation import WorkloadIssuer
from bridge.sandbox.graph.managed_identity import SYSTEM_ASSIGNED, USER_ASSIGNED
from bridge.sources.entra.settings import (
    CLOUDS,
    Certificate,
    ClientSecret,
    FederatedToken,
    IdentityKind,
    ManagedIdentity,
)
from bridge.transport.settings import Route
from tests.sources.entra.proxy import Proxy
from tests.sources.entra.signin.signing_in import SECRET, assert_reads, opened, refusal, tokens_asked

SUBJECT = "system:serviceaccount:bridge:bridge"

# ---- a secret ----------------------------------------------------------------------------------------------


def test_a_secret_opens(entra: EntraSandbox, tmp_path: Path) -> None:
    """And its token serves as long as it lives, for any number of reads."""
    with opened(entra, tmp_path, SECRET) as source:
        assert_reads(source)
        assert_reads(source)
    assert tokens_asked(entra) == 1


def test_a_secret_that_was_replaced_is_read_again(entra: EntraSandbox, tmp_path: Path) -> None:
    """Without a restart, once the old one is refused."""
    told = [DEFAULT_CLIENT_SECRET]
    with opened(entra, tmp_path, ClientSecret(lambda: told[0])) as source:
        assert_reads(source)
        entra.applications.put(replace(BRIDGE, secrets=(Secret("the new secret"),)))
        entra.revoke_tokens()
        told[0] = "the new secret"
        assert_reads(source)


@pytest.mark.parametrize("cloud", CLOUDS.values(), ids=CLOUDS)
def test_each_cloud_has_its_own_scope(entra: EntraSandbox, tmp_path: Path, cloud: Any) -> None:  # noqa: ANN401 - a Cloud
    """A token is asked for in its Graph's name."""
    with opened(entra, tmp_path, SECRET, cloud=cloud) as source:
        assert_reads(source)


def test_a_proxy_is_gone_through(entra: EntraSandbox, tmp_path: Path) -> None:
    """To sign in, and to read."""
    with Proxy() as proxy:
        route = Route(ca_file=tmp_path / "authority.pem", proxy=proxy.url)
        with opened(entra, tmp_path, SECRET, route=route) as source:
            assert_reads(source)
    assert len(proxy.asked) >= 2
    assert set(proxy.asked) == {entra.url.removeprefix("https://")}


def test_an_authority_that_is_not_trusted_is_told(entra: EntraSandbox, tmp_path: Path) -> None:
    """With the key to mend it, and before any secret is sent."""
    stranger = tmp_path / "stranger.pem"
    stranger.write_text(Authority().pem)
    error = refusal(entra, tmp_path, SECRET, route=Route(ca_file=stranger))
    assert isinstance(error, Denied)
    assert "ca_file" in error.what
    assert tokens_asked(entra) == 0


# ---- a certificate -----------------------------------------------------------------------------------------


def written(path: Path, content: str | bytes) -> Path:
    """A file."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def certificates(folder: Path, pair: KeyPair) -> dict[str, Certificate]:
    """The same certificate and key in every form."""
    key, certificate = pair.key_pem(), pair.certificate_pem
    locked = pair.key_pem("pass")

    def opened() -> str:
        return "pass"

    return {
        "key first": Certificate(written(folder / "a.pem", key + certificate)),
        "certificate first": Certificate(written(folder / "b.pem", certificate + key)),
        "apart": Certificate(written(folder / "c.pem", certificate), written(folder / "c.key", key)),
        "locked": Certificate(written(folder / "d.pem", locked + certificate), passphrase=opened),
        "locked apart": Certificate(
            written(folder / "e.pem", certificate), written(folder / "e.key", locked), opened
        ),
        "PFX": Certificate(written(folder / "f.pfx", pair.pfx())),
        "locked PFX": Certificate(written(folder / "g.pfx", pair.pfx("pass")), passphrase=opened),
    }


FORMS = ("key first", "certificate first", "apart", "locked", "locked apart", "PFX", "locked PFX")


@pytest.mark.parametrize("form", FORMS)
def test_a_certificate_opens(entra: EntraSandbox, tmp_path: Path, pair: KeyPair, form: str) -> None:
    """In each form; Entra finds it by its SHA-256 thumbprint, and checks what it signed."""
    with opened(entra, tmp_path, certificates(tmp_path, pair)[form]) as source:
        assert_reads(source)


def test_a_certificate_that_is_not_uploaded_is_told(
    entra: EntraSandbox, tmp_path: Path, authority: Authority
) -> None:
    """With the place in the portal."""
    stranger = authority.issue("stranger")
    error = refusal(entra, tmp_path, certificates(tmp_path, stranger)["key first"])
    assert isinstance(error, Denied)
    assert "AADSTS700027" in error.what
    assert "Certificates & secrets > Certificates" in error.what


def test_a_file_that_is_no_use_is_told_without_the_key(
    entra: EntraSandbox, tmp_path: Path, pair: KeyPair, authority: Authority
) -> None:
    """Which file, and what is wrong with it; nothing is sent."""
    forms = certificates(tmp_path, pair)
    curve = ec.generate_private_key(ec.SECP256R1())
    curved = curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    other = authority.issue("other")
    wrong = {
        "the format": Certificate(written(tmp_path / "x.pem", b"\x00nonsense")),
        "cannot be read: No such file": Certificate(tmp_path / "absent.pem"),
        "the passphrase": replace(forms["locked"], passphrase=lambda: "wrong-pass"),
        "or its key": replace(forms["locked PFX"], passphrase=None),
        "no RSA key": Certificate(written(tmp_path / "y.pem", curved + pair.certificate_pem)),
        "not the certificate of this private key": Certificate(
            written(tmp_path / "z.pem", pair.key_pem() + other.certificate_pem)
        ),
    }
    for words, credential in wrong.items():
        error = refusal(entra, tmp_path, credential)
        assert isinstance(error, Denied)
        assert words in error.what
        assert str(credential.file) in error.what
        assert "wrong-pass" not in error.what
        assert not any(line in error.what for line in pair.key_pem().splitlines()[1:-1])
    assert tokens_asked(entra) == 0


# ---- a workload's token --------------------------------------------------------------------------------------


@pytest.fixture
def cluster(entra: EntraSandbox) -> WorkloadIssuer:
    """A cluster whose workload stands for the application."""
    issuer = WorkloadIssuer()
    entra.applications.put(replace(BRIDGE, federations=(issuer.federation(SUBJECT),)))
    return issuer


def test_a_workload_opens_with_the_token_of_the_moment(
    entra: EntraSandbox, tmp_path: Path, cluster: WorkloadIssuer
) -> None:
    """Its cluster replaces the file, and the one that is there then counts."""
    file = written(tmp_path / "token", cluster.token(SUBJECT) + "\n")
    with opened(entra, tmp_path, FederatedToken(file)) as source:
        assert_reads(source)
        written(file, "expired and gone")
        entra.revoke_tokens()
        written(file, cluster.token(SUBJECT))
        assert_reads(source)


def test_a_workload_that_is_not_trusted_is_told(
    entra: EntraSandbox, tmp_path: Path, cluster: WorkloadIssuer
) -> None:
    """With the three things to compare, and without the token."""
    token = cluster.token("system:serviceaccount:other:other")
    error = refusal(entra, tmp_path, FederatedToken(written(tmp_path / "token", token)))
    assert isinstance(error, Denied)
    assert "issuer, subject and audience" in error.what
    assert token not in error.what


@pytest.mark.parametrize("content", [None, "", b"\xff\xfe"])
def test_a_workload_without_a_token_is_told(
    entra: EntraSandbox, tmp_path: Path, cluster: WorkloadIssuer, content: str | bytes | None
) -> None:
    """With the labels that bring one."""
    file = tmp_path / "token"
    if content is not None:
        written(file, content)
    error = refusal(entra, tmp_path, FederatedToken(file))
    assert isinstance(error, Denied)
    assert "labelled for workload identity" in error.what


# ---- a managed identity --------------------------------------------------------------------------------------

IDENTITIES = {
    "system": (ManagedIdentity(), SYSTEM_ASSIGNED),
    "client id": (ManagedIdentity(IdentityKind.CLIENT_ID, USER_ASSIGNED.application.id), USER_ASSIGNED),
    "object id": (ManagedIdentity(IdentityKind.OBJECT_ID, USER_ASSIGNED.object_id), USER_ASSIGNED),
    "resource id": (ManagedIdentity(IdentityKind.RESOURCE_ID, USER_ASSIGNED.resource_id), USER_ASSIGNED),
}


@pytest.fixture(params=["IMDS", "App Service", "Arc"])
def place(
    request: pytest.FixtureRequest, entra: EntraSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """Where the bridge runs: the environment leads to the endpoint of that place."""
    environments = {
        "IMDS": entra.imds_environment,
        "App Service": entra.app_service_environment,
        "Arc": entra.arc_environment,
    }
    for name, value in environments[request.param].items():
        monkeypatch.setenv(name, value)
    # msal takes Arc's key from a folder that only administrators can make
    folders = msal.managed_identity._supported_arc_platforms_and_their_prefixes
    monkeypatch.setitem(folders, sys.platform, str(tmp_path / "arc"))
    return str(request.param)


@pytest.mark.parametrize("name", IDENTITIES)
def test_an_identity_of_the_machine_opens(entra: EntraSandbox, tmp_path: Path, place: str, name: str) -> None:
    """The system's, and a user's by each of its names; one token for any number of reads."""
    credential, meant = IDENTITIES[name]
    with opened(entra, tmp_path, credential, client_id="") as source:
        assert_reads(source)
        assert_reads(source)
    assert {one.client_id for one in entra.requests if one.graph} == {meant.application.id}
    assert tokens_asked(entra) == (2 if place == "Arc" else 1)


def test_an_identity_that_the_machine_has_not_is_told(entra: EntraSandbox, tmp_path: Path, place: str) -> None:
    """By its name."""
    unknown = ManagedIdentity(IdentityKind.CLIENT_ID, "00000000-0000-0000-0000-000000000000")
    error = refusal(entra, tmp_path, unknown, client_id="")
    assert isinstance(error, Denied)
    assert "the managed identity 00000000" in error.what


def test_where_there_is_no_identity_nobody_waits_long(
    entra: EntraSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Off Azure nobody answers; no proxy is asked instead."""
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", entra.local_url)
    error = refusal(entra, tmp_path, ManagedIdentity(), client_id="")
    assert isinstance(error, Unavailable)
    assert entra.requests == ()
