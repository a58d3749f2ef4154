"""What `plan --against` tells, as tests ask for it."""

import json
from typing import Any

from bridge.cli.exits import Exit
from tests.cli.scene import Scene


def effects(told: Any, kind: str = "edit") -> dict[tuple[str, str], tuple[str, bool, tuple[str, ...]]]:  # noqa: ANN401
    """By group and the begin of the address: what happens, whether surely, and by which lines."""
    return {
        (group["name"], moved["email"].partition("@")[0]): (
            moved["effect"],
            moved["sure"],
            tuple(f"{edit['file']}:{edit['line']} {edit['key']}" for edit in moved.get("by", ())),
        )
        for group in told["groups"]
        for moved in group[kind]
    }


def keep_as_main(s: Scene) -> None:
    """Have the configuration of now stand in main.yaml as well, all of it done."""
    assert s.run("sync").code == Exit.OK
    (s.folder / "main.yaml").write_text(s.config.read_text())


def review(s: Scene) -> tuple[int, Any]:
    """How comparing with main.yaml ends, and what it tells; and that it leaves no trace."""
    before = s.database.read_bytes(), len(s.hyperproof.history)
    ended = s.run("plan", "--against", "main.yaml", "--json")
    assert (s.database.read_bytes(), len(s.hyperproof.history)) == before
    return ended.code, json.loads(ended.out)


def outcome(told: Any) -> dict[tuple[str, str], tuple[str, bool]]:  # noqa: ANN401 - whatever a command tells
    """By group and person: what the edit does, and whether surely."""
    return {who: (effect, sure) for who, (effect, sure, _) in effects(told).items()}


def keys(told: Any) -> set[str]:  # noqa: ANN401 - as above
    """The keys of the lines that are behind what the edit does."""
    return {line.partition(" ")[2] for _, _, lines in effects(told).values() for line in lines}
