"""A devicetree: nodes with their properties, read from a chip's tree and from overlays.

Reads the part of the DTS language that overlays of applications use: nodes with labels, references by label, properties with cells, phandles,
strings and flags, `/delete-property/` and `/delete-node/`. Macros in cells are not expanded; `#include` lines are left out. What becomes of it for the
compiler is the affair of `devicetree_macros`.
Source: zephyr doc/build/dts/intro-syntax-structure.rst.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""\s+ | //[^\n]* | /\*.*?\*/ | \#include[^\n]*
    | (?P<string>"(?:\\.|[^"\\])*") | (?P<bytes>\[[0-9a-fA-F\s]*\])
    | (?P<word>/(?:delete-property|delete-node|dts-v1|plugin)/ | &?[A-Za-z0-9_,.+?\#@-]+:? | [{}<>=;,()/&:|*+-])""",
    re.VERBOSE | re.DOTALL,
)

Value = str | int
"""A cell: a number, or `&label`. A string keeps its quotes."""


class DevicetreeError(ValueError):
    """An overlay that can't be read; one line with its number."""


@dataclass(slots=True, eq=False)
class Node:
    """A node of the tree."""

    name: str
    path: str
    parent: Node | None = None
    children: dict[str, Node] = field(default_factory=dict)
    properties: dict[str, list[Value]] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    order: int = 0

    def child(self, name: str) -> Node:
        """The child of that name, made when there is none."""
        if name not in self.children:
            path = f"{'' if self.path == '/' else self.path}/{name}"
            self.children[name] = Node(name, path, self)
        return self.children[name]

    def walk(self) -> Iterator[Node]:
        """This node and all below."""
        yield self
        for child in self.children.values():
            yield from child.walk()

    @property
    def token(self) -> str:
        """How macros call it."""
        parts = [part for part in self.path.split("/") if part]
        return "DT_N" + "".join(f"_S_{identifier(part)}" for part in parts)

    def text(self, name: str) -> str:
        """A string property without its quotes; empty when there is none."""
        value = self.properties.get(name, [""])[0]
        return str(value).strip('"')

    def texts(self, name: str) -> list[str]:
        """The strings of a property, without quotes."""
        return [str(value).strip('"') for value in self.properties.get(name, [])]

    @property
    def compatibles(self) -> list[str]:
        """What it is compatible with, as macros have it."""
        return [identifier(text) for text in self.texts("compatible")]

    def ancestors(self) -> Iterator[Node]:
        """From its parent up to the root."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    @property
    def okay(self) -> bool:
        """Whether it is enabled."""
        return self.text("status") in ("", "okay", "ok")


def identifier(text: str) -> str:
    """A name as macros have it: lower case, everything else but letters and digits as `_`."""
    return re.sub(r"[^a-z0-9]", "_", text.lower())


class Tree:
    """A devicetree that grows by one source after the other."""

    def __init__(self) -> None:
        self.root = Node("/", "/")

    def add(self, text: str, name: str) -> None:
        """Read a tree or an overlay.

        Raises:
            DevicetreeError: it can't be read; `name` is the file's, for the message.
        """
        _Reader(self, text, name).read()

    def labelled(self, label: str) -> Node | None:
        """The node with a label."""
        return next((node for node in self.root.walk() if label in node.labels), None)

    def label(self, node: Node, labels: Sequence[str]) -> None:
        """Give a node labels; who had one before loses it."""
        for label in labels:
            for other in self.root.walk():
                if label in other.labels:
                    other.labels.remove(label)
            node.labels.append(label)

    def at(self, path: str) -> Node | None:
        """The node with a path."""
        return next((node for node in self.root.walk() if node.path == path), None)

    def target(self, value: Value) -> Node:
        """The node that `&label` or a path in quotes leads to.

        Raises:
            DevicetreeError: there is none.
        """
        if isinstance(value, str) and value.startswith("&"):
            node = self.labelled(value[1:])
        else:
            node = self.at(str(value).strip('"'))
        if node is None:
            raise DevicetreeError(f"devicetree: nothing is called {value}")
        return node


class _Reader:
    """One source."""

    def __init__(self, tree: Tree, text: str, name: str) -> None:
        self._tree = tree
        self._name = name
        self._tokens: list[tuple[str, int]] = []
        at = 0
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise DevicetreeError(
                    f"{name}:{text.count(chr(10), 0, at) + 1}: {text[at : at + 10].strip()!r} is not understood"
                )
            word = match["string"] or match["bytes"] or match["word"]
            if word:
                self._tokens.append((word, text.count("\n", 0, match.start()) + 1))
            at = match.end()
        self._at = 0

    def _peek(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        word = self._peek()
        if not word:
            raise DevicetreeError(f"{self._name}: it ends too early")
        self._at += 1
        return word

    def _expect(self, wanted: str) -> None:
        line = self._tokens[min(self._at, len(self._tokens) - 1)][1]
        word = self._next()
        if word != wanted:
            raise DevicetreeError(f"{self._name}:{line}: '{word}' stands where '{wanted}' is expected")

    def read(self) -> None:
        """Read everything.

        Raises:
            DevicetreeError: it can't be read.
        """
        while self._peek():
            word = self._next()
            if word in ("/dts-v1/", "/plugin/"):
                self._expect(";")
            elif word == "/delete-node/":
                node = self._node(self._next())
                if node.parent is not None:
                    del node.parent.children[node.name]
                self._expect(";")
            else:
                labels = []
                while word.endswith(":"):
                    labels.append(word[:-1])
                    word = self._next()
                node = self._tree.root if word == "/" else self._node(word)
                self._tree.label(node, labels)
                self._body(node)
                self._expect(";")

    def _node(self, reference: str) -> Node:
        node = self._tree.labelled(reference[1:]) if reference.startswith("&") else None
        if node is None:
            raise DevicetreeError(f"{self._name}: no node has the label {reference.removeprefix('&')}")
        return node

    def _body(self, node: Node) -> None:
        self._expect("{")
        while self._peek() != "}":
            word = self._next()
            labels = []
            while word.endswith(":"):
                labels.append(word[:-1])
                word = self._next()
            if word == "/delete-property/":
                node.properties.pop(self._next(), None)
                self._expect(";")
            elif word == "/delete-node/":
                node.children.pop(self._next(), None)
                self._expect(";")
            elif self._peek() == "{":
                child = node.child(word)
                self._tree.label(child, labels)
                self._body(child)
                self._expect(";")
            else:
                node.properties[word] = self._values() if self._peek() == "=" else []
                self._expect(";")
        self._expect("}")

    def _values(self) -> list[Value]:
        self._expect("=")
        values: list[Value] = []
        while self._peek() != ";":
            word = self._next()
            if word == "<":
                values += self._cells()
            elif word.startswith("["):
                values += list(bytes.fromhex(word[1:-1]))
            elif word[0] in '"&':
                values.append(word)
            elif word != ",":
                self._at -= 1
                self._expect(";")
        return values

    def _cells(self) -> list[Value]:
        cells: list[Value] = []
        while (word := self._next()) != ">":
            if word == "(":
                parts = []
                depth = 1
                while depth:
                    part = self._next()
                    depth += (part == "(") - (part == ")")
                    parts.append(part)
                cells.append("(" + " ".join(parts))
            elif word.startswith("&"):
                cells.append(word)
            else:
                try:
                    cells.append(int(word, 0))
                except ValueError:
                    cells.append(word)
        return cells
