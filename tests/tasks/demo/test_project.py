from tasks.demo.project import EXAMPLES, create_demo
from tasks.models import ProviderAccount, Status
from tasks.simulator.settings import DEMO_KEY


def test_it_makes_a_simulated_project_ready_to_start(alice):
    project = create_demo(alice, simulator_url="http://127.0.0.1:9000")
    project.refresh_from_db()
    assert (project.owner, project.simulated) == (alice, True)
    assert project.counts[Status.WAITING] == project.total == len(EXAMPLES)
    first = project.tasks.earliest("number")
    assert (first.prompt, str(first.picture)) == (EXAMPLES[0].prompt, "雪山日出.jpg")


def test_it_makes_an_account_that_the_simulator_knows(alice):
    create_demo(alice, simulator_url="http://127.0.0.1:9000")
    account = ProviderAccount.objects.get()
    assert account.simulated
    assert account.base_url == account.upload_url == "http://127.0.0.1:9000"
    assert account.keys.get().secret == DEMO_KEY
