"""Times as evidence and store write them: UTC, to the microsecond, so that text order is time order."""

from datetime import UTC, datetime


def stamp(at: datetime) -> str:
    """Write a time as `2026-03-01T09:30:00.000000Z` (ISO 8601)."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def moment(text: str) -> datetime:
    """Read a time back; one that names no zone is UTC. Raises ValueError when it is no ISO 8601 time."""
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
