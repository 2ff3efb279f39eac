"""Values between JSON and Python."""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta, timezone
from typing import Any


def to_json(members: Mapping[str, object]) -> str:
    """An object of these members; those that are ``None`` are left out."""
    return json.dumps({name: value for name, value in members.items() if value is not None}, default=_plain)


def _plain(value: object) -> object:
    """What JSON knows nothing of."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone, such as datetime.timezone.utc")
        return value.timestamp()
    if is_dataclass(value) and not isinstance(value, type):
        members = ((field.name, getattr(value, field.name)) for field in fields(value))
        return {name: member for name, member in members if member is not None}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Set):
        return list(value)
    raise TypeError(f"the emulator takes no {type(value).__name__}")


def moment(told: float) -> datetime:
    """Seconds since the Unix epoch, as the emulator tells them; in UTC."""
    return datetime.fromtimestamp(told, timezone.utc)


def moment_or_none(told: Any) -> datetime | None:
    """The same, where there may be none."""
    return None if told is None else moment(told)
