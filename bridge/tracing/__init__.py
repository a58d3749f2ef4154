"""Traces of runs for OpenTelemetry: optional, off unless configured, and never in the way of a run.

One span a run with its id, and below it one for each step: each directory, Hyperproof, what was settled, the plan,
each managed group, and its reading back. Nobody's name is in them. The library is loaded where a collector is
configured, by `spans.py` alone.
"""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from bridge.config.tracing import TracingSection
from bridge.cycle.progress import Steps, untold

NEEDED: Final = "Tracing needs packages that are not installed"
INSTALL: Final = "pip install hyperproof-bridge[tracing]"

_SPANS: Final = "bridge.tracing.spans"


def missing_packages() -> str:
    """Why nothing can be traced here; empty when nothing is missing."""
    try:
        importlib.import_module(_SPANS)
    except ImportError as error:
        return f"{NEEDED} ({error})"
    return ""


@contextmanager
def opened_tracing(section: TracingSection | None) -> Iterator[Steps]:
    """Whom runs tell of their steps: a collector, or nobody. What is still to be sent goes at the end."""
    if section is None:
        yield untold
        return
    from bridge.tracing.spans import opened_collector  # noqa: PLC0415 - only where it is configured

    with opened_collector(section) as steps:
        yield steps
