"""Draws the diagrams of the guide. Run `python3 docs/diagrams/draw.py` after a change; `--check` tells whether it is due.

Plain SVG, so that neither a browser nor a build needs anything from elsewhere. Colours follow the reader's light or dark mode.
"""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path

HERE = Path(__file__).parent
STYLE = """
text { font: 14px system-ui, sans-serif; fill: #1f2430 }
.small { font-size: 12px; fill: #5a6172 }
.title { font-weight: 600 }
.box { fill: #f3f1fb; stroke: #7a6bc4 }
.plain { fill: none; stroke: #9aa0ad }
.good { fill: #d9f2e3; stroke: #2f8f5b }
.warn { fill: #fdeccf; stroke: #c07d15 }
.bad { fill: #fbdcdc; stroke: #c0392b }
.line { stroke: #5a6172; fill: none; stroke-width: 1.5 }
.dashed { stroke-dasharray: 5 4 }
.tip { fill: #5a6172 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6e8ee }
  .small { fill: #aab0bf }
  .box { fill: #2a2740; stroke: #9a8ce0 }
  .plain { stroke: #6a7080 }
  .good { fill: #17392a; stroke: #52b783 }
  .warn { fill: #43331a; stroke: #dba44a }
  .bad { fill: #472122; stroke: #e07a70 }
  .line { stroke: #aab0bf }
  .tip { fill: #aab0bf }
}
"""


def svg(title: str, width: int, height: int, *parts: str) -> str:
    tip = '<marker id="tip" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto"><path class="tip" d="M0 0 8 4 0 8z"/></marker>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title, quote=True)}">'
    return "\n".join([head, f"<style>{STYLE}</style><defs>{tip}</defs>", *parts, "</svg>"]) + "\n"


def text(x: int, y: int, words: str, kind: str = "", anchor: str = "middle") -> str:
    return f'<text x="{x}" y="{y}" class="{kind}" text-anchor="{anchor}">{escape(words, quote=False)}</text>'


def box(x: int, y: int, width: int, height: int, title: str, *lines: str, kind: str = "box") -> str:
    first = y + height // 2 + 5 - 9 * len(lines)
    middle = x + width // 2
    rect = f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="8" class="{kind}"/>'
    below = [text(middle, first + 18 * (at + 1), line, "small") for at, line in enumerate(lines)]
    return "\n".join([rect, text(middle, first, title, "title"), *below])


def arrow(x1: int, y1: int, x2: int, y2: int, kind: str = "") -> str:
    return f'<path class="line {kind}" d="M{x1} {y1} {x2} {y2}" marker-end="url(#tip)"/>'


def sequence(title: str, actors: list[str], steps: list[tuple[int, int, str]]) -> str:
    """`steps` are (from, to, words); from an actor to itself is a note; negative `to` is a dashed reply."""
    gap, top, row = 210, 60, 42
    at = [110 + gap * number for number in range(len(actors))]
    height = top + row * len(steps) + 30
    parts = []
    for x, actor in zip(at, actors):
        parts += [box(x - 90, 10, 180, 36, actor), f'<path class="line dashed" d="M{x} 46 {x} {height - 10}"/>']
    for number, (source, target, words) in enumerate(steps):
        y = top + row * number + 24
        if source == target:
            width = 8 * len(words) + 20
            parts += [f'<rect x="{at[source] - width // 2}" y="{y - 16}" width="{width}" height="26" rx="6" class="warn"/>', text(at[source], y + 2, words, "small")]
            continue
        kind = "dashed" if target < 0 else ""
        end = at[abs(target) - 1] if target < 0 else at[target]
        inset = 4 if end > at[source] else -4
        parts += [text((at[source] + end) // 2, y - 6, words, "small"), arrow(at[source] + inset, y, end - inset, y, kind)]
    return svg(title, 110 + gap * (len(actors) - 1) + 110, height, *parts)


def back_to(actor: int) -> int:
    """A reply to this actor, drawn dashed."""
    return -actor - 1


def house() -> str:
    faces = ["Python", "Node.js", "Kotlin, Java", "Swift"]
    parts = [box(20 + 190 * at, 20, 170, 54, face, "types and adapters only") for at, face in enumerate(faces)]
    parts += [arrow(105 + 190 * at, 76, 105 + 190 * at, 108) for at in range(4)]
    layers = [
        ("Handles", "Partner, Merchant, Login, Backchannel, IdTokenVerifier"),
        ("Services", "the only code that decides to fetch: tokens, keys, endpoints, Login's calls"),
        ("Protocol", "requests and replies, headers, checks: no clock, no socket"),
        ("Vocabulary", "MSN, keys, secrets, environment, errors, events"),
    ]
    parts += [f'<rect x="20" y="112" width="740" height="304" rx="10" class="plain"/>', text(390, 136, "core, in Rust: everything that knows about Vipps", "title")]
    parts += [box(40, 150 + 64 * at, 700, 54, title, words) for at, (title, words) in enumerate(layers)]
    parts += [box(20, 440, 360, 60, "emulator", "an offline Vipps, for tests only"), box(400, 440, 360, 60, "tests/vectors", "one set of cases for every language")]
    parts += [arrow(200, 438, 200, 420), arrow(580, 438, 580, 420)]
    return svg("The house: thin packages over one core", 780, 516, *parts)


def call() -> str:
    steps = [
        (20, "shop.headers()", "a caller needs headers", "box"),
        (110, "Token fresh?", "memory, no lock", "good"),
        (200, "Still usable?", "renewal is due", "warn"),
        (290, "Fetch under way?", "one for all callers", "warn"),
        (380, "Shared cache?", "Redis, where it is set", "warn"),
        (470, "Ask Vipps", "up to 3 tries in 30 s", "bad"),
    ]
    ends = {
        110: "headers at once",
        200: "headers at once; one renewal in the background",
        290: "wait for its result",
        380: "another process's token",
        470: "a token, or one error for all who wait",
    }
    parts = []
    for y, title, words, kind in steps:
        parts.append(box(20, y, 220, 60, title, words, kind=kind))
        if y in ends:
            parts += [arrow(242, y + 30, 308, y + 30), box(310, y + 6, 400, 48, ends[y], kind="plain")]
            parts.append(text(274, y + 22, "yes" if y < 470 else "", "small"))
        if y < 470:
            parts.append(arrow(130, y + 62, 130, y + 88))
        if 20 < y < 470:
            parts.append(text(146, y + 80, "no", "small", "start"))
    return svg("The way of one call", 730, 550, *parts)


def token() -> str:
    left, width, y = 40, 680, 70
    at = lambda hours: left + round(width * hours / 24)
    spans = [(0, 21.6, "fresh: every call is a look at memory", "good"), (21.6, 24, "", "warn")]
    parts = [text(380, 30, "A production token: 24 hours", "title")]
    for start, end, words, kind in spans:
        parts.append(f'<rect x="{at(start)}" y="{y}" width="{at(end) - at(start)}" height="44" class="{kind}"/>')
        parts.append(text((at(start) + at(end)) // 2, y + 27, words))
    marks = [(0, "fetched"), (21.6, "renewal due"), (24, "end")]
    for hours, words in marks:
        parts += [arrow(at(hours), y + 84, at(hours), y + 50), text(at(hours), y + 102, words, "small")]
    parts.append(text(at(21.6), y + 120, "21.6 to 22.1 h, spread over processes", "small"))
    rows = [
        ("Endpoint is up", "renewed at once, in the background; no caller waits"),
        ("Endpoint is down", "the old token goes on; tried again after 30 s, then after half of what is left"),
        ("An API answers 401", "a replacement is fetched; everybody else keeps the token until it is there"),
    ]
    for number, (title, words) in enumerate(rows):
        line = y + 158 + 26 * number
        parts += [text(left, line, title, "title", "start"), text(left + 170, line, words, "small", "start")]
    return svg("The life of a token", 780, y + 230, *parts)


DIAGRAMS = {
    "house": house,
    "call": call,
    "token": token,
    "login-browser": lambda: sequence(
        "Login in the browser",
        ["Browser", "Your server", "This library", "Vipps"],
        [
            (0, 1, "log in with Vipps"),
            (1, 2, "login.start(scopes)"),
            (2, back_to(1), "LoginRequest: url, secrets"),
            (1, 1, "kept in the session"),
            (1, back_to(0), "redirect to request.url"),
            (0, 3, "login page; the person approves"),
            (3, back_to(0), "redirect to your callback"),
            (0, 1, "callback with code and state"),
            (1, 2, "login.finish(url, request)"),
            (2, 3, "code, verifier, MSN; once"),
            (3, back_to(2), "ID token, login token"),
            (2, 2, "state, signature, msn, nonce …"),
            (2, back_to(1), "LoginResult: claims, scopes"),
            (1, 2, "login.userinfo(result)"),
        ],
    ),
    "login-phone": lambda: sequence(
        "Login by phone number",
        ["The person's phone", "Your till", "This library", "Vipps"],
        [
            (1, 2, "phone.start(number, scopes)"),
            (2, 3, "backchannel request, MSN"),
            (3, back_to(2), "auth_req_id, interval, expiry"),
            (2, back_to(1), "PendingLogin"),
            (3, 0, "asks in the Vipps app, shows the binding message"),
            (1, 2, "phone.wait(pending, timeout)"),
            (2, 3, "poll, at the pace Vipps asks for"),
            (3, back_to(2), "authorization_pending"),
            (0, 3, "approves"),
            (2, 3, "poll"),
            (3, back_to(2), "ID token, login token"),
            (2, 2, "signature, msn, nonce …"),
            (2, back_to(1), "LoginResult"),
        ],
    ),
}


def main() -> int:
    drawn = {HERE / f"{name}.svg": draw() for name, draw in DIAGRAMS.items()}
    if "--check" not in sys.argv:
        for path, content in drawn.items():
            path.write_text(content, encoding="utf-8")
        return 0
    stale = [path.name for path, content in drawn.items() if not path.exists() or path.read_text(encoding="utf-8") != content]
    if stale:
        print(f"not as draw.py draws them: {', '.join(stale)}; run python3 docs/diagrams/draw.py", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
