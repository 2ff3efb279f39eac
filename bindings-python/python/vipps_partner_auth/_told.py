"""What Vipps tells of sales units, merchants and persons, as values."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal

    from typing_extensions import Self

    Json = dict[str, Any]


class _Told:
    """A value: made once, compared, copied and pickled. ``repr`` shows what is no personal data."""

    __slots__ = ("_told",)
    _members: dict[str, str] = {}
    """Names and documentation."""
    _shown: tuple[str, ...] = ()
    _told: Json

    def __init_subclass__(cls) -> None:
        for name, documentation in cls._members.items():
            setattr(cls, name, property(_getter(name), doc=documentation))

    def __init__(self, members: Json) -> None:
        object.__setattr__(self, "_told", {name: members[name] for name in self._members})

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} can't be changed")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} can't be changed")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._told == other._told

    def __hash__(self) -> int:
        return hash((type(self).__name__, *(str(self._told[name]) for name in self._shown)))

    def __repr__(self) -> str:
        shown = [f"{name}={self._told[name]!r}" for name in self._shown]
        rest = ["..."] if len(shown) < len(self._members) else []
        return f"{type(self).__name__}({', '.join([*shown, *rest])})"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: object) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self._told)


def _getter(name: str) -> Callable[[_Told], object]:
    return lambda value: value._told[name]


def _restored(kind: type[_Told], members: Json) -> _Told:
    """Of a pickle, whose members are values already."""
    value = kind.__new__(kind)
    _Told.__init__(value, members)
    return value


class SalesUnit(_Told):
    """One sales unit, as Vipps' Management API tells of it."""

    __slots__ = ()
    _members = {
        "msn": "Its merchant serial number. Written as a number on the wire, it is filled up to four digits.",
        "name": "The name that people read.",
        "active": "Whether it is active, where the reply says so.",
        "flags": "The members that are true or false, by name.",
        "members": "All that Vipps sent, those members too that are unknown to this library.",
    }
    _shown = ("msn", "name")
    msn: str
    name: str | None
    active: bool | None
    flags: dict[str, bool]
    members: dict[str, Any]


class SalesUnitStatus(_Told):
    """What Vipps answers about one sales unit."""

    __slots__ = ()
    _members = {
        "msn": "The sales unit that was asked about.",
        "state": "``connected``; ``not_connected``, to this partner, or not active: Vipps answers both alike; or ``inactive``.",
        "unit": "What Vipps says of it, where there is one.",
    }
    _shown = ("msn", "state")
    msn: str
    state: Literal["connected", "not_connected", "inactive"]
    unit: SalesUnit | None

    def __init__(self, members: Json) -> None:
        super().__init__({**members, "unit": members["unit"] and SalesUnit(members["unit"])})


class SalesUnitChanges(_Told):
    """A list of sales units beside the MSNs that were known."""

    __slots__ = ()
    _members = {
        "units": "All there are now.",
        "connected": "Those of them that were not known.",
        "gone": "The MSNs of those that were known and are there no more.",
    }
    _shown = ("connected", "gone")
    units: list[SalesUnit]
    connected: list[SalesUnit]
    gone: list[str]

    def __init__(self, members: Json) -> None:
        lists = {name: [SalesUnit(unit) for unit in members[name]] for name in ("units", "connected")}
        super().__init__({**members, **lists})


class CheckFinding(_Told):
    """The answer to one question of ``Partner.check``."""

    __slots__ = ()
    _members = {
        "outcome": "``good``, ``bad`` (somebody must change something) or ``unknown`` (it can't be told now, or from here).",
        "detail": "In words, without a secret.",
        "code": "The code of the error, where something went wrong.",
        "hint": "Its likely cause.",
        "error": "Its whole text.",
    }
    _shown = ("outcome", "detail")
    outcome: Literal["good", "bad", "unknown"]
    detail: str
    code: str | None
    hint: str | None
    error: str | None


class MerchantCheck(_Told):
    """What ``Partner.check`` found, each question with its own answer: one that went wrong stops no other."""

    __slots__ = ()
    _members = {
        "msn": "Whose.",
        "is_good": "Whether nothing is wrong, as far as could be told.",
        "token": "Whether Vipps takes the keys.",
        "clock": "Whether this machine's clock and that of Vipps agree, within the setting ``leeway``.",
        "connected": "Whether the sales unit is connected to these keys.",
        "login": "Whether Login's token endpoint takes these keys for this merchant.",
        "clock_difference": "How many whole seconds the clock of Vipps is ahead; below zero it is behind.",
        "sales_unit": "What the Management API says of the sales unit, where it could be asked.",
    }
    _shown = ("msn", "is_good", "token", "clock", "connected", "login")
    msn: str
    is_good: bool
    token: CheckFinding
    clock: CheckFinding
    connected: CheckFinding
    login: CheckFinding
    clock_difference: int | None
    sales_unit: SalesUnitStatus | None

    def __init__(self, members: Json) -> None:
        findings = {name: CheckFinding(members[name]) for name in ("token", "clock", "connected", "login")}
        unit = members["sales_unit"]
        super().__init__({**members, **findings, "sales_unit": unit and SalesUnitStatus(unit)})

    @property
    def findings(self) -> dict[str, CheckFinding]:
        """All answers under their names, in order."""
        return {name: self._told[name] for name in ("token", "clock", "connected", "login")}


class FlowLink(_Told):
    """A link of a screen."""

    __slots__ = ()
    _members = {"title": "What the person reads.", "url": "Where it leads."}
    title: str | None
    url: str | None


class FlowElement(_Told):
    """One thing that the person could answer. Of types unknown to this library ``members`` says all."""

    __slots__ = ()
    _members = {
        "type": "``checkbox``, the only one that Vipps documents.",
        "id": "What the merchant named it.",
        "title": "What the person read.",
        "checked": "Whether the person ticked it.",
        "members": "All that Vipps sent of it.",
    }
    type: str | None
    id: str | None
    title: str | None
    checked: bool | None
    members: dict[str, Any]


class FlowScreen(_Told):
    """One screen of a flow."""

    __slots__ = ()
    _members = {
        "title": "Its heading.",
        "description": "The text beneath.",
        "links": "The terms it links to.",
        "elements": "What the person could answer, in order.",
    }
    title: str | None
    description: str | None
    links: list[FlowLink]
    elements: list[FlowElement]

    def __init__(self, members: Json) -> None:
        links = [FlowLink(link) for link in members["links"]]
        elements = [FlowElement(element) for element in members["elements"]]
        super().__init__({**members, "links": links, "elements": elements})


class FlowResult(_Told):
    """What a person answered on the screens of a flow of the merchant's own (scope ``customFlow``)."""

    __slots__ = ()
    _members = {
        "language": "The language that the person read, such as ``nb``.",
        "screens": "In order.",
        "members": "All that Vipps sent, those members too that are unknown to this library.",
    }
    language: str | None
    screens: list[FlowScreen]
    members: dict[str, Any]

    def __init__(self, members: Json) -> None:
        super().__init__({**members, "screens": [FlowScreen(screen) for screen in members["screens"]]})


class Agreement(_Told):
    """The agreement that a person made in a login from a phone number (scope ``agreement``)."""

    __slots__ = ()
    _members = {
        "language": "The language that the person read, such as ``nb``.",
        "description": "What it is about.",
        "button_text": "The text of the button that was pressed.",
        "terms_link_text": "What the link to the terms said.",
        "terms_link_url": "Where it led.",
        "privacy_statement_link_text": "What the link to the privacy statement said.",
        "privacy_statement_link_url": "Where it led.",
        "timestamp": "When, as Vipps writes it.",
        "accepted": "Whether the person accepted.",
        "members": "All that Vipps sent, those members too that are unknown to this library.",
    }
    language: str | None
    description: str | None
    button_text: str | None
    terms_link_text: str | None
    terms_link_url: str | None
    privacy_statement_link_text: str | None
    privacy_statement_link_url: str | None
    timestamp: str | None
    accepted: bool | None
    members: dict[str, Any]
