"""Names of directory groups: what each led to, for directories whose groups are bound to their ids. Pure."""

from collections.abc import Mapping

from bridge.core.desired import Reads
from bridge.core.model import Selector, SelectorKind


def is_name(selector: Selector) -> bool:
    """Whether a selector names a group by something that may be given to another one."""
    return selector.kind in {SelectorKind.NAME, SelectorKind.MAIL_NICKNAME}


def name_key(selector: Selector) -> str:
    """What the group that a name led to is remembered under."""
    return f"{selector.directory} {selector.kind.value} {selector.text}"


def named_groups(reads: Reads) -> Mapping[str, str]:
    """The ids of the groups that names led to in these reads, by `name_key`; where there is doubt, nothing."""
    return {
        name_key(selector): selection.groups[0].id
        for read in reads.values()
        if not read.doubts
        for selector, selection in read.selections.items()
        if is_name(selector) and len(selection.groups) == 1 and not selection.doubts
    }
