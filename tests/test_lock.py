"""What production installs is what the tests ran with."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def test_it_keeps_requirements_in_step():
    if not (ROOT / "uv.lock").exists() or shutil.which("uv") is None:
        pytest.skip("uv made no lock here; .ci/run checks this")
    exported = subprocess.run(
        ["uv", "export", "-q", "--frozen", "--no-dev", "--no-header"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert (ROOT / "requirements.lock").read_text() == exported


def test_it_names_no_registry():
    text = (ROOT / "requirements.lock").read_text()
    assert "://" not in text
