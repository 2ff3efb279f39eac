"""HTTP to the emulator's controls."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from ._errors import UnreachableError, refused
from ._operations import DOOR
from ._values import to_json

#: Seconds. Every operation answers at once but those that make keys.
TIMEOUT = 120


class Door:
    """The operations by name. It may be used from any thread and in forked children, each on connections of its own."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("url: must begin with http:// or https:// and a host")
        # Without a user and password, which are nobody else's business.
        self.url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self._host, self._port, self._is_tls = parts.hostname, parts.port, parts.scheme == "https"
        self._idle: list[HTTPConnection] = []
        self._owner = os.getpid()

    def call(self, operation: str, members: Mapping[str, object]) -> dict[str, Any]:
        """Runs an operation; a refusal is a ``ControlError``."""
        status, text = self._send(operation, to_json(members).encode())
        told = _object(text)
        if status == 200 and told is not None:
            return told
        if told is not None and told.keys() >= {"error", "code", "member", "rule"}:
            raise refused(told)
        raise UnreachableError(f"whoever answers at {self.url} is no vipps-emulator, or admits no {operation}: {status}")

    def close(self) -> None:
        """Closes what no call is using."""
        while self._idle:
            self._idle.pop().close()

    def _send(self, operation: str, body: bytes) -> tuple[int, bytes]:
        while True:
            connection, was_idle = self._connection()
            try:
                connection.request("POST", DOOR + operation, body, {"Content-Type": "application/json"})
                reply = connection.getresponse()
                status, text = reply.status, reply.read()
            except (OSError, HTTPException) as error:
                connection.close()
                # One that was idle may have been closed at the other end before the emulator saw anything.
                if was_idle and not isinstance(error, socket.timeout):
                    continue
                raise UnreachableError(f"the emulator at {self.url} can't be reached: {error or 'no reply'}") from error
            self._idle.append(connection)
            return status, text

    def _connection(self) -> tuple[HTTPConnection, bool]:
        if self._owner != os.getpid():
            # A parent's connections: closed here, they stay open there.
            self._idle, self._owner = [], os.getpid()
        try:
            return self._idle.pop(), True
        except IndexError:
            return self._new_connection(), False

    def _new_connection(self) -> HTTPConnection:
        if not self._is_tls:
            return HTTPConnection(self._host, self._port, timeout=TIMEOUT)
        # Not every Python has it.
        from http.client import HTTPSConnection

        return HTTPSConnection(self._host, self._port, timeout=TIMEOUT)


def _object(text: bytes) -> dict[str, Any] | None:
    try:
        told = json.loads(text)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None
