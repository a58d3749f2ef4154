"""What is PostgreSQL's own: its sessions, its rights, its errors, and what may stand in between."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from bridge.core.journal import Effects, Recollection
from bridge.core.model import AccountId
from bridge.errors import Busy, StoreError
from bridge.store.database import Database
from bridge.store.place import Server
from bridge.store.schema import REVISION, metadata
from bridge.store.server_lock import ServerLock, What, key_of
from bridge.store.store import DatabaseStore, open_evidence, open_store
from tests.servers.postgres import OWNER, ROLE, Postgres
from tests.store.stores import ACME, Watch, a_record, a_run, an_intent, events, held_removals

pytestmark = pytest.mark.postgres


def server(url: str) -> Server:
    """A database by its address."""
    return Server.of(lambda: url)


@pytest.fixture
def url(postgres: Postgres) -> str:
    """The address of a new and empty database."""
    return postgres.url()


@contextmanager
def at(url: str, organization: str = ACME) -> Iterator[DatabaseStore]:
    """The store there."""
    with open_store(server(url), organization, Watch().now) as store:
        yield store


def setting(store: DatabaseStore, name: str) -> str:
    """What the server says of one of its sessions with us."""
    with store._database.reading() as connection:
        return str(connection.execute(text(f"SHOW {name}")).scalar_one())


def session_of(lock: ServerLock) -> int:
    """The server's process behind a lock."""
    with lock.transaction() as connection:
        return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


def fail_over(postgres: Postgres, url: str, standby: str) -> None:
    """Let the address lead to another database from now on; all sessions end."""
    lost, follows = (address.rpartition("%3D")[2] for address in (url, standby))
    with postgres.connected() as connection:
        connection.execute(f"ALTER SCHEMA {lost} RENAME TO {lost}_lost")
        connection.execute(f"ALTER SCHEMA {follows} RENAME TO {lost}")
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s AND pid <> %s"
        connection.execute(query, [ROLE, connection.info.backend_pid])


class TestSession:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("tcp_user_timeout", "9000"), ("tcp_keepalives_idle", "5"), ("tcp_keepalives_interval", "2"),
            ("tcp_keepalives_count", "2"), ("synchronous_commit", "on"), ("lock_timeout", "20s"),
            ("idle_in_transaction_session_timeout", "1min"), ("transaction_read_only", "on"),
            ("transaction_isolation", "repeatable read"),
        ],
    )  # fmt: skip
    def test_is_set_up(self, url: str, name: str, value: str) -> None:
        """The server gives up silent connections, keeps what it confirms, and reads as of one moment."""
        with at(url) as store:
            assert setting(store, name) == value

    def test_keeps_what_the_role_says_otherwise(self, url: str, postgres: Postgres) -> None:
        """A role, or the address, that takes commits easily is overruled."""
        with postgres.connected(OWNER, ROLE) as connection:
            connection.execute(f"ALTER ROLE {ROLE} SET synchronous_commit = off")
        try:
            with at(url.replace("options=", "options=-csynchronous_commit%3Doff%20")) as store:
                assert setting(store, "synchronous_commit") == "on"
        finally:
            with postgres.connected(OWNER, ROLE) as connection:
                connection.execute(f"ALTER ROLE {ROLE} RESET synchronous_commit")

    def test_says_who_it_is(self, url: str, postgres: Postgres) -> None:
        """An operator sees in pg_stat_activity which host and process it is."""
        with at(url) as store, postgres.connected() as connection:
            store.load()
            found = connection.execute("SELECT application_name FROM pg_stat_activity").fetchall()
        assert any(name.startswith("hyperproof-bridge ") for (name,) in found)

    def test_ends_with_the_server_and_comes_back_with_it(self, url: str, postgres: Postgres) -> None:
        """Nobody has to restart the bridge after a restart of the database."""
        with at(url) as store:
            store.record([a_record()])
            postgres.stop()
            with pytest.raises(StoreError, match="can be reached"):
                store.record([a_record()])
            postgres.start()
            store.record([a_record()])
            assert len(events(store)) == 2


class TestDatabase:
    def test_is_the_one_that_the_program_describes(self, url: str) -> None:
        """The scripts lead to the tables of the program here, too."""
        database = Database.open(server(url))
        with database.reading() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        database.close()

    def test_of_another_program_is_refused(self, postgres: Postgres) -> None:
        """It is not filled with our tables."""
        schema = postgres.schema()
        with postgres.connected() as connection:
            connection.execute(f"CREATE TABLE {schema}.customers (id INTEGER)")
        with pytest.raises(StoreError, match="another program"), at(postgres.url(schema)):
            pass

    def test_of_a_newer_version_is_refused(self, url: str) -> None:
        """With both revisions and the way out."""
        with at(url) as store, store._database.writing() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(StoreError, match=f"newer version.*9999.*{REVISION}"), at(url):
            pass

    def test_that_is_empty_is_no_evidence(self, url: str) -> None:
        """To read and verify there has to be something; nothing is made."""
        for _ in range(2):
            with pytest.raises(StoreError, match="There is no database"):
                open_evidence(server(url), ACME, Watch().now)

    def test_in_another_encoding_is_refused(self, url: str, postgres: Postgres) -> None:
        """Names of people would not fit in."""
        with postgres.connected(OWNER, "postgres") as connection:
            connection.execute(
                "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0 OWNER bridge"
            )
        with pytest.raises(StoreError, match="LATIN1"), at(url.replace(f"/{ROLE}?", "/latin?")):
            pass


def change(store: DatabaseStore, statement: str) -> None:
    """Try to change something behind the store's back."""
    with store._database.writing() as connection:
        connection.execute(text(statement))


RIGHTS = Path("docs/security.md").read_text().partition("```sql\n")[2].partition("```")[0]
"""What the documentation says the role needs from day to day."""


def test_the_documented_rights_are_enough_and_keep_the_evidence(url: str, postgres: Postgres) -> None:
    """A role with those alone makes whole runs, and can neither change a record nor delete one."""
    at(url).__enter__().close()
    schema = url.rpartition("%3D")[2]
    with postgres.connected(OWNER, ROLE) as connection:
        connection.execute(f"CREATE ROLE daily LOGIN PASSWORD 'daily'; GRANT USAGE ON SCHEMA {schema} TO daily")
        connection.execute(f"SET search_path = {schema}")
        connection.execute(
            RIGHTS.replace("bridge_daily", "daily").replace("SCHEMA public", f"SCHEMA {schema}").encode()
        )
    with at(postgres.url(schema, user="daily:daily")) as store:
        with store.lock():
            store.record_start(a_run(), [a_record()])
            store.record_intent(an_intent())
            store.record_outcome(an_intent(), Effects(added=(AccountId("acc-1"),)), [a_record()])
            store.record_end(a_run(), "held", Recollection(held=(held_removals(),)), [a_record()])
        store.reject(held_removals().digest, "anna", "no")
        for forbidden in ("UPDATE audit SET line = ''", "DELETE FROM audit", "DROP TABLE audit"):
            with pytest.raises(StoreError, match=r"(denied|must be owner).*docs/security\.md"):
                change(store, forbidden)
        assert len(events(store)) == 4


class TestFailures:
    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ("db-secret", "wrong-secret", "user and password in `store.url`"),
            (f"/{ROLE}?", "/nowhere?", "database.*in `store.url`"),
            ("bridge?", "bridge?port=9&", "can be reached"),
            ("sslmode=disable", "sslmode=verify-full&sslrootcert=/nowhere", "can be reached"),
        ],
        ids=["password", "database", "port", "authority"],
    )
    def test_at_opening_say_what_to_do(self, url: str, old: str, new: str, said: str) -> None:
        """And never the password."""
        with pytest.raises(StoreError, match=said) as caught, at(url.replace(old, new)):
            pass
        assert "secret" not in str(caught.value)

    def test_name_nobody(self, url: str) -> None:
        """The server's details of a refused row are the row."""
        with at(url) as store:
            store.record_start(a_run(), [])
            with pytest.raises(StoreError) as caught:
                store.record_start(a_run(), [])
        assert "duplicate key" in str(caught.value)
        assert a_run().id not in str(caught.value)

    def test_a_locked_database_says_so(self, url: str) -> None:
        """After a while, not for ever."""
        with at(url) as store, at(url) as other:
            with store._database._engine.connect() as connection:  # the one that the pool hands out next
                connection.exec_driver_sql("SET lock_timeout = 1")
                connection.commit()
            with other._database.writing(), pytest.raises(StoreError, match="holds it locked"):
                store.record([a_record()])
            store.record([a_record()])

    def test_a_name_with_a_nul_says_so(self, url: str) -> None:
        """PostgreSQL's texts cannot hold it."""
        with at(url) as store, pytest.raises(StoreError, match="the number 0"):
            store.record_end(a_run(), "a\0b", None, [])

    def test_commits_that_are_not_on_disk_are_refused(self, url: str, postgres: Postgres) -> None:
        """A server that confirms what it has not kept would lose evidence."""
        with postgres.connected(OWNER, "postgres") as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        try:
            with pytest.raises(StoreError, match="fsync is off"), at(url):
                pass
        finally:
            with postgres.connected(OWNER, "postgres") as connection:
                connection.execute("ALTER SYSTEM RESET fsync")
                connection.execute("SELECT pg_reload_conf()")


@pytest.mark.parametrize("mode", ["transaction", "session"])
def test_a_pooler_is_refused(mode: str, postgres: Postgres) -> None:
    """A lock taken through it would be somebody else's session's."""
    url = postgres.url()
    with postgres.pooled(mode) as port:
        through = url.replace(f":{postgres.port}/", f":{port}/")
        with pytest.raises(StoreError, match="PgBouncer"), at(through):
            pass
        with pytest.raises(StoreError, match="PgBouncer"):
            ServerLock(server(through), ACME).take()


def test_a_certificate_is_verified(url: str, postgres: Postgres) -> None:
    """With the authority and the right name it is used; with another name it is refused."""
    verified = f"sslmode=verify-full&sslrootcert={postgres.ca_file}"
    by_name = url.replace("127.0.0.1", "localhost").replace("sslmode=disable", verified)
    with at(by_name) as store, store._database.reading() as connection:
        query = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        assert connection.execute(text(query)).scalar_one() is True
    with pytest.raises(StoreError, match="certificate"), at(by_name.replace("localhost", "127.0.0.1")):
        pass


def test_a_rotated_password_counts_for_the_next_connection(postgres: Postgres) -> None:
    """The address is read again whenever a connection is opened."""
    words = [postgres.url().replace("db-secret", "old")]
    place = Server.of(lambda: words[0])
    with pytest.raises(StoreError, match=r"user and password in `store\.url`"):
        ServerLock(place, ACME).take()
    database = Database(place)
    words[0] = words[0].replace("old", "db-secret")
    with database.reading() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    database.close()


def test_without_its_driver_the_extra_is_named() -> None:
    """PostgreSQL is an extra: whoever does not use it need not install it."""
    program = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from bridge.errors import StoreError\nfrom bridge.store.database import Database\n"
        "from bridge.store.place import Server\n"
        "try: Database(Server.of(lambda: 'postgresql://127.0.0.1/bridge'))\n"
        "except StoreError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert "hyperproof-bridge[postgresql]" in done.stdout


def test_an_address_without_its_password() -> None:
    """Is what is shown and compared; what must not be told is known in every form."""
    place = server("postgresql+psycopg://bridge:db%2Fsecret@db.corp.example/bridge?sslmode=verify-full")
    assert str(place) == "postgresql://bridge@db.corp.example/bridge"
    assert "secret" not in repr(place)
    assert {"db%2Fsecret", "db/secret"} < set(place.secrets())
    assert place == server("postgresql://bridge:other@db.corp.example/bridge?sslmode=verify-full")
    assert server("postgresql://bridge@db.corp.example/bridge").secrets() == ()


class TestLock:
    def test_is_one_sessions(self, url: str) -> None:
        """The second is told who has it; afterwards it is free again."""
        place = server(url)
        with ServerLock(place, ACME) as lock:
            with pytest.raises(Busy, match=r"Another run holds this organization: process \d+ on .*, since 20"):
                ServerLock(place, ACME).__enter__()
            with ServerLock(place, "other") as other, ServerLock(place, ACME, What.SERVICE) as service:
                assert all(one.still_held() for one in (lock, other, service))
        assert not lock.still_held()
        with ServerLock(place, ACME) as lock:
            assert lock.still_held()

    def test_is_lost_with_its_session_and_its_holder_learns_it(self, url: str, postgres: Postgres) -> None:
        """As in a restart or a failover: another has it at once, and the first one writes nothing more."""
        with at(url) as store, at(url) as next_store, store.lock() as lock:
            assert isinstance(lock, ServerLock)
            store.record_intent(an_intent(1))
            with postgres.connected() as connection:
                connection.execute("SELECT pg_terminate_backend(%s)", [session_of(lock)])
            with next_store.lock():
                assert not lock.still_held()
                with pytest.raises(Busy, match="lost"):
                    store.record_intent(an_intent(2))
                with pytest.raises(Busy, match="taken this organization over"):
                    store.record_outcome(an_intent(1), Effects(), [a_record()])
                next_store.record_outcome(an_intent(1), Effects(), [a_record()])

    def test_who_has_the_same_number_after_a_failover_is_another(self, url: str, postgres: Postgres) -> None:
        """An asynchronous standby had not got the last number, so that it was taken once more."""
        standby = postgres.url()
        with at(url) as store, at(standby), store.lock():
            store.record([a_record()])
            fail_over(postgres, url, standby)
            with at(url) as next_store, next_store.lock():
                next_store.record([a_record(by="the next")])
                with pytest.raises(Busy, match="taken this organization over"):
                    store.record([a_record(by="the last")])
                assert len(events(next_store)) == 1
                assert next_store._fence
                assert next_store._fence.number == 1

    def test_keys_are_apart(self) -> None:
        """Of organizations, and of what a lock is for; each is a number that the server takes."""
        keys = [key_of(name, what) for name in ("acme", "other", "ACME") for what in What]
        assert len(set(keys)) == len(keys)
        assert all(0 <= key < 2**63 for key in keys)
