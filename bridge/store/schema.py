"""The tables, in types that SQLite and PostgreSQL share. The scripts in migrations/ bring a database here.

Everything is one organization's: its label is the first part of every key. Times are text, UTC to the microsecond
(`2026-03-01T09:30:00.000000Z`), so they sort; lists and objects are JSON text; big sets are packed (packing.py).
"""

from typing import Final

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, Table, Text

REVISION: Final = "0015"
"""Of the newest script in migrations/versions/. Later ones sort after earlier ones, as text."""

metadata: Final = MetaData()


def _organization() -> Column[str]:
    return Column("organization", Text, primary_key=True, comment="Label of the Hyperproof organization")


runs: Final = Table(
    "runs",
    metadata,
    _organization(),
    Column("id", Text, primary_key=True, comment="On every record of the run"),
    Column("kind", Text, nullable=False, comment="sync or backfill"),
    Column("started", Text, nullable=False, comment="When it began"),
    Column("ended", Text, comment="When it ended; null while it goes on, or when it was cut short"),
    Column("outcome", Text, comment="How it ended"),
    Column("config_hash", Text, nullable=False, comment="Of the configuration it ran under"),
    Column("continues", Text, nullable=False, comment="The first run of the backfill it goes on with, or empty"),
    Column("counts", Text, nullable=False, comment="JSON: the figures of its last record"),
    Column("job", Text, nullable=False, server_default="", comment="The job whose groups it wrote; empty: all"),
    comment="Every run, one row each",
)

links: Final = Table(
    "links",
    metadata,
    _organization(),
    Column("person", Text, primary_key=True, comment="A person's stable id in a directory"),
    Column("account", Text, nullable=False, comment="The person's account in Hyperproof, by the id groups take"),
    comment="Whose account is whose, so that a changed address loses nobody",
)

listed: Final = Table(
    "listed",
    metadata,
    _organization(),
    Column("address", Text, primary_key=True, comment="An address on a list keep or ignore"),
    Column("accounts", Text, nullable=False, comment="JSON: the accounts that it led to last"),
    comment="Whom the lists keep and ignore mean, so that a changed address exposes nobody",
)

bindings: Final = Table(
    "bindings",
    metadata,
    _organization(),
    Column("key", Text, primary_key=True, comment="A mapping's key"),
    Column("group_id", Text, nullable=False, comment="The Hyperproof group it serves"),
    comment="Which group each mapping serves, whatever its name is today",
)

names: Final = Table(
    "names",
    metadata,
    _organization(),
    Column("name", Text, primary_key=True, comment="A directory, how it names a group, and the name"),
    Column("directory_group", Text, nullable=False, comment="Stable id of the group that it led to"),
    comment="What the name of each directory group led to, whatever that group is called today",
)

sources: Final = Table(
    "sources",
    metadata,
    _organization(),
    Column("directory_group", Text, primary_key=True, comment="A directory group's stable id"),
    Column("name", Text, nullable=False, comment="Its name at that read"),
    Column("size", Integer, nullable=False, comment="How many people were in it"),
    Column("digest", Text, nullable=False, comment="Of those people"),
    Column("people", LargeBinary, nullable=False, comment="Their stable ids, packed"),
    comment="Who was in each directory group at its last read without doubt",
)

baselines: Final = Table(
    "baselines",
    metadata,
    _organization(),
    Column("key", Text, primary_key=True, comment="A mapping's key"),
    Column("digest", Text, nullable=False, comment="Of the whole baseline; empty: not known"),
    Column("mapping_digest", Text, nullable=False, comment="Of the rule and settings then in force"),
    Column("desired", LargeBinary, nullable=False, comment="Accounts the group should have had, packed"),
    Column("members", LargeBinary, nullable=False, comment="Accounts it had when last read, packed"),
    Column("sources", Text, nullable=False, comment="JSON: ids of the directory groups that fed it"),
    comment="How each managed group stood at the end of the last run that settled it",
)

snapshots: Final = Table(
    "snapshots",
    metadata,
    _organization(),
    Column("directory", Text, primary_key=True, comment="A directory's key in the configuration"),
    Column("digest", Text, nullable=False, comment="Of all that decides what a read of it finds"),
    Column("taken", Text, nullable=False, comment="When the read began"),
    Column("mark", Text, nullable=False, comment="From where to ask the directory what changed; its own words"),
    Column("read", LargeBinary, nullable=False, comment="What the read found, packed"),
    comment="The last read of each directory without doubt, where runs may ask what changed since",
)

applied: Final = Table(
    "applied",
    metadata,
    _organization(),
    Column("digest", Text, nullable=False, comment="Of the configuration as it is kept here"),
    Column("run", Text, nullable=False, comment="The first run that applied it"),
    Column("since", Text, nullable=False, comment="When that run ended"),
    Column(
        "configuration",
        LargeBinary,
        nullable=False,
        comment="JSON, compressed: what it says of memberships, references as they are written",
    ),
    comment="The configuration that runs last applied, to compare the next one with",
)

pictures: Final = Table(
    "pictures",
    metadata,
    _organization(),
    Column("side", Text, primary_key=True, comment="A directory's key in the configuration; empty: Hyperproof"),
    Column("digest", Text, nullable=False, comment="Of what was read"),
    Column("kept", Text, nullable=False, comment="When it was found to be new"),
    Column("unread", Text, nullable=False, comment="Why the last run could not read it, or empty"),
    Column("picture", LargeBinary, nullable=False, comment="People and groups, or accounts and members; packed"),
    comment="What the last run read of each side, for whoever asks why somebody is in a group",
)

placements: Final = Table(
    "placements",
    metadata,
    _organization(),
    Column("group_id", Text, primary_key=True, comment="A Hyperproof group"),
    Column("account", Text, primary_key=True, comment="An account in it"),
    Column("run", Text, nullable=False, comment="The run that put it there"),
    Column("since", Text, nullable=False, comment="When that was recorded"),
    comment="Whom the bridge itself put where, and has not taken out since",
)

skips: Final = Table(
    "skips",
    metadata,
    _organization(),
    Column("key", Text, primary_key=True, comment="A mapping's key"),
    Column("digest", Text, nullable=False, comment="Of what was left undone there in the last run"),
    comment="What is recorded already as left undone, so that an idle run repeats nothing",
)

target_sizes: Final = Table(
    "target_sizes",
    metadata,
    _organization(),
    Column("users", Integer, nullable=False, comment="Users that Hyperproof showed"),
    Column("groups", Integer, nullable=False, comment="Groups that Hyperproof showed"),
    comment="How much Hyperproof showed in the last run that read it",
)

intents: Final = Table(
    "intents",
    metadata,
    _organization(),
    Column("id", Text, primary_key=True, comment="Made up by the run"),
    Column("run", Text, nullable=False, comment="The run that is about to write"),
    Column("at", Text, nullable=False, comment="When it was about to"),
    Column("key", Text, nullable=False, comment="The mapping's key"),
    Column("group_id", Text, comment="The group; null if it is to be created"),
    Column("group_name", Text, nullable=False, comment="The group's name then"),
    Column("action", Text, nullable=False, comment="What kind of write it is"),
    Column("members", Text, nullable=False, comment="JSON: the accounts it is about, with addresses and causes"),
    Column("name", Text, nullable=False, comment="The name to give, or empty"),
    Column("lead", Text, comment="The lead to set, or null"),
    Column("cause", Text, nullable=False, comment="Why, where it is not about members"),
    comment="Writes whose outcome is not recorded yet; a row goes when it is",
)

held: Final = Table(
    "held",
    metadata,
    _organization(),
    Column("digest", Text, primary_key=True, comment="Names exactly these changes to this group"),
    Column("key", Text, nullable=False, comment="The mapping's key"),
    Column("name", Text, nullable=False, comment="The group's name"),
    Column("group_id", Text, comment="The group; null if it is to be created"),
    Column("changes", Text, nullable=False, comment="JSON: the changes"),
    Column("findings", Text, nullable=False, comment="JSON: what the guards object to"),
    Column("first_seen", Text, nullable=False, comment="When they were first held"),
    Column("last_seen", Text, nullable=False, comment="When they were last held"),
    Column("run", Text, nullable=False, comment="The run that last held them"),
    Column("current", Integer, nullable=False, comment="1 if the last run held them, else 0"),
    Column("status", Text, nullable=False, comment="pending, approved, rejected, superseded or applied"),
    Column("by", Text, nullable=False, comment="Who decided, or empty"),
    Column("reason", Text, nullable=False, comment="Why, in that person's words, or empty"),
    Column("decided_at", Text, comment="When that was"),
    Column("expires", Text, comment="Until when an approval holds"),
    Column("done", Text, nullable=False, comment="JSON: which approved changes were carried out, to whom"),
    comment="Changes that a guard stopped, and what became of them",
)

quarantine: Final = Table(
    "quarantine",
    metadata,
    _organization(),
    Column("key", Text, primary_key=True, comment="A mapping's key"),
    Column("name", Text, nullable=False, comment="Its group's name"),
    Column("cause", Text, nullable=False, comment="Why its writes failed last"),
    Column("runs", Integer, nullable=False, comment="In how many runs in a row they failed"),
    Column("since", Text, nullable=False, comment="When the first of these runs was"),
    Column("next_try", Text, comment="Until when it is left alone; null while it is not in quarantine"),
    Column(
        "removals",
        Integer,
        nullable=False,
        server_default="1",
        comment="1 if a removal was among what failed, else 0: then removals go on",
    ),
    comment="Mappings whose writes failed in the last run that tried them",
)

sights: Final = Table(
    "sights",
    metadata,
    _organization(),
    Column("key", Text, primary_key=True, comment="A mapping's key"),
    Column("digest", Text, nullable=False, comment="Of all that is told here"),
    Column("name", Text, nullable=False, comment="Its group's name"),
    Column("group_id", Text, comment="The group; null while there is none"),
    Column("size", Integer, nullable=False, comment="How many members it has"),
    Column("feeds", Text, nullable=False, comment="JSON: the directory groups behind it, with their doubts"),
    Column("doubts", Text, nullable=False, comment="JSON: why nobody is removed from it"),
    Column("skips", Text, nullable=False, comment="JSON: what is left undone there, and why"),
    Column("members", LargeBinary, nullable=False, comment="JSON, compressed: addresses of its members"),
    Column(
        "pending",
        Text,
        nullable=False,
        server_default="[]",
        comment="JSON: what was planned and is still to be done, with some of those whom it is about",
    ),
    comment="How each managed group looked at the end of the last run, for people to see",
)

notices: Final = Table(
    "notices",
    metadata,
    _organization(),
    Column("channel", Text, primary_key=True, comment="webhook or mail"),
    Column("kind", Text, primary_key=True, comment="What kind of matter it is"),
    Column("subject", Text, primary_key=True, comment="Which one: a digest, a mapping's key, or empty"),
    Column(
        "essence",
        Text,
        nullable=False,
        comment="Digest of what it is: with another it is told anew",
    ),
    Column("since", Text, nullable=False, comment="When the matter was first seen"),
    Column("due", Text, comment="When it is to be told, or tried again; null once it was"),
    Column("tries", Integer, nullable=False, comment="How often it could not be told"),
    comment="What somebody was told, or is to be; a row goes when its matter does",
)

audit: Final = Table(
    "audit",
    metadata,
    _organization(),
    Column("seq", Integer, primary_key=True, autoincrement=False, comment="The record's number, from 1, no gaps"),
    Column("line", Text, nullable=False, comment="The sealed record, as it goes out"),
    Column("account", Text, comment="The account that the record is about by itself; null: none"),
    comment="The audit chain",
)

audit_of_account: Final = Index("audit_of_account", audit.c.organization, audit.c.account, audit.c.seq)
"""Half a million records of a first run are not gone through to tell since when somebody is in a group."""

audit_tips: Final = Table(
    "audit_tips",
    metadata,
    _organization(),
    Column("seq", Integer, nullable=False, comment="Number of the last record"),
    Column("hash", Text, nullable=False, comment="Hash of the last record"),
    comment="Where each chain ends; whoever appends holds this row",
)

audit_files: Final = Table(
    "audit_files",
    metadata,
    _organization(),
    Column("file", Text, primary_key=True, comment="Path of a file that records go out to"),
    Column("seq", Integer, nullable=False, comment="All records up to this one are known to have been written"),
    comment="How far each audit file was written, so that a rotated one goes on where the last ended",
)

fences: Final = Table(
    "fences",
    metadata,
    _organization(),
    Column(
        "number",
        Integer,
        nullable=False,
        comment="Of the last holder of its lock: who has a lower one writes no more",
    ),
    Column("taken", Text, nullable=False, comment="When it took the lock"),
    Column(
        "word",
        Text,
        nullable=False,
        server_default="",
        comment="Random, of that holder alone: after a failover that lost a number, two have the same",
    ),
    comment="Fencing numbers: whoever holds an organization's lock has the highest",
)
