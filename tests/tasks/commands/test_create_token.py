import io

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AccessToken


def test_it_prints_the_token_alone(alice):
    out = io.StringIO()
    call_command("create_token", "alice", stdout=out)
    token = out.getvalue()
    assert token == token.strip() + "\n"
    assert AccessToken.user_of(token.strip()) == alice


@pytest.mark.parametrize("name", ["nobody", "alice"])
def test_it_refuses_who_cannot_log_in(alice, name):
    alice.is_active = False
    alice.save()
    out = io.StringIO()
    with pytest.raises(CommandError, match=f"no active user named '{name}'"):
        call_command("create_token", name, stdout=out)
    assert out.getvalue() == ""
