"""The first tables."""

from alembic import op
from sqlalchemy import Column, Integer, LargeBinary, Text

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create all of them."""
    op.create_table(
        "runs",
        Column("organization", Text, primary_key=True, comment="Label of the Hyperproof organization"),
        Column("id", Text, primary_key=True, comment="On every record of the run"),
        Column("kind", Text, nullable=False, comment="sync or backfill"),
        Column("started", Text, nullable=False, comment="When it began"),
        Column("ended", Text, comment="When it ended; null while it goes on, or when it was cut short"),
        Column("outcome", Text, comment="How it ended"),
        Column("config_hash", Text, nullable=False, comment="Of the configuration it ran under"),
        Column(
            "continues", Text, nullable=False, comment="The first run of the backfill it goes on with, or empty"
        ),
        Column("counts", Text, nullable=False, comment="JSON: the figures of its last record"),
        comment="Every run, one row each",
    )
    op.create_table(
        "links",
        Column("organization", Text, primary_key=True, comment="Label of the Hyperproof organization"),
        Column("person", Text, primary_key=True, comment="A person's stable id in a directory"),
        Column(
            "account", Text, nullable=False, comment="The person's account in Hyperproof, by the id groups take"
        ),
        comment="Whose account is whose, so that a changed address loses nobody",
    )
    op.create_table(
        "bindings",
        Column("organization", Text, primary_key=True, comment="Label of the Hyperproof organization"),
        Column("key", Text, primary_key=True, comment="A mapping's key"),
        Column("group_id", Text, nullable=False, comment="The Hyperproof group it serves"),
        comment="Which group each mapping serves, whatever its name is today",
    )
    op.create_table(
        "sources",
        Column("organization", Text, primary_key=True, comment="Label of the Hyperproof organization"),
        Column("directory_group", Text, primary_key=True, comment="A directory group's stable id"),
        Column("name", Text, nullable=False, comment="Its name at that read"),
        Column("size", Integer, nullable=False, comment="How many people were in it"),
        Column("digest", Text, nullable=False, comment="Of those people"),
        Column("people", LargeBinary, nullable=False, comment="Their stable ids, packed"),
        comment="Who was in each directory group at its last read without doubt",
    )
    op.create_table(
        "baselines",
        Column("organization", Text, primary_key=True, comment="Label of the Hyperproof organization"),
        Column("key", Text, primary_key=True, comment="A mapping's key"),
        Column("digest", Text, nullable=False, comment="Of the whole baseline; empty: not known"),
        Column("mapping_digest", Text, nullable=False, comment="Of the rule and settings then in force"),
        Column("desired", LargeBinary, nullable=False, comment="Accounts the group should have had, packed"),
        Column("members", LargeBinary, nullable=False, comment="Accounts it had when last read, packed"),
        Column("sources", Text, nullable=False, comment="JSON: ids of the directory groups that fed it"),
        comment="How each managed group stood at the end of the last run that settled it",
    )
    op.create_table(
        "placements",
        Column("organization", Text, primary_key=True, comment="Label of the Hyperproof organization"),
        Column("group_id", Text, primary_key=True, comment="A Hyperproof group"),
        Column("account", Text, primary_key=True, comment="An account in it"),
        Column("run", Text, nullable=False, comment="The run that put it there"),
        Column("since", Text, nullable=False, comment="When that was recorded"),
        comment="Whom the bridge itself put where, and has not taken out since",
    )
    op.create_table(
        "skips",
        Column("organization", Text, primary_key=True, comment="Label of the Hyperproof organization"),
        Column("key", Text, primary_key=True, comment="A mapping's key"),
        Column("digest", Text, nullable=False, comment="Of what was left undone there in the last run"),
        comment="What is recorded already as left undone, so that an idle run repeats nothing",
    )
    op.create_table(
        "target_sizes",
        Column("organization", Text, primary_key=True, comment="Label of the Hyperproof organization"),
        Column("users", Integer, nullable=False, comment="Users that Hyperproof showed"),
        Column("groups", Integer, nullable=False, comment="Groups that Hyperproof showed"),
        comment="How much Hyperproof showed in the last run that read it",
    )
    op.create_table(
        "intents",
        Column("organization", Text, primary_key=True, comment="Label of the Hyperproof organization"),
        Column("id", Text, primary_key=True, comment="Made up by the run"),
        Column("run", Text, nullable=False, comment="The run that is about to write"),
        Column("at", Text, nullable=False, comment="When it was about to"),
        Column("key", Text, nullable=False, comment="The mapping's key"),
        Column("group_id", Text, comment="The group; null if it is to be created"),
        Column("group_name", Text, nullable=False, comment="The group's name then"),
        Column("action", Text, nullable=False, comment="What kind of write it is"),
        Column(
            "members", Text, nullable=False, comment="JSON: the accounts it is about, with addresses and causes"
        ),
        Column("name", Text, nullable=False, comment="The name to give, or empty"),
        Column("lead", Text, comment="The lead to set, or null"),
        Column("cause", Text, nullable=False, comment="Why, where it is not about members"),
        comment="Writes whose outcome is not recorded yet; a row goes when it is",
    )
    op.create_table(
        "held",
        Column("organization", Text, primary_key=True, comment="Label of the Hyperproof organization"),
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
    op.create_table(
        "audit",
        Column("organization", Text, primary_key=True, comment="Label of the Hyperproof organization"),
        Column(
            "seq", Integer, primary_key=True, autoincrement=False, comment="The record's number, from 1, no gaps"
        ),
        Column("line", Text, nullable=False, comment="The sealed record, as it goes out"),
        comment="The audit chain",
    )
    op.create_table(
        "audit_tips",
        Column("organization", Text, primary_key=True, comment="Label of the Hyperproof organization"),
        Column("seq", Integer, nullable=False, comment="Number of the last record"),
        Column("hash", Text, nullable=False, comment="Hash of the last record"),
        comment="Where each chain ends; whoever appends holds this row",
    )
    op.create_table(
        "audit_files",
        Column("organization", Text, primary_key=True, comment="Label of the Hyperproof organization"),
        Column("file", Text, primary_key=True, comment="Path of a file that records go out to"),
        Column(
            "seq", Integer, nullable=False, comment="All records up to this one are known to have been written"
        ),
        comment="How far each audit file was written, so that a rotated one goes on where the last ended",
    )
