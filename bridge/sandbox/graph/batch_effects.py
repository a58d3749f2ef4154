"""What can go wrong with a `$batch` as a whole; its items are befallen by the other effects, each on its own."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from bridge.sandbox.graph.effects import Scene
from bridge.sandbox.messages import Delivery

Responses = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ReverseItems:
    """The answers come in another order than they were asked for."""

    def befall(self, scene: Scene) -> Delivery:
        """Turn them round."""
        return _rearranged(scene, lambda responses: responses[::-1])


@dataclass(frozen=True, slots=True)
class OmitItem:
    """One answer is missing."""

    item: int = 0
    """Its place, from 0."""

    def befall(self, scene: Scene) -> Delivery:
        """Leave it out."""
        return _rearranged(scene, lambda responses: responses[: self.item] + responses[self.item + 1 :])


@dataclass(frozen=True, slots=True)
class RepeatItem:
    """One answer comes twice."""

    item: int = 0
    """Its place, from 0."""

    def befall(self, scene: Scene) -> Delivery:
        """Tell it again."""
        return _rearranged(scene, lambda responses: [*responses, responses[self.item]])


@dataclass(frozen=True, slots=True)
class RenameItem:
    """One answer has an id that nobody asked for."""

    item: int = 0
    """Its place, from 0."""
    id: str = "unknown"

    def befall(self, scene: Scene) -> Delivery:
        """Give it the other id."""
        return _rearranged(scene, self._renamed)

    def _renamed(self, responses: Responses) -> Responses:
        return [one | {"id": self.id} if place == self.item else one for place, one in enumerate(responses)]


def _rearranged(scene: Scene, order: Callable[[Responses], Responses]) -> Delivery:
    answer = scene.answer()
    whole = json.loads(answer.body)
    if "responses" not in whole:
        return Delivery(answer)
    return Delivery(replace(answer, body=json.dumps(whole | {"responses": order(whole["responses"])}).encode()))
