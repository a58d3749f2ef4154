"""What systemd is told, if it started us (sd_notify(3)): datagrams to the socket that it names."""

import contextlib
import os
import socket


def notify(*words: str) -> None:
    """Send words such as READY=1. Without systemd nothing happens; nor when it does not listen."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with (
        contextlib.suppress(OSError),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to,
    ):
        to.connect("\0" + address[1:] if address.startswith("@") else address)
        to.send("\n".join(words).encode())


def watchdog_seconds() -> float | None:
    """How often systemd wants to hear from us; None if it does not."""
    for_us = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 1e6 if for_us and microseconds.isdecimal() else None
