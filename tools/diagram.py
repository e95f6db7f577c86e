"""Draws docs/images/architecture.svg: the way of a message down, and of an event up.

Run ``python -m tools.diagram`` after a change; a test compares the file with what this draws.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from tools.paths import ROOT

PICTURE = ROOT / "docs" / "images" / "architecture.svg"
HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1150 400" font-family="sans-serif">
<title>{title}</title>
<defs>
<marker id="down" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"
 orient="auto"><path d="M0 0 8 4 0 8z" fill="#1f6f8b"/></marker>
<marker id="up" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"
 orient="auto"><path d="M0 0 8 4 0 8z" fill="#a34a28"/></marker>
</defs>
<rect width="1150" height="400" rx="10" fill="#fff"/>
"""
COLOURS = {"down": "#1f6f8b", "up": "#a34a28"}


@dataclass(frozen=True)
class Box:
    """A box with a title and lines below it; all in the picture's own units."""

    x: int
    y: int
    width: int
    height: int
    title: str
    lines: tuple[str, ...] = ()

    def draw(self) -> str:
        """The box as SVG."""
        middle = self.x + self.width / 2
        first = self.y + self.height / 2 - 8 * len(self.lines) + 5
        texts = [
            f'<text x="{middle:g}" y="{first:g}" font-size="14" font-weight="bold"'
            f' text-anchor="middle">{escape(self.title)}</text>'
        ]
        for number, line in enumerate(self.lines, 1):
            texts.append(
                f'<text x="{middle:g}" y="{first + 17 * number:g}" font-size="11.5"'
                f' fill="#555" text-anchor="middle">{escape(line)}</text>'
            )
        frame = (
            f'<rect x="{self.x}" y="{self.y}" width="{self.width}" height="{self.height}"'
            ' rx="6" fill="#fff" stroke="#888"/>'
        )
        return "\n".join([frame, *texts])


def group(x: int, width: int, title: str, fill: str) -> str:
    """A place that holds boxes: a process, or several of one kind."""
    return (
        f'<rect x="{x}" y="20" width="{width}" height="330" rx="10" fill="{fill}"/>\n'
        f'<text x="{x + width / 2:g}" y="44" font-size="15" text-anchor="middle"'
        f' fill="#333">{escape(title)}</text>'
    )


def arrow(
    kind: str, *points: tuple[int, int], label: str = "", at: tuple[int, int] = (0, 0)
) -> str:
    """A line with a head: ``down`` for messages, ``up`` for events of a client."""
    path = " ".join(f"{x},{y}" for x, y in points)
    line = (
        f'<polyline points="{path}" fill="none" stroke="{COLOURS[kind]}" stroke-width="2"'
        f' marker-end="url(#{kind})"/>'
    )
    if not label:
        return line
    return (
        f'{line}\n<text x="{at[0]}" y="{at[1]}" font-size="11.5" text-anchor="middle"'
        f' fill="{COLOURS[kind]}">{escape(label)}</text>'
    )


def picture(title: str, parts: Iterable[str]) -> str:
    """All of it as SVG."""
    return HEAD.format(title=escape(title)) + "\n".join(parts) + "\n</svg>\n"


GROUPS = [
    group(15, 190, "publishers", "#f3eef6"),
    group(245, 190, "PostgreSQL", "#e9f1f5"),
    group(475, 440, "realtime server", "#eef3ea"),
    group(955, 180, "browser", "#f8f0e6"),
]
BOXES = [
    Box(30, 65, 160, 70, "Odoo", ("env['web.socketio']", ".notify(channel, …)")),
    Box(30, 165, 160, 70, "SQL, triggers", ("SELECT", "web_socketio_notify(…)")),
    Box(260, 65, 160, 70, "message log", ("a row, written in the", "publisher's transaction")),
    Box(260, 165, 160, 70, "NOTIFY", ("after COMMIT, signed;", "or a hint to read the log")),
    Box(260, 265, 160, 65, "your tables"),
    Box(490, 110, 120, 80, "listener", ("the only LISTEN", "per database;", "reads the log")),
    Box(635, 110, 120, 80, "hub", ("positions,", "sub-channels")),
    Box(780, 65, 120, 70, "adapter", ("get: whose is it?", "format: how?")),
    Box(780, 165, 120, 70, "namespace", ("one instance", "per connection")),
    Box(490, 265, 265, 65, "session", ("environment and cursor of the user",)),
    Box(780, 265, 120, 65, "engine", ("WebSocket,", "long polling")),
    Box(970, 265, 150, 65, "SocketIO", ("one connection", "per page")),
    Box(970, 110, 150, 80, "your service", ("or component:", "on(event, handler)", "emit(event)")),
]
ARROWS = [
    arrow("down", (190, 100), (258, 100)),
    arrow("down", (190, 200), (225, 200), (225, 116), (258, 116)),
    arrow("down", (340, 135), (340, 163)),
    arrow("down", (420, 200), (455, 200), (455, 165), (488, 165)),
    arrow("down", (420, 100), (455, 100), (455, 135), (488, 135)),
    arrow("down", (610, 150), (633, 150)),
    arrow("down", (755, 135), (767, 135), (767, 100), (778, 100)),
    arrow("down", (840, 135), (840, 163)),
    arrow("down", (855, 235), (855, 263)),
    arrow("down", (900, 310), (968, 310)),
    arrow("down", (1060, 265), (1060, 192)),
    arrow("up", (1030, 190), (1030, 263)),
    arrow("up", (970, 285), (902, 285)),
    arrow("up", (825, 265), (825, 237)),
    arrow("up", (780, 200), (690, 200), (690, 263)),
    arrow("up", (490, 297), (422, 297)),
]
LEGEND = [
    arrow("down", (330, 376), (370, 376), label="a message, after COMMIT", at=(445, 380)),
    arrow("up", (640, 376), (680, 376), label="an event of the browser", at=(752, 380)),
]


def draw() -> str:
    """The whole picture."""
    parts = [*GROUPS, *ARROWS, *(box.draw() for box in BOXES), *LEGEND]
    return picture("The way of a message from a transaction to the browser, and of an event back",
                   parts)  # fmt: skip


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
