"""One token for all who ask, and for as long as it is good."""

import threading
from pathlib import Path

import pytest

from bridge.errors import Denied
from bridge.sandbox.graph import BRIDGE, Edit, EntraSandbox, Fault, Refuse
from tests.sources.entra.signin.signing_in import AUDIT, SECRET, TOKEN, assert_reads, opened, tokens_asked


def test_many_threads_fetch_one_token(entra: EntraSandbox, tmp_path: Path) -> None:
    """Msal by itself would fetch one for each."""
    with opened(entra, tmp_path, SECRET) as source:
        threads = [threading.Thread(target=source.read, args=((AUDIT,),)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert tokens_asked(entra) == 1


def test_a_token_that_graph_no_longer_takes_is_replaced(entra: EntraSandbox, tmp_path: Path) -> None:
    """Once, and the read goes on."""
    with opened(entra, tmp_path, SECRET) as source:
        assert_reads(source)
        entra.revoke_tokens()
        assert_reads(source)
    assert tokens_asked(entra) == 2


def test_a_consent_counts_from_the_next_token_on(entra: EntraSandbox, tmp_path: Path) -> None:
    """A token keeps the permissions of its time, so that one is asked for anew in each process only."""
    entra.applications.consent(BRIDGE.id, "GroupMember.Read.All", granted=False)
    with opened(entra, tmp_path, SECRET) as source, pytest.raises(Denied, match="admin consent"):
        source.read((AUDIT,))
    entra.applications.consent(BRIDGE.id, "GroupMember.Read.All")
    with opened(entra, tmp_path, SECRET) as source:
        assert_reads(source)


def test_an_ageing_token_serves_while_no_other_is_to_be_had(entra: EntraSandbox, tmp_path: Path) -> None:
    """Entra may ask for a refresh before the end; that it fails is no failure yet."""
    entra.faults.add(Fault(Edit(lambda answer: answer.update(refresh_in=-5)), path=TOKEN, count=0))
    with opened(entra, tmp_path, SECRET) as source:
        assert_reads(source)
        entra.faults.clear()
        entra.clear_log()
        entra.faults.add(Fault(Refuse(503), path=TOKEN, count=0))
        assert_reads(source)
    assert tokens_asked(entra) > 0
