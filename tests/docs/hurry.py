"""`hyperproof-bridge` for a shell, without the second in which an interpreter starts: forked, as in tests/cli.

In front of the path stands a command of that name, which hands its words, its folder and its environment over to
the tests, and passes on what comes back. What serves (`sandbox`) is the real one. The page of the first hour, and
the tests with `python -m bridge`, go without it.
"""

import json
import os
import socketserver
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.cli.processes import Order, run

_COMMAND: Final = """#!{python} -SE
import json, os, socket, sys
if sys.argv[1:2] == ["sandbox"]:
    os.execv({real!r}, [{real!r}, *sys.argv[1:]])
asked = socket.socket(socket.AF_UNIX)
asked.connect({address!r})
with asked.makefile("rw", encoding="utf-8") as wire:
    wire.write(json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]) + chr(10))
    wire.flush()
    code, out, err = json.loads(wire.readline())
sys.stdout.write(out)
sys.stdout.flush()
sys.stderr.write(err)
sys.exit(code)
"""


class _Answer(socketserver.StreamRequestHandler):
    """One command."""

    def handle(self) -> None:
        arguments, folder, environ = json.loads(self.rfile.readline())
        ended = run(Order(arguments, Path(folder), environ))
        self.wfile.write(json.dumps([ended.code, ended.out, ended.err]).encode() + b"\n")


@contextmanager
def hurried(folder: Path) -> Iterator[str]:
    """A path with the quick command at its beginning, for as long as the block lasts."""
    address = str(folder / "commands")
    command = folder / "hyperproof-bridge"
    real = str(Path(sys.executable).with_name("hyperproof-bridge"))
    command.write_text(_COMMAND.format(python=sys.executable, real=real, address=address))
    command.chmod(0o700)
    with socketserver.ThreadingUnixStreamServer(address, _Answer) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"{folder}{os.pathsep}{os.environ['PATH']}"
        server.shutdown()
