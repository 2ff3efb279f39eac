"""What Vipps tells of sales units, merchants and persons, as values."""

# The core says what type each member has.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    from typing_extensions import Self

    Json = dict[str, Any]


class _Told:
    """A value: made once, compared, copied and pickled. ``repr`` shows what is no personal data."""

    __slots__ = ("_told",)
    _members: tuple[str, ...] = ()
    """What it is made of: its properties, except for those that are derived."""
    _derived: tuple[str, ...] = ()
    _shown: tuple[str, ...] = ()
    _told: Json

    def __init_subclass__(cls) -> None:
        properties = [name for name, value in vars(cls).items() if isinstance(value, property)]
        cls._members = tuple(name for name in properties if name not in cls._derived)

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


def _restored(kind: type[_Told], members: Json) -> _Told:
    """Of a pickle, whose members are values already."""
    value = kind.__new__(kind)
    _Told.__init__(value, members)
    return value


class SalesUnit(_Told):
    """One sales unit, as Vipps' Management API tells of it."""

    __slots__ = ()
    _shown = ("msn", "name")

    @property
    def msn(self) -> str:
        """Its merchant serial number. Written as a number on the wire, it is filled up to four digits."""
        return self._told["msn"]

    @property
    def name(self) -> str | None:
        """The name that people read."""
        return self._told["name"]

    @property
    def active(self) -> bool | None:
        """Whether it is active, where the reply says so."""
        return self._told["active"]

    @property
    def flags(self) -> dict[str, bool]:
        """The members that are true or false, by name."""
        return self._told["flags"]

    @property
    def members(self) -> dict[str, Any]:
        """All that Vipps sent, those members too that are unknown to this library."""
        return self._told["members"]


class SalesUnitStatus(_Told):
    """What Vipps answers about one sales unit."""

    __slots__ = ()
    _shown = ("msn", "state")

    @property
    def msn(self) -> str:
        """The sales unit that was asked about."""
        return self._told["msn"]

    @property
    def state(self) -> Literal["connected", "not_connected", "inactive"]:
        """``connected``; ``not_connected``, to this partner, or not active: Vipps answers both alike; or ``inactive``."""
        return self._told["state"]

    @property
    def unit(self) -> SalesUnit | None:
        """What Vipps says of it, where there is one."""
        return self._told["unit"]

    def __init__(self, members: Json) -> None:
        super().__init__({**members, "unit": members["unit"] and SalesUnit(members["unit"])})


class SalesUnitChanges(_Told):
    """A list of sales units beside the MSNs that were known."""

    __slots__ = ()
    _shown = ("connected", "gone")

    @property
    def units(self) -> list[SalesUnit]:
        """All there are now."""
        return self._told["units"]

    @property
    def connected(self) -> list[SalesUnit]:
        """Those of them that were not known."""
        return self._told["connected"]

    @property
    def gone(self) -> list[str]:
        """The MSNs of those that were known and are there no more."""
        return self._told["gone"]

    def __init__(self, members: Json) -> None:
        lists = {name: [SalesUnit(unit) for unit in members[name]] for name in ("units", "connected")}
        super().__init__({**members, **lists})


class CheckFinding(_Told):
    """The answer to one question of ``Partner.check``."""

    __slots__ = ()
    _shown = ("outcome", "detail")

    @property
    def outcome(self) -> Literal["good", "bad", "unknown"]:
        """``good``, ``bad`` (somebody must change something) or ``unknown`` (it can't be told now, or from here)."""
        return self._told["outcome"]

    @property
    def detail(self) -> str:
        """In words, without a secret."""
        return self._told["detail"]

    @property
    def code(self) -> str | None:
        """The code of the error, where something went wrong."""
        return self._told["code"]

    @property
    def hint(self) -> str | None:
        """Its likely cause."""
        return self._told["hint"]

    @property
    def error(self) -> str | None:
        """Its whole text."""
        return self._told["error"]


class MerchantCheck(_Told):
    """What ``Partner.check`` found, each question with its own answer: one that went wrong stops no other."""

    __slots__ = ()
    _derived = ("findings",)
    _shown = ("msn", "is_good", "token", "clock", "connected", "login")

    @property
    def msn(self) -> str:
        """Whose."""
        return self._told["msn"]

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong, as far as could be told."""
        return self._told["is_good"]

    @property
    def token(self) -> CheckFinding:
        """Whether Vipps takes the keys."""
        return self._told["token"]

    @property
    def clock(self) -> CheckFinding:
        """Whether this machine's clock and that of Vipps agree, within the setting ``leeway``."""
        return self._told["clock"]

    @property
    def connected(self) -> CheckFinding:
        """Whether the sales unit is connected to these keys."""
        return self._told["connected"]

    @property
    def login(self) -> CheckFinding:
        """Whether Login's token endpoint takes these keys for this merchant."""
        return self._told["login"]

    @property
    def clock_difference(self) -> int | None:
        """How many whole seconds the clock of Vipps is ahead; below zero it is behind."""
        return self._told["clock_difference"]

    @property
    def sales_unit(self) -> SalesUnitStatus | None:
        """What the Management API says of the sales unit, where it could be asked."""
        return self._told["sales_unit"]

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

    @property
    def title(self) -> str | None:
        """What the person reads."""
        return self._told["title"]

    @property
    def url(self) -> str | None:
        """Where it leads."""
        return self._told["url"]


class FlowElement(_Told):
    """One thing that the person could answer. Of types unknown to this library ``members`` says all."""

    __slots__ = ()

    @property
    def type(self) -> str | None:
        """``checkbox``, the only one that Vipps documents."""
        return self._told["type"]

    @property
    def id(self) -> str | None:
        """What the merchant named it."""
        return self._told["id"]

    @property
    def title(self) -> str | None:
        """What the person read."""
        return self._told["title"]

    @property
    def checked(self) -> bool | None:
        """Whether the person ticked it."""
        return self._told["checked"]

    @property
    def members(self) -> dict[str, Any]:
        """All that Vipps sent of it."""
        return self._told["members"]


class FlowScreen(_Told):
    """One screen of a flow."""

    __slots__ = ()

    @property
    def title(self) -> str | None:
        """Its heading."""
        return self._told["title"]

    @property
    def description(self) -> str | None:
        """The text beneath."""
        return self._told["description"]

    @property
    def links(self) -> list[FlowLink]:
        """The terms it links to."""
        return self._told["links"]

    @property
    def elements(self) -> list[FlowElement]:
        """What the person could answer, in order."""
        return self._told["elements"]

    def __init__(self, members: Json) -> None:
        links = [FlowLink(link) for link in members["links"]]
        elements = [FlowElement(element) for element in members["elements"]]
        super().__init__({**members, "links": links, "elements": elements})


class FlowResult(_Told):
    """What a person answered on the screens of a flow of the merchant's own (scope ``customFlow``)."""

    __slots__ = ()

    @property
    def language(self) -> str | None:
        """The language that the person read, such as ``nb``."""
        return self._told["language"]

    @property
    def screens(self) -> list[FlowScreen]:
        """In order."""
        return self._told["screens"]

    @property
    def members(self) -> dict[str, Any]:
        """All that Vipps sent, those members too that are unknown to this library."""
        return self._told["members"]

    def __init__(self, members: Json) -> None:
        super().__init__({**members, "screens": [FlowScreen(screen) for screen in members["screens"]]})


class Agreement(_Told):
    """The agreement that a person made in a login from a phone number (scope ``agreement``)."""

    __slots__ = ()

    @property
    def language(self) -> str | None:
        """The language that the person read, such as ``nb``."""
        return self._told["language"]

    @property
    def description(self) -> str | None:
        """What it is about."""
        return self._told["description"]

    @property
    def button_text(self) -> str | None:
        """The text of the button that was pressed."""
        return self._told["button_text"]

    @property
    def terms_link_text(self) -> str | None:
        """What the link to the terms said."""
        return self._told["terms_link_text"]

    @property
    def terms_link_url(self) -> str | None:
        """Where it led."""
        return self._told["terms_link_url"]

    @property
    def privacy_statement_link_text(self) -> str | None:
        """What the link to the privacy statement said."""
        return self._told["privacy_statement_link_text"]

    @property
    def privacy_statement_link_url(self) -> str | None:
        """Where it led."""
        return self._told["privacy_statement_link_url"]

    @property
    def timestamp(self) -> str | None:
        """When, as Vipps writes it."""
        return self._told["timestamp"]

    @property
    def accepted(self) -> bool | None:
        """Whether the person accepted."""
        return self._told["accepted"]

    @property
    def members(self) -> dict[str, Any]:
        """All that Vipps sent, those members too that are unknown to this library."""
        return self._told["members"]
