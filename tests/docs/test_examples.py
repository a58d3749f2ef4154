"""The example in every command's help is run, and does what it is there to show."""

import shlex
from pathlib import Path
from typing import Final

import pytest

from bridge.cli.reference import commands, examples
from tests.cli.processes import Ended
from tests.cli.scene import Scene, scene, until
from tests.docs.examples import DIGEST, EXAMPLES, Example
from tests.servers.programs import free_port

pytestmark = pytest.mark.e2e

CALLS: Final = {(words, call) for words, node in commands().items() for call in examples(node.help)}


def test_every_command_has_an_example_that_is_run() -> None:
    """Its help ends in one, and it has a line in the table of tests/docs/examples.py."""
    for words, node in commands().items():
        assert examples(node.help), f"the docstring of `{words}` has no `Example: hyperproof-bridge {words} ...`"
        assert words in EXAMPLES, f"`{words}` is not in EXAMPLES of tests/docs/examples.py: say what it shows"
    assert EXAMPLES.keys() - commands().keys() - {call for _, call in CALLS} == set(), "these are gone"


@pytest.mark.parametrize(("words", "call"), sorted(CALLS))
def test_an_example_is_true(words: str, call: str, tmp_path: Path) -> None:
    """It ends as told, says what it should, and has done it."""
    example = EXAMPLES.get(call, EXAMPLES[words])
    with scene(tmp_path) as s:
        example.stage(s)
        with example.beside(s):
            ended = _run(s, call, example)
        assert ended.code == example.code, ended.text
        assert [said for said in example.says if said not in ended.text] == [], ended.text
        assert example.done(s), ended.text


def _run(s: Scene, call: str, example: Example) -> Ended:
    """Run a call as it is written, but for what an example cannot know."""
    program, *arguments = shlex.split(_known_here(s, call))
    assert program == "hyperproof-bridge"
    if ">" in arguments:  # a shell would put the output there
        del arguments[arguments.index(">") :]
    if example.stays is None:
        return s.run(*arguments, before=example.before)
    with s.start(*arguments) as running:
        until(lambda: all(said in running.out + running.err for said in example.says) or not running.alive)
        if "run" in arguments:
            until(lambda: "run.finished" in running.err or not running.alive)
        running.send(example.stays)
        return running.wait()


def _known_here(s: Scene, call: str) -> str:
    """The digest, the port, the paths and the company of this machine in place of the example's."""
    if DIGEST in call:
        call = call.replace(DIGEST, s.told("held")[0]["digest"][:12])
    call = call.replace("corp.example", "example.test").replace("/var/lib/hyperproof-bridge/", "")
    return call.replace("8470", s.environ.get("PORT", "")).replace("8180", str(free_port()))
