"""The sections about the service: when it runs, and where it tells how it is."""

import re
import zoneinfo
from datetime import timedelta
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, Field, field_validator
from pydantic_core.core_schema import ValidationInfo

from bridge.config.cron import parse_cron
from bridge.config.durations import Duration, within
from bridge.config.paths import KeyFile, PresentFile
from bridge.config.service import Model
from bridge.config.values import Flag, SecretText, Text, wrong
from bridge.core.mapping import MAIN
from bridge.transport.settings import is_loopback

_MINUTE: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)


def _cron(text: str) -> str:
    try:
        parse_cron(text)
    except ValueError as error:
        what, _, remedy = str(error).partition(": ")
        raise wrong(f"This is not a cron expression. {what}.", f"{remedy[:1].upper()}{remedy[1:]}") from error
    return text


CronText: TypeAlias = Annotated[Text, AfterValidator(_cron)]
"""A cron expression of five fields."""


def _timezone(text: str) -> str:
    try:
        zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise wrong("There is no such time zone.", "Write one such as UTC or Europe/Berlin.") from error
    return text


TimezoneName: TypeAlias = Annotated[Text, AfterValidator(_timezone)]
"""The name of a time zone in the IANA database."""


def _job(text: str) -> str:
    if text == MAIN or not re.fullmatch(r"[a-z][a-z0-9_-]{0,31}", text):
        raise wrong(
            "This cannot be the name of a job.",
            f"Write small letters, digits, - and _, at most 32; and not `{MAIN}`, which is of groups without one.",
        )
    return text


JobName: TypeAlias = Annotated[Text, AfterValidator(_job)]
"""What the runs of some managed groups are called."""


class RetrySection(Model):
    """How soon a run that failed is tried again. Each further try waits twice as long."""

    first: Annotated[Duration, within(timedelta(seconds=1), _DAY)] = timedelta(seconds=30)
    """The wait before the first of them."""

    longest: Annotated[Duration, within(timedelta(seconds=1), _DAY)] = timedelta(minutes=15)
    """No wait is longer, unless Hyperproof asks for more."""


class Times(Model):
    """When runs are due."""

    every: Annotated[Duration, within(timedelta(seconds=10), timedelta(days=7))] | None = Field(
        default=None, examples=["15m"]
    )
    """The time from one run's begin to the next one's. Without `every` and `cron` it is 15 minutes."""

    cron: CronText | None = Field(default=None, examples=["*/15 6-20 * * mon-fri"])
    """Or a cron expression: minute, hour, day of month, month, weekday."""

    timezone: TimezoneName = Field(default="UTC", examples=["Europe/Berlin"])
    """The time zone of `cron`."""

    jitter: Annotated[Duration, within(timedelta(), timedelta(hours=1))] = timedelta()
    """Each run begins by chance up to so much later, so that many bridges do not come at once."""

    catch_up: Flag = True
    """Make a run at the start if one was due while the service was down, or if there never was one."""

    stale_after: Annotated[Duration, within(_MINUTE, timedelta(days=31))] | None = Field(
        default=None, examples=["1h"]
    )
    """When the last complete run is older, the service is not ready. Left out: by `every` or `cron`."""

    @field_validator("cron", mode="after")
    @classmethod
    def _alone(cls, cron: str | None, info: ValidationInfo) -> str | None:
        if cron is not None and info.data.get("every") is not None:
            raise wrong("`every` stands here as well.", "Keep one of the two.")
        return cron

    @property
    def interval(self) -> timedelta:
        """The time between runs, where no cron expression says it."""
        return self.every or timedelta(minutes=15)

    @property
    def in_words(self) -> str:
        """When they are due, for people."""
        if self.cron is not None:
            return f"by cron {self.cron} ({self.timezone})"
        seconds = int(self.interval.total_seconds())
        unit, size = next(
            (u, n) for u, n in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)) if seconds % n == 0
        )
        return f"every {seconds // size} {unit}"


class Job(Times):
    """When the runs are due that write the managed groups which name this job."""


class ScheduleSection(Times):
    """When `hyperproof-bridge run` makes a run: of all managed groups, or of those that name no job."""

    jobs: dict[JobName, Job] = Field(default_factory=dict, examples=[{"nightly": {"cron": "30 2 * * *"}}])
    """Jobs with times of their own, each under a name of your choice."""

    retry: RetrySection = RetrySection()
    """How soon a run that failed is tried again."""

    stop_within: Annotated[Duration, within(timedelta(seconds=1), timedelta(minutes=10))] = timedelta(seconds=25)
    """How long a run may take to end when the service is told to. Then it is cut off; the next one settles it."""

    hung_after: Annotated[Duration, within(timedelta(seconds=1), _DAY)] = timedelta(minutes=30)
    """A run without a sign of life for so long is hung: the service is no longer live, and gets restarted."""


def _listen(text: str) -> str:
    if text != NOWHERE:
        host, _, port = text.rpartition(":")
        if not host or not port.isdecimal() or not 0 <= int(port) <= 65535:  # noqa: PLR2004 - ports
            raise wrong(
                "This is not an address to listen on.", "Write host:port such as 127.0.0.1:8470, or `none`."
            )
    return text


NOWHERE: Final = "none"
"""What is written where nothing shall be listened on."""

ListenAddress: TypeAlias = Annotated[Text, AfterValidator(_listen)]
"""host:port, or the word `none`."""


class WebSection(Model):
    """Where the service tells how it is: a status page, /livez, /readyz and /metrics."""

    token: SecretText | None = Field(default=None, examples=["${file:/run/secrets/bridge_web_token}"])
    """What a reader shows as `Authorization: Bearer ...`, or in a browser as the password; at least 16 characters.

    Needed beyond loopback."""

    certificate: PresentFile | None = Field(default=None, examples=["/etc/hyperproof-bridge/web.pem"])
    """A certificate chain (PEM): it is served over TLS."""

    key: KeyFile | None = Field(default=None, examples=["/etc/hyperproof-bridge/web.key"])
    """Its private key, where it is not in the same file."""

    behind_proxy: Flag = False
    """TLS ends in a proxy or service mesh in front of it, which alone can reach the address."""

    listen: ListenAddress = "127.0.0.1:8470"
    """The address, host:port, or `none`."""

    @field_validator("token", mode="after")
    @classmethod
    def _is_long(cls, token: SecretText | None) -> SecretText | None:
        if token is not None and len(token.get_secret_value()) < SHORTEST_TOKEN:
            raise wrong("The token is too short to keep anybody out.", f"Make one of {SHORTEST_TOKEN} characters.")
        return token

    @field_validator("listen", mode="after")
    @classmethod
    def _is_safe(cls, listen: str, info: ValidationInfo) -> str:
        if listen == NOWHERE or is_loopback(f"http://{listen}"):
            return listen
        if info.data.get("token") is None:
            raise wrong("Everybody in the network could read this.", "Add `token`, or listen on 127.0.0.1.")
        if info.data.get("certificate") is None and not info.data.get("behind_proxy"):
            raise wrong(
                "The token would travel in clear text.",
                "Add `certificate`, or state `behind_proxy: true` if TLS ends in front of it.",
            )
        return listen


SHORTEST_TOKEN: Final = 16
