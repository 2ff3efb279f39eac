"""What all tests share."""

from __future__ import annotations

import sys
from pathlib import Path

# The helpers beside the tests; the package itself is the installed one.
sys.path.insert(0, str(Path(__file__).parent))
