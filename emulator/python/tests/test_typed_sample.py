"""The typed sample is a program too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("typing_extensions")


def test_the_sample_runs() -> None:
    sample = Path(__file__).with_name("typed_sample.py")
    run = subprocess.run([sys.executable, str(sample)], capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, "msn\n"), run.stderr
