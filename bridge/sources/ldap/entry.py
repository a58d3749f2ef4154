"""An entry of a directory, wherever it comes from: a server's answer, or an export."""

from collections.abc import Mapping
from typing import NamedTuple


class Entry(NamedTuple):
    """An entry as it came: nothing is decoded, attribute names are in lower case."""

    dn: bytes
    attributes: Mapping[str, list[bytes]]
