"""An engine with its provider: the simulator on the wire, the steps run by hand."""

import itertools
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from tasks import actions
from tasks.engine import (
    asking,
    download,
    poll,
    replay,
    stopping,
    submit,
    thumbnails,
    upload,
    usual,
)
from tasks.engine.dispatch import dispatch
from tasks.engine.reconcile import reconcile
from tasks.models import ApiKey, Attempt, PictureUpload, Project
from tests.attempts import attempt_in
from tests.simulator_fixture import running_simulator

ORDINARY = {
    "generation_seconds": 0,
    "create_rate": 0,
    "callbacks": False,
    "mode": "ok",
    "marks": "",
}
PAIR = ("sk-pair-0001", "sk-pair-0002")  # two keys of one account at the provider
_names = itertools.count(1)


@pytest.fixture(scope="session")
def simulator():
    with running_simulator(
        generation_seconds=0,
        create_rate=0,
        keys=dict.fromkeys(PAIR, 10**6),
        accounts=dict.fromkeys(PAIR, "pair"),
    ) as simulated:
        yield simulated


@pytest.fixture
def kie(simulator):
    """The provider as this test sees it: ordinary again afterwards."""
    provider = Provider(simulator)
    yield provider
    simulator.control(**ORDINARY, restore=[*PAIR, *provider.keys])


class Provider:
    """One simulator serves all tests; each buys with keys of its own."""

    def __init__(self, simulator):
        self._simulator = simulator
        self.url, self.control = simulator.url, simulator.control
        self.keys = []
        self.control(**ORDINARY)
        self.key = self.new_key()

    def new_key(self, amount=10**6):
        """A secret with an account of its own."""
        secret = f"sk-test-{next(_names):05}"
        self.control(top_up={secret: amount})
        self.keys.append(secret)
        return secret

    def calls(self):
        """Every POST that this test sent to create."""
        calls = self._simulator.ledger()["calls"]
        names = {*self.keys, *(f"…{secret[-4:]}" for secret in self.keys)}
        return [call for call in calls if call["key"] in names]

    def bought(self):
        return [call for call in self.calls() if call["accepted"]]


@pytest.fixture
def paid_project(project, make_key, kie):
    """A project whose one key is the simulator's."""
    account = make_key.account(base_url=kie.url, upload_url=kie.url)
    make_key(account=account, secret=kie.key)
    return project


@pytest.fixture
def key(paid_project):
    return ApiKey.objects.select_related("account").get()


@pytest.fixture(autouse=True)
def _forgetful():
    """A new process knows nothing yet: neither do the steps of the next test."""
    usual._known.clear()
    replay._looked_up.clear()
    stopping._asked.clear()
    yield
    stopping._asked.clear()


@pytest.fixture
def engine(db, paid_project, settings, kie):
    settings.ALLOWED_PRIVATE_HOSTS = [kie.url.removeprefix("http://")]
    settings.KIE_STATUS_RATE = 1000
    settings.KIE_CREATE_RATE = 1000
    settings.PUBLIC_URL = "http://127.0.0.1:1"  # the simulator is told not to call
    steps = Engine(paid_project)
    yield steps
    steps.close()


@pytest.fixture
def shared_engine(transactional_db, engine):
    """The same, with a database that other threads see."""
    return engine


class Engine:
    """Runs the steps as clock and workers would, in this thread."""

    def __init__(self, project):
        self.project = project
        self.asker = asking.Asker()
        self.sweeper = poll.Sweeper(self.asker)
        # Made before threads race for it, so that one is made and closed.
        download._client(frozenset(settings.ALLOWED_PRIVATE_HOSTS))

    def close(self):
        self.asker.close()
        download._client(frozenset(settings.ALLOWED_PRIVATE_HOSTS)).close()
        download._client.cache_clear()

    def start(self, by, **which):
        return actions.start(self.project, by=by, **which)

    def dispatch(self):
        return dispatch(timezone.now())

    def plan(self):
        """Dispatch twice: the first asks for uploads, the second finds them."""
        self.dispatch()
        self.upload()
        return self.dispatch()

    def upload(self):
        return list(upload.steps()) + list(thumbnails.steps())

    def submit(self):
        return list(submit.steps())

    def buy(self):
        self.plan()
        return self.submit()

    def poll(self):
        ids = Attempt.objects.values_list("pk", flat=True)
        Attempt.objects.hurry(ids, timezone.now())
        return list(self.sweeper.sweep())

    def download(self):
        return list(download.steps())

    def replay(self):
        return replay.replay()

    def reconcile(self):
        return reconcile(timezone.now())

    def run(self, seconds=15):
        """Until nothing moves any more."""
        self.until(lambda: not self.is_moving(), seconds)

    def until(self, over, seconds=10, *, fetch=True):
        """Round after round of every step, until it is so."""
        leave_at = time.monotonic() + seconds
        while time.monotonic() < leave_at:
            self.plan()
            self.submit()
            self.poll()
            if fetch:
                self.download()
            if over():
                return
            time.sleep(0.02)
        raise AssertionError("still moving")

    def is_moving(self):
        return Project.objects.get(pk=self.project.pk).is_moving


@pytest.fixture
def make_attempt(make_task, key):
    """An attempt put into its state by hand, never sent by anybody."""

    def make(state, task=None, *, bought_with=None, **fields):
        return attempt_in(state, task or make_task(), bought_with or key, **fields)

    return make


@pytest.fixture
def uploaded(now):
    """Have the pictures of these tasks at the provider, as upload would leave them."""

    def put(*tasks, url="http://127.0.0.1:9/p.jpg", host=None, **fields):
        host = host or ApiKey.objects.first().account.upload_url
        for task in tasks:
            PictureUpload.objects.update_or_create(
                picture_id=task.picture_id,
                variant=task.aspect_ratio,
                upload_url=host,
                defaults={
                    "url": url,
                    "next_try_at": now,
                    "expires_at": now + timedelta(hours=12),
                    **fields,
                },
            )

    return put


@pytest.fixture
def bought(engine, make_task, alice):
    """A task whose one purchase has been sent, and its attempt afterwards."""

    def buy(prompt="Waves", **fields):
        task = make_task(prompt, **fields)
        engine.start(alice)
        engine.buy()
        task.refresh_from_db()
        return task, task.attempts.get()

    return buy


@pytest.fixture
def planned(engine, make_task, alice):
    """So many attempts that wait to be sent."""

    def plan(count=1):
        for n in range(count):
            make_task(f"Wave {n}")
        engine.start(alice)
        engine.plan()
        return list(Attempt.objects.order_by("planned_at"))

    return plan


@pytest.fixture
def ready(make_task, project, alice, uploaded, key):
    """So many started tasks whose pictures are at the provider."""

    def make(count, into=project, by=alice, **fields):
        tasks = [make_task(f"Wave {n}", into=into, **fields) for n in range(count)]
        uploaded(*tasks)
        actions.start(into, by=by, task_ids=[t.pk for t in tasks])
        return tasks

    return make
