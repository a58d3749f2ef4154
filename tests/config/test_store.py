"""Where the store is: a file, or a database on a server, whose address is a secret when it holds one."""

from pathlib import Path

import pytest

from bridge.config.secrets import secrets_of
from bridge.store.place import Server
from tests.config.files import loaded, problems, sound

ADDRESS = "postgresql+psycopg://bridge@db.corp.example/bridge?sslmode=verify-full"
WITH_PASSWORD = "postgresql+psycopg://bridge:p%40ss@db.corp.example/bridge?sslmode=verify-full"


def store(**keys: str) -> str:
    """A configuration with this store."""
    return sound(more="store:\n" + "".join(f"  {key}: '{value}'\n" for key, value in keys.items()))


def test_a_server_is_named_by_its_address(tmp_path: Path) -> None:
    """In plain text as long as no password is in it; then nothing of it has to be kept out of the log."""
    configuration = loaded(tmp_path, store(url=ADDRESS))
    assert str(configuration.store.place) == "postgresql://bridge@db.corp.example/bridge"
    assert configuration.warnings == ()
    assert ADDRESS not in set(secrets_of(configuration))


def test_a_password_makes_the_address_a_secret(tmp_path: Path) -> None:
    """It is given by reference, read again when it changes, and known to the log in every form."""
    file = tmp_path / "url"
    file.write_text(WITH_PASSWORD)
    file.chmod(0o600)
    configuration = loaded(tmp_path, store(url="${file:url}"))
    assert {WITH_PASSWORD, "p%40ss", "p@ss"} <= set(secrets_of(configuration))
    assert "p%40ss" not in repr(configuration)
    place = configuration.store.place
    assert isinstance(place, Server)
    file.write_text(WITH_PASSWORD.replace("p%40ss", "other"))
    assert "other" in place.read()
    file.unlink()
    assert place.read() == WITH_PASSWORD


@pytest.mark.parametrize(
    ("keys", "what"),
    [
        ({"url": WITH_PASSWORD}, "password in plain text"),
        ({"url": f"{ADDRESS}&password=x"}, "password in plain text"),
        ({"url": ADDRESS, "path": "bridge.db"}, "`url` stands here as well"),
        ({"url": "mysql://bridge@db.corp.example/bridge"}, "not the address of a PostgreSQL database"),
        ({"url": "postgresql://db.corp.example"}, "not the address of a PostgreSQL database"),
        ({"url": "postgresql://db.corp.example/bridge"}, "in clear text"),
        ({"url": "postgresql://db.corp.example/bridge?sslmode=prefer"}, "in clear text"),
        ({"url": "postgresql:///bridge?host=127.0.0.1,db.corp.example"}, "in clear text"),
        ({"url": "postgresql://127.0.0.1/bridge?hostaddr=192.0.2.7"}, "in clear text"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, keys: dict[str, str], what: str) -> None:
    """A password in the file, two places at once, no address, and none that is safe."""
    (problem,) = problems(tmp_path, store(**keys))
    assert what in problem.what
    assert problem.remedy


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://127.0.0.1/bridge",
        "postgresql://bridge@localhost:5433/bridge",
        "postgresql:///bridge?host=/run/postgresql",
        "postgresql:///bridge",
    ],
)
def test_on_this_machine_nothing_has_to_be_encrypted(tmp_path: Path, url: str) -> None:
    """By loopback, or by a socket in a folder."""
    assert loaded(tmp_path, store(url=url)).warnings == ()


@pytest.mark.parametrize("mode", ["require", "verify-ca"])
def test_a_server_that_is_not_verified_is_pointed_out(tmp_path: Path, mode: str) -> None:
    """Encrypted, and perhaps with somebody else."""
    (warning,) = loaded(tmp_path, store(url=ADDRESS.replace("verify-full", mode))).warnings
    assert "write sslmode=verify-full" in warning
