from collections.abc import Iterator

import pytest

from tests.sandbox.hyperproof.api import Api, rehearse


@pytest.fixture
def api() -> Iterator[Api]:
    """The small organization in the default modes."""
    with rehearse() as api:
        yield api
