"""``python -m vipps_partner_auth doctor``: is everything as it must be before the first customer comes?"""

from __future__ import annotations

import sys

from . import _native


def main(arguments: list[str]) -> int:
    """Runs a command; gives the code that the program ends with."""
    if arguments[:1] != ["doctor"]:
        sys.stderr.write("usage: python -m vipps_partner_auth doctor [--help]\n")
        return 2
    text, code = _native.doctor_command(arguments[1:])
    sys.stdout.write(text)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
