"""A devicetree as preprocessor definitions: the chip's own nodes and what overlays add or change.

Reads the part of the DTS language that overlays of applications use: nodes with labels, references by label, properties with
cells, phandles, strings and
flags, `/delete-property/` and `/delete-node/`. Bindings are not read: cells of phandle arrays are called channel, slot and config,
in this order, and
properties mean what their values look like. Macros in cells are not expanded; `#include` lines are left out.
Source: zephyr doc/build/dts/macros.bnf; dts/bindings/dma/dma-controller.yaml @0761962b672a.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from dmalab.chips.model import Chip
from dmalab.zephyr.board import controller

DMA_ORD = 8
"""Number of the machine's own controller; the runtime defines its device under it."""
CELLS = ("channel", "slot", "config", "features")
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

    @property
    def okay(self) -> bool:
        """Whether it is enabled."""
        return self.text("status") in ("", "okay", "ok")


def identifier(text: str) -> str:
    """A name as macros have it: lower case, everything else but letters and digits as `_`."""
    return re.sub(r"[^a-z0-9]", "_", text.lower())


def base_tree(chip: Chip) -> str:
    """The nodes every program finds."""
    generic = chip.engine("generic") is not None
    channels = _channels(chip)
    compatible = "dmalab,generic-dma" if generic else "espressif,esp32-gdma"
    return f"""
    / {{
        aliases {{ dma-0 = &dma0; }};
        zephyr,user {{ dma-test-devs = <&dma0>; }};
        soc {{
            dma0: dma: tst_dma0: test_dma0: dma@40020000 {{
                compatible = "{compatible}";
                reg = <0x40020000 0x1000>;
                #dma-cells = <1>;
                dma-channels = <{channels}>;
                dma-requests = <{64}>;
                dma-buf-addr-alignment = <{32 if generic else 4}>;
                dma-buf-size-alignment = <{1 if generic else 4}>;
                dma-copy-alignment = <1>;
                status = "okay";
            }};
        }};
    }};
    """


def _channels(chip: Chip) -> int:
    """What Zephyr counts as channels of the controller: on Espressif chips the halves of its pairs."""
    engine = controller(chip) or chip.engines[0]
    return engine.pairs if engine.name == "generic" else engine.pairs * 2


def as_described(chip: Chip, tree: Tree) -> Chip:
    """The chip with as many DMA channels as its devicetree gives `dma0`.

    Raises:
        DevicetreeError: `dma-channels` is no number from 1 to what the chip has.
    """
    node, engine = tree.labelled("dma0"), controller(chip)
    values = node.properties.get("dma-channels", []) if node is not None else []
    if engine is None or values in ([], [_channels(chip)]):
        return chip
    wanted = values[0]
    if not isinstance(wanted, int) or not 1 <= wanted <= _channels(chip):
        raise DevicetreeError(f"devicetree: dma-channels of dma0 is {wanted}; {chip.name} has {_channels(chip)}")
    per_pair = _channels(chip) // engine.pairs
    fewer = msgspec.structs.replace(engine, pairs=-(-wanted // per_pair))
    engines = tuple(fewer if one is engine else one for one in chip.engines)
    return msgspec.structs.replace(chip, engines=engines)


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

    def defines(self) -> list[str]:
        """`NAME VALUE` for everything the macros look at.

        Raises:
            DevicetreeError: a reference to a label nobody has.
        """
        nodes = list(self.root.walk())
        dma = self.labelled("dma0")
        others = [node for node in nodes if node is not dma]
        for number, node in enumerate(others):
            node.order = number if number < DMA_ORD else number + 1
        if dma is not None:
            dma.order = DMA_ORD
        found: dict[str, str] = {}
        for node in nodes:
            found.update(self._node(node))
        found.update(self._instances(nodes))
        found.update(self._aliases())
        declared = " ".join(f"extern const struct device __device_dts_ord_{node.order};" for node in nodes)
        found["DL_DECLARE_DT_DEVICES"] = declared
        return [f"{name} {value}" for name, value in found.items()]

    def _aliases(self) -> Iterator[tuple[str, str]]:
        for group, prefix in (("aliases", "DT_N_ALIAS_"), ("chosen", "DT_CHOSEN_")):
            node = self.root.children.get(group)
            if node is None:
                continue
            for name, values in node.properties.items():
                yield f"{prefix}{identifier(name)}", self._target(values[0]).token
                yield f"{prefix}{identifier(name)}_EXISTS", "1"

    def _target(self, value: Value) -> Node:
        if isinstance(value, str) and value.startswith("&"):
            node = self.labelled(value[1:])
        else:
            path = str(value).strip('"')
            node = next((one for one in self.root.walk() if one.path == path), None)
        if node is None:
            raise DevicetreeError(f"devicetree: nothing is called {value}")
        return node

    def _node(self, node: Node) -> dict[str, str]:
        token = node.token
        found = {
            f"{token}_EXISTS": "1",
            f"{token}_ORD": str(node.order),
            f"{token}_PATH": f'"{node.path}"',
            f"{token}_FULL_NAME": f'"{node.name}"',
            f"{token}_STATUS_{'okay' if node.okay else 'disabled'}": "1",
        }
        found.update({f"DT_N_NODELABEL_{identifier(label)}": token for label in node.labels})
        for compatible in node.properties.get("compatible", []):
            found[f"{token}_COMPAT_{identifier(str(compatible).strip(chr(34)))}"] = "1"
        reg = node.properties.get("reg", [])
        if len(reg) > 1:
            found[f"{token}_REG_ADDR"], found[f"{token}_REG_SIZE"] = str(reg[0]), str(reg[1])
        for name, values in node.properties.items():
            found.update(self._property(f"{token}_P_{identifier(name)}", values))
        return found

    def _property(self, name: str, values: list[Value]) -> dict[str, str]:
        found = {f"{name}_EXISTS": "1"}
        if not values:
            return found | {name: "1"}
        if any(isinstance(value, str) and value.startswith("&") for value in values):
            groups: list[tuple[Node, list[Value]]] = []
            for value in values:
                if isinstance(value, str) and value.startswith("&"):
                    groups.append((self._target(value), []))
                elif groups:
                    groups[-1][1].append(value)
            for number, (target, cells) in enumerate(groups):
                found[f"{name}_IDX_{number}_EXISTS"] = "1"
                found[f"{name}_IDX_{number}_PH"] = target.token
                found |= {
                    f"{name}_IDX_{number}_VAL_{cell}": str(value) for cell, value in zip(CELLS, cells, strict=False)
                }
            return found | {f"{name}_LEN": str(len(groups))}
        for number, value in enumerate(values):
            found[f"{name}_IDX_{number}"] = str(value)
            found[f"{name}_IDX_{number}_EXISTS"] = "1"
        found[f"{name}_LEN"] = str(len(values))
        found[name] = str(values[0]) if len(values) == 1 else "{" + ", ".join(map(str, values)) + "}"
        return found

    def _instances(self, nodes: Sequence[Node]) -> dict[str, str]:
        """Enabled nodes by what they are compatible with."""
        by_compatible: dict[str, list[Node]] = {}
        for node in nodes:
            for compatible in node.properties.get("compatible", []):
                if node.okay:
                    by_compatible.setdefault(identifier(str(compatible).strip('"')), []).append(node)
        found = {}
        for compatible, members in by_compatible.items():
            found[f"DT_N_INST_{compatible}_NUM_OKAY"] = str(len(members))
            found[f"DT_N_INST_{compatible}_OKAY"] = "1"
            for number, node in enumerate(members):
                found[f"DT_N_INST_{number}_{compatible}"] = node.token
            calls = " ".join(f"fn({number})" for number in range(len(members)))
            found[f"DT_FOREACH_OKAY_INST_{compatible}(fn)"] = calls
        return found


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
                node.labels += [label for label in labels if label not in node.labels]
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
                child.labels += [label for label in labels if label not in child.labels]
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
