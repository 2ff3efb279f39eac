"""Prints the public API of the package, as its sources and stubs declare it: names, signatures, types, defaults; no texts.

python3 scripts/api.py
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "python" / "vipps_partner_auth"
# What a program may import from.
MODULES = ("__init__", "types")


def main() -> None:
    for module in MODULES:
        name = "vipps_partner_auth" if module == "__init__" else f"vipps_partner_auth.{module}"
        for public in sorted(exported(module)):
            for line in declared(module, public):
                print(f"{name}: {line}")


def parsed(module: str) -> ast.Module:
    stub, source = PACKAGE / f"{module}.pyi", PACKAGE / f"{module}.py"
    return ast.parse((stub if stub.exists() else source).read_text(encoding="utf-8"))


def exported(module: str) -> set[str]:
    """What `__all__` lists or, without one, all names that have no underscore in front."""
    tree = parsed(module)
    for node in tree.body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"]:
            return set(ast.literal_eval(node.value))
    names = {name for node in tree.body for name in named(node)}
    return {name for name in names if not name.startswith("_") or name == "__version__"}


def named(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        yield node.name
    elif isinstance(node, ast.ImportFrom) and node.level == 1:
        yield from (alias.asname or alias.name for alias in node.names)
    elif isinstance(node, ast.AnnAssign):
        yield ast.unparse(node.target)
    elif isinstance(node, ast.Assign):
        yield from (ast.unparse(target) for target in node.targets)


def declared(module: str, name: str) -> Iterator[str]:
    """The declaration, in the module that it was imported from."""
    for node in parsed(module).body:
        if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    yield from declared(node.module, alias.name)
                    return
    found = [node for node in parsed(module).body if name in named(node)]
    if not found:
        yield name
    for node in found:
        yield from lines(node, "")
        if isinstance(node, ast.ClassDef):
            yield from inherited(module, node, f"{name}.", set(members_of(node)))


def inherited(module: str, node: ast.ClassDef, owner: str, known: set[str]) -> Iterator[str]:
    """What a class has from bases that no program may import, such as those of the native module."""
    for base in node.bases:
        place, _, name = ast.unparse(base).rpartition(".")
        if not place and not name.startswith("_"):
            continue
        for other, found in found_class(place or module, name.partition("[")[0]):
            members = {name: member for name, member in members_of(found).items() if name not in known}
            for name in sorted(members):
                yield from lines(members[name], owner)
            yield from inherited(other, found, owner, known | set(members))


def found_class(module: str, name: str) -> Iterator[tuple[str, ast.ClassDef]]:
    """The class of this name, where this module or the one that it imports it from is one of the package."""
    if not any((PACKAGE / f"{module}{suffix}").exists() for suffix in (".py", ".pyi")):
        return
    for node in parsed(module).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            yield module, node
        elif isinstance(node, ast.ImportFrom) and node.level == 1 and node.module:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    yield from found_class(node.module, alias.name)


def members_of(node: ast.ClassDef) -> dict[str, ast.stmt]:
    return {name: member for member in node.body for name in named(member) if is_public(name)}


def lines(node: ast.stmt, owner: str) -> Iterator[str]:
    if isinstance(node, ast.ClassDef):
        bases = ", ".join([ast.unparse(base) for base in node.bases] + [ast.unparse(word) for word in node.keywords])
        decorators = "".join(f"@{ast.unparse(word)} " for word in node.decorator_list)
        yield f"{decorators}class {owner}{node.name}({bases})"
        members = [member for member in node.body if any(is_public(name) for name in named(member))]
        for member in sorted(members, key=lambda member: next(named(member))):
            yield from lines(member, f"{owner}{node.name}.")
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        decorators = "".join(f"@{ast.unparse(word)} " for word in node.decorator_list)
        kind = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
        result = f" -> {ast.unparse(node.returns)}" if node.returns else ""
        yield f"{decorators}{kind} {owner}{node.name}({ast.unparse(node.args)}){result}"
    elif isinstance(node, ast.AnnAssign):
        value = f" = {ast.unparse(node.value)}" if node.value else ""
        yield f"{owner}{ast.unparse(node.target)}: {ast.unparse(node.annotation)}{value}"
    elif isinstance(node, ast.Assign):
        yield f"{owner}{ast.unparse(node)}"


def is_public(name: str) -> bool:
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__") and name != "__slots__")


main()
