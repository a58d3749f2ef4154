"""A network of its own for a server, with two wires to it, of which one can be cut."""

import os
from types import TracebackType
from typing import Self

from tests.servers import programs


class Network:
    """A network namespace, as a context manager, for root. What runs `inside` is reached by `near` and `far`.

    The addresses are of the block for tests between networks (RFC 2544).
    """

    near = "198.18.1.2"
    far = "198.18.2.2"

    def __init__(self) -> None:
        self._name = f"hb{os.getpid()}"

    def __enter__(self) -> Self:
        programs.require_root("A network of its own")
        self._ip("netns", "add", self._name)
        try:
            self._ip("-n", self._name, "link", "set", "lo", "up")
            for number, address in enumerate((self.near, self.far), 1):
                here, there = f"{self._name}h{number}", f"wire{number}"
                self._ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", self._name)
                self._ip("addr", "add", f"{address.removesuffix('2')}1/30", "dev", here)
                self._ip("link", "set", here, "up")
                self._ip("-n", self._name, "addr", "add", f"{address}/30", "dev", there)
                self._ip("-n", self._name, "link", "set", there, "up")
        except BaseException:
            self._clear()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()

    @property
    def inside(self) -> list[str]:
        """What stands before a command that is to run there."""
        return [programs.require("ip", "iproute2"), "netns", "exec", self._name]

    def cut(self) -> None:
        """Cut the wire to `far`: from now on nothing comes through, and nobody is told."""
        self._ip("-n", self._name, "link", "set", "wire2", "down")

    def _clear(self) -> None:
        self._ip("netns", "del", self._name)

    def _ip(self, *words: str) -> None:
        programs.run([programs.require("ip", "iproute2"), *words])
