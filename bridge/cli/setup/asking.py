"""An answer: by an option, else by a question at a terminal, else an error that names the option."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import typer

from bridge.errors import BridgeError

T = TypeVar("T")


class Asking:
    """Answers one after the other. What was answered once is offered again when it has to be asked again."""

    def __init__(self, given: Mapping[str, str | None], *, questions: bool) -> None:
        """`given` is by option, such as `--kind`."""
        self.questions = questions
        self._given = {option: answer for option, answer in given.items() if answer}
        self._before: dict[str, str] = {}
        self._wrong: set[str] = set()
        self._heard = 0
        """Answers to questions so far."""

    def has(self, option: str) -> bool:
        """Whether an option was given, or its question was asked."""
        return option in self._given or option in self._before

    def is_wrong(self, option: str) -> bool:
        """Whether an answer was tried in vain."""
        return option in self._wrong

    def text(self, option: str, question: str, default: str = "") -> str:
        """An answer that is not empty."""
        if option in self._given:
            return self._given[option]
        before = self._before.get(option) or default
        if not self.questions:
            if before:
                return before
            raise typer.BadParameter(f"{question}: say it with {option}")
        self._before[option] = self.hear(question, default=before or None)
        return self._before[option]

    def optional(self, option: str, question: str) -> str:
        """An answer that may be empty; after a text, `-` empties it."""
        if option in self._given or not self.questions:
            return self._given.get(option, "")
        before = self._before.get(option, "")
        asked = f"{question} (- for none)" if before else f"{question} (Enter for none)"
        answer = self.hear(asked, default=before)
        self._before[option] = "" if answer == "-" else answer
        return self._before[option]

    def optional_option(self, option: str) -> str:
        """What was given by an option that has no question; else empty."""
        return self._given.get(option) or self._before.get(option, "")

    def choice(self, option: str, question: str, choices: Sequence[str], default: str = "") -> str:
        """One of some words."""
        while True:
            answer = self.text(option, f"{question} ({', '.join(choices)})", default)
            if answer in choices:
                return answer
            self.again(BridgeError(f"{option}: '{answer}' is none of {', '.join(choices)}"), option)
            self._before.pop(option, None)  # what is no choice is not offered again

    def hear(self, question: str, *, default: str | None = "", hidden: bool = False) -> str:
        """Put a question. Without a default the answer is not empty."""
        self._heard += 1
        return str(typer.prompt(question, default=default, show_default=bool(default), hide_input=hidden)).strip()

    def agreed(self, question: str) -> bool:
        """Whether somebody says yes."""
        return self.questions and typer.confirm(question)

    def tried(self, ask: Callable[[], T], *options: str) -> T:
        """Ask, and try what was answered, until it works. What no question could mend is raised."""
        while True:
            heard = self._heard
            try:
                return ask()
            except BridgeError as error:
                if heard == self._heard and self._given.keys().isdisjoint(options):
                    raise
                self.again(error, *options)

    def again(self, error: BridgeError, *options: str) -> None:
        """Say what is wrong, and ask these again. Without questions it is raised."""
        if not self.questions:
            raise error
        self.tell(str(error), "red")
        self._wrong.update(options)
        for option in options:
            if option in self._given:
                self._before[option] = self._given.pop(option)

    def tell(self, text: str, style: str = "") -> None:
        """Say something; what comes from outside cannot forge it."""
        from bridge.cli.screen import console, shown

        console().print(shown(text, style), soft_wrap=True)
