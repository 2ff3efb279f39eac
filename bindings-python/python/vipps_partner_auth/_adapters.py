"""What the adapters have in common."""

from __future__ import annotations

from contextlib import contextmanager

from ._errors import TimedOutError, VippsAuthError, fields_of, restored

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    Families = tuple[type[Exception], type[Exception]]


@contextmanager
def raised_as(families: Families, **about: Any) -> Iterator[None]:
    """Raises an error of this library as one of the client's own too, with the error itself as its cause.

    ``families`` are the client's class for a request that could not be sent, and for a time limit that was over.
    """
    try:
        yield
    except VippsAuthError as error:
        family = families[isinstance(error, TimedOutError)]
        own = in_family(family, type(error), str(error), fields_of(error))
        for name, value in about.items():
            setattr(own, name, value)
        raise own from error


def in_family(family: type[Exception], kind: type[VippsAuthError], text: str, fields: dict[str, Any]) -> VippsAuthError:
    """An error of this kind that the client's users catch as one of the client's."""
    return restored(_both(kind, family), text, fields)


def _both(kind: type[VippsAuthError], family: type[Exception]) -> type[VippsAuthError]:
    both = _CLASSES.get((kind, family))
    if both is None:

        def reduce(error: VippsAuthError) -> tuple[Callable[..., VippsAuthError], tuple[object, ...]]:
            return in_family, (family, kind, str(error), fields_of(error))

        members = {"__module__": kind.__module__, "__doc__": kind.__doc__, "__reduce__": reduce}
        both = _CLASSES[kind, family] = type(kind.__name__, (kind, family), members)
    return both


_CLASSES: dict[tuple[type[VippsAuthError], type[Exception]], type[VippsAuthError]] = {}
