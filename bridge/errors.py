"""One class for each reaction of ours, not for each thing that can go wrong.

    BridgeError
      ConfigError(problems)        the operator edits the file; all problems at once
      StoreError                   nothing further is written to Hyperproof; the operator mends the store
      Busy                         another run holds the organization; come back later
      Obstructed                   something on this machine is in the way; trying again later may help
      Stopped                      we were told to end: nothing more is begun, the next run goes on
      RemoteError(system, what)
        Unavailable                this run ends, the next tries again
          Throttled(wait)          the next run is put off to the server's time
          OutcomeUnknown           a write may or may not have happened: read before anything else
        Denied                     ends loudly; no retry within the run
        IncompleteRead             nothing is concluded from absence
        ChangeRejected             this change failed, the others go on

Adapters raise them; the cycle catches per change and per directory, the commands catch once and turn
them into exit codes. Anything else is a bug.
"""

from dataclasses import dataclass

from bridge.redaction import hidden

BODY_LIMIT = 256
"""Characters of a server's own words that an error or a log line may carry."""


def excerpt(text: str) -> str:
    """Cut a server's words to one line of at most BODY_LIMIT characters, without the secrets that it repeats."""
    line = hidden(" ".join(text.split()))
    return line if len(line) <= BODY_LIMIT else line[: BODY_LIMIT - 1] + "…"


class BridgeError(Exception):
    """Anything that we foresaw. The text is one sentence for people, ending in the remedy where one is known."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong with the configuration: where it is, what is wrong, what to write instead."""

    file: str
    line: int
    key: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{self.file}:{self.line}: {self.key}: {self.what}{remedy}"


class ConfigError(BridgeError):
    """The configuration cannot be used. Carries every problem found, in the order of the file."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


class StoreError(BridgeError):
    """The database or the audit stream cannot be read or written, so nothing may be changed either."""


class Busy(BridgeError):
    """Another run holds this organization."""


class Withdrawn(BridgeError):
    """A person took back what a write rests on, or it ran out: that write is not made, and others go on."""


class Obstructed(BridgeError):
    """Something on this machine is in the way, such as a port that another program has."""


class Stopped(BridgeError):
    """This process was told to end while a run was under way. What it has begun is in the journal."""


class RemoteError(BridgeError):
    """A directory or Hyperproof did not do what was asked."""

    def __init__(self, system: str, what: str) -> None:
        self.system = system
        self.what = what
        super().__init__(f"{system}: {what}")


class Unavailable(RemoteError):
    """Out of reach, too slow, or failing: this run ends, the next tries again."""


class Throttled(Unavailable):
    """Asked to wait longer than this run may. `wait` is in seconds."""

    def __init__(self, system: str, what: str, wait: float) -> None:
        self.wait = wait
        super().__init__(system, what)


class OutcomeUnknown(Unavailable):
    """A write got no answer that says whether it happened. Never repeat it blindly: read first."""


class Denied(RemoteError):
    """Credentials, permission or trust refused. Trying again will not help; a person has to act."""


class IncompleteRead(RemoteError):
    """An answer is cut, malformed or missing a part. Nothing may be concluded from what it lacks."""


class ChangeRejected(RemoteError):
    """The server understood this change and refused it. `status` is the HTTP status."""

    def __init__(self, system: str, what: str, status: int) -> None:
        self.status = status
        super().__init__(system, what)
