import pytest
from django.urls import reverse

from tasks import actions
from tasks.models import Project, State
from tests.attempts import attempt_in


@pytest.fixture
def url(project):
    return reverse("project-detail", args=[project.pk])


@pytest.fixture
def english(alice):
    alice.language = "en"
    alice.save()


def test_it_works(as_alice, english, url, make_task):
    make_task("Waves roll in", name="Sea")

    page = as_alice.get(url).text

    for words in ("Waves roll in", "Sea", "Waiting", "Start all", "Add task"):
        assert words in page


def test_it_speaks_chinese_by_default(as_alice, url, make_task):
    make_task()

    page = as_alice.get(url).text

    for words in ("编号", "参考图", "提示词", "状态", "进度", "生成文件", "等待中"):
        assert words in page


def test_it_works_for_a_teammate(as_bob, url):
    assert as_bob.get(url).status_code == 200


def test_it_is_not_there_for_a_stranger(as_charlie, url):
    assert as_charlie.get(url).status_code == 404


def test_it_offers_no_deeds_to_who_may_only_look(as_viewer, url, make_task):
    make_task()

    page = as_viewer.get(url).text

    assert 'type="checkbox"' not in page
    assert "data-sheet" not in page.split("<main", 1)[1]


def test_it_asks_to_sign_in(client, url):
    assert client.get(url).status_code == 302


def test_it_refuses_post(as_alice, url):
    assert as_alice.post(url).status_code == 405


def test_it_teaches_while_there_is_no_task(as_alice, url):
    assert "first-steps" in as_alice.get(url).text


@pytest.mark.parametrize(
    ("state", "tone"),
    [
        (State.SUBMITTED, "generating"),
        (State.DOWNLOADING, "downloading"),
        (State.STORED, "succeeded"),
        (State.FAILED, "failed"),
        (State.UNCERTAIN, "uncertain"),
    ],
)
def test_it_colours_a_row_by_its_status(
    as_alice, url, make_task, make_key, state, tone
):
    task = make_task()
    attempt_in(state, task, make_key())

    assert f'<tr id="t{task.pk}" class="{tone}">' in as_alice.get(url).text


def test_it_links_rows_to_their_pages_and_files(as_alice, url, make_task, make_key):
    task = make_task()
    attempt_in(State.STORED, task, make_key())
    task.refresh_from_db()

    page = as_alice.get(url).text

    assert f'href="{reverse("task-detail", args=[task.pk])}"' in page
    assert f'href="{reverse("clip-file", args=[task.clip_id])}"' in page
    assert task.clip.path in page


def test_it_says_the_cause_of_a_failure(as_alice, english, url, make_task, make_key):
    attempt_in(State.FAILED, make_task(), make_key())

    page = as_alice.get(url).text

    assert "content filter" in page
    assert "Parameter error" in page


def test_it_says_why_a_row_waits(as_alice, english, url, project, make_task):
    task = make_task()
    task.__class__.objects.filter(pk=task.pk).update(status="QUEUED")
    reason = "account:no_credits"
    Project.objects.filter(pk=project.pk).update(count_queued=1, wait_reason=reason)

    assert "too few credits" in as_alice.get(url).text


def test_it_filters_by_status(as_alice, url, make_task, make_key):
    make_task("still here")
    attempt_in(State.FAILED, make_task("gone wrong"), make_key())

    page = as_alice.get(url, {"status": "failed"}).text

    assert "gone wrong" in page
    assert "still here" not in page


@pytest.mark.parametrize("q", ["WAVES", "sea", "1", "#1"])
def test_it_finds_by_prompt_name_and_number(as_alice, url, make_task, q):
    make_task("Waves roll in", name="Sea")
    make_task("Dune", name="Sand")

    response = as_alice.get(url, {"q": q})

    assert [r.task.number for r in response.context["rows"]] == [1]


def test_it_says_when_nothing_matches(as_alice, url, make_task):
    make_task()

    assert "没有符合条件的任务" in as_alice.get(url, {"q": "nowhere"}).text


def test_it_turns_pages(as_alice, url, project, make_picture, alice):
    picture = make_picture()
    rows = [{"prompt": f"p{i}", "picture": picture} for i in range(51)]
    actions.create_tasks(project, rows, by=alice)

    second = as_alice.get(url, {"page": 2}).context["board"]

    assert (second.first, second.last, second.count) == (51, 51, 51)
    assert as_alice.get(url).context["board"].after == "?page=2"


@pytest.mark.parametrize(
    "query",
    [
        {"page": "0"},
        {"page": "-1"},
        {"page": "x"},
        {"page": "9999999"},
        {"status": "x"},
    ],
)
def test_it_takes_a_senseless_query_for_none(as_alice, url, make_task, query):
    make_task("still here")

    assert "still here" in as_alice.get(url, query).text


def test_it_quotes_what_people_typed(as_alice, url, make_task):
    make_task("<script>alert(1)</script>", name="<b>bold</b>")

    page = as_alice.get(url).text

    assert "<script>alert" not in page
    assert "<b>bold</b>" not in page


def test_it_counts_on_in_the_browser(as_alice, url, make_task, make_key):
    attempt_in(State.SUBMITTED, make_task(), make_key(), usual_seconds=90)

    assert 'data-usual="90"' in as_alice.get(url).text


def test_its_cost_does_not_grow_with_its_rows(
    as_alice, url, make_task, make_key, django_assert_max_num_queries
):
    key = make_key()
    for _ in range(5):
        attempt_in(State.STORED, make_task(), key)

    with django_assert_max_num_queries(8):
        as_alice.get(url)
