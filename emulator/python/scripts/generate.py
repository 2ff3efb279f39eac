"""Writes the operations of the package from the description of the door, ``emulator/openapi.json``.

What they are called, take, give, mean and default to stands there, and so in the emulator itself. Run it after the
description has changed; a test tells when it is due.
"""

from __future__ import annotations

import json
import keyword
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parents[1]
DESCRIPTION = HERE.parent / "openapi.json"
OPERATIONS = HERE / "vipps_emulator" / "_operations.py"

Json = dict[str, Any]

WIDTH = 120
#: What a value can do beside having members, by the name of its schema: classes of ``_extras``.
EXTRAS = {"Keys": "KeysExtras", "SpecializedKeys": "SpecializedKeysExtras", "RecordedRequest": "RequestExtras"}

#: What a standard defines stays as JSON has it: that is how other programs take it.
STANDARD = ["KeySet"]

HEAD = '''\
"""The operations of the emulator, and the values that they take and give.

Generated from ``emulator/openapi.json`` by ``scripts/generate.py``: change that, not this.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, Union

from ._extras import KeysExtras, RequestExtras, SpecializedKeysExtras
from ._values import moment, moment_or_none

if TYPE_CHECKING:
    from typing import TypeVar

    from ._starting import Starting

    E = TypeVar("E", bound="Operations")
    A = TypeVar("A", bound="AsyncOperations")

Span = Union[float, timedelta]
"""Seconds, or a ``timedelta``."""
Moment = Union[float, datetime]
"""Seconds since the Unix epoch, or a ``datetime`` with a time zone."""
'''


class Description:
    """The document, read."""

    def __init__(self, document: Json) -> None:
        self.schemas: Json = document["components"]["schemas"]
        for name in STANDARD:
            self.schemas[name] = {"type": "object"}
        self.operations = [(path, operation["post"]) for path, operation in document["paths"].items()]
        self.gives = {name_of(output_of(operation)) for _, operation in self.operations}
        self.takes = {name_of(input_of(operation)) for _, operation in self.operations}

    def of(self, schema: Json) -> Json:
        """What a reference refers to."""
        return self.schemas[name_of(schema)] if "$ref" in schema else schema

    def words(self, schema: Json) -> list[Json]:
        """The choices, where it is one of several words."""
        return [choice for choice in self.of(schema).get("oneOf", []) if "const" in choice]

    def is_object(self, schema: Json) -> bool:
        return "properties" in self.of(schema)

    def values(self) -> tuple[list[str], list[str]]:
        """The objects that are handed out, and those that are only handed in, by name."""
        given, taken = self.reached(self.gives), self.reached({*self.takes, "Options"})
        unwrapped = {name for name in self.gives if len(self.schemas[name].get("properties", {})) < 2}
        given -= unwrapped
        return sorted(given), sorted(taken - given - self.takes - {"Options"})

    def reached(self, names: set[str]) -> set[str]:
        """Those objects, and the objects within them."""
        found: set[str] = set()
        while names:
            found |= names
            inner = {name for known in names for name in references(self.schemas[known])}
            names = {name for name in inner if "properties" in self.schemas[name]} - found
        return found


def name_of(schema: Json) -> str:
    return str(schema["$ref"]).rsplit("/", 1)[-1]


def input_of(operation: Json) -> Json:
    return dict(operation["requestBody"]["content"]["application/json"]["schema"])


def output_of(operation: Json) -> Json:
    return dict(operation["responses"]["200"]["content"]["application/json"]["schema"])


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield name_of(value)
        for member in value.values():
            yield from references(member)
    if isinstance(value, list):
        for item in value:
            yield from references(item)


# Types


PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}


def without_null(schema: Json) -> tuple[Json, bool]:
    """The schema less ``null``, and whether that was in it."""
    if "anyOf" in schema:
        others = [choice for choice in schema["anyOf"] if choice.get("type") != "null"]
        if len(others) == 1:
            return others[0], True
    kind = schema.get("type")
    if isinstance(kind, list):
        (other,) = [one for one in kind if one != "null"]
        return {**schema, "type": other}, True
    return schema, False


def type_of(known: Description, schema: Json, is_taken: bool) -> str:
    """The type of a value that is not ``null``."""
    schema, _ = without_null(schema)
    if "$ref" in schema:
        return type_of_reference(known, name_of(schema), is_taken)
    if "anyOf" in schema:
        return " | ".join(type_of(known, choice, is_taken) for choice in schema["anyOf"])
    kind = schema.get("type")
    if kind == "array":
        item = type_of(known, schema["items"], is_taken)
        return f"Sequence[{item}]" if is_taken else f"list[{item}]"
    if kind == "object":
        more = schema.get("additionalProperties")
        member = type_of(known, more, is_taken) if isinstance(more, dict) else "Any"
        return f"Mapping[str, {member}]" if is_taken else f"dict[str, {member}]"
    return PLAIN.get(str(kind), "Any")


def type_of_reference(known: Description, name: str, is_taken: bool) -> str:
    if name in ("Seconds", "Moment"):
        taken, given = ("Span", "timedelta") if name == "Seconds" else ("Moment", "datetime")
        return taken if is_taken else given
    schema = known.schemas[name]
    if "properties" in schema:
        return f"{name} | Mapping[str, Any]" if is_taken else name
    return name if known.words(schema) else type_of(known, schema, is_taken)


def read(known: Description, schema: Json, told: str) -> str:
    """An expression that makes a value of what JSON has."""
    schema, is_optional = without_null(schema)
    if "$ref" in schema:
        name = name_of(schema)
        if name == "Moment":
            return f"moment_or_none({told})" if is_optional else f"moment({told})"
        return f"{name}._of({told})" if known.is_object(schema) else told
    if schema.get("type") == "array" and known.is_object(schema["items"]):
        return f"[{read(known, schema['items'], 'item')} for item in {told}]"
    return told


# Texts


def wrapped(text: str, indent: str, hanging: str = "") -> list[str]:
    lines = []
    for at, paragraph in enumerate(text.split("\n\n")):
        lines += [""] * (at > 0)
        flat = " ".join(paragraph.split())
        lines += textwrap.wrap(
            flat, WIDTH, initial_indent=indent, subsequent_indent=indent + hanging, break_long_words=False,
            break_on_hyphens=False,
        )
    return lines


def docstring(lines: list[str], indent: str) -> list[str]:
    """Lines that are indented already, in quotes."""
    body = [line.replace("\\", "\\\\").replace('"""', "'''") for line in lines]
    first = body[0].strip()
    if len(body) == 1 and len(indent) + len(first) + 6 <= WIDTH:
        return [f'{indent}"""{first}"""']
    return [f'{indent}"""{first}', *body[1:], f'{indent}"""']


def choices(known: Description, schema: Json, indent: str) -> list[str]:
    """The words for a value, each with what it means."""
    schema, _ = without_null(schema)
    words = known.words(schema) or [choice for item in [schema.get("items", {})] for choice in known.words(item)]
    lines: list[str] = []
    for word in words:
        meaning = marked(word["description"])
        # A word that means itself needs no more words.
        text = f"* ``{word['const']}``" if meaning == f"``{word['const']}``." else f"* ``{word['const']}``: {meaning}"
        lines += wrapped(text, indent, "  ")
    return lines


def about(known: Description, name: str, schema: Json, indent: str) -> list[str]:
    lines = wrapped(f"{name}: {marked(schema['description'])}", indent, "    ")
    words = choices(known, schema, indent + "    ")
    return [*lines, "", *words, ""] if words else lines


def marked(text: str) -> str:
    """Markdown's marks for code are single, those of docstrings double; and nothing is called ``None`` here."""
    return text.replace("`", "``").replace("``null``", "``None``")


# Parts


def aliases(known: Description) -> list[str]:
    lines: list[str] = []
    for name, schema in known.schemas.items():
        words = known.words(schema)
        if not words or name == "ControlErrorKind":
            continue
        literals = ", ".join(json.dumps(word["const"]) for word in words)
        line = f"{name} = Literal[{literals}]"
        if len(line) > WIDTH:
            inner = textwrap.wrap(literals, WIDTH - 4)
            line = "\n".join([f"{name} = Literal[", *(f"    {part}" for part in inner), "]"])
        lines += [line, *docstring([schema["title"][0].upper() + schema["title"][1:] + ":", "", *choices(known, schema, "")], "")]
    return lines


def value_class(known: Description, name: str, is_given: bool) -> list[str]:
    schema = known.schemas[name]
    base = f"({EXTRAS[name]})" if name in EXTRAS else ""
    heading = marked(schema.get("description", "What an operation gives."))
    lines = ["", "", "@dataclass(frozen=True)", f"class {name}{base}:"]
    lines += [*docstring(wrapped(heading, "    "), "    "), ""]
    for member, of_member in fields(schema):
        plain, is_optional = without_null(of_member)
        is_left_out = not is_given and member not in schema.get("required", [])
        kind = type_of(known, of_member, is_taken=not is_given) + (" | None" if is_optional or is_left_out else "")
        hidden = ["repr=False"] if of_member.get("format") == "password" else []
        settings = ["default=None"] * is_left_out + hidden
        default = f" = field({', '.join(settings)})" if hidden else " = None" * is_left_out
        lines.append(f"    {member}: {kind}{default}")
        text = [*wrapped(marked(of_member["description"]), "    "), *spaced(choices(known, of_member, "    "))]
        lines += docstring(text, "    ")
    if is_given:
        lines += reader(known, name, schema)
    return lines


def spaced(lines: list[str]) -> list[str]:
    return ["", *lines] if lines else []


def fields(schema: Json) -> list[tuple[str, Json]]:
    """Members in the order of the Rust types as far as the description has it: required ones first."""
    members: Json = schema.get("properties", {})
    required = schema.get("required", [])
    names = [*required, *(name for name in members if name not in required)]
    for name in names:
        assert name.isidentifier() and not keyword.iskeyword(name), name
    return [(name, members[name]) for name in names]


def reader(known: Description, name: str, schema: Json) -> list[str]:
    lines = ["", "    @classmethod", f"    def _of(cls, told: Any) -> {name}:", "        return cls("]
    for member, of_member in fields(schema):
        is_always_there = member in schema.get("required", []) or not without_null(of_member)[1]
        told = f'told["{member}"]' if is_always_there else f'told.get("{member}")'
        lines.append(f"            {member}={read(known, of_member, told)},")
    return [*lines, "        )"]


def parameters(known: Description, schema: Json) -> list[tuple[str, str]]:
    """Each with its name. Those that must be given go by place, as does the only one that may be left out."""
    required = schema.get("required", [])
    optional = [member for member, _ in fields(schema) if member not in required]
    found: list[tuple[str, str]] = []
    for member, of_member in fields(schema):
        kind = type_of(known, of_member, is_taken=True)
        if member in required:
            found.append((member, f"{member}: {kind}"))
            continue
        if member == optional[0] and len(optional) > 1:
            found.append(("", "*"))
        found.append((member, f"{member}: {kind} | None = None"))
    return found


def signature(head: str, names: list[tuple[str, str]], tail: str) -> list[str]:
    line = f"{head}({', '.join(text for _, text in names)}){tail}"
    if len(line) <= WIDTH:
        return [line]
    return [f"{head}(", *(f"        {text}," for _, text in names), f"    ){tail}"]


def call(head: str, arguments: list[str], tail: str = ")") -> list[str]:
    line = f"        {head}{', '.join(arguments)}{tail}"
    if len(line) <= WIDTH:
        return [line]
    return [f"        {head}", *(f"            {argument}," for argument in arguments), f"        {tail}"]


def result(known: Description, operation: Json) -> tuple[str, str, str]:
    """The type of what comes, how it is read, and what it is."""
    name = name_of(output_of(operation))
    members = fields(known.schemas[name])
    if not members:
        return "None", "", ""
    if len(members) > 1:
        return name, f"{name}._of(told)", marked(known.schemas[name].get("description", ""))
    member, schema = members[0]
    kind = type_of(known, schema, is_taken=False) + (" | None" if without_null(schema)[1] else "")
    return kind, read(known, schema, f'told["{member}"]'), marked(schema["description"])


def method(known: Description, operation: Json, is_async: bool) -> list[str]:
    name = operation["operationId"]
    schema = known.of(input_of(operation))
    names = parameters(known, schema)
    kind, reading, what = result(known, operation)
    head = f"    {'async ' if is_async else ''}def {name}"
    lines = ["", *signature(head, [("self", "self"), *names], f" -> {kind}:")]
    lines += docstring(documentation(known, operation, schema, what), "        ")
    given = [f'"{name}"', *(f"{member}={member}" for member, _ in names if member)]
    ask = "await self._call_async(" if is_async else "self._call("
    if kind == "None":
        return [*lines, *call(ask, given)]
    if reading.startswith("told["):
        member = reading.removeprefix("told")
        before, after = (f"({ask}", f")){member}") if is_async else (ask, f"){member}")
        return [*lines, *call(f"told: {kind} = {before}", given, after), "        return told"]
    return [*lines, *call(f"told = {ask}", given), f"        return {reading}"]


def documentation(known: Description, operation: Json, schema: Json, what: str) -> list[str]:
    indent = " " * 8
    lines = wrapped(marked(operation["summary"]), indent)
    members = fields(schema)
    if len(members) > 2 and "description" in schema:
        lines += ["", *wrapped(marked(schema["description"]), indent)]
    if members:
        lines += ["", f"{indent}Args:"]
        for member, of_member in members:
            lines += about(known, member, of_member, indent + "    ")
    while not lines[-1]:
        lines.pop()
    if what:
        lines += ["", f"{indent}Returns:", *wrapped(what, indent + "    ")]
    return lines


def start(known: Description, is_async: bool) -> list[str]:
    schema = known.schemas["Options"]
    members = [(member, f"{member}: {type_of(known, of_member, is_taken=True)} | None = None") for member, of_member in fields(schema)]
    names = [("cls", "cls: type[A]" if is_async else "cls: type[E]"), ("", "*"), ("", "config: str | PathLike[str] | None = None"), *members]
    lines = ["", "    @classmethod", *signature("    def start", names, f" -> {'Starting[A]' if is_async else 'E'}:")]
    indent = " " * 8
    text = wrapped("Starts an emulator of this process's own, which ends with ``stop()``, the block, or this process.", indent)
    text += ["", f"{indent}Args:"]
    file = "A configuration file, in TOML or JSON: options and operations by name. What is given beside it goes first."
    text += wrapped(f"config: {file}", indent + "    ", "    ")
    for member, of_member in fields(schema):
        text += about(known, member, of_member, indent + "    ")
    while not text[-1]:
        text.pop()
    given = ["config", *(f"{member}={member}" for member, _ in members)]
    return [*lines, *docstring(text, indent), *call("return cls._start(", given)]


SYNC = '''

class Operations(ABC):
    """Every control and every reading of a running emulator. All but ``start`` can be called from any thread."""

    @abstractmethod
    def _call(self, operation: str, /, **members: object) -> Any: ...

    @classmethod
    @abstractmethod
    def _start(cls: type[E], config: str | PathLike[str] | None, /, **options: object) -> E: ...
'''

ASYNC = '''

class AsyncOperations(ABC):
    """Every control and every reading of a running emulator, for an event loop of ``asyncio``."""

    @abstractmethod
    async def _call_async(self, operation: str, /, **members: object) -> Any: ...

    @classmethod
    @abstractmethod
    def _start(cls: type[A], config: str | PathLike[str] | None, /, **options: object) -> Starting[A]: ...
'''


def generated(document: Json) -> str:
    """The whole module."""
    known = Description(document)
    paths = {path.rsplit("/", 1)[0] for path, _ in known.operations}
    (door,) = paths
    example = known.schemas["Msn"]["examples"][0]
    lines = [HEAD, f'DOOR = "{door}/"', '"""Below it lie the operations."""', f'EXAMPLE_MSN = "{example}"']
    lines += ['"""A merchant serial number for tests that need no special one."""', *aliases(known)]
    given, taken = known.values()
    for name in given:
        lines += value_class(known, name, is_given=True)
    for name in taken:
        lines += value_class(known, name, is_given=False)
    for head, is_async in ((SYNC, False), (ASYNC, True)):
        lines += [head.rstrip("\n"), *start(known, is_async)]
        for _, operation in known.operations:
            lines += method(known, operation, is_async)
    return "\n".join(lines) + "\n"


def current() -> str:
    """The module as the description wants it."""
    return generated(json.loads(DESCRIPTION.read_text(encoding="utf-8")))


if __name__ == "__main__":
    OPERATIONS.write_text(current(), encoding="utf-8")
