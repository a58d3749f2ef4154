"""HTML from templates, in which whatever comes from elsewhere is escaped and seen.

Names come from directories and from Hyperproof, and are hostile until proved otherwise: whatever is put into a
page is escaped, and what would hide or turn letters is shown as what it is.
"""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bridge.redaction import visible


def templates(folder: Path) -> Environment:
    """The templates of a folder. What they name and is not there is an error."""
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )


def _shown(value: object) -> object:
    """What is put into a page: letters that hide, turn others or end lines are shown as what they are."""
    if not isinstance(value, str) or hasattr(value, "__html__") or value.isprintable():
        return value
    return visible(value)
