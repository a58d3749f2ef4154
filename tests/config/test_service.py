from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

from bridge.config.secrets import secrets_of
from bridge.config.service import HyperproofSection
from bridge.targets.settings import REGIONS
from tests.config.files import ENVIRON, HYPERPROOF, loaded, sound


def test_what_is_not_said_has_a_default(tmp_path: Path) -> None:
    """A new configuration plans and reports; nothing is written."""
    configuration = loaded(tmp_path, sound())
    assert configuration.apply is False
    assert configuration.organization == "default"
    assert configuration.path == tmp_path / "bridge.yaml"
    assert configuration.store.path == Path("/var/lib/hyperproof-bridge/bridge.db")
    assert (configuration.audit.file, configuration.audit.stdout) == (None, False)
    assert (configuration.log.level, configuration.log.format) == ("info", "auto")
    assert configuration.approvals.expire == timedelta(hours=24)
    assert (configuration.hyperproof.chunk, configuration.hyperproof.user_id_space) == (100, "auto")
    assert configuration.hyperproof.max_wait == configuration.hyperproof.wait_budget == timedelta(minutes=15)


def test_the_region_decides_the_addresses(tmp_path: Path) -> None:
    """Unless they are stated."""
    us = loaded(tmp_path, sound()).hyperproof
    assert us.api_address == "https://api.hyperproof.app/v1"
    assert us.token_address == "https://accounts.hyperproof.app/oauth/token"
    stated = "    token_url: https://accounts.hyperproof.eu/oauth/token/"
    eu = loaded(tmp_path, sound(hyperproof=HYPERPROOF.replace("us", "eu") + stated)).hyperproof
    assert eu.api_address == "https://api.hyperproof.eu/v1"
    assert eu.token_address == "https://accounts.hyperproof.eu/oauth/token"


def test_a_rehearsal_states_both_addresses(tmp_path: Path) -> None:
    """On this machine they may be plain http."""
    urls = "    api_url: http://127.0.0.1:8180/v1\n    token_url: http://[::1]:8180/oauth/token"
    section = loaded(tmp_path, sound(hyperproof=HYPERPROOF + urls)).hyperproof
    assert (section.api_address, section.token_address) == (
        "http://127.0.0.1:8180/v1",
        "http://[::1]:8180/oauth/token",
    )


def test_the_regions_are_those_of_the_client() -> None:
    """A region that the client knows can be written, and no other."""
    assert set(get_args(HyperproofSection.model_fields["region"].annotation)) == set(REGIONS)


def test_a_proxy_with_a_password_is_given_whole_by_reference(tmp_path: Path) -> None:
    """And is hidden like every secret."""
    text = sound(hyperproof=HYPERPROOF + "    proxy: ${env:PROXY}")
    section = loaded(tmp_path, text, ENVIRON | {"PROXY": "http://me:hunter2@proxy.example:3128"}).hyperproof
    assert section.proxy is not None
    assert section.proxy.get_secret_value() == "http://me:hunter2@proxy.example:3128"
    assert "hunter2" not in f"{section!r} {section.model_dump_json()}"


@pytest.mark.parametrize(
    ("credentials", "parts"),
    [
        ("me:hunter2%2F7", {"hunter2%2F7", "hunter2/7", "me:hunter2/7"}),
        ("a-token-as-name", {"a-token-as-name", "a-token-as-name:"}),
    ],
)
def test_a_password_in_a_proxys_address_is_known_to_the_log(
    tmp_path: Path, credentials: str, parts: set[str]
) -> None:
    """By itself as well, as it is sent: a proxy that refuses it may repeat it. Hyperproof's, and a tenant's."""
    address = f"http://{credentials}@proxy.example:3128"
    of_hyperproof = sound(hyperproof=HYPERPROOF + "    proxy: ${env:PROXY}")
    of_a_tenant = sound(
        corp="""
          type: entra
          tenant_id: 11111111-2222-3333-4444-555555555555
          client_id: 66666666-2222-3333-4444-555555555555
          credential: {client_secret: "${env:PASSWORD}"}
          proxy: ${env:PROXY}""",
        groups="- {name: A, members: {corp: {id: 77777777-2222-3333-4444-555555555555}}}",
    )
    for text in (of_hyperproof, of_a_tenant):
        assert {address, *parts} <= set(secrets_of(loaded(tmp_path, text, ENVIRON | {"PROXY": address})))


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("1s", timedelta(seconds=1)),
        ("90s", timedelta(seconds=90)),
        ("10m", timedelta(minutes=10)),
    ],
)
def test_durations_have_a_unit(tmp_path: Path, text: str, length: timedelta) -> None:
    """A whole number and s, m, h or d."""
    assert loaded(tmp_path, sound(hyperproof=HYPERPROOF + f"    timeout: {text}")).hyperproof.timeout == length


def test_relative_paths_start_at_the_file(tmp_path: Path) -> None:
    """Wherever the bridge is started."""
    configuration = loaded(tmp_path, sound(more="store: {path: state/bridge.db}\naudit: {file: audit.jsonl}"))
    assert configuration.store.path == tmp_path / "state/bridge.db"
    assert configuration.audit.file == tmp_path / "audit.jsonl"
