"""The caller-verification desk: is the caller who they say they are?

A support agent has somebody on the phone. Vipps asks that person in the app; when they confirm, the agent sees the name and
the number that Vipps knows. Both sides see the same short code, so that nobody confirms another call.

    python caller_desk.py "+47 912 34 567"      the number of the caller
    python caller_desk.py --qr TOKEN            the customer token of a QR code that the person showed

It ends with 0 if the person confirmed, 1 if they did not, 2 if it can't be told now.

Against the emulator, whose page (http://127.0.0.1:8585/) is the caller's phone:

    vipps-emulator --config ../emulator.toml
    env $(cat ../emulator.env) python caller_desk.py "+47 912 34 567"

Against Vipps set the partner keys instead (docs/settings.md has all variables), and leave VIPPS_ENVIRONMENT out:

    VIPPS_CLIENT_ID, VIPPS_CLIENT_SECRET, VIPPS_SUBSCRIPTION_KEY
    VIPPS_SYSTEM_NAME, VIPPS_SYSTEM_VERSION     your system
    DESK_MSN                                    the sales unit that asks, by whose name the caller knows you
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import sys
from collections.abc import Callable

from vipps_partner_auth import Backchannel, LoginFailedError, Partner, RateLimitedError, Userinfo, VippsAuthError

SCOPES = ["openid", "name", "phoneNumber"]
SECONDS_TO_CONFIRM = 120
# Read out over the phone: no two of these sound or look alike.
CODE_LETTERS = "ACEFHJKLMRTWXY34679"

NOT_CONFIRMED = {
    "denied": "the caller declined",
    "expired": "the caller did not answer in time",
    "unknown_user": "nobody with an active Vipps app has this number",
    "outdated_app": "the caller's Vipps app is too old: ask them to update it",
    "wrong_challenge": "the caller chose the wrong number in the app",
}


class NotConfirmed(Exception):
    """Nobody has confirmed to be the caller; the text says why."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Asks a caller to confirm in the Vipps app who they are.")
    asked = parser.add_mutually_exclusive_group(required=True)
    asked.add_argument("number", nargs="?", help="phone number with country code")
    asked.add_argument("--qr", metavar="TOKEN", help="customer token of a scanned QR code")
    options = parser.parse_args(arguments)
    try:
        desk = Partner.from_env().merchant(os.environ.get("DESK_MSN", "")).backchannel()
        hint = f"urn:customer-token:{options.qr}" if options.qr else hint_of(desk, options.number)
        person = confirm(desk, hint, tell)
    except NotConfirmed as why:
        print(f"NOT CONFIRMED: {why}.")
        return 1
    except VippsAuthError as error:
        print(f"Can't tell now: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("NOT CONFIRMED: given up.")
        return 1
    print(f"CONFIRMED: {person.name}, phone number {person.phone_number}.")
    return 0


def hint_of(desk: Backchannel, number: str) -> str:
    """Whom to ask. Where Vipps knows that nobody can be asked at this number, nothing is started."""
    # As people write it, such as "+47 912 34 567" or "0047 91234567", to digits with the country code.
    digits = re.sub(r"[\s()+.-]", "", number).removeprefix("00")
    if desk.user_exists(digits) is False:
        raise NotConfirmed("this number is not a Vipps user's")
    return f"urn:msisdn:{digits}"


def confirm(desk: Backchannel, hint: str, tell: Callable[[str], object]) -> Userinfo:
    """Asks the person, waits for their decision, and says who they are. ``tell`` is given the code that they must see."""
    code = "".join(secrets.choice(CODE_LETTERS) for _ in range(6))
    try:
        pending = desk.start(hint, SCOPES, binding_message=code, requested_expiry=SECONDS_TO_CONFIRM)
        tell(code)
        result = desk.wait(pending)
    except LoginFailedError as error:
        reason = error.reason or "unknown"
        raise NotConfirmed(NOT_CONFIRMED.get(reason, f"the login failed ({reason})")) from error
    except RateLimitedError as error:
        raise NotConfirmed("too many logins wait for this person: let them end first") from error
    if result is None:
        raise NotConfirmed(NOT_CONFIRMED["expired"])
    return desk.userinfo(result)


def tell(code: str) -> None:
    print(f'Tell the caller: "Please confirm in the Vipps app. It must show the code {code}."', flush=True)


if __name__ == "__main__":
    sys.exit(main())
