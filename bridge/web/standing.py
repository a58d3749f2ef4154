"""What the web side asks of the service: values, or lists of sentences in which nothing means all is well."""

from typing import Protocol

from bridge.standing.job import Job
from bridge.store.store import DatabaseStore


class Standing(Protocol):
    """A service, as it stands now. For all threads."""

    def not_live(self) -> tuple[str, ...]:
        """Tell why it should be restarted."""

    def not_ready(self) -> tuple[str, ...]:
        """Tell why it does not do its work, though a restart would not help."""

    def token(self) -> str:
        """Tell what a reader has to show; empty where anybody may read."""

    def metrics(self) -> bytes:
        """Tell the figures in Prometheus' text format."""


class Served(Standing, Protocol):
    """A service with a status page."""

    def job(self) -> Job:
        """Tell what it does, and when."""

    def store(self) -> DatabaseStore:
        """Tell where the status page reads. It writes nothing there."""
