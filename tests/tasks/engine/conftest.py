"""An engine with its provider: the simulator on the wire, the steps run by hand."""

import time

import pytest
from django.conf import settings
from django.utils import timezone

from tasks import actions
from tasks.engine import asking, download, poll, replay, submit, thumbnails, upload
from tasks.engine.dispatch import dispatch
from tasks.models import Attempt, Project
from tests.simulator_fixture import running_simulator


@pytest.fixture
def kie():
    with running_simulator() as simulated:
        yield simulated


@pytest.fixture
def paid_project(project, make_key, kie):
    """A project whose one key is the simulator's."""
    account = make_key.account(base_url=kie.url, upload_url=kie.url)
    make_key(account=account, secret=kie.key)
    return project


@pytest.fixture
def engine(transactional_db, paid_project, settings, kie):
    settings.ALLOWED_PRIVATE_HOSTS = [kie.url.removeprefix("http://")]
    steps = Engine(paid_project)
    yield steps
    steps.close()


class Engine:
    """Runs the steps as clock and workers would, in this thread."""

    def __init__(self, project):
        self.project = project
        self.asker = asking.Asker()
        self.sweeper = poll.Sweeper(self.asker)

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

    def poll(self):
        Attempt.objects.hurry(Attempt.objects.values_list("pk", flat=True), timezone.now())
        return list(self.sweeper.sweep())

    def download(self):
        return list(download.steps())

    def replay(self):
        return replay.replay()

    def run(self, seconds=15):
        """Until nothing moves any more."""
        leave_at = time.monotonic() + seconds
        while time.monotonic() < leave_at:
            self.plan()
            self.submit()
            self.poll()
            self.download()
            if not Project.objects.get(pk=self.project.pk).is_moving:
                return
            time.sleep(0.05)
        raise AssertionError("still moving")
