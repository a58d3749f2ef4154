"""The job: what the bridge does for one organization, by whose configuration, and when."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Job:
    """What is done, by whose configuration, and when it is done again."""

    organization: str
    config: str
    """The configuration's file."""
    schedule: str
    """In words."""
    apply: bool
    """Whether it may write."""
    now: datetime
    next_run: datetime | None
    last_complete: datetime | None
    stale_after: timedelta
    """The age of the last complete run at which something is wrong."""
    running: bool
    refusal: str = ""
    """Why the configuration on disk is not in force."""
    chain: str = ""
    """Why the audit chain does not verify."""
