"""Writes the documentation of the native classes into their stub, where editors look for it.

The texts are those of the Rust sources, as the installed package has them. Run it after they have changed; a test tells
when it is due.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

from vipps_partner_auth import _native

STUB = Path(__file__).parents[1] / "python" / "vipps_partner_auth" / "_native.pyi"
MOST = 120


def documented(stub: str) -> str:
    """The stub with each docstring as the package has it, and without those that it has not."""
    lines = stub.splitlines()
    # From the end, so that line numbers hold.
    for node, owner in reversed(list(definitions(ast.parse(stub)))):
        text = docstring(doc_of(node.name, owner), " " * (node.col_offset + 4))
        if isinstance(node, ast.ClassDef):
            write_class(lines, node, text)
        else:
            write_function(lines, node, text)
    return "\n".join(lines) + "\n"


def definitions(tree: ast.Module) -> Iterator[tuple[ast.ClassDef | ast.FunctionDef, str | None]]:
    """Classes and functions in order, each with the class it stands in."""
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            yield node, None
        if isinstance(node, ast.ClassDef):
            for member in node.body:
                if isinstance(member, ast.FunctionDef):
                    yield member, node.name


def doc_of(name: str, owner: str | None) -> str:
    """What the package says; nothing of what is private or special."""
    if name.startswith("_") or (owner or "").startswith("_"):
        return ""
    scope = _native if owner is None else getattr(_native, owner)
    return inspect.cleandoc(getattr(scope, name).__doc__ or "")


def docstring(text: str, indent: str) -> list[str]:
    if not text:
        return []
    first, *others = text.splitlines()
    if not others and len(indent) + len(first) + 6 <= MOST:
        return [f'{indent}"""{first}"""']
    return [f'{indent}"""{first}', *(f"{indent}{line}".rstrip() for line in others), f'{indent}"""']


def write_class(lines: list[str], node: ast.ClassDef, text: list[str]) -> None:
    first = node.body[0]
    if is_docstring(first):
        lines[first.lineno - 1 : first.end_lineno] = text
    else:
        start = min([first.lineno, *(mark.lineno for mark in getattr(first, "decorator_list", []))])
        lines[start - 1 : start - 1] = text


def write_function(lines: list[str], node: ast.FunctionDef, text: list[str]) -> None:
    first = node.body[0]
    # The head ends with a colon; behind it are dots, or a docstring below it.
    head = first.lineno - 1 if is_docstring(first) else first.lineno
    bare = lines[head - 1].rstrip().removesuffix("...").rstrip()
    lines[head - 1 : node.end_lineno] = [bare, *text] if text else [f"{bare} ..."]


def is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


if __name__ == "__main__":
    STUB.write_text(documented(STUB.read_text(encoding="utf-8")), encoding="utf-8")
