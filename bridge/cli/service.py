"""run, trigger and health: the service, and what is asked of it."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from bridge.cli.exits import Exit
from bridge.cli.options import DEFAULT_CONFIG, AsJson, ConfigPath, configuration

if TYPE_CHECKING:
    from bridge.config import Configuration
    from bridge.config.schedule import WebSection


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(run)
    app.command()(trigger)
    app.command()(health)


def run(config: ConfigPath = DEFAULT_CONFIG) -> Exit:
    """Serve: make runs as `schedule` says, until told to stop.

    SIGTERM ends it; SIGHUP, or a changed file, reloads the configuration; SIGUSR1, or `trigger`, asks for a run.
    It tells how it is under `web.listen`: /livez, /readyz and /metrics.

    Example: hyperproof-bridge run --config bridge.yaml
    """
    from bridge.daemon.service import Service

    Service(lambda: _loaded(config), _cut, _adopt).run()
    return Exit.OK


def trigger(config: ConfigPath = DEFAULT_CONFIG) -> Exit:
    """Ask the service for a run at once; one under way is followed by another.

    Example: hyperproof-bridge trigger --config bridge.yaml
    """
    from bridge.daemon.presence import request_run

    holder = request_run(configuration(config))
    typer.echo(f"asked {holder} for a run; see its log, or `audit show`")
    return Exit.OK


def health(
    config: ConfigPath = DEFAULT_CONFIG,
    live: Annotated[bool, typer.Option("--live", help="Ask whether it lives, not whether it is ready.")] = False,
    at: Annotated[
        str,
        typer.Option("--at", help="Ask on loopback there, and read no configuration.", metavar="HOST:PORT"),
    ] = "",
    as_json: AsJson = False,
) -> Exit:
    """Ask the service how it is, as its probes do: for containers without any other program.

    A probe that may end the service asks `--at` an address: a broken configuration, which a service that runs
    refuses, shall not end it.

    Example: hyperproof-bridge health --live --at 127.0.0.1:8470
    """
    from bridge.cli.screen import print_json
    from bridge.web.asking import ask

    web = _loopback(at) if at else configuration(config).web
    told = ask(web, "/livez" if live else "/readyz")
    if as_json:
        print_json({"ok": told.ok, **({"role": told.role} if told.role else {}), "problems": list(told.problems)})
    else:
        for line in told.problems or (f"all is well{f' ({told.role})' if told.role else ''}",):
            typer.echo(line, err=not told.ok)
    return Exit.OK if told.ok else Exit.UNHEALTHY


def _loopback(address: str) -> "WebSection":
    from pydantic import ValidationError

    from bridge.config.schedule import WebSection

    try:
        return WebSection(listen=address)
    except ValidationError as error:
        raise typer.BadParameter("Write an address of this machine such as 127.0.0.1:8470.") from error


def _loaded(path: Path) -> "Configuration":
    """Load a configuration for a service, and keep its secrets from being shown. Raises ConfigError."""
    from bridge.config import load
    from bridge.config.secrets import secrets_of
    from bridge.redaction import register_secret

    loaded = load(path, os.environ)
    for secret in secrets_of(loaded):
        register_secret(secret)
    return loaded


def _adopt(loaded: "Configuration") -> None:
    """Log as a configuration says that is in force now; what should be seen to goes into the log."""
    import structlog

    from bridge.logs import set_up

    set_up(loaded.log.level, loaded.log.format)
    log: Any = structlog.get_logger("bridge")
    for warning in loaded.warnings:
        log.warning("configuration.doubted", reason=warning)


def _cut() -> NoReturn:
    """End without waiting for the threads of a run: what it has begun is in the journal."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(Exit.CUT)
