"""Names each public item of Swift modules that has no comment, and ends with 1 where there is one.

python3 scripts/documented.py path/to/package Module...      # after `swift package dump-symbol-graph`
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# What protocols of the standard library ask for, which explain it themselves.
OF_PROTOCOLS = {
    "!=(_:_:)", "==(_:_:)", "hash(into:)", "encode(to:)", "init(from:)", "makeAsyncIterator()", "next()", "description",
    "customMirror", "errorDescription", "recoverySuggestion", "init(nilLiteral:)", "init(booleanLiteral:)", "init(integerLiteral:)",
    "init(floatLiteral:)", "init(stringLiteral:)", "init(arrayLiteral:)", "init(dictionaryLiteral:)",
}


def main() -> int:
    package, *modules = sys.argv[1:]
    missing = sorted({name for module in modules for name in undocumented(Path(package), module)})
    for name in missing:
        print(f"{name} has no comment")
    return 1 if missing else 0


def undocumented(package: Path, module: str) -> Iterator[str]:
    files = list(package.glob(f".build/*/symbolgraph/{module}.symbols.json"))
    if not files:
        raise SystemExit(f"no symbols of {module}: run `swift package dump-symbol-graph` first")
    for file in files:
        graph = json.loads(file.read_text(encoding="utf-8"))
        inherited = set(with_inherited_comment(graph))
        for symbol in graph["symbols"]:
            path = symbol["pathComponents"]
            if "docComment" not in symbol and path[-1] not in OF_PROTOCOLS and symbol["identifier"]["precise"] not in inherited:
                yield f"{module}: {'.'.join(path)}"


def with_inherited_comment(graph: dict[str, Any]) -> Iterator[str]:
    """What is declared by a protocol is documented there."""
    for edge in graph["relationships"]:
        if edge["kind"] in ("overrides", "defaultImplementationOf") or "sourceOrigin" in edge:
            yield edge["source"]


sys.exit(main())
