"""Nouns without an engine: attempts are put into their states by hand."""

import pytest

from tests.attempts import attempt_in


@pytest.fixture
def key(make_key):
    return make_key()


@pytest.fixture
def make_attempt(make_task, key):
    def make(state, task=None, *, bought_with=None, **fields):
        return attempt_in(state, task or make_task(), bought_with or key, **fields)

    return make
