"""A process that writes until it is killed, and says what it was told is on disk.

    python writer.py FOLDER NAME [COUNT]

One line for each outcome that was recorded: the intent's id.
"""

import sys
from dataclasses import replace
from itertools import count
from pathlib import Path

from bridge.core.journal import Effects
from tests.store.stores import a_record, an_intent, opened


def main(folder: Path, name: str, rounds: int | None) -> None:
    """Write."""
    with opened(folder, file=True) as store:
        for number in range(rounds) if rounds is not None else count():
            intent = replace(an_intent(), id=f"{name}-{number}")
            effects = Effects(added=tuple(member.account for member in intent.members))
            store.record_intent(intent)
            store.record_outcome(intent, effects, [a_record(intent=intent.id, n=str(n)) for n in range(3)])
            sys.stdout.write(intent.id + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else None)
