import pytest
from django.core.management import CommandError, call_command

from tasks.models import attempt, video_task


def test_it_keeps_the_document_in_step():
    call_command("states", check=True)


def test_it_draws_every_move(capsys):
    call_command("states")
    drawn = capsys.readouterr().out
    for moves in (video_task.NEXT, attempt.NEXT):
        for old, after in moves.items():
            for new in after:
                assert f"    {old} --> {new}\n" in drawn


def test_it_says_when_the_document_is_out_of_step(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    (tmp_path / "docs").mkdir()
    with pytest.raises(CommandError, match="--write"):
        call_command("states", check=True)
    call_command("states", write=True)
    call_command("states", check=True)
    (tmp_path / "docs" / "states.md").write_text("old")
    with pytest.raises(CommandError):
        call_command("states", check=True)
