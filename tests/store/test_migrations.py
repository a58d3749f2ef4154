import json
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from bridge.errors import StoreError
from bridge.store.database import Database
from bridge.store.migration import SCRIPTS, configuration, migrate
from bridge.store.schema import REVISION, metadata
from tests.store.stores import a_record, events, opened

pytestmark = pytest.mark.files

ADDRESS = "sqlite:///{}"


def tables_of(path: Path) -> dict[str, str]:
    """What SQLite says the tables are, by name, white space aside."""
    engine = create_engine(ADDRESS.format(path))
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
        tables = {name: " ".join(sql.split()) for name, sql in rows if name != "alembic_version"}
    engine.dispose()
    return tables


def test_the_scripts_lead_to_the_tables_of_the_program(tmp_path: Path) -> None:
    """A migrated database is the one that the program describes: to alembic, and word for word to SQLite."""
    Database.open(tmp_path / "migrated.db").close()
    described = create_engine(ADDRESS.format(tmp_path / "described.db"))
    metadata.create_all(described)
    described.dispose()
    assert tables_of(tmp_path / "migrated.db") == tables_of(tmp_path / "described.db")
    engine = create_engine(ADDRESS.format(tmp_path / "migrated.db"))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_the_newest_script_is_the_one_the_program_knows() -> None:
    """There is one line of scripts, its end is REVISION, and their names sort as they follow."""
    scripts = ScriptDirectory.from_config(configuration())
    assert scripts.get_heads() == [REVISION]
    revisions = [script.revision for script in scripts.walk_revisions()]
    assert revisions == sorted(revisions, reverse=True)


def test_every_table_and_column_says_what_it_is() -> None:
    """A comment each, and each table begins with its organization."""
    for table in metadata.sorted_tables:
        assert table.comment, table.name
        assert all(column.comment for column in table.columns), table.name
        assert next(iter(table.primary_key)).name == "organization", table.name


def test_the_scripts_are_inside_the_package() -> None:
    """So that the wheel has them."""
    assert SCRIPTS.is_relative_to(Path("bridge").resolve())
    assert (SCRIPTS / "env.py").is_file()


def test_opening_twice_changes_nothing(tmp_path: Path) -> None:
    """A current database is taken as it is."""
    with opened(tmp_path) as store:
        store.record([a_record()])
        before = events(store)
    with opened(tmp_path) as store:
        assert events(store) == before


def test_a_current_database_is_opened_without_alembic(tmp_path: Path) -> None:
    """The heavy part is for the day of an upgrade."""
    Database.open(tmp_path / "bridge.db").close()
    program = (
        "import sys; from pathlib import Path; from bridge.store.database import Database; "
        "Database.open(Path(sys.argv[1])).close(); sys.exit('alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "bridge.db")]
    assert subprocess.run(command, check=False, timeout=60).returncode == 0


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """With both revisions and the way out; nothing in it is touched."""
    path = tmp_path / "bridge.db"
    database = Database.open(path)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=f"newer version.*9999.*{REVISION}.*install that version"):
        Database.open(path)
    assert path.read_bytes() == before


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    """It is not filled with our tables."""
    engine = create_engine(ADDRESS.format(tmp_path / "bridge.db"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE customers (id INTEGER)"))
    engine.dispose()
    with pytest.raises(StoreError, match="another program"):
        Database.open(tmp_path / "bridge.db")
    assert list(tables_of(tmp_path / "bridge.db")) == ["customers"]


def migrate_and_break(database: Database) -> None:
    """Run the scripts, and fail before the transaction ends."""
    with database.writing() as connection:
        migrate(connection)
        raise RuntimeError("power cut")


def test_a_migration_that_was_cut_short_begins_again(tmp_path: Path) -> None:
    """Scripts run in one transaction: either all tables are there, or none."""
    path = tmp_path / "bridge.db"
    path.touch()
    database = Database(path)
    with pytest.raises(RuntimeError, match="power"):
        migrate_and_break(database)
    database.close()
    assert tables_of(path) == {}
    Database.open(path).close()
    assert "audit" in tables_of(path)


def test_a_database_of_an_older_version_keeps_what_is_in_it(tmp_path: Path) -> None:
    """From the first tables on: the evidence is as it was, and the new tables are there."""
    database = Database(tmp_path / "bridge.db")
    with database.writing() as connection:
        command.upgrade(configuration(connection), "0001")
    database.close()
    old = set(tables_of(tmp_path / "bridge.db"))
    assert "snapshots" not in old
    engine = create_engine(ADDRESS.format(tmp_path / "bridge.db"))
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO links VALUES ('acme', 'corp:1', 'acc-1')"))
    engine.dispose()
    with opened(tmp_path) as store:
        store.record([a_record()])
        assert store.load().links == {"corp:1": "acc-1"}
        assert len(events(store)) == 1
    assert set(tables_of(tmp_path / "bridge.db")) > old


def test_an_older_version_s_records_are_found_by_their_account(tmp_path: Path) -> None:
    """Those of all organizations, and more of them than are taken at once; a damaged one is passed over."""
    database = Database(tmp_path / "bridge.db")
    with database.writing() as connection:
        command.upgrade(configuration(connection), "0012")
        lines = [json.dumps({"account": f"acc-{n}" if n % 2 else None, "n": n}) for n in range(2, 2500)]
        rows = [
            ("other", 1, '{"account": "acc-1"}'),
            ("acme", 1, '"account"'),
            *(("acme", n, line) for n, line in enumerate(lines, 2)),
        ]
        for organization, seq, line in rows:
            connection.execute(
                text("INSERT INTO audit VALUES (:organization, :seq, :line)"),
                {"organization": organization, "seq": seq, "line": line},
            )
    database.close()
    with opened(tmp_path) as store:
        for number in (3, 1001, 2499):
            assert [entry.seq for entry in store.ledger.of_account(f"acc-{number}")] == [number]
        assert list(store.ledger.of_account("acc-2")) == []
    with opened(tmp_path, "other") as store:
        assert [entry.seq for entry in store.ledger.of_account("acc-1")] == [1]
