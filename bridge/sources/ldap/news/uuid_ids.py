"""Stable ids that are nothing but an entry's UUID (RFC 4530), in the way that the directory spells it. Pure.

RFC 4533 names deleted entries by UUID alone. OpenLDAP's entryUUID and 389's nsUniqueId are that very UUID, with
dashes in different places; where another attribute serves as the id, nobody can tell from it what is gone.
"""

from collections.abc import Collection
from uuid import UUID

from bridge.core.model import DirectoryName


def form_of(ids: Collection[str], uuid: UUID) -> str:
    """How the ids of an entry are made of its UUID, as the lengths of their parts; empty if they are not."""
    texts = {one.partition(":")[2] for one in ids}
    text = texts.pop() if len(texts) == 1 else ""
    is_made = text.replace("-", "") == uuid.hex
    return "-".join(str(len(part)) for part in text.split("-")) if is_made else ""


def id_of(directory: DirectoryName, uuid: UUID, form: str) -> str:
    """The id that is made of a UUID in a form that `form_of` told."""
    parts, at = [], 0
    for length in map(int, form.split("-")):
        parts.append(uuid.hex[at : at + length])
        at += length
    return f"{directory}:{'-'.join(parts)}"
