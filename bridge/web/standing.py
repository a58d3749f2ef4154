"""What the web side asks of the service: values, or lists of sentences in which nothing means all is well."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.notices.matter import JobStanding
from bridge.store.store import DatabaseStore


@dataclass(frozen=True, slots=True)
class Job:
    """What the service does, by whose configuration."""

    organization: str
    config: str
    """The configuration's file."""
    apply: bool
    """Whether it may write."""
    now: datetime
    jobs: tuple[JobStanding, ...]
    running: bool
    refusal: str = ""
    """Why the configuration on disk is not in force."""
    chain: str = ""
    """Why the audit chain does not verify."""

    @property
    def next_run(self) -> datetime | None:
        """When the next run is due, of whichever job."""
        return min((job.next_run for job in self.jobs if job.next_run), default=None)

    @property
    def last_complete(self) -> datetime | None:
        """When the last complete run began, of whichever job."""
        return max((job.last_complete for job in self.jobs if job.last_complete), default=None)


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
