"""The job: what the bridge does for one organization, by whose configuration, and when."""

from dataclasses import dataclass
from datetime import datetime

from bridge.notices.matter import JobStanding


@dataclass(frozen=True, slots=True)
class Job:
    """What is done, by whose configuration."""

    organization: str
    config: str
    """The configuration's file."""
    apply: bool
    """Whether it may write."""
    config_hash: str
    """Of what the bridge decides by."""
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
