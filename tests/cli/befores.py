"""What is done in a command's process ahead of it."""

import io
import os
import resource
import sys

import dns.resolver
from sqlalchemy import Connection, Engine, event

from bridge.cli.app import app


def add_faulty_command() -> None:
    """Give the program a command with a bug."""
    app.command("stumble")(_stumble)


def _stumble() -> None:
    raise ZeroDivisionError("a bug")


def limit_file_size(size: int) -> None:
    """Let no file grow beyond so many bytes: to whoever writes, the disk is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def be_impatient() -> None:
    """Wait for a locked database a tenth of a second only."""
    event.listen(Engine, "begin", _hurry)


def _hurry(connection: Connection) -> None:
    connection.exec_driver_sql("PRAGMA busy_timeout = 100")


def give_up_root() -> None:
    """Be somebody who may write only where everybody may."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)


_NOBODY = 65534


def say_yes() -> None:
    """Answer the question that is asked."""
    sys.stdin = io.StringIO("y\n")


def say_no() -> None:
    """Answer it otherwise."""
    sys.stdin = io.StringIO("n\n")


def say_nothing() -> None:
    """Be a scheduler, whom nobody can ask."""
    sys.stdin = io.StringIO()


def ask_nameserver(port: int) -> None:
    """Be on a machine whose DNS server is at this port."""

    def read(resolver: dns.resolver.Resolver, _: object) -> None:
        resolver.nameservers = ["127.0.0.1"]
        resolver.port = port

    dns.resolver.Resolver.read_resolv_conf = read  # type: ignore[method-assign,assignment]  # by a simpler one


def be_without_gssapi() -> None:
    """Have the package not installed."""
    sys.modules["gssapi"] = None  # type: ignore[assignment]  # which is how Python is told so
