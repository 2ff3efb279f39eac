"""An adapter for ``urllib3``, which the package does not ship: written with its public names alone."""

from typing import Any
from urllib.parse import urljoin

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError
from vipps_partner_auth import Authorization, Caller, TimedOutError, VippsAuthError


class AuthorizedPool(urllib3.PoolManager):
    """A pool whose requests to Vipps carry the headers of a partner or merchant, and no others do."""

    def __init__(self, caller: Caller, **options: Any) -> None:
        super().__init__(**options)
        self.caller = caller

    def urlopen(self, method: str, url: str, redirect: bool = True, **given: Any) -> Any:  # type: ignore[override]
        if not self.caller.covers(url):
            self.caller.headers_withheld(url)
            return super().urlopen(method, url, redirect, **given)
        own = given.pop("headers", None) or self.headers
        limit = given.get("timeout")
        response = None
        try:
            sent = self.caller.authorization(timeout=limit)
            response = self.send(method, url, own, sent, given)
            if response.status == 401:
                another = self.caller.refused(sent.token, timeout=limit)  # in any case, for the sake of the next call
                if isinstance(given.get("body"), (bytes, str, type(None))):  # the same bytes for sure
                    response.drain_conn()
                    response = self.send(method, url, own, another, given)
        except TimedOutError as error:
            raise ConnectTimeoutError(str(error)) from error
        except VippsAuthError as error:
            if response is None:  # else there is no other token, and the 401 stands
                raise HTTPError(str(error)) from error
        location = redirect and response.get_redirect_location()
        if not location:
            return response
        target = urljoin(url, location)
        given["retries"] = urllib3.Retry.from_int(given.get("retries")).increment(method, url, response=response)
        if response.status == 303:
            method = "GET"
            given["body"] = None
        follow = self.urlopen if self.caller.may_follow(url, target) else super().urlopen
        return follow(method, target, redirect, headers=own, **given)

    def send(self, method: str, url: str, own: Any, authorization: Authorization, given: dict[str, Any]) -> Any:
        headers = urllib3.HTTPHeaderDict(own)
        for name, value in authorization.headers.items():
            headers[name] = value
        return super().urlopen(method, url, redirect=False, headers=headers, **given)
