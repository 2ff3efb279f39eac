"""Writes the operations of the package from the description of the door, ``emulator/openapi.json``.

What they are called, take, give and mean stands there. Run it after the description has changed; with ``--check`` it only
says whether that is due.

How an operation becomes a method: what is required is an argument, and so is the only member that may be left out. Several of
those are set on an object of options. What is given by one member alone is given by itself. References are followed by what the
script that does the same for Python has.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from pathlib import Path
from typing import Any

HERE = Path(__file__).parents[1]
sys.path.insert(0, str(HERE.parent / "python/scripts"))

from generate import input_of, name_of, output_of, references, without_null  # noqa: E402

DESCRIPTION = HERE.parent / "openapi.json"
OPERATIONS = HERE / "src/main/kotlin/io/github/vippspartnerauth/emulator/Operations.kt"

Json = dict[str, Any]

WIDTH = 120
#: Names that would say nothing outside of the description, or that the library under test has as well.
RENAMED = {
    "Environment": "EmulatorEnvironment", "Info": "EmulatorInfo", "Keys": "EmulatorKeys", "Merchant": "EmulatorMerchant",
    "Now": "EmulatorTime", "Options": "EmulatorOptions", "SpecializedKeys": "EmulatorSpecializedKeys",
}
#: What a value can do beside having members: an interface of ``Extras.kt``, with the members that it reads.
EXTRAS = {
    "Keys": ("KeysExtras", ["client_id", "client_secret", "subscription_key", "second_subscription_key"]),
    "SpecializedKeys": ("SpecializedKeysExtras", ["client_id", "client_secret"]),
    "RecordedRequest": ("RequestExtras", ["headers"]),
}
#: What a standard defines stays as JSON has it: that is how other programs take it.
STANDARD = ["KeySet"]
RESERVED = {"as", "break", "class", "else", "false", "for", "fun", "if", "in", "is", "null", "object", "return", "true", "val", "var", "when"}

HEAD = """\
// Generated from emulator/openapi.json by scripts/generate.py: change that, not this.

package io.github.vippspartnerauth.emulator

import java.time.Duration
import java.time.Instant
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonObject
"""


class Description:
    """The document, read."""

    def __init__(self, document: Json) -> None:
        self.schemas: Json = document["components"]["schemas"]
        for name in STANDARD:
            self.schemas[name] = {"type": "string"}
        self.operations = [path["post"] for path in document["paths"].values()]
        self.inputs = {name_of(input_of(operation)) for operation in self.operations}
        outputs = {name_of(output_of(operation)) for operation in self.operations}
        wrappers = {name for name in outputs if len(self.members(name)) < 2}
        self.given = self.reached(outputs) - wrappers
        self.taken = self.reached({*self.inputs, "Options"}) - self.inputs

    def members(self, name: str) -> Json:
        """In the order in which the type was declared as far as the description has it: required ones first."""
        properties: Json = self.schemas[name].get("properties", {})
        required = self.required(name)
        return {member: properties[member] for member in [*required, *(other for other in properties if other not in required)]}

    def required(self, name: str) -> list[str]:
        return list(self.schemas[name].get("required", []))

    def is_object(self, name: str) -> bool:
        return "properties" in self.schemas[name]

    def is_whole(self, name: str) -> bool:
        """Whether nothing of it can be left out, so that it is taken as it is given."""
        return name in self.given and set(self.required(name)) == set(self.members(name))

    def reached(self, names: set[str]) -> set[str]:
        """Those objects, and the objects within them."""
        found: set[str] = set()
        while names:
            found |= names
            inner = {name for known in names for name in references(self.schemas[known])}
            names = {name for name in inner if self.is_object(name)} - found
        return found


# Names


def camel(name: str) -> str:
    own = re.sub(r"_(\w)", lambda found: found[1].upper(), name)
    assert own.isidentifier() and own not in RESERVED, own
    return own


def pascal(name: str) -> str:
    return camel(name)[0].upper() + camel(name)[1:]


def constant(word: Any) -> str:
    return f"_{word}" if isinstance(word, int) else re.sub(r"\W+", "_", word).upper()


def type_name(name: str) -> str:
    return RENAMED.get(name, name)


def taken_name(known: Description, name: str) -> str:
    """What is given whole, and taken with parts left out, are two types."""
    is_both = name in known.given and not known.is_whole(name)
    return f"New{name}" if is_both else type_name(name)


def parameter(member: str, kind: str) -> str:
    """The unit in a name is that of the description."""
    return "span" if member == "seconds" and kind == "Duration" else camel(member)


# Types


PLAIN = {"string": "String", "number": "Double", "boolean": "Boolean"}


def kinds(known: Description, schema: Json, is_taken: bool) -> list[str]:
    """The types that a value that is not ``null`` can have."""
    schema, _ = without_null(schema)
    if "$ref" in schema and "anyOf" in known.schemas[name_of(schema)]:
        return kinds(known, known.schemas[name_of(schema)], is_taken)
    if "anyOf" in schema:
        return [kind(known, choice, is_taken) for choice in schema["anyOf"]]
    return [kind(known, schema, is_taken)]


def kind(known: Description, schema: Json, is_taken: bool) -> str:
    schema, _ = without_null(schema)
    if "$ref" in schema:
        return kind_of_reference(known, name_of(schema), is_taken)
    of = schema.get("type")
    if of == "array":
        return f"List<{kind(known, schema['items'], is_taken)}>"
    if of == "object":
        more = schema.get("additionalProperties")
        return f"Map<String, {kind(known, more, is_taken) if isinstance(more, dict) else 'Any?'}>"
    if of == "integer":
        return "Int" if schema.get("format") in (None, "uint16") else "Long"
    return PLAIN.get(str(of), "Any")


def kind_of_reference(known: Description, name: str, is_taken: bool) -> str:
    if name in ("Seconds", "Moment"):
        return "Duration" if name == "Seconds" else "Instant"
    schema = known.schemas[name]
    if known.is_object(name):
        return taken_name(known, name) if is_taken else type_name(name)
    return type_name(name) if "oneOf" in schema else kind(known, schema, is_taken)


READERS = {
    "String": ".text()", "Int": ".long().toInt()", "Long": ".long()", "Boolean": ".bool()", "Any": ".plain()",
    "Map<String, String>": ".byName { it.text() }", "Map<String, Any?>": ".byName(JsonElement::plain)",
}


def read(known: Description, schema: Json, told: str) -> str:
    """An expression that makes a value of a JSON element."""
    schema, _ = without_null(schema)
    if "$ref" in schema:
        name = name_of(schema)
        if name in STANDARD:
            return f"{told}.toString()"
        if name == "Moment":
            return f"{told}.moment()"
        if known.is_object(name):
            return f"{type_name(name)}.of({told}.jsonObject)"
        inner = known.schemas[name]
        return f"{told}.word<{type_name(name)}>()" if "oneOf" in inner else read(known, inner, told)
    of = kind(known, schema, is_taken=False)
    if of.startswith("List<"):
        return f"{told}.list {{ {read(known, schema['items'], 'it')} }}"
    return told + READERS[of]


def is_absent(known: Description, name: str, member: str) -> bool:
    """Whether what is given may lack it."""
    schema = known.members(name)[member]
    return without_null(schema)[1] or not ({"type", "$ref", "anyOf"} & set(schema))


def read_member(known: Description, name: str, member: str) -> str:
    schema = known.members(name)[member]
    if is_absent(known, name, member):
        return f'told.there("{member}")?.let {{ {read(known, schema, "it")} }}'
    return read(known, schema, f'told.getValue("{member}")')


# Texts


def kdoc(text: str, indent: str) -> list[str]:
    safe = text.replace("/*", "/&#42;").replace("*/", "*&#47;")
    flat = [" ".join(part.split()) for part in safe.split("\n\n")]
    if len(flat) == 1 and len(indent) + len(flat[0]) + 7 <= WIDTH:
        return [f"{indent}/** {flat[0]} */"]
    lines = [f"{indent}/**"]
    for at, part in enumerate(flat):
        lines += [f"{indent} *"] * (at > 0 and not part.startswith("@"))
        lines += textwrap.wrap(
            part, WIDTH, initial_indent=f"{indent} * ", subsequent_indent=f"{indent} * ", break_long_words=False, break_on_hyphens=False,
        )
    return [*lines, f"{indent} */"]


def here(known: Description, text: str, siblings: Json = {}, own: str = "") -> str:
    """Names as they are here, where a text names operations or the other members."""
    operations = {operation["operationId"] for operation in known.operations}

    def renamed(found: re.Match[str]) -> str:
        is_name = found[1] != own and ("_" in found[1] and found[1] in operations or found[1] in siblings)
        return f"`{camel(found[1])}`" if is_name else found[0]

    return re.sub(r"`(\w+)`", renamed, text)


def member_text(known: Description, name: str, member: str) -> str:
    return here(known, known.members(name)[member]["description"], known.members(name), member)


def heading(known: Description, name: str) -> str:
    schema = known.schemas[name]
    text = schema.get("description") or schema.get("title", "")
    text = text[:1].upper() + text[1:]
    return here(known, text if text.endswith(".") else f"{text}.", known.members(name))


# Parts


def words(known: Description, name: str) -> list[str]:
    lines = ["", *kdoc(heading(known, name), ""), f"enum class {type_name(name)}(override val word: Any) : Word {{"]
    for choice in known.schemas[name]["oneOf"]:
        value = choice["const"]
        lines += [*kdoc(here(known, choice["description"]), "    "), f"    {constant(value)}({json.dumps(value)}),"]
    return [*lines, "    ;", "", "    /** The word. */", "    override fun toString() = word.toString()", "}"]


def given_class(known: Description, name: str) -> list[str]:
    own = type_name(name)
    interface, overridden = EXTRAS.get(name, ("", []))
    lines = ["", *kdoc(heading(known, name) if "description" in known.schemas[name] else "What an operation gives.", "")]
    lines.append(f"data class {own}(")
    members = known.members(name)
    for member, schema in members.items():
        of = kind(known, schema, is_taken=False) + ("?" if is_absent(known, name, member) else "")
        lines += kdoc(member_text(known, name, member), "    ")
        lines.append(f"    {'override ' if member in overridden else ''}val {camel(member)}: {of},")
    bases = [interface] * bool(interface) + ["Taken"] * (name in known.taken and known.is_whole(name))
    lines.append(f"){' : ' * bool(bases)}{', '.join(bases)} {{")
    if name in known.taken:
        lines += as_taken(known, name)
    if any(schema.get("format") == "password" for schema in members.values()):
        shown = [camel(member) for member, schema in members.items() if schema.get("format") != "password"]
        lines += ["    /** Without what is secret elsewhere. */", "    override fun toString() ="]
        lines += [f'        "{own}({", ".join(f"{member}=${member}" for member in shown)})"', ""]
    lines += ["    internal companion object {", f"        fun of(told: JsonObject) = {own}("]
    lines += [f"            {camel(member)} = {read_member(known, name, member)}," for member in members]
    return [*lines, "        )", "    }", "}"]


def as_taken(known: Description, name: str) -> list[str]:
    """How a value that the emulator gave is handed in again."""
    members = known.members(name)
    if known.is_whole(name):
        pairs = ", ".join(f'"{member}" to {camel(member)}' for member in members)
        return [f"    override fun members() = mapOf<String, Any?>({pairs})", ""]
    other = taken_name(known, name)
    calls = "".join(f".{camel(member)}({camel(member)})" for member in members)
    return [*kdoc("The same, to hand it to the emulator.", "    "), f"    fun toNew(): {other} =", f"        {other}(){calls}", ""]


def taken_class(known: Description, head: str, name: str, about: str, left_out: list[str]) -> list[str]:
    """A class with a setter for each member that may be left out."""
    lines = ["", *kdoc(about, ""), f"class {head} : Members() {{"]
    required = [member for member in known.required(name) if f"{camel(member)}: " in head]
    if required:
        lines += ["    init {", *(f'        set("{member}", {camel(member)})' for member in required), "    }", ""]
    for member in left_out:
        lines += setters(known, name, member)
    return [*lines[:-1], "}"]


def value_class(known: Description, name: str) -> list[str]:
    """A value that is handed in; its constructor takes what can't be left out."""
    required = {member: kind(known, known.members(name)[member], is_taken=True) for member in known.required(name)}
    declared = ", ".join(f"{camel(member)}: {of}" for member, of in required.items())
    head = taken_name(known, name) + (f"({declared})" if declared else "")
    return taken_class(known, head, name, heading(known, name), [member for member in known.members(name) if member not in required])


def options_class(known: Description, operation: Json) -> list[str]:
    """What may be left out of an operation, where that is more than one member."""
    name, taken = operation["operationId"], name_of(input_of(operation))
    _, options = split(known, taken)
    if not options:
        return []
    about = f"What may be left out of [Operations.{camel(name)}]."
    if "description" in known.schemas[taken]:
        about += f" {heading(known, taken)}"
    return taken_class(known, f"{pascal(name)}Options internal constructor()", taken, about, options)


def setters(known: Description, name: str, member: str) -> list[str]:
    lines: list[str] = []
    schema = known.members(name)[member]
    own, about = camel(member), kdoc(member_text(known, name, member), "    ")
    for of in kinds(known, schema, is_taken=True):
        lines += [*about, f'    fun {own}({own}: {of}) = apply {{ set("{member}", {own}) }}', ""]
        if of.startswith("List<"):
            lines += [*about, f"    fun {own}(vararg {own}: {of[5:-1]}) = {own}({own}.asList())", ""]
    return lines


def split(known: Description, name: str) -> tuple[list[str], list[str]]:
    """Members that are arguments, and those that are options."""
    optional = [member for member in known.members(name) if member not in known.required(name)]
    alone = optional if len(optional) == 1 else []
    return [*known.required(name), *alone], [member for member in optional if member not in alone]


def method(known: Description, operation: Json) -> list[str]:
    name = operation["operationId"]
    taken = name_of(input_of(operation))
    arguments, options = split(known, taken)
    declared, passed, about = [], [f'"{name}"'], here(known, operation["summary"])
    for member in arguments:
        schema = known.members(taken)[member]
        of = kind(known, schema, is_taken=True)
        own = parameter(member, of)
        is_optional = member not in known.required(taken)
        declared.append(f"{own}: {of}{'? = null' if is_optional else ''}")
        passed.append(f'"{member}" to {own}')
        about += f"\n\n@param {own} {member_text(known, taken, member)}"
    if options:
        declared.append(f"options: Setup<{pascal(name)}Options> = Setup {{}}")
        passed.insert(1, f"{pascal(name)}Options().by(options)")
        about += "\n\n@param options sets what may be left out"
    of, reading, what = result(known, operation)
    if what:
        about += f"\n\n@return {what}"
    lines = ["", *kdoc(about, "    ")]
    if any(" = " in text for text in declared):
        lines.append("    @JvmOverloads")
    called = f"call({', '.join(passed)})"
    head = f"    fun {camel(name)}({', '.join(declared)})"
    if of != "Unit":
        return [*lines, f"{head}: {of} =", f"        {reading.replace('TOLD', called)}"]
    return [*lines, f"{head} {{", f"        {called}", "    }", *one_by_one(name, declared, kdoc(about, "    "))]


def one_by_one(name: str, declared: list[str], about: list[str]) -> list[str]:
    """The same without a list, where that is what comes last."""
    found = re.fullmatch(r"(\w+): List<(\w+)>", declared[-1]) if declared else None
    if found is None:
        return []
    own, item = found.groups()
    others = [text.split(":")[0] for text in declared[:-1]]
    head = ", ".join([*declared[:-1], f"vararg {own}: {item}"])
    return ["", *about, f"    fun {camel(name)}({head}) = {camel(name)}({', '.join([*others, f'{own}.asList()'])})"]


def result(known: Description, operation: Json) -> tuple[str, str, str]:
    """The type of what comes, how it is read, and what it is."""
    name = name_of(output_of(operation))
    members = known.members(name)
    if not members:
        return "Unit", "", ""
    if len(members) > 1:
        return type_name(name), f"{type_name(name)}.of(TOLD)", heading(known, name) if "description" in known.schemas[name] else ""
    ((member, schema),) = members.items()
    what = member_text(known, name, member)
    if is_absent(known, name, member):
        return f"{kind(known, schema, False)}?", f'TOLD.there("{member}")?.let {{ {read(known, schema, "it")} }}', what
    return kind(known, schema, False), read(known, schema, f'TOLD.getValue("{member}")'), what


CLASS = """
/** Every control and every reading of a running emulator: one method for each operation of its door. */
abstract class Operations internal constructor() {
    internal abstract fun call(operation: String, options: Members, vararg members: Pair<String, Any?>): JsonObject

    private fun call(operation: String, vararg members: Pair<String, Any?>) = call(operation, NOTHING, *members)"""


def generated(document: Json) -> str:
    """The whole file."""
    known = Description(document)
    (door,) = {path.rsplit("/", 1)[0] for path in document["paths"]}
    lines = [HEAD, "/** Below it lie the operations. */", f'internal const val DOOR = "{door}/"', ""]
    lines += ["/** A merchant serial number for tests that need no special one. */"]
    lines += [f'internal const val EXAMPLE_MSN = "{known.schemas["Msn"]["examples"][0]}"']
    for name, schema in known.schemas.items():
        lines += words(known, name) if "oneOf" in schema else []
    for name in sorted(known.given):
        lines += given_class(known, name)
    for name in sorted(name for name in known.taken if not known.is_whole(name)):
        lines += value_class(known, name)
    for operation in known.operations:
        lines += options_class(known, operation)
    lines += [CLASS]
    for operation in known.operations:
        lines += method(known, operation)
    return "\n".join([*lines, "}"]) + "\n"


def main() -> int:
    text = generated(json.loads(DESCRIPTION.read_text(encoding="utf-8")))
    if "--check" not in sys.argv[1:]:
        OPERATIONS.write_text(text, encoding="utf-8")
        return 0
    if OPERATIONS.read_text(encoding="utf-8") == text:
        return 0
    print(f"{OPERATIONS.name} is out of date: run emulator/kotlin/scripts/generate.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
