"""A letter as each receiver wants it. Names in it stay text: no mark-up of theirs is understood.

slack   an incoming webhook's message with blocks of plain text (https://api.slack.com/messaging/webhooks)
teams   a message with an Adaptive Card, whose text runs know no Markdown (https://adaptivecards.io/explorer)
json    our own: docs/operations.md
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from bridge.audit.timestamp import stamp
from bridge.notices.letter import Letter, Line

_LONGEST: Final = 2900
"""Characters of one block; Slack takes 3000."""


def body(letter: Letter, shape: str) -> bytes:
    """A letter in a shape, as what is sent."""
    made = {"json": _json, "slack": _slack, "teams": _teams}[shape](letter)
    return json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _json(letter: Letter) -> Mapping[str, Any]:
    return {
        "version": 1,
        "id": letter.id,
        "organization": letter.organization,
        "sent": stamp(letter.sent),
        "notices": [
            {
                "kind": line.kind,
                "grave": line.grave,
                "text": line.text,
                "remedy": line.remedy,
                "command": line.command,
                "over": line.is_over,
            }
            for line in letter.lines
        ],
        "more": letter.more,
    }


def _slack(letter: Letter) -> Mapping[str, Any]:
    texts = [_told(line) for line in letter.lines] + ([letter.rest] if letter.rest else [])
    blocks = [
        {"type": "section", "text": {"type": "plain_text", "emoji": False, "text": text[:_LONGEST]}}
        for text in texts
    ]
    escaped = letter.title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": escaped[:_LONGEST], "blocks": blocks}


def _teams(letter: Letter) -> Mapping[str, Any]:
    texts = [_told(line) for line in letter.lines] + ([letter.rest] if letter.rest else [])
    blocks = [_run(letter.title[:_LONGEST], bold=True), *(_run(text[:_LONGEST]) for text in texts)]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": blocks,
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _run(text: str, *, bold: bool = False) -> Mapping[str, Any]:
    run = {"type": "TextRun", "text": text, "weight": "Bolder" if bold else "Default"}
    return {"type": "RichTextBlock", "inlines": [run]}


def _told(line: Line) -> str:
    return "\n".join(filter(None, (line.text, line.remedy, line.command)))
