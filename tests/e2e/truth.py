"""What must be true after whatever happened: the audit equals what Hyperproof itself saw, twice and unbroken."""

import json
from datetime import UTC, datetime

from bridge.audit.verify import verify_both
from bridge.store.store import open_evidence
from tests.cli.processes import Ended
from tests.cli.scene import Scene
from tests.cycle.evidence import assert_audit_equals_history, audit_records


def assert_evidence_is_whole(scene: Scene) -> None:
    """Database and file each tell exactly what the bridge did, and the chain of both is sound."""
    with open_evidence(scene.database, "default", lambda: datetime.now(UTC)) as store:
        assert verify_both(store.ledger, [scene.audit]).finding is None
        records = audit_records(store)
    assert records == [json.loads(line) for line in scene.audit.read_text().splitlines()]
    assert_audit_equals_history(records, scene.hyperproof.history)


def records_of(scene: Scene, event: str) -> list[dict[str, object]]:
    """The records of an event, from the audit file."""
    records = map(json.loads, scene.audit.read_text().splitlines())
    return [record for record in records if record["event"] == event]


def assert_failed(ended: Ended, code: int, *said: str) -> None:
    """It ended with this code and these words, and without a traceback."""
    assert ended.code == code, ended.text
    assert all(words in ended.text for words in said), ended.text
    assert "Traceback" not in ended.text
