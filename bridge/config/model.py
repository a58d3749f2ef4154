"""The configuration as a whole."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, PrivateAttr

from bridge.config.directories import Directory, DirectoryKey
from bridge.config.document import Document
from bridge.config.groups import Defaults, GroupEntry
from bridge.config.limits import AccountsSection, LimitsSection
from bridge.config.notices import NoticesSection
from bridge.config.references import Surroundings
from bridge.config.schedule import ScheduleSection, Times, WebSection
from bridge.config.service import (
    ApprovalsSection,
    AuditSection,
    HyperproofSection,
    LogSection,
    Model,
    StoreSection,
)
from bridge.config.values import Flag, Label
from bridge.core.mapping import MAIN


class Configuration(Model):
    """What an operator tells the bridge: everything in one file."""

    hyperproof: HyperproofSection = Field(
        examples=[
            {
                "region": "us",
                "client_id": "${env:HYPERPROOF_CLIENT_ID}",
                "client_secret": "${env:HYPERPROOF_CLIENT_SECRET}",
            }
        ]
    )
    """How Hyperproof is reached."""

    organization: Label = "default"
    """What this Hyperproof organization is remembered and locked under, where one store serves several."""

    directories: Annotated[dict[DirectoryKey, Directory], Field(min_length=1)] = Field(
        examples=[{"corp": {"type": "ldap", "preset": "openldap"}}]
    )
    """The directories, each under a name of your choice."""

    groups: Annotated[tuple[GroupEntry, ...], Field(min_length=1)] = Field(
        examples=[[{"name": "Auditors", "members": {"corp": "auditors"}}]]
    )
    """The managed groups. No other group is ever written."""

    defaults: Defaults = Defaults()
    """How managed groups are kept, unless one says otherwise."""

    limits: LimitsSection = LimitsSection()
    """What is plausible. Anything beyond is held until a person approves it."""

    accounts: AccountsSection = AccountsSection()
    """Which accounts may be put in or taken out."""

    approvals: ApprovalsSection = ApprovalsSection()
    """People's consent to what a guard holds."""

    store: StoreSection = StoreSection()
    """What outlives a run."""

    audit: AuditSection = AuditSection()
    """Where audit records go besides the database."""

    log: LogSection = LogSection()
    """What the bridge says while it works."""

    schedule: ScheduleSection = ScheduleSection()
    """When `hyperproof-bridge run` makes a run."""

    web: WebSection = WebSection()
    """Where the service tells how it is."""

    notices: NoticesSection = NoticesSection()
    """Who is told of what needs a person."""

    apply: Flag = False
    """Write to Hyperproof. Off, the bridge plans and reports: the state of a new configuration."""

    _path: Path = PrivateAttr(default=Path())
    _warnings: tuple[str, ...] = PrivateAttr(default=())
    _places: tuple[str, ...] = PrivateAttr(default=())
    _files: tuple[Path, ...] = PrivateAttr(default=())
    _document: Document | None = PrivateAttr(default=None)

    @property
    def jobs(self) -> dict[str, Times]:
        """When the runs of each job are due; of those alone that some managed group is of."""
        named = {entry.job for entry in self.groups}
        main = {MAIN: self.schedule} if None in named else {}
        return {**main, **{name: job for name, job in self.schedule.jobs.items() if name in named}}

    @property
    def path(self) -> Path:
        """The file it came from."""
        return self._path

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is not wrong and should be seen to: a secret that everybody may read, certificates unverified."""
        return self._warnings

    @property
    def files(self) -> tuple[Path, ...]:
        """All files that it was made of: its own, those behind references, certificates and keys."""
        return self._files

    @property
    def document(self) -> Document:
        """What stands in its file, references as they are written there. Raises ValueError if it is of none."""
        if self._document is None:
            raise ValueError("this configuration was not read from a file")
        return self._document

    def place(self, position: int) -> str:
        """Tell the file and line of one of the groups."""
        return self._places[position] if self._places else ""

    def placed(self, document: Document, surroundings: Surroundings) -> "Configuration":
        """The same, aware of where it stands in its file."""
        self._document = document
        self._path = document.path
        self._warnings = tuple(surroundings.warnings)
        self._files = (document.path, *surroundings.files)
        self._places = tuple(f"{document.path}:{document.line(('groups', n))}" for n in range(len(self.groups)))
        return self
