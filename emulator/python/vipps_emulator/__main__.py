"""``python -m vipps_emulator``: the program, with the same arguments as ``vipps-emulator``."""

from __future__ import annotations

import os
import subprocess
import sys

from ._errors import StartError
from ._program import path


def main() -> int:
    """Puts the program in the place of this one, where that can be."""
    try:
        command = [path(), *sys.argv[1:]]
    except StartError as error:
        print(error, file=sys.stderr)
        return 2
    if sys.platform == "win32":
        return subprocess.call(command)
    os.execv(command[0], command)


if __name__ == "__main__":
    sys.exit(main())
