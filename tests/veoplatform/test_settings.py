import os
import subprocess
import sys
from pathlib import Path

import pytest

from veoplatform.first_secret import make_secret

ROOT = Path(__file__).resolve().parents[2]


def settings_of(tmp_path, name, **env):
    """What a fresh process makes of that environment."""
    clean = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME")}
    return subprocess.run(
        [
            sys.executable,
            "-c",
            f"from veoplatform import settings; print(settings.{name})",
        ],
        cwd=ROOT,
        env={**clean, "VEO_DATA_DIR": str(tmp_path), **env},
        capture_output=True,
        text=True,
    )


def test_it_makes_a_secret_once(tmp_path):
    folder = tmp_path / "data"
    first = make_secret(folder)
    assert len(first) >= 50
    assert make_secret(folder) == first
    assert (folder / "secret_key").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_it_refuses_to_start_production_without_a_secret(tmp_path):
    done = settings_of(tmp_path, "DEBUG", DATABASE_URL="postgresql://veo@localhost/veo")
    assert done.returncode != 0
    assert "SECRET_KEY is missing" in done.stderr


@pytest.mark.parametrize(
    ("name", "env", "value"),
    [
        ("DEBUG", {}, "False"),
        ("SESSION_COOKIE_SECURE", {"PUBLIC_URL": "https://veo.example.org"}, "True"),
        ("KIE_CREATE_RATE", {"KIE_CREATE_RATE": "7"}, "7"),
        ("ALLOWED_PRIVATE_HOSTS", {"ALLOWED_PRIVATE_HOSTS": "a, b"}, "['a', 'b']"),
        (
            "DATABASES['default']['NAME']",
            {"DATABASE_URL": "postgresql://u:p%40@h:1/my%2Fdb", "SECRET_KEY": "x"},
            "my/db",
        ),
    ],
)
def test_it_reads_the_environment(tmp_path, name, env, value):
    done = settings_of(tmp_path, name, **env)
    assert (done.stdout.strip(), done.stderr) == (value, "")


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"PORT": "eighty"}, "PORT must be a whole number"),
        (
            {"DATABASE_URL": "mysql://x/y", "SECRET_KEY": "x"},
            "must begin with postgresql://",
        ),
    ],
)
def test_it_names_the_variable_that_is_wrong(tmp_path, env, words):
    done = settings_of(tmp_path, "DEBUG", **env)
    assert words in done.stderr


def test_it_keeps_a_long_path_out_of_the_socket(tmp_path):
    deep = tmp_path / ("d" * 120)
    done = settings_of(tmp_path, "REDIS_SOCKET", VEO_DATA_DIR=str(deep))
    assert len(done.stdout.strip()) < 100
