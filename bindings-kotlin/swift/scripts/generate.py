"""Writes the emulator's operations for Swift from the description of the door, ``emulator/openapi.json``.

What they are called, take, give, mean and default to stands there, and so in the emulator itself. Run it after the
description has changed; with ``--check`` it only says whether that is due. The description is read by the script that does
the same for Python.

How an operation becomes a method: the first member that it requires is an argument without a label, every other one has its
name as a label, and may be left out where the emulator lets it be. What is given by one member alone is given by itself.
"""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "emulator/python/scripts"))

import generate as shared  # noqa: E402
from generate import Description, fields, input_of, name_of, output_of, without_null  # noqa: E402

SWIFT = ROOT / "bindings-kotlin/swift"
VALUES = SWIFT / "Sources/VippsEmulator/Values.swift"
OPERATIONS = SWIFT / "Sources/VippsEmulator/Operations.swift"
BY_NAME = SWIFT / "Tests/VippsPartnerAuthTests/Emulator/ByName.swift"

Json = dict[str, Any]

WIDTH = 120
#: Names that would say too little inside of ``Emulator``.
RENAMED = {"Now": "Time", "ControlErrorKind": "RefusalCode", "AuthReqIdName": "AuthReqIDName"}
UPPER = {"id": "ID", "uri": "URI", "uris": "URIs", "url": "URL"}
PLAIN = {"string": "String", "integer": "Int", "number": "Double", "boolean": "Bool"}
KEYWORDS = {"case", "default", "do", "else", "for", "if", "in", "is", "nil", "self", "switch", "where", "while"}
HEAD = "// Generated from emulator/openapi.json by scripts/generate.py: change the description there.\n"


class Swift(Description):
    """The description, with what only Swift has to know."""

    def __init__(self, document: Json) -> None:
        super().__init__(document)
        self.given = {name for name in self.reached(self.gives) if name not in self.wrappers()}
        self.taken = self.reached({*self.takes, "Options"}) - self.takes | {"Options"}
        self.operation_names = {operation["operationId"] for _, operation in self.operations}

    def wrappers(self) -> set[str]:
        """Outputs that are nothing, or one member that is given by itself."""
        return {name for name in self.gives if len(self.schemas[name].get("properties", {})) < 2}

    def is_both(self, name: str) -> bool:
        """Whether it is given whole, and taken with parts left out."""
        schema = self.schemas[name]
        is_whole = len(schema.get("required", [])) == len(schema["properties"])
        return name in self.given and name in self.taken and not is_whole

    def swift(self, name: str, is_taken: bool = False) -> str:
        """The name of a type."""
        return "New" * (is_taken and "properties" in self.schemas[name] and self.is_both(name)) + RENAMED.get(name, name)

    def type_of(self, schema: Json, is_taken: bool) -> str:
        """The type of a value that is there."""
        schema, _ = without_null(schema)
        if "$ref" in schema:
            return self.type_of_reference(name_of(schema), is_taken)
        if schema.get("type") == "array":
            return f"[{self.type_of(schema['items'], is_taken)}]"
        if schema.get("type") == "object" and "additionalProperties" in schema:
            more = schema["additionalProperties"]
            return f"[String: {self.type_of(more, is_taken) if isinstance(more, dict) else 'JSON'}]"
        return PLAIN.get(str(schema.get("type")), "JSON")

    def type_of_reference(self, name: str, is_taken: bool) -> str:
        if name in ("Seconds", "Moment"):
            return "Duration" if name == "Seconds" else "Date"
        schema = self.schemas[name]
        is_own = "properties" in schema or "oneOf" in schema or "anyOf" in schema
        return self.swift(name, is_taken) if is_own else self.type_of(schema, is_taken)

    def is_span(self, schema: Json) -> bool:
        schema, _ = without_null(schema)
        return "$ref" in schema and name_of(schema) == "Seconds"


# Names


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(UPPER.get(part, part.capitalize()) for part in rest)


def case_of(type_name: str, word: str | int) -> str:
    """The name of a choice."""
    if isinstance(word, int):
        return re.findall("[A-Z][a-z]+", type_name)[-1].lower() + str(word)
    parts = [part for part in re.split(r"\W|_", word) if part]
    name = camel("_".join(parts)) if len(parts) > 1 else word.lower() if word.isupper() else word
    return f"`{name}`" if name in KEYWORDS else name


def parameter_of(member: str) -> str:
    """The unit in a name is that of the description."""
    return "duration" if member == "seconds" else camel(member)


# Texts


def swiftly(known: Swift, text: str, members: Json, own: str = "") -> str:
    """With names as they are here, where a text names operations or the other members."""

    def named(found: re.Match[str]) -> str:
        word = found[1]
        if word == "null":
            return "`nil`"
        is_name = word in known.operation_names or (word in members and word != own)
        return f"`{camel(word)}`" if is_name else found[0]

    return re.sub(r"`(\w+)`", named, " ".join(text.split()))


def comment(paragraphs: list[str], indent: str) -> list[str]:
    """Items of a list follow each other; other paragraphs stand apart."""
    lines: list[str] = []
    for at, paragraph in enumerate(paragraphs):
        depth = len(paragraph) - len(paragraph.lstrip())
        is_item = paragraph.lstrip().startswith("- ")
        if at > 0 and not (is_item and paragraphs[at - 1].lstrip().startswith("- ")):
            lines.append(f"{indent}///")
        hanging = " " * (depth + 2 * is_item)
        head = f"{indent}/// "
        lines += textwrap.wrap(
            paragraph, WIDTH, initial_indent=head, subsequent_indent=head + hanging, drop_whitespace=True,
            break_long_words=False, break_on_hyphens=False,
        )
    return lines


def about(known: Swift, schema: Json, otherwise: str) -> list[str]:
    text = schema.get("description", otherwise)
    return [swiftly(known, one, schema.get("properties", {})) for one in text.split("\n\n")]


# Values


def values(known: Swift) -> str:
    lines = [HEAD, "import Foundation", "", "extension Emulator {"]
    for name, schema in known.schemas.items():
        if known.words(schema):
            lines += words(known, name, schema)
        elif "anyOf" in schema:
            lines += alternatives(known, name, schema)
    for name in sorted(known.given | known.taken):
        if "properties" not in known.schemas[name]:
            continue
        if name in known.given:
            lines += value(known, name, is_taken=name in known.taken and not known.is_both(name))
        if name in known.taken and (known.is_both(name) or name not in known.given):
            lines += value(known, name, is_taken=True)
    return "\n".join([*lines[:4], *lines[5:], "}", ""])


def words(known: Swift, name: str, schema: Json) -> list[str]:
    title = schema["title"][0].upper() + schema["title"][1:] + "."
    own = known.swift(name)
    raw = "Int" if isinstance(schema["oneOf"][0]["const"], int) else "String"
    lines = ["", *comment(about(known, schema, title), "    ")]
    lines.append(f"    public enum {own}: {raw}, Codable, CaseIterable, Sendable {{")
    for word in schema["oneOf"]:
        const, case = word["const"], case_of(name, word["const"])
        literal = f' = "{const}"' if raw == "String" and const != case else f" = {const}" if raw == "Int" else ""
        lines += comment([swiftly(known, word["description"], {})], "        ")
        lines.append(f"        case {case}{literal}")
    return [*lines, "    }"]


def alternatives(known: Swift, name: str, schema: Json) -> list[str]:
    """A number or a text, each written as such."""
    kinds = [choice["type"] for choice in schema["anyOf"]]
    assert kinds == ["integer", "string"], name
    indent = " " * 4
    return [
        "", *comment(about(known, schema, name), indent),
        f"    public enum {name}: Codable, Hashable, Sendable, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {{",
        "        /// As a number.",
        "        case number(Int)",
        "        /// As a text.",
        "        case text(String)",
        "",
        "        public init(integerLiteral value: Int) { self = .number(value) }",
        "        public init(stringLiteral value: String) { self = .text(value) }",
        "",
        "        public init(from decoder: any Decoder) throws {",
        "            let value = try decoder.singleValueContainer()",
        "            let number = try? value.decode(Int.self)",
        "            self = try number.map(Self.number) ?? .text(value.decode(String.self))",
        "        }",
        "",
        "        public func encode(to encoder: any Encoder) throws {",
        "            var value = encoder.singleValueContainer()",
        "            switch self {",
        "            case .number(let number): try value.encode(number)",
        "            case .text(let text): try value.encode(text)",
        "            }",
        "        }",
        "    }",
    ]


def is_secret(schema: Json) -> bool:
    return schema.get("format") == "password"


def value(known: Swift, name: str, is_taken: bool) -> list[str]:
    schema = known.schemas[name]
    members = fields(schema)
    secret = any(is_secret(member) for _, member in members)
    kinds = "Codable, Hashable, Sendable" + ", CustomReflectable" * secret
    lines = ["", *comment(about(known, schema, "What an operation gives."), "    ")]
    lines.append(f"    public struct {known.swift(name, is_taken)}: {kinds} {{")
    types: list[tuple[str, str, bool]] = []
    for member, of_member in members:
        assert not known.is_span(of_member), member
        plain, is_nullable = without_null(of_member)
        is_anything = "type" not in plain and "$ref" not in plain
        is_left_out = is_taken and member not in schema.get("required", [])
        is_optional = is_nullable or is_anything or is_left_out
        kind = known.type_of(of_member, is_taken) + "?" * is_optional
        types.append((member, kind, is_optional))
        lines += comment([swiftly(known, of_member["description"], schema["properties"], member)], "        ")
        lines.append(f"        public {'var' if is_taken else 'let'} {camel(member)}: {kind}")
    if is_taken:
        lines += initializer(types)
    if any(camel(member) != member for member, _ in members):
        keys = [f'{camel(member)} = "{member}"' if camel(member) != member else member for member, _ in members]
        lines += ["", "        enum CodingKeys: String, CodingKey {", *(f"            case {key}" for key in keys), "        }"]
    if secret:
        hidden = {member for member, of_member in members if is_secret(of_member)}
        lines += mirror([(camel(member), is_optional) for member, _, is_optional in types if member not in hidden])
    return [*lines, "    }"]


def initializer(types: list[tuple[str, str, bool]]) -> list[str]:
    parameters = [f"{camel(member)}: {kind}{' = nil' * is_optional}" for member, kind, is_optional in types]
    lines = ["", "        /// What is left out is for the emulator to say."]
    lines += signature("        public init", parameters, " {")
    return [*lines, *(f"            self.{camel(member)} = {camel(member)}" for member, _, _ in types), "        }"]


def mirror(shown: list[tuple[str, bool]]) -> list[str]:
    children = ", ".join(f'"{name}": {name}{" as Any" * is_optional}' for name, is_optional in shown)
    lines = [f"            Mirror(self, children: [{children or ':'}], displayStyle: .struct)"]
    if len(lines[0]) > WIDTH:
        parts = [f'                "{name}": {name}{" as Any" * is_optional},' for name, is_optional in shown]
        lines = ["            let shown: KeyValuePairs<String, Any> = [", *parts, "            ]"]
        lines.append("            return Mirror(self, children: shown, displayStyle: .struct)")
    return ["", "        /// Without secrets.", "        public var customMirror: Mirror {", *lines, "        }"]


def signature(head: str, parameters: list[str], tail: str) -> list[str]:
    line = f"{head}({', '.join(parameters)}){tail}"
    if len(line) <= WIDTH:
        return [line]
    indent = " " * (len(head) - len(head.lstrip()) + 4)
    return [f"{head}(", *wrapped(parameters, indent), f"{indent[4:]}){tail}"]


def wrapped(parts: list[str], indent: str) -> list[str]:
    """Broken between the parts only."""
    lines = [indent]
    for at, part in enumerate(parts):
        text = part + ", " * (at < len(parts) - 1)
        if len(lines[-1]) > len(indent) and len(lines[-1] + text.rstrip()) > WIDTH:
            lines.append(indent)
        lines[-1] += text
    return [line.rstrip() for line in lines]


# Operations


def operations(known: Swift) -> str:
    (door,) = {path.rsplit("/", 1)[0] for path, _ in known.operations}
    lines = [HEAD, "import Foundation", "", "/// Where the operations are.", f'let controls = "{door}/"', ""]
    lines.append("extension Emulator {")
    methods = [method(known, operation) for _, operation in known.operations]
    return "\n".join([*lines, *methods[0][1:], *(line for one in methods[1:] for line in one), "}", ""])


def parameters(known: Swift, schema: Json) -> list[tuple[str, str, str]]:
    """Each member with the label that a call has, and how it is declared."""
    required = schema.get("required", [])
    found = []
    for member, of_member in fields(schema):
        name, kind = parameter_of(member), known.type_of(of_member, is_taken=True)
        is_first = required[:1] == [member]
        label = "" if is_first else f"{name}: "
        declared = f"{'_ ' * is_first}{name}: {kind}" + "? = nil" * (member not in required)
        found.append((member, label, declared))
    return found


def method(known: Swift, operation: Json) -> list[str]:
    name, schema = operation["operationId"], known.of(input_of(operation))
    taken = parameters(known, schema)
    output = name_of(output_of(operation))
    told = fields(known.schemas[output])
    kind, what = result(known, output)
    lines = ["", *comment(documentation(known, operation, schema, what), "    ")]
    lines += ["    @discardableResult"] if told else []
    tail = " async throws" + f" -> {kind}" * bool(told) + " {"
    lines += signature(f"    public func {camel(name)}", [declared for _, _, declared in taken], tail)
    call = [f'"{name}"', *bracketed(passed(known, schema))]
    if len(told) != 1:
        return [*lines, *signature("        try await run", call, ""), "    }"]
    member, of_member = told[0]
    return [
        *lines, f"        struct Reply: Decodable {{ let {member}: {kind} }}",
        *signature("        let reply: Reply = try await run", call, ""), f"        return reply.{member}", "    }",
    ]


def passed(known: Swift, schema: Json) -> list[str]:
    pairs = []
    for member, of_member in fields(schema):
        is_optional = member not in schema.get("required", [])
        seconds = f"{'?' * is_optional}.inSeconds" * known.is_span(of_member)
        pairs.append(f'"{member}": {parameter_of(member)}{seconds}')
    return pairs


def bracketed(parts: list[str]) -> list[str]:
    if not parts:
        return []
    first, last = f"[{parts[0]}", f"{parts[-1]}]"
    return [f"[{parts[0]}]"] if len(parts) == 1 else [first, *parts[1:-1], last]


def result(known: Swift, output: str) -> tuple[str, str]:
    schema = known.schemas[output]
    members = fields(schema)
    if len(members) != 1:
        return known.swift(output), schema.get("description", "") if members else ""
    _, of_member = members[0]
    return known.type_of(of_member, is_taken=False) + "?" * without_null(of_member)[1], of_member["description"]


def documentation(known: Swift, operation: Json, schema: Json, what: str) -> list[str]:
    lines = [swiftly(known, one, {}) for one in operation["summary"].split("\n\n")]
    members = schema.get("properties", {})
    if len(members) > 2 and "description" in schema:
        lines += about(known, schema, "")
    items = [f"{parameter_of(member)}: {swiftly(known, of['description'], members, member)}" for member, of in fields(schema)]
    if len(items) == 1:
        lines.append(f"- Parameter {items[0]}")
    elif items:
        lines += ["- Parameters:", *(f"  - {item}" for item in items)]
    return [*lines, *([f"- Returns: {swiftly(known, what, {})}"] if what else [])]


# For the vectors


def by_name(known: Swift) -> str:
    lines = [
        HEAD, "@testable import VippsEmulator", "", "extension Emulator {",
        "    /// All of them, by their names in every language.",
        "    static let operations: Set<String> = [",
        *wrapped([f'"{name}"' for name in sorted(known.operation_names)], " " * 8),
        "    ]", "",
        "    /// Calls the method of an operation, and gives what it gave as JSON again.",
        "    func call(_ operation: String, _ input: Input) async throws -> JSON {",
        "        switch operation {",
    ]
    for _, operation in known.operations:
        schema = known.of(input_of(operation))
        taken = parameters(known, schema)
        names = [f'"{member}"' for member, _, _ in taken]
        required = schema.get("required", [])
        arguments = [
            f'{label}input.{"needed" if member in required else "given"}("{member}")' for member, label, _ in taken
        ]
        told = fields(known.schemas[name_of(output_of(operation))])
        lines += [f'        case "{operation["operationId"]}":', *signature("            try input.hasOnly", names, "")]
        head = "            " + "let told = " * bool(told) + f"try await {camel(operation['operationId'])}"
        lines += signature(head, arguments, "")
        if not told:
            lines.append("            return .object([:])")
        elif len(told) == 1:
            lines.append(f'            return try .object(["{told[0][0]}": JSON(of: told)])')
        else:
            lines.append("            return try JSON(of: told)")
    return "\n".join([*lines, "        default: throw NotInSwift()", "        }", "    }", "}", ""])


def main() -> None:
    known = Swift(shared.json.loads(shared.DESCRIPTION.read_text(encoding="utf-8")))
    files = {VALUES: values(known), OPERATIONS: operations(known), BY_NAME: by_name(known)}
    if "--check" not in sys.argv:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return
    old = [path.name for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if old:
        sys.exit(f"out of date: {', '.join(old)}; run bindings-kotlin/swift/scripts/generate.py")


if __name__ == "__main__":
    main()
