"""Makes a test of each block in Kotlin, Java or Swift that stands in the guide or a README, as a reader would paste it.

python3 scripts/blocks.py jvm path/to/folder      # emptied first; one file for each block
python3 scripts/blocks.py swift path/to/file.swift

A block finds the names that its page speaks of (`shop`, `url`, ...) in the class `Scene` of the package's tests. A block of
declarations stands by itself. One that begins with imports is a whole program: nothing is added to it, and it is run. One with a
`title` belongs to a framework that is not here, and is left out.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).parents[2]
PAGES = (
    "README.md", "docs/*.md", "emulator/README.md", "emulator/kotlin/README.md", "bindings-kotlin/kotlin/README.md",
    "bindings-kotlin/swift/README.md",
)
FENCED = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
DECLARATIONS = re.compile(r"(@\w+[^\n]*\s+)*(final )?(class|func|struct|public|@Test)\b")

KOTLIN = """\
// Of {place}.
package {package}

import io.github.vippspartnerauth.*
import io.github.vippspartnerauth.Merchant
import io.github.vippspartnerauth.emulator.*
import io.github.vippspartnerauth.tests.Scene
import io.ktor.client.HttpClient
import io.ktor.client.request.get
import java.time.Duration
import kotlinx.coroutines.runBlocking
import net.rubyeye.xmemcached.MemcachedClient
import okhttp3.Headers.Companion.toHeaders
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.RequestBody.Companion.toRequestBody
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.extension.RegisterExtension

"""
JAVA = """\
// Of {place}.
package {package};

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.vippspartnerauth.*;
import io.github.vippspartnerauth.Merchant;
import io.github.vippspartnerauth.emulator.*;
import io.github.vippspartnerauth.tests.Scene;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

"""
SWIFT = """\
// Of the guide and the READMEs, written by bindings-kotlin/scripts/blocks.py.
import Foundation
import Testing
import VippsEmulator
import VippsEmulatorTesting
import VippsPartnerAuth
import XCTest

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif
"""


class Block(NamedTuple):
    page: str
    line: int
    language: str
    code: str

    @property
    def place(self) -> str:
        return f"{self.page}, line {self.line}"

    @property
    def name(self) -> str:
        page = re.sub(r"\W", "_", self.page.removesuffix(".md").lower())
        return f"{page}_{self.line}"

    @property
    def is_program(self) -> bool:
        return self.code.startswith("import ")

    @property
    def is_declaration(self) -> bool:
        return DECLARATIONS.match(self.code) is not None


def main() -> None:
    match sys.argv[1:]:
        case ["jvm", folder]:
            write_for_the_jvm(Path(folder))
        case ["swift", file]:
            Path(file).write_text(swift(blocks("swift")), encoding="utf-8")
        case _:
            raise SystemExit(__doc__)


def blocks(*languages: str) -> list[Block]:
    pages = sorted({page for pattern in PAGES for page in REPOSITORY.glob(pattern)})
    found = [block for page in pages for block in of_page(page) if block.language in languages]
    if not found:
        raise SystemExit(f"no block of {languages} in any page")
    return found


def of_page(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for fence in FENCED.finditer(text):
        language, info, code = fence.groups()
        if "title=" not in info:
            yield Block(page.relative_to(REPOSITORY).as_posix(), text.count("\n", 0, fence.start()) + 1, language, code)


def write_for_the_jvm(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for block in blocks("kotlin", "java"):
        # A package of its own, since two pages may declare the same.
        package = f"io.github.vippspartnerauth.tests.blocks.{block.name}"
        place = folder / package.replace(".", "/")
        place.mkdir(parents=True)
        if block.is_program:
            write_program(block, package, place)
            continue
        text = kotlin(block, package) if block.language == "kotlin" else java(block, package)
        file = "BlockTest.kt" if block.language == "kotlin" else java_file(block)
        (place / file).write_text(text, encoding="utf-8")


def write_program(block: Block, package: str, place: Path) -> None:
    if block.language == "kotlin":
        file, end, call = "Program.kt", "", "runBlocking { main() }"
    else:
        name = declared_class(block)
        file, end, call = f"{name}.java", ";", f"{name}.main(arrayOf())"
    (place / file).write_text(f"// Of {block.place}.\npackage {package}{end}\n\n{block.code}", encoding="utf-8")
    test = f"class BlockTest {{\n    @Test\n    fun program(): Unit = {call}\n}}\n"
    (place / "BlockTest.kt").write_text(KOTLIN.format(place=block.place, package=package) + test, encoding="utf-8")


def kotlin(block: Block, package: str) -> str:
    head = KOTLIN.format(place=block.place, package=package)
    if block.is_declaration:
        return head + block.code
    return f"{head}class BlockTest : Scene() {{\n    @Test\n    fun block(): Unit = runBlocking {{\n{block.code}    }}\n}}\n"


def java(block: Block, package: str) -> str:
    head = JAVA.format(place=block.place, package=package)
    if block.is_declaration:
        return head + block.code
    return f"{head}class BlockTest extends Scene {{\n    @Test\n    void block() throws Exception {{\n{block.code}    }}\n}}\n"


def java_file(block: Block) -> str:
    return f"{declared_class(block) if block.is_declaration else 'BlockTest'}.java"


def declared_class(block: Block) -> str:
    declared = re.search(r"\bclass (\w+)", block.code)
    if declared is None:
        raise SystemExit(f"{block.place}: no class")
    return declared.group(1)


def swift(found: list[Block]) -> str:
    apart = [block for block in found if block.is_declaration]
    within = [block for block in found if not block.is_declaration]
    declared = [since_traits(block, f"/// {block.place}.\nenum {block.name} {{\n{block.code}}}\n") for block in apart]
    calls = [f"    @Test func {block.name}() async throws {{ try await Scene().{block.name}() }}\n" for block in within]
    bodies = [f"\n    /// {block.place}.\n    func {block.name}() async throws {{\n{statements(block)}    }}\n" for block in within]
    suite = "\n@Suite(.serialized)\nstruct BlockTests {\n" + "".join(calls) + "}\n"
    return SWIFT + suite + "\nextension Scene {" + "".join(bodies) + "}\n" + "".join(declared)


def statements(block: Block) -> str:
    """A program without its imports, which stand at the top of the file with all others."""
    return re.sub(r"^import \w+\n", "", block.code, flags=re.MULTILINE) if block.is_program else block.code


def since_traits(block: Block, text: str) -> str:
    """A trait can start something for its test in Swift 6.1 and later."""
    return f"\n#if compiler(>=6.1)\n{text}#endif\n" if block.code.startswith("@Test(") else f"\n{text}"


main()
