"""An adapter for ``urllib3``, which the package does not ship: written with its public names alone."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError
from vipps_partner_auth import Caller, TimedOutError, VippsAuthError


class AuthorizedPool(urllib3.PoolManager):
    """A pool whose requests to Vipps carry the headers of a partner or merchant."""

    def __init__(self, caller: Caller, **options: Any) -> None:
        super().__init__(**options)
        self.caller = caller

    def urlopen(self, method: str, url: str, redirect: bool = True, **given: Any) -> urllib3.BaseHTTPResponse:  # type: ignore[override]
        if not self.caller.covers(url):
            return super().urlopen(method, url, redirect, **given)
        own = given.pop("headers", None) or self.headers
        limit = given.get("timeout")
        try:
            sent = self.caller.authorization(timeout=limit)
        except VippsAuthError as error:
            raise (ConnectTimeoutError if isinstance(error, TimedOutError) else HTTPError)(str(error)) from error
        response = self.send(method, url, own, sent.headers, given)
        if response.status == 401:
            try:
                another = self.caller.refused(sent.token, timeout=limit)  # in any case, for the sake of the next call
            except TimedOutError as error:
                raise ConnectTimeoutError(str(error)) from error
            except VippsAuthError:
                return response
            if isinstance(given.get("body"), (bytes, str, type(None))):  # the same bytes for sure
                response.drain_conn()
                response = self.send(method, url, own, another.headers, given)
        location = redirect and response.get_redirect_location()
        if not location:
            return response
        retries = urllib3.Retry.from_int(given.get("retries")).increment(method, url, response=response)
        given.update(retries=retries, headers=own, **({"body": None} if response.status == 303 else {}))
        method, target = ("GET" if response.status == 303 else method), urljoin(url, location)
        follow = self.urlopen if self.caller.may_follow(url, target) else super().urlopen
        return follow(method, target, redirect, **given)

    def send(self, method: str, url: str, own: Any, ours: dict[str, str], given: Any) -> urllib3.BaseHTTPResponse:
        headers = urllib3.HTTPHeaderDict(own)
        for name, value in ours.items():
            headers[name] = value
        return super().urlopen(method, url, redirect=False, headers=headers, **given)
