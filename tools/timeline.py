"""Draws docs/images/timeline.svg: what is sent, broken off and caught up.

Run ``python -m tools.timeline`` after a change; a test compares the file with what this draws.
"""

from __future__ import annotations

from html import escape

from tools.diagram import arrow, picture
from tools.paths import ROOT

PICTURE = ROOT / "docs" / "images" / "timeline.svg"
WIDTH = 1135
COMMITS, LOG, SERVER, PAGE = 55, 130, 235, 330  # the lanes
LANES = {"COMMIT": COMMITS, "message log": LOG, "realtime server": SERVER, "page": PAGE}
GREY, RED, GREEN = "#888", "#b3261e", "#4a7a3a"


def text(x: int, y: int, words: str, colour: str = "#333", size: float = 11.5) -> str:
    """Words around a place."""
    return (
        f'<text x="{x}" y="{y}" font-size="{size:g}" text-anchor="middle"'
        f' fill="{colour}">{escape(words)}</text>'
    )


def lane(name: str, y: int) -> str:
    """A line of time, with its name before it."""
    return (
        f'<text x="15" y="{y + 4}" font-size="13" font-weight="bold">{name}</text>\n'
        f'<line x1="140" y1="{y}" x2="{WIDTH}" y2="{y}" stroke="#ddd"/>'
    )


def span(x: int, end: int, y: int, colour: str = GREEN) -> str:
    """Somebody is there for so long."""
    return (
        f'<rect x="{x}" y="{y - 5}" width="{end - x}" height="10" rx="5" fill="{colour}"'
        ' fill-opacity="0.3"/>'
    )


def message(x: int, y: int, number: int, colour: str = "#1f6f8b") -> str:
    """A message, by its id."""
    return (
        f'<circle cx="{x}" cy="{y}" r="11" fill="{colour}"/>\n'
        + text(x, y + 4, str(number), "#fff")
    )  # fmt: skip


def delivered(x: int, number: int) -> list[str]:
    """Committed, logged, heard, and handled at once."""
    return [
        arrow("down", (x, COMMITS), (x, LOG - 12)),
        arrow("down", (x, LOG + 12), (x + 12, SERVER - 5)),
        arrow("down", (x + 12, SERVER + 5), (x + 24, PAGE - 12)),
        message(x, COMMITS, number), message(x, LOG, number), message(x + 24, PAGE, number),
    ]  # fmt: skip


def logged(x: int, number: int) -> list[str]:
    """Committed and logged while nobody hears."""
    return [
        arrow("down", (x, COMMITS), (x, LOG - 12)),
        message(x, COMMITS, number), message(x, LOG, number),
    ]  # fmt: skip


def told(x: int, name: str) -> list[str]:
    """A position."""
    return [
        arrow("down", (x, SERVER + 5), (x + 14, PAGE - 8)),
        text(x + 16, PAGE + 26, f"stores {name}", GREY),
    ]


PRESENT = [
    span(150, 420, SERVER), span(150, 420, PAGE), span(640, WIDTH, SERVER),
    span(760, WIDTH, PAGE),
]  # fmt: skip
BEFORE = [
    *delivered(165, 1), *told(255, "P: after 1"), *delivered(330, 2),
    text(354, PAGE + 26, "2 is seen", GREY),
]  # fmt: skip
BREAK = [
    text(420, SERVER + 7, "✕", RED, 20), text(470, SERVER + 5, "SIGKILL", RED),
    text(420, PAGE + 7, "✕", RED, 20),
    '<line x1="430" y1="330" x2="750" y2="330" stroke="#b3261e" stroke-dasharray="4 4"/>',
    text(590, PAGE + 22, "tries again, with growing pauses", GREY),
    *logged(545, 4), *logged(600, 3),
    text(572, LOG + 32, "3 was begun before 4, and commits after it", GREY),
    text(690, SERVER - 14, "starts, reads the log", GREY),
]  # fmt: skip
RETURN = [
    arrow("up", (770, PAGE - 6), (785, SERVER + 7)),
    text(770, PAGE + 22, "CONNECT: P, seen 2", "#a34a28"),
    arrow("up", (795, SERVER - 6), (795, LOG + 4)),
    text(795, LOG - 10, "what did P not see?  2, 3, 4", "#a34a28"),
    arrow("down", (820, LOG + 4), (820, SERVER - 7)),
    text(884, SERVER - 14, "2 was seen", GREY),
    arrow("down", (835, SERVER + 5), (850, PAGE - 12)),
    arrow("down", (865, SERVER + 5), (880, PAGE - 12)),
    message(850, PAGE, 3), message(880, PAGE, 4),
    text(906, PAGE + 42, "recovered: true", GREEN),
    *delivered(975, 5), *told(1055, "P: after 5"),
]  # fmt: skip


def draw() -> str:
    """The whole picture."""
    lanes = [lane(name, y) for name, y in LANES.items()]
    parts = [*lanes, *PRESENT, *BEFORE, *BREAK, *RETURN]
    return picture("Messages before, during and after a server that is killed", parts)


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
