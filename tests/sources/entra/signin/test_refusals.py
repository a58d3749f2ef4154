"""Every way to be refused a token, and what is told of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import Denied, Unavailable
from bridge.sandbox.graph import (
    BRIDGE,
    DEFAULT_CLIENT_SECRET,
    Edit,
    Effect,
    EntraSandbox,
    Fault,
    Html,
    Refuse,
    Reset,
    Secret,
)
from bridge.sources.entra.settings import ClientSecret, FederatedToken
from tests.sources.entra.signin.signing_in import AUDIT, DISCOVERY, SECRET, TOKEN, assert_reads, opened, refusal


def expired(entra: EntraSandbox) -> None:
    """The secret's time is over."""
    entra.applications.put(
        replace(BRIDGE, secrets=(Secret(DEFAULT_CLIENT_SECRET, entra.tenant.clock() - timedelta(days=1)),))
    )


def disabled(entra: EntraSandbox) -> None:
    """The application is switched off."""
    entra.applications.put(replace(BRIDGE, enabled=False))


def unlike(figure: str, status: int = 400) -> Any:  # noqa: ANN401 - prepares a sandbox
    """The token endpoint refuses with this number."""
    refused = Refuse(status, "invalid_client", f"AADSTS{figure}: no", inner_code=figure)
    return lambda entra: entra.faults.add(Fault(refused, path=TOKEN, count=0))


@pytest.mark.parametrize(
    ("prepare", "change", "words"),
    [
        (expired, {}, ("AADSTS7000222", "add a new one under App registrations > Certificates & secrets")),
        (disabled, {}, ("AADSTS7000112", "Enterprise applications")),
        (None, {"client_id": "00000000-0000-0000-0000-000000000000"}, ("AADSTS700016", "Overview page")),
        (None, {"tenant_id": "00000000-0000-0000-0000-000000000000"}, ("AADSTS90002", "tenant_id")),
        (unlike("700024", 401), {}, ("AADSTS700024", "clock of this machine")),
        (unlike("500011"), {}, ("AADSTS500011", "cloud")),
        (unlike("53003"), {}, ("AADSTS53003", "Conditional Access")),
        (unlike("65001"), {}, ("AADSTS65001", "admin consent")),
        (unlike("123456"), {}, ("AADSTS123456", "check tenant_id, client_id and the credential")),
    ],
)
def test_a_refusal_is_told_with_its_remedy(
    entra: EntraSandbox,
    tmp_path: Path,
    prepare: Any,  # noqa: ANN401 - prepares a sandbox
    change: dict[str, str],
    words: tuple[str, ...],
) -> None:
    """The number that Microsoft has for it, and what to do in the portal; the secret is told nowhere."""
    if prepare:
        prepare(entra)
    error = refusal(entra, tmp_path, SECRET, **change)
    assert isinstance(error, Denied)
    assert all(word in error.what for word in words), error.what
    assert DEFAULT_CLIENT_SECRET not in f"{error!r}{error.__cause__!r}{error.__context__!r}"


def test_a_refusal_is_not_replayed(entra: EntraSandbox, tmp_path: Path) -> None:
    """Msal would repeat a 400 from memory for a minute; what was mended counts at once."""
    unlike("7000112")(entra)
    with opened(entra, tmp_path, SECRET) as source:
        with pytest.raises(Denied):
            source.read((AUDIT,))
        entra.faults.clear()
        assert_reads(source)


TROUBLE: Mapping[str, Effect] = {
    "429": Refuse(429, "temporarily_unavailable", retry_after=3),
    "503": Refuse(503, "temporarily_unavailable"),
    "reset": Reset(),
    "a page for people": Html(200),
    "an unavailable page": Html(503),
}


@pytest.mark.parametrize("path", [TOKEN, DISCOVERY])
@pytest.mark.parametrize("kind", TROUBLE)
def test_trouble_that_passes_is_got_over(entra: EntraSandbox, tmp_path: Path, kind: str, path: str) -> None:
    """On both addresses; msal by itself would take a throttled discovery for a wrong tenant."""
    entra.faults.add(Fault(TROUBLE[kind], path=path))
    with opened(entra, tmp_path, SECRET) as source:
        assert_reads(source)


@pytest.mark.parametrize("path", [TOKEN, DISCOVERY])
@pytest.mark.parametrize("kind", TROUBLE)
def test_trouble_that_stays_is_an_error_of_ours(entra: EntraSandbox, tmp_path: Path, kind: str, path: str) -> None:
    """Whatever it is, and never a fault of the program."""
    entra.faults.add(Fault(TROUBLE[kind], path=path, count=0))
    assert not isinstance(refusal(entra, tmp_path, SECRET), Denied)


def test_passing_words_in_a_refusal_are_no_refusal(entra: EntraSandbox, tmp_path: Path) -> None:
    """The next run tries again."""
    refused = Refuse(400, "temporarily_unavailable", "busy", inner_code="90033")
    entra.faults.add(Fault(refused, path=TOKEN, count=0))
    assert isinstance(refusal(entra, tmp_path, SECRET), Unavailable)


@pytest.mark.parametrize("told", [{}, {"access_token": ""}, {"access_token": "two words"}, {"access_token": 7}])
def test_an_answer_without_a_usable_token_is_an_error(
    entra: EntraSandbox, tmp_path: Path, told: dict[str, object]
) -> None:
    """It is never sent on."""

    def spoil(answer: dict[str, object]) -> None:
        answer.clear()
        answer.update(told)

    entra.faults.add(Fault(Edit(spoil), path=TOKEN, count=0))
    refusal(entra, tmp_path, SECRET)
    assert not any(one.graph for one in entra.requests)


def test_a_secret_that_the_answer_repeats_is_not_told(entra: EntraSandbox, tmp_path: Path) -> None:
    """Nor is a federated token. The error goes into the audit chain, where it would stay for good."""
    told = [DEFAULT_CLIENT_SECRET]
    with opened(entra, tmp_path, ClientSecret(lambda: told[0])) as source:
        for secret in ("the first secret", "one put in its place"):
            told[0] = secret
            refused = Refuse(401, "invalid_client", f"AADSTS7000215: Invalid client secret provided: {secret}.")
            entra.faults.add(Fault(refused, path=TOKEN))
            with pytest.raises(Denied) as caught:
                source.read((AUDIT,))
            assert "Invalid client secret provided: [redacted]" in caught.value.what
    file = tmp_path / "token"
    file.write_text("header.payload.signature")
    entra.faults.add(Fault(Refuse(401, "invalid_client", "no: header.payload.signature"), path=TOKEN))
    error = refusal(entra, tmp_path, FederatedToken(file))
    assert "no: [redacted]" in error.what
