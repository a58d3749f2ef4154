"""A statement as one HTML file that stands alone: its style is in it, and it loads nothing and runs nothing."""

import base64
import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from bridge import __version__
from bridge.audit.timestamp import moment
from bridge.html import templates
from bridge.report.statement import Statement
from bridge.report.words import MODES, lead_in_words, rule_in_words

_HERE: Final = Path(__file__).parent / "templates"


def page(stated: Statement) -> Iterator[str]:
    """The file's text, piece by piece: a million rows are not put together first."""
    made = templates(_HERE)

    def when(at: datetime | str) -> str:
        """A moment by the clocks of the report's time zone."""
        return f"{stated.period.local(moment(at) if isinstance(at, str) else at):%Y-%m-%d %H:%M}"

    made.filters.update(when=when, css=_css, rule=rule_in_words, mode=MODES.__getitem__, lead=lead_in_words)
    named = {
        "title": f"Access report of {stated.organization}",
        "days": f"{stated.period.first} to {stated.period.last}",
        "seal": f"{stated.proof.tip.seq} audit records, the last with hash {stated.proof.tip.hash}",
    }
    style = "".join(made.get_template(name).render(named) for name in ("report.css", "paper.css"))
    pieces = made.get_template("report.html").stream(
        named,
        stated=stated,
        last=stated.told.last_run,
        version=__version__,
        style=style,
        policy=_policy(style),
    )
    pieces.enable_buffering(_PIECES)
    yield from pieces


_PIECES: Final = 500
"""Of Jinja's, which are a few letters each, that are handed on together."""


def _policy(style: str) -> str:
    """What a browser may do with it: apply this very style, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _css(text: str) -> str:
    """A text inside a string of a style sheet: letters and digits as they are, anything else by its number."""
    return re.sub(r"[^A-Za-z0-9]", lambda found: f"\\{ord(found[0]):06x}", text)
