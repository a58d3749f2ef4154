"""What an export holds, sorted by kind, whatever its format."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from bridge.core.model import Doubt, Search
from bridge.sources.ldap.dn import normal_form
from bridge.sources.ldap.groups import Groups
from bridge.sources.ldap.lookup import Found
from bridge.sources.ldap.people import People


@dataclass(slots=True)
class Content:
    """Everybody and every group in an export, and what else groups may name."""

    people: People
    groups: Groups
    ignored: tuple[str, ...] = ()
    """Members that mean nobody."""
    others: set[str] = field(default_factory=set)
    """What is neither a person nor a group, by normal form."""
    untold: dict[str, str] = field(default_factory=dict)
    """What nobody can tell the kind of, by normal form, and why."""
    searches: list[Search] = field(default_factory=list)
    doubts: set[Doubt] = field(default_factory=set)
    """Of the export as a whole."""

    def found(self, names: Iterable[bytes]) -> Found:
        """What there is under these names, of those that name neither a person nor a group."""
        forms = set(map(normal_form, names))
        failed = {form: self.untold[form] for form in forms & self.untold.keys()}
        return Found(there=forms & self.others, failed=failed)
