"""What the file says of Entra tenants."""

from dataclasses import replace
from pathlib import Path

import pytest

from bridge.config import Configuration, load
from bridge.config.entra import EntraDirectory, entra_settings
from bridge.config.policy import policy
from bridge.config.secrets import secrets_of
from bridge.core.model import DirectoryName, Selector, SelectorKind
from bridge.redaction import hidden
from bridge.sources.entra.settings import (
    CLOUDS,
    AddressProperty,
    Certificate,
    ClientSecret,
    EntraSettings,
    FederatedToken,
    IdentityKind,
    ManagedIdentity,
)
from bridge.wiring_directories import registering
from tests.config.files import ENVIRON, loaded, sound, told, written

TENANT = "11111111-2222-3333-4444-555555555555"
APPLICATION = "66666666-7777-8888-9999-000000000000"
BY_SECRET = 'credential: {client_secret: "${env:ENTRA}"}'
KNOWN = {**ENVIRON, "ENTRA": "ent-secret", "PASSPHRASE": "pass-phrase"}


def tenant(*lines: str, ids: bool = True) -> str:
    """A section about a tenant."""
    named = [f"tenant_id: {TENANT}", f"client_id: {APPLICATION}"] if ids else []
    return "\n".join(("type: entra", *named, *lines))


def settings(folder: Path, *lines: str, ids: bool = True, environ: dict[str, str] = KNOWN) -> EntraSettings:
    """As the source would have it."""
    directory = loaded(folder, sound(corp=tenant(*lines, ids=ids)), environ).directories["corp"]
    assert isinstance(directory, EntraDirectory)
    return entra_settings("corp", directory)


def faults(folder: Path, *lines: str, ids: bool = True, environ: dict[str, str] = KNOWN) -> list[tuple[str, str]]:
    """What is told of a wrong one: keys below the directory, and sentences."""
    found = told(folder, sound(corp=tenant(*lines, ids=ids)), environ)
    return [(key.removeprefix("directories.corp").removeprefix("."), sentences) for key, sentences in found]


# ---- what holds --------------------------------------------------------------------------------------------


def test_a_tenant_needs_four_keys(tmp_path: Path) -> None:
    """All else has a default."""
    made = settings(tmp_path, BY_SECRET)
    assert (made.name, made.tenant_id, made.client_id) == ("corp", TENANT, APPLICATION)
    assert (made.login_address, made.graph_address) == (
        "https://login.microsoftonline.com",
        "https://graph.microsoft.com/v1.0",
    )
    assert made.addresses == (AddressProperty.MAIL, AddressProperty.UPN)
    assert made.guests
    assert made.nested
    assert isinstance(made.credential, ClientSecret)
    assert made.credential.read() == "ent-secret"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_cloud_has_its_own_addresses(tmp_path: Path, cloud: str) -> None:
    """Where tokens are issued, where Graph is, and what a token is for belong together."""
    made = settings(tmp_path, BY_SECRET, f"cloud: {cloud}")
    assert (made.cloud, made.login_address) == (CLOUDS[cloud], CLOUDS[cloud].login_url)
    assert made.graph_address == f"{CLOUDS[cloud].graph_url}/v1.0"
    assert made.cloud.scope == f"{CLOUDS[cloud].graph_url}/.default"


def test_everything_can_be_said(tmp_path: Path) -> None:
    """Nothing is lost on the way."""
    made = settings(
        tmp_path,
        BY_SECRET,
        "addresses: [proxyAddresses, otherMails]",
        "guests: false",
        "nested: false",
        "login_url: https://localhost:1/",
        "graph_url: https://localhost:2/",
        "proxy: http://proxy.example:3128",
        "timeout: 10s",
        "max_wait: 20s",
        "wait_budget: 30s",
    )
    assert made.addresses == (AddressProperty.PROXY_ADDRESSES, AddressProperty.OTHER_MAILS)
    assert not made.guests
    assert not made.nested
    assert (made.login_address, made.graph_address) == ("https://localhost:1", "https://localhost:2/v1.0")
    assert made.route.proxy == "http://proxy.example:3128"
    assert made.timeouts.read == 10
    assert (made.limits.longest_wait, made.limits.waiting_budget) == (20, 30)


# ---- who signs in ------------------------------------------------------------------------------------------


def file_in(folder: Path, name: str) -> Path:
    """A file that nobody else may read."""
    path = folder / name
    path.write_text("made up")
    path.chmod(0o600)
    return path


def test_a_certificate_may_have_its_key_beside_it(tmp_path: Path) -> None:
    """Or in itself; the passphrase is read when it is needed."""
    pem, key = file_in(tmp_path, "app.pem"), file_in(tmp_path, "app.key")
    assert settings(tmp_path, "credential: {certificate: app.pem}").credential == Certificate(pem)
    apart = "credential: {certificate: app.pem, private_key: app.key, passphrase: '${env:PASSPHRASE}'}"
    made = settings(tmp_path, apart).credential
    assert isinstance(made, Certificate)
    assert (made.file, made.key_file) == (pem, key)
    assert made.passphrase is not None
    assert made.passphrase() == "pass-phrase"


@pytest.mark.parametrize(("apart", "warned"), [(False, True), (True, False)])
def test_everybody_may_read_a_certificate_and_nobody_its_key(tmp_path: Path, *, apart: bool, warned: bool) -> None:
    """A certificate file that holds the key as well is warned of when it is open to all."""
    file_in(tmp_path, "app.pem").chmod(0o644)
    file_in(tmp_path, "app.key")
    way = "{certificate: app.pem, private_key: app.key}" if apart else "{certificate: app.pem}"
    configuration = loaded(tmp_path, sound(corp=tenant(f"credential: {way}")), KNOWN)
    assert any("app.pem" in warning for warning in configuration.warnings) is warned


def test_a_workload_has_a_token_in_a_file(tmp_path: Path) -> None:
    """The file is named, and read later."""
    token = file_in(tmp_path, "token")
    assert settings(tmp_path, "credential: {workload_identity: token}").credential == FederatedToken(token)


def aks(folder: Path) -> dict[str, str]:
    """What AKS puts into the environment of a pod."""
    return {
        **KNOWN,
        "AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com/",
        "AZURE_TENANT_ID": TENANT,
        "AZURE_CLIENT_ID": APPLICATION,
        "AZURE_FEDERATED_TOKEN_FILE": str(file_in(folder, "azure-identity-token")),
    }


def test_aks_says_who_the_bridge_is(tmp_path: Path) -> None:
    """File, tenant and application are in the environment; what the file says itself counts more."""
    made = settings(tmp_path, "credential: {workload_identity: aks}", ids=False, environ=aks(tmp_path))
    assert (made.tenant_id, made.client_id) == (TENANT, APPLICATION)
    assert made.credential == FederatedToken(tmp_path / "azure-identity-token")
    other = settings(
        tmp_path,
        "credential: {workload_identity: aks}",
        "tenant_id: corp.example",
        ids=False,
        environ=aks(tmp_path),
    )
    assert other.tenant_id == "corp.example"


def test_aks_and_the_cloud_have_to_agree(tmp_path: Path) -> None:
    """A token of a cluster in one cloud is worth nothing in another."""
    environ = {**aks(tmp_path), "AZURE_AUTHORITY_HOST": "https://login.microsoftonline.us/"}
    ((key, sentences),) = faults(tmp_path, "credential: {workload_identity: aks}", ids=False, environ=environ)
    assert key == "login_url"
    assert sentences.endswith("Write `cloud: us-government`.")
    settings(tmp_path, "credential: {workload_identity: aks}", "cloud: us-government", ids=False, environ=environ)


def test_without_aks_nothing_is_taken_from_the_environment(tmp_path: Path) -> None:
    """Variables that lie about decide nothing."""
    found = faults(tmp_path, BY_SECRET, ids=False, environ=aks(tmp_path))
    assert {key for key, _ in found} == {"tenant_id", "client_id"}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("system", ManagedIdentity()),
        (f"{{client_id: {APPLICATION}}}", ManagedIdentity(IdentityKind.CLIENT_ID, APPLICATION)),
        (f"{{object_id: {APPLICATION}}}", ManagedIdentity(IdentityKind.OBJECT_ID, APPLICATION)),
        ("{resource_id: /subscriptions/1}", ManagedIdentity(IdentityKind.RESOURCE_ID, "/subscriptions/1")),
    ],
)
def test_an_identity_is_the_systems_or_named(tmp_path: Path, said: str, meant: ManagedIdentity) -> None:
    """It has no other client id."""
    credential = f"credential: {{managed_identity: {said}}}"
    assert settings(tmp_path, credential, f"tenant_id: {TENANT}", ids=False).credential == meant


# ---- what is wrong -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "key", "sentences"),
    [
        ("credential: {}", "credential", "It is not said what it signs in with."),
        (
            "credential: {managed_identity: system, client_secret: '${env:ENTRA}'}",
            "credential",
            "client_secret and managed_identity stand together.",
        ),
        ("credential: {client_secret: plain}", "credential.client_secret", "A secret stands here in plain text."),
        (
            "credential: {client_secret: '${env:ENTRA}', passphrase: '${env:PASSPHRASE}'}",
            "credential",
            "private_key and passphrase go with `certificate`.",
        ),
        ("credential: {certificate: nowhere.pem}", "credential.certificate", "The file cannot be read"),
        ("credential: {workload_identity: nowhere}", "credential.workload_identity", "The file cannot be read"),
        (
            "credential: {workload_identity: aks}",
            "credential.workload_identity",
            "The environment variable AZURE_FEDERATED_TOKEN_FILE is not set.",
        ),
        ("credential: {managed_identity: system}", "client_id", "A managed identity knows its own id."),
        (f"{BY_SECRET}\ncloud: moon", "cloud", "'moon' is not known here."),
        (f"{BY_SECRET}\naddresses: [fax]", "addresses[0]", "'fax' is not known here."),
        (f"{BY_SECRET}\naddresses: []", "addresses", "Nothing is in here."),
        (f"{BY_SECRET}\ngraph_url: https://localhost:1", "graph_url", "`graph_url` names another Graph"),
        (f"{BY_SECRET}\nbase_dn: dc=corp", "base_dn", "There is no such key here."),
        (f"{BY_SECRET}\nlogin_url: http://login.example", "login_url", "Secrets would travel in clear text."),
    ],
)
def test_a_mistake_is_told_where_it_is(tmp_path: Path, lines: str, key: str, sentences: str) -> None:
    """With its remedy."""
    ((where, what),) = faults(tmp_path, *lines.splitlines())
    assert where == key
    assert what.startswith(sentences)
    assert len(what) > len(sentences)


def test_two_names_of_one_identity_are_one_too_many(tmp_path: Path) -> None:
    """Nobody can say which is meant."""
    both = "credential: {managed_identity: {client_id: a, object_id: b}}"
    ((key, what),) = faults(tmp_path, both, f"tenant_id: {TENANT}", ids=False)
    assert (key, what[:23]) == ("credential.managed_identity", "The identity is named i")


@pytest.mark.parametrize("tenant_id", ["common", "organizations", "a/b", "../x"])
def test_a_tenant_is_one(tmp_path: Path, tenant_id: str) -> None:
    """Words that mean any tenant, and what would walk the address, name none."""
    ((key, what),) = faults(tmp_path, BY_SECRET, f"client_id: x\ntenant_id: {tenant_id}", ids=False)
    assert (key, what[:20]) == ("tenant_id", "This names no tenant")


# ---- whom its groups are ------------------------------------------------------------------------------------


def members(folder: Path, said: str, corp: str) -> Configuration:
    """A configuration whose one group has these members."""
    groups = f"- name: Auditors\n  members: {{corp: {said}}}"
    return loaded(folder, sound(corp=corp, groups=groups), KNOWN)


@pytest.mark.parametrize(
    ("said", "kind", "text"),
    [
        ("Internal Audit", SelectorKind.NAME, "Internal Audit"),
        (TENANT, SelectorKind.ID, TENANT),
        (f"{{id: {TENANT}}}", SelectorKind.ID, TENANT),
        ("{name: cn=x}", SelectorKind.NAME, "cn=x"),
        ("{mail_nickname: audit}", SelectorKind.MAIL_NICKNAME, "audit"),
        ("{filter: \"startswith(displayName,'a')\"}", SelectorKind.FILTER, "startswith(displayName,'a')"),
        ("{filter: (displayName eq 'a')}", SelectorKind.FILTER, "(displayName eq 'a')"),
        ("{pattern: hp-.+}", SelectorKind.PATTERN, "hp-.+"),
    ],
)
def test_groups_are_named_in_five_ways(tmp_path: Path, said: str, kind: SelectorKind, text: str) -> None:
    """A text by itself is an object id where it looks like one, else a display name."""
    (selector,) = policy(members(tmp_path, said, tenant(BY_SECRET))).selectors()
    assert selector == Selector(DirectoryName("corp"), kind, text)


@pytest.mark.parametrize(
    ("said", "key", "what"),
    [
        ('"cn=x,dc=corp"', "", "Groups of Entra ID have no DN."),
        ('{dn: "cn=x,dc=corp"}', ".dn", "Groups of Entra ID have no DN."),
        ("{id: auditors}", ".id", "'auditors' is no object id."),
        ("{filter: (cn=a)}", ".filter", "'(cn=a)' is a filter of LDAP."),
        ("{filter: (&(cn=a)(o=b))}", ".filter", "'(&(cn=a)(o=b))' is a filter of LDAP."),
    ],
)
def test_what_ldap_has_is_no_name_of_a_group_here(tmp_path: Path, said: str, key: str, what: str) -> None:
    """It is told when the file is read, not when a run finds nothing."""
    groups = f"- name: Auditors\n  members: {{corp: {said}}}"
    ((where, found),) = told(tmp_path, sound(corp=tenant(BY_SECRET), groups=groups), KNOWN)
    assert where == f"groups[0].members.corp{key}"
    assert found.startswith(what)


@pytest.mark.parametrize(
    ("said", "key", "what"),
    [
        ("{mail_nickname: x}", ".mail_nickname", "Groups outside Entra ID have no mail nickname."),
        ("{filter: displayName eq 'a'}", ".filter", "\"displayName eq 'a'\" is not an LDAP filter."),
    ],
)
def test_what_entra_has_is_no_name_of_a_group_in_ldap(tmp_path: Path, said: str, key: str, what: str) -> None:
    """The same the other way round."""
    groups = f"- name: Auditors\n  members: {{corp: {said}}}"
    ((where, found),) = told(tmp_path, sound(groups=groups), KNOWN)
    assert where == f"groups[0].members.corp{key}"
    assert found.startswith(what)


# ---- what it means for the rest ----------------------------------------------------------------------------


def test_the_hash_names_what_decides_and_no_secret(tmp_path: Path) -> None:
    """Who signs in, and how the network is crossed, changes nothing; whom the tenant shows does."""
    base = members(tmp_path, "x", tenant(BY_SECRET))
    reached = members(tmp_path, "x", tenant("credential: {client_secret: '${env:PASSPHRASE}'}", "timeout: 9s"))
    others = [
        members(tmp_path, "x", tenant(BY_SECRET, line))
        for line in ("guests: false", "nested: false", "addresses: [mail]", "cloud: china")
    ]
    assert policy(base).config_hash == policy(reached).config_hash
    assert len({policy(one).config_hash for one in (base, *others)}) == 5


def test_its_secrets_are_kept_out_of_logs(tmp_path: Path) -> None:
    """All that the file refers to, and the passphrase of a key."""
    file_in(tmp_path, "app.pfx")
    credential = "credential: {certificate: app.pfx, passphrase: '${env:PASSPHRASE}'}"
    environ = {**KNOWN, "PROXY": "http://me:word@proxy.example:1"}
    text = sound(corp=tenant(credential, "proxy: ${env:PROXY}"))
    configuration = load(written(tmp_path, text), environ)
    assert {"pass-phrase", "s3cret", environ["PROXY"]} <= set(secrets_of(configuration))
    assert "ent-secret" in secrets_of(loaded(tmp_path, sound(corp=tenant(BY_SECRET)), KNOWN))
    shown = f"{configuration!r}{configuration.model_dump_json()}"
    assert "pass-phrase" not in shown
    assert "me:word" not in shown


def test_a_secret_that_was_rotated_is_not_shown_either(tmp_path: Path) -> None:
    """From when it is read on, as at the start the one before."""
    told = ["the one of the start"]
    made = registering(replace(settings(tmp_path, BY_SECRET), credential=ClientSecret(lambda: told[0])))
    told[0] = "r0tated-entra-secret"
    assert hidden("it was r0tated-entra-secret") == "it was r0tated-entra-secret"
    assert isinstance(made.credential, ClientSecret)
    assert made.credential.read() == "r0tated-entra-secret"
    assert hidden("it was r0tated-entra-secret") == "it was [redacted]"
