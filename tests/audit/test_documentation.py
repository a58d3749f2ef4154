"""docs/evidence.md says what is true."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from bridge.audit.events import MEANING, Event
from bridge.audit.verify import Fault
from tests.audit.samples import sample_chain
from tests.audit.test_schema import REQUIRED, SCHEMA

TEXT: Final = Path("docs/evidence.md").read_text(encoding="utf-8")
ROWS: Final = {
    cells[1].strip(" `"): cells for line in reversed(TEXT.splitlines()) if len(cells := line.split("|")) > 3
}


@pytest.mark.parametrize("event", list(Event))
def test_every_event_is_explained(event: Event) -> None:
    """Its row has its one sentence and all facts that it always has."""
    _, _, meaning, always, _, _ = ROWS[event]
    assert meaning.strip() == MEANING[event]
    assert re.findall(r"`(\w+)`", always) == REQUIRED[event]


@pytest.mark.parametrize("fact", SCHEMA["properties"])
def test_every_fact_is_explained(fact: str) -> None:
    """As in the schema."""
    assert ROWS[fact][2].strip() == SCHEMA["properties"][fact]["description"]


@pytest.mark.parametrize("fault", list(Fault))
def test_every_finding_is_explained(fault: Fault) -> None:
    """Whatever verification may find."""
    assert ROWS[fault.value][2].strip()


class TestProvingByHand:
    """The program in the document, run as it stands there."""

    @staticmethod
    def run(folder: Path, lines: list[str]) -> subprocess.CompletedProcess[str]:
        """Run it over a file of these lines."""
        (program,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
        assert len(program.strip().splitlines()) <= 15
        (folder / "audit.jsonl").write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        command = [sys.executable, "-I", "-c", program, str(folder / "audit.jsonl")]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)

    def test_a_sound_file_is_sound(self, tmp_path: Path) -> None:
        """It counts the records and tells the last hash."""
        lines = list(sample_chain())
        result = self.run(tmp_path, lines)
        assert (result.returncode, result.stdout[:2]) == (0, str(len(lines)))

    @pytest.mark.parametrize("where", [0, 5, len(Event) - 1])
    def test_a_changed_record_is_found(self, tmp_path: Path, where: int) -> None:
        """One character is enough."""
        lines = list(sample_chain())
        lines[where] = lines[where].replace("run-1", "run-2")
        assert f"record {where + 1} was changed" in self.run(tmp_path, lines).stderr

    @pytest.mark.parametrize("where", [0, 5])
    def test_a_missing_record_is_found(self, tmp_path: Path, where: int) -> None:
        """A gap shows."""
        lines = list(sample_chain())
        del lines[where]
        assert f"record {where + 1} is missing" in self.run(tmp_path, lines).stderr
