import pytest

from accounts.models import User
from tasks import first_run
from tasks.models import ApiKey, Project, ProviderAccount

SIMULATOR = "http://127.0.0.1:9000"


@pytest.fixture
def start(db):
    def start(**given):
        return first_run.make_what_is_missing(simulator_url=SIMULATOR, **given)

    return start


@pytest.fixture
def no_demo(settings):
    settings.VEO_DEMO = False


def test_it_makes_an_admin_with_a_password_shown_once(start, no_demo):
    made = start()
    admin = User.objects.get()
    assert (made.admin, admin.username, admin.is_superuser) == (admin, "admin", True)
    assert admin.check_password(made.password)
    assert start() == first_run.Made()


def test_it_takes_the_given_password_and_does_not_show_it(start, no_demo):
    made = start(admin_password="chosen by me")
    assert made.password == ""
    assert User.objects.get().check_password("chosen by me")


def test_it_leaves_a_changed_password_alone(start, no_demo, alice):
    alice.is_superuser = True
    alice.save()
    start(admin_password="another one")
    assert User.objects.get() == alice


def test_it_makes_passwords_that_differ():
    first, second = first_run.make_password(), first_run.make_password()
    assert first != second
    assert len(first) == 19


def test_it_makes_a_demo_when_there_is_no_key(start):
    made = start()
    project = Project.objects.get()
    assert (project.owner, project.simulated) == (made.admin, True)
    assert ApiKey.objects.get().account.base_url == SIMULATOR


def test_it_makes_the_demo_once(start):
    start()
    Project.objects.all().update(name="kept")
    start()
    assert Project.objects.get().name == "kept"


def test_it_makes_no_demo_when_told_not_to(start, no_demo):
    start()
    assert not Project.objects.exists()
    assert not ProviderAccount.objects.exists()


def test_it_imports_the_key_of_the_environment(start, settings):
    start(provider_key="sk-from-outside")
    key = ApiKey.objects.select_related("account").get()
    assert (key.secret, key.account.name) == ("sk-from-outside", "KIE.AI")
    assert key.account.base_url == settings.KIE_API_URL
    assert key.account.upload_url == settings.KIE_UPLOAD_URL
    assert not key.account.simulated
    assert not Project.objects.exists()


def test_it_imports_a_key_beside_a_demo_but_never_a_second(start):
    start()
    start(provider_key="sk-first")
    start(provider_key="sk-second")
    real = ApiKey.objects.filter(account__simulated=False)
    assert [key.secret for key in real] == ["sk-first"]
