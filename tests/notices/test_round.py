"""Rounds: each matter is told once, over restarts, and a channel that fails is tried again and stops nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from bridge.errors import BridgeError
from bridge.notices.letter import Letter
from bridge.notices.matter import Matter, MatterKind
from bridge.notices.round import Round, Told, tell
from tests.store.stores import NOON, opened

HELD = Matter(MatterKind.HELD, "d1", "held", "see", essence="d1")
DOUBT = Matter(MatterKind.DOUBT, "Auditors", "doubt", "mend", essence="cut")
DAY = timedelta(days=1)
END = "The held changes d1 wait for nobody any more."


@dataclass
class Channel:
    """One that takes letters, or does not."""

    name: str = "webhook"
    broken: bool = False
    letters: list[Letter] = field(default_factory=list)

    def send(self, letter: Letter) -> None:
        """Take one."""
        if self.broken:
            raise BridgeError("nobody there")
        self.letters.append(letter)

    @property
    def texts(self) -> list[list[str]]:
        """What was told."""
        return [[line.text for line in letter.lines] for letter in self.letters]


def go(folder: Path, channel: Channel, matters: Sequence[Matter], now: datetime = NOON) -> Told:
    """A round in a store that was opened for it: every one is after a restart."""
    with opened(folder) as store:
        return tell(channel, store, Round("acme", now, matters, DAY))


def test_a_matter_is_told_once_however_often_the_service_restarts(tmp_path: Path) -> None:
    """And again when it is another, or comes again after it was gone."""
    channel = Channel()
    assert go(tmp_path, channel, [HELD]) == Told("webhook", delivered=1)
    assert go(tmp_path, channel, [HELD]) == Told("webhook")
    go(tmp_path, channel, [replace(HELD, essence="other", text="another")])
    go(tmp_path, channel, [])
    go(tmp_path, channel, [HELD])
    assert channel.texts == [["held"], ["another"], [END], ["held"]]


def test_an_end_is_told_once_where_the_beginning_was(tmp_path: Path) -> None:
    """With nothing to do; a channel that was told nothing hears of no end, nor does one after a restart."""
    channel, other = Channel(), Channel("mail", broken=True)
    for each in (channel, other):
        go(tmp_path, each, [HELD])
    other.broken = False
    assert go(tmp_path, channel, []) == Told("webhook", delivered=1)
    assert go(tmp_path, channel, []) == Told("webhook")
    assert go(tmp_path, other, []) == Told("mail")
    (line,) = channel.letters[-1].lines
    assert (line.text, line.remedy, line.command, line.is_over) == (END, "", "", True)
    assert channel.letters[-1].title == f"Hyperproof Bridge (acme): over: {END}"
    assert other.letters == []


def test_an_end_that_could_not_be_told_is_tried_again(tmp_path: Path) -> None:
    """After the same pauses; if the matter is back by then, that is told instead."""
    channel = Channel()
    for later, text in ((timedelta(minutes=1), END), (timedelta(), "held")):
        go(tmp_path, channel, [HELD])
        channel.broken = True
        assert go(tmp_path, channel, []).again == NOON + timedelta(minutes=1)
        channel.broken = False
        go(tmp_path, channel, [] if text == END else [HELD], NOON + later)
        assert channel.texts[-1] == [text]


def test_one_letter_tells_of_beginnings_and_ends(tmp_path: Path) -> None:
    """What needs somebody comes first."""
    channel = Channel()
    go(tmp_path, channel, [HELD])
    go(tmp_path, channel, [replace(HELD, subject="d2", essence="d2", text="more held")])
    assert channel.texts[-1] == ["more held", END]
    assert channel.letters[-1].title == "Hyperproof Bridge (acme): 1 thing needs you, 1 thing is over"


def test_the_same_end_of_another_time_is_another_letter(tmp_path: Path) -> None:
    """Receivers may know letters by their id."""
    channel = Channel()
    for day in range(2):
        go(tmp_path, channel, [HELD], NOON + day * DAY)
        go(tmp_path, channel, [], NOON + day * DAY)
    assert channel.letters[1].id != channel.letters[3].id


def test_other_words_for_the_same_are_not_told_again(tmp_path: Path) -> None:
    """A text has moments and counts in it."""
    channel = Channel()
    go(tmp_path, channel, [HELD])
    go(tmp_path, channel, [replace(HELD, text="held, five minutes later")])
    assert channel.texts == [["held"]]


def test_a_doubt_is_told_when_it_lasts(tmp_path: Path) -> None:
    """One that goes by itself is never told."""
    channel = Channel()
    assert go(tmp_path, channel, [DOUBT]).waiting == 1
    go(tmp_path, channel, [DOUBT], NOON + DAY - timedelta(seconds=1))
    assert channel.texts == []
    go(tmp_path, channel, [DOUBT], NOON + DAY)
    go(tmp_path, channel, [DOUBT], NOON + 2 * DAY)
    assert channel.texts == [["doubt"]]


def test_what_could_not_be_told_is_tried_again_with_growing_pauses(tmp_path: Path) -> None:
    """And is told in the end, once."""
    channel = Channel(broken=True)
    failed = go(tmp_path, channel, [HELD])
    assert failed == Told("webhook", waiting=1, reason="nobody there", again=NOON + timedelta(minutes=1))
    assert go(tmp_path, channel, [HELD], NOON + timedelta(seconds=59)).reason == ""
    second = go(tmp_path, channel, [HELD], NOON + timedelta(minutes=1))
    assert second.again == NOON + timedelta(minutes=3)
    channel.broken = False
    go(tmp_path, channel, [HELD], NOON + timedelta(minutes=2))
    assert channel.texts == []
    go(tmp_path, channel, [HELD], NOON + timedelta(minutes=3))
    go(tmp_path, channel, [HELD], NOON + timedelta(minutes=9))
    assert channel.texts == [["held"]]


def test_a_channel_that_fails_keeps_no_other_from_being_told(tmp_path: Path) -> None:
    """Each has its own memory."""
    broken, sound = Channel(broken=True), Channel("mail")
    go(tmp_path, broken, [HELD])
    assert go(tmp_path, sound, [HELD]).delivered == 1


def test_a_matter_that_went_before_it_could_be_told_is_not_told(tmp_path: Path) -> None:
    """Nobody is called for what is well by now."""
    channel = Channel(broken=True)
    go(tmp_path, channel, [HELD])
    channel.broken = False
    assert go(tmp_path, channel, [], NOON + DAY) == Told("webhook")
    assert channel.texts == []


def test_a_write_without_an_outcome_is_not_told(tmp_path: Path) -> None:
    """The next run settles it; the status page shows it meanwhile."""
    channel = Channel()
    go(tmp_path, channel, [Matter(MatterKind.OPEN, "", "open", "")])
    assert channel.texts == []
