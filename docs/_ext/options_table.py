"""The directive ``options-table``: the command line's options, from the table that parses them."""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from oe_web_socketio.options import OPTIONS
from pgsocketio.config import Option

HEADS = ("flag, environment variable", "default", "meaning")
WIDTHS = (40, 15, 45)


def flag(option: Option) -> str:
    """The flags of an option, as ``--help`` writes them."""
    long = "--" + option.name.replace("_", "-")
    return f"{option.short}, {long}" if option.short else long


def literal(text: str) -> nodes.paragraph:
    """A paragraph of code."""
    return nodes.paragraph("", "", nodes.literal(text, text))


def plain(text: str) -> nodes.paragraph:
    """A paragraph of text."""
    return nodes.paragraph(text, text)


def row(*entries: list[nodes.paragraph]) -> nodes.row:
    """A row of a table."""
    return nodes.row("", *(nodes.entry("", *paragraphs) for paragraphs in entries))


def option_row(option: Option) -> nodes.row:
    """What the table says of an option."""
    default = [] if option.default in (None, ()) else [literal(str(option.default))]
    names = [literal(flag(option)), literal(OPTIONS.variable(option))]
    return row(names, default, [plain(option.help)])


class OptionsTable(SphinxDirective):
    """A table with one row per option."""

    def run(self) -> list[nodes.Node]:
        group = nodes.tgroup(cols=len(HEADS))
        group += [nodes.colspec(colwidth=width) for width in WIDTHS]
        group += nodes.thead("", row(*([plain(head)] for head in HEADS)))
        group += nodes.tbody("", *map(option_row, OPTIONS.options))
        return [nodes.table("", group)]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("options-table", OptionsTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
