import pytest

from tasks.engine.backoff import backoff
from tasks.engine.durations import Durations, durations


@pytest.mark.parametrize(
    ("tries", "span"), [(0, 5), (1, 10), (4, 80), (20, 300), (10**6, 300)]
)
def test_it_doubles_up_to_a_cap_with_jitter(tries, span):
    waits = [backoff(tries, first=5, cap=300) for _ in range(200)]
    assert span / 2 <= min(waits) <= max(waits) <= span
    assert max(waits) - min(waits) > span / 10


def test_it_is_quicker_in_tests_alone(settings):
    assert durations() == Durations()
    settings.VEO_TIME_SCALE = 10
    assert durations().rate_window == 1
    assert durations().scaled(60) == 6
