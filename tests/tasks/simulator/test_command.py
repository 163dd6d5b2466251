import pytest
from django.core.management import CommandError, call_command

from tasks.management.commands.simulator import key, webhook_key
from tests.simulator_fixture import running_simulator


def test_it_says_in_one_sentence_why_it_cannot_start(tmp_path):
    with running_simulator() as kie:
        port = int(kie.url.rpartition(":")[2])
        with pytest.raises(CommandError, match=r"^Port \d+ on 127.0.0.1 is taken.$"):
            call_command("simulator", port=port, state_dir=tmp_path)


@pytest.mark.parametrize(
    ("text", "read"),
    [("a=5", ("a", 5, "a")), ("a=1.5@team", ("a", pytest.approx(1.5), "team"))],
)
def test_it_reads_keys(text, read):
    secret, amount, account = key(text)
    assert (secret, float(amount), account) == read


def test_it_reads_webhook_keys():
    assert webhook_key("s3cret") == ("*", "s3cret")
    assert webhook_key("team=s3cret") == ("team", "s3cret")
