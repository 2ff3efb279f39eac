"""Every Python block of the README, in order; its tests are run by pytest itself."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_all_blocks_run(tmp_path: Path) -> None:
    *programs, tests = BLOCKS
    assert len(programs) == 2 and "def test_my_shop" in tests
    for block in programs:
        run = subprocess.run([sys.executable, "-W", "error", "-c", block], capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
    (tmp_path / "test_block.py").write_text(tests)
    command = [sys.executable, "-m", "pytest", "-q", "--strict-markers", "-p", "no:cacheprovider", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert "3 passed" in run.stdout, run.stdout + run.stderr
