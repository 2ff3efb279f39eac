"""Names each public item of the Python packages that has no docstring, and ends with 1 where there is one.

python3 scripts/documented.py      # needs griffe, which reads the sources and stubs
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import griffe

REPOSITORY = Path(__file__).parents[2]
PATHS = [REPOSITORY / "bindings-python" / "python", REPOSITORY / "emulator" / "python"]
# What a program may import from.
MODULES = ("vipps_partner_auth", "vipps_partner_auth.types", "vipps_emulator", "vipps_emulator.types", "vipps_emulator.pytest_plugin")


def main() -> int:
    loader = griffe.GriffeLoader(search_paths=PATHS)
    for package in {module.partition(".")[0] for module in MODULES}:
        loader.load(package)
    loader.resolve_aliases()
    missing = sorted({path for module in MODULES for path in undocumented(loader.modules_collection[module])})
    for path in missing:
        print(f"{path} has no docstring")
    return 1 if missing else 0


def undocumented(item: griffe.Object | griffe.Alias) -> Iterator[str]:
    """The item itself, and what belongs to it; a module that is imported has its own turn."""
    if not (item.docstring or is_documented_by_a_base(item)):
        yield item.path
    if item.is_module or item.is_class:
        for name, member in item.all_members.items():
            if is_public(item, name, member) and not is_of_others(member) and not member.is_module:
                yield from undocumented(member)


def is_public(owner: griffe.Object | griffe.Alias, name: str, member: griffe.Object | griffe.Alias) -> bool:
    """What a module exports or, where it does not say, its classes and functions that have no underscore in front."""
    if owner.is_module and owner.exports is not None:
        return name in owner.exports and not name.startswith("__")
    return not name.startswith("_") and not (owner.is_module and (member.is_alias or member.is_attribute))


def is_documented_by_a_base(item: griffe.Object | griffe.Alias) -> bool:
    owner = (item.final_target if item.is_alias else item).parent
    if not isinstance(owner, griffe.Class):
        return False
    return any(item.name in base.members and base.members[item.name].docstring for base in owner.mro())


def is_of_others(member: griffe.Object | griffe.Alias) -> bool:
    """Of the standard library or another package, such as the members that an exception or a dictionary has by itself."""
    return member.is_alias and not member.target_path.startswith(("vipps_partner_auth.", "vipps_emulator."))


sys.exit(main())
