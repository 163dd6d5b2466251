from pathlib import Path

import pytest

from tasks.embedded import plans
from tasks.embedded.locks import Refused


def test_it_has_workers_for_every_queue_by_default(settings):
    assert plans.workers_wanted("") == plans.WORKERS
    assert set(plans.WORKERS) == set(settings.RQ_QUEUES)


def test_it_changes_only_the_queues_that_are_named():
    wanted = plans.workers_wanted("generate=4, download=0")
    assert wanted == {"generate": 4, "poll": 1, "download": 0, "misc": 1}


@pytest.mark.parametrize("text", ["generate", "generate=", "poll=-1", "x=1", "poll=99"])
def test_it_refuses_what_it_cannot_read(text):
    with pytest.raises(Refused, match="VEO_WORKERS cannot hold"):
        plans.workers_wanted(text)


def test_it_gives_purchases_under_way_the_time_to_end():
    made = plans.workers({"generate": 2, "poll": 1})
    assert [(plan.name, plan.patience) for plan in made] == [
        ("generate-1", 170.0),
        ("generate-2", 170.0),
        ("poll-1", 10.0),
    ]


def test_it_names_port_and_folder_to_the_simulator():
    argv = plans.simulator(9000, Path("/d/simulator")).argv
    assert argv[2:] == ["simulator", "--port", "9000", "--state-dir", "/d/simulator"]
