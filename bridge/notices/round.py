"""One round of notices on a channel: what is new or over is entered, what is due is sent, and that is kept."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from bridge.core.notice import Notice, Pending, Subject, reviewed
from bridge.errors import BridgeError
from bridge.notices.channels import Channel
from bridge.notices.letter import letter
from bridge.notices.matter import Matter, MatterKind

NOTIFIED: Final = frozenset(MatterKind) - {MatterKind.OPEN}
"""What somebody is told of. A write without an outcome is settled by the next run."""


class Book(Protocol):
    """Where it stands what was told. Both methods raise StoreError."""

    def load_notices(self, channel: str) -> Mapping[Subject, Notice]:
        """Load what a channel was told, or is to be."""

    def keep_notices(self, channel: str, known: Sequence[Notice]) -> None:
        """Keep exactly these."""


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a round."""

    channel: str
    delivered: int = 0
    """Matters that were told."""
    waiting: int = 0
    """Matters that are to be told."""
    reason: str = ""
    """Why they could not be told."""
    again: datetime | None = None
    """When they are tried again."""


@dataclass(frozen=True, slots=True)
class Round:
    """What there is to tell, at one moment."""

    organization: str
    now: datetime
    matters: Sequence[Matter]
    doubts_after: timedelta
    """How long a doubt has to last."""


def tell(channel: Channel, book: Book, about: Round) -> Told:
    """Make one round. A delivery that fails is a value; raises StoreError.

    What is told is noted afterwards: cut off in between, it is told twice rather than never.
    """
    of_subject = {
        (matter.kind.value, matter.subject): matter for matter in about.matters if matter.kind in NOTIFIED
    }
    before = book.load_notices(channel.name)
    pending = (_pending(subject, matter, about.doubts_after) for subject, matter in of_subject.items())
    known = reviewed(pending, before, about.now)
    due = [subject for subject, notice in known.items() if notice.due and notice.due <= about.now]
    if known != before:
        book.keep_notices(channel.name, tuple(known.values()))
    if not due:
        return Told(channel.name, waiting=_waiting(known))
    ends = [known[subject] for subject in due if known[subject].is_over]
    begun = [of_subject[subject] for subject in due if not known[subject].is_over]
    try:
        channel.send(letter(about.organization, about.now, begun, ends))
    except BridgeError as error:
        known |= {subject: known[subject].failed(about.now) for subject in due}
        book.keep_notices(channel.name, tuple(known.values()))
        again = min(notice.due for notice in known.values() if notice.due)
        return Told(channel.name, waiting=_waiting(known), reason=str(error), again=again)
    known |= {subject: known[subject].told() for subject in due}
    known = {subject: notice for subject, notice in known.items() if not (notice.is_over and notice.due is None)}
    book.keep_notices(channel.name, tuple(known.values()))
    return Told(channel.name, len(due), _waiting(known))


def _pending(subject: Subject, matter: Matter, doubts_after: timedelta) -> Pending:
    essence = hashlib.sha256(matter.essence.encode("utf-8", "surrogatepass")).hexdigest()
    return Pending(subject, essence, doubts_after if matter.kind is MatterKind.DOUBT else timedelta())


def _waiting(known: Mapping[Subject, Notice]) -> int:
    return sum(notice.due is not None for notice in known.values())
