"""The directive ``options-table``: the command line's options, from the table that parses them."""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from oe_web_socketio.options import OPTIONS
from pgsocketio.config import Option

HEADS = ("flag", "environment variable", "key", "default", "meaning")


def flag(option: Option) -> str:
    """The flags of an option, as ``--help`` writes them."""
    long = "--" + option.name.replace("_", "-")
    return f"{option.short}, {long}" if option.short else long


def cells(option: Option) -> list[nodes.Node]:
    """What the table says of an option."""
    default = "" if option.default in (None, ()) else str(option.default)
    # Which conf file is read cannot stand in the conf file.
    key = "" if option.name == "config" else option.name
    literals = [flag(option), OPTIONS.variable(option), key, default]
    texts = [nodes.literal(text, text) if text else nodes.Text("–") for text in literals]
    return [*texts, nodes.Text(option.help)]


class OptionsTable(SphinxDirective):
    """A table with one row per option."""

    def run(self) -> list[nodes.Node]:
        group = nodes.tgroup(cols=len(HEADS))
        group += [nodes.colspec(colwidth=1) for _head in HEADS]
        group += nodes.thead("", self._row([nodes.Text(head) for head in HEADS]))
        group += nodes.tbody("", *(self._row(cells(option)) for option in OPTIONS.options))
        return [nodes.table("", group)]

    @staticmethod
    def _row(contents: list[nodes.Node]) -> nodes.row:
        return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", c)) for c in contents))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("options-table", OptionsTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
