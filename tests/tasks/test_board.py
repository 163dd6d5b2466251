import pytest
from django.http import QueryDict

from tasks.board import Board, Look, segments
from tasks.models import Status, VideoTask


def test_it_reads_the_look_from_the_address():
    look = Look.of(QueryDict("status=failed&q=+sea+&page=3"))

    assert look == Look(status="failed", q="sea", page=3)


@pytest.mark.parametrize("query", ["status=gone", "page=0x1", "page=12345678", "x=y"])
def test_it_takes_nonsense_for_nothing(query):
    look = Look.of(QueryDict(query))

    assert (look.status, look.page) == ("", 1)


def test_it_writes_the_look_back():
    look = Look(status="failed", q="a&b", page=3)

    assert look.query(page=2) == "?status=failed&q=a%26b&page=2"
    assert look.query(status="waiting") == "?status=waiting&q=a%26b"


def test_it_cuts_the_strip_by_share(project):
    project.count_succeeded, project.count_waiting = 3, 1

    strip = segments(project)

    assert [(s.tone, s.x, s.width) for s in strip] == [
        ("succeeded", 0, 75),
        ("waiting", 75, 25),
    ]


def test_it_keeps_a_small_share_visible(project):
    project.count_succeeded, project.count_failed = 100_000, 1

    strip = segments(project)

    assert strip[1].width > 0.5
    assert sum(s.width for s in strip) == pytest.approx(100)


def test_it_has_no_strip_without_tasks(project):
    assert segments(project) == []


def test_it_leaves_out_tabs_of_nothing(project, make_task):
    make_task()
    project.refresh_from_db()

    tabs = Board(project, Look(status="failed"), may_edit=True).tabs

    assert [tone for tone, *_ in tabs] == ["", "waiting", "failed"]


def test_it_counts_from_the_projects_counters(
    project, make_task, django_assert_num_queries
):
    make_task()
    project.refresh_from_db()

    with django_assert_num_queries(0):
        assert Board(project, Look(), may_edit=True).count == 1
        assert Board(project, Look(status="waiting"), may_edit=True).count == 1


def test_it_stays_on_the_last_page(project, make_task):
    make_task()
    project.refresh_from_db()

    board = Board(project, Look(page=9), may_edit=True)

    assert (board.page, board.first, board.last) == (1, 1, 1)


@pytest.mark.parametrize(
    ("status", "deed"),
    [
        (Status.WAITING, "start"),
        (Status.CANCELED, "start"),
        (Status.QUEUED, "stop"),
        (Status.GENERATING, ""),
    ],
)
def test_it_knows_what_is_wanted_next(project, make_task, status, deed):
    VideoTask.objects.filter(pk=make_task().pk).update(status=status)

    [row] = Board(project, Look(), may_edit=True)._rows(VideoTask.objects.all())

    assert row.deed == deed
