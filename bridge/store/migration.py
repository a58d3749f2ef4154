"""Bringing a database up to date with alembic, from inside the program: there is no alembic.ini to install."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from bridge.errors import StoreError

SCRIPTS: Final = Path(__file__).parent / "migrations"


def migrate(connection: Connection) -> None:
    """Run all scripts that the database lacks, within the transaction of this connection. Raises StoreError."""
    try:
        command.upgrade(configuration(connection), "head")
    except CommandError as error:
        raise StoreError(f"The database cannot be brought up to date ({error}); restore a backup") from error


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's settings: where the scripts are, and the connection for migrations/env.py."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
