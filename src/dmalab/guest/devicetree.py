"""A devicetree as preprocessor definitions: the chip's own nodes and what overlays add or change.

Reads the part of the DTS language that overlays of applications use: nodes with labels, references by label, properties with
cells, phandles, strings and
flags, `/delete-property/` and `/delete-node/`. Bindings are not read: cells of phandle arrays are called channel, slot and config,
in this order (`CELLS`), registers are address and size, interrupts number and priority, and properties mean what their values look like: a flag that is
absent is not 0 but undefined. Macros in cells are not expanded; `#include` lines are left out.
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
CELLS = (("channel",), ("slot", "mux"), ("config", "channel_config"), ("features",))
"""Names of the cells of a phandle array, in order; a second name is another binding's for the same place."""
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
        for compatible in node.compatibles:
            found[f"{token}_COMPAT_{compatible}"] = "1"
        children = list(node.children.values())
        if node.parent is not None:
            found[f"{token}_PARENT"] = node.parent.token
            found[f"{token}_CHILD_IDX"] = str(list(node.parent.children.values()).index(node))
        found[f"{token}_FOREACH_ANCESTOR(fn)"] = " ".join(f"fn({one.token})" for one in node.ancestors())
        okay = [child for child in children if child.okay]
        found[f"{token}_CHILD_NUM"], found[f"{token}_CHILD_NUM_STATUS_OKAY"] = str(len(children)), str(len(okay))
        found |= _for_each(f"{token}_FOREACH_CHILD", [child.token for child in children])
        found |= _for_each(f"{token}_FOREACH_CHILD_STATUS_OKAY", [child.token for child in okay])
        found |= self._registers(node) | self._interrupts(node)
        for name, values in node.properties.items():
            found.update(self._property(node, name, values))
        return found

    @staticmethod
    def _registers(node: Node) -> dict[str, str]:
        """Address and size, in this order; parents with other cell counts are not read."""
        token, values = node.token, node.properties.get("reg", [])
        found = {f"{token}_REG_NUM": str(len(values) // 2)}
        names = [identifier(text) for text in node.texts("reg-names")]
        for number, (address, size) in enumerate(zip(values[::2], values[1::2], strict=False)):
            found[f"{token}_REG_IDX_{number}_EXISTS"] = "1"
            for key in (f"IDX_{number}", *(f"NAME_{name}" for name in names[number : number + 1])):
                found[f"{token}_REG_{key}_VAL_ADDRESS"] = str(address)
                found[f"{token}_REG_{key}_VAL_SIZE"] = str(size)
        return found

    @staticmethod
    def _interrupts(node: Node) -> dict[str, str]:
        """Number and priority, in this order."""
        token, values = node.token, node.properties.get("interrupts", [])
        found = {f"{token}_IRQ_NUM": str(-(-len(values) // 2))}
        for at in range(0, len(values), 2):
            found[f"{token}_IRQ_IDX_{at // 2}_EXISTS"] = "1"
            for cell, value in zip(("irq", "priority"), values[at : at + 2], strict=False):
                found[f"{token}_IRQ_IDX_{at // 2}_VAL_{cell}"] = str(value)
        return found

    def _property(self, node: Node, property_name: str, values: list[Value]) -> dict[str, str]:
        prop = identifier(property_name)
        name = f"{node.token}_P_{prop}"
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
            names = [identifier(text) for text in node.texts(f"{property_name.removesuffix('s')}-names")]
            for number, (target, cells) in enumerate(groups):
                found[f"{name}_IDX_{number}_EXISTS"] = "1"
                for key in (f"IDX_{number}", *(f"NAME_{text}" for text in names[number : number + 1])):
                    found |= {f"{name}_{key}_EXISTS": "1", f"{name}_{key}_PH": target.token}
                    for cell, value in zip(CELLS, cells, strict=False):
                        for spelling in cell:
                            found[f"{name}_{key}_VAL_{spelling}"] = str(value)
                            found[f"{name}_{key}_VAL_{spelling}_EXISTS"] = "1"
            count = len(groups)
        else:
            for number, value in enumerate(values):
                found[f"{name}_IDX_{number}"] = str(value)
                found[f"{name}_IDX_{number}_EXISTS"] = "1"
            count = len(values)
            found[f"{name}_LAST"] = str(values[-1])
            found[name] = str(values[0]) if count == 1 else "{" + ", ".join(map(str, values)) + "}"
            if count == 1 and isinstance(values[0], str) and values[0].startswith('"'):
                word = re.sub(r"[^A-Za-z0-9]", "_", values[0].strip('"'))
                found[f"{name}_STRING_TOKEN"], found[f"{name}_STRING_UPPER_TOKEN"] = word, word.upper()
        found[f"{name}_LEN"] = str(count)
        elements = [f"{node.token}, {prop}, {number}" for number in range(count)]
        return found | _for_each(f"{name}_FOREACH_PROP_ELEM", elements)

    def _instances(self, nodes: Sequence[Node]) -> dict[str, str]:
        """Enabled nodes by what they are compatible with; and all nodes."""
        by_compatible: dict[str, list[Node]] = {}
        for node in nodes:
            for compatible in node.compatibles:
                if node.okay:
                    by_compatible.setdefault(compatible, []).append(node)
        found = {}
        for compatible, members in by_compatible.items():
            found[f"DT_N_INST_{compatible}_NUM_OKAY"] = str(len(members))
            found[f"DT_N_INST_{compatible}_OKAY"] = "1"
            for number, node in enumerate(members):
                found[f"DT_N_INST_{number}_{compatible}"] = node.token
            for kind, every in (("", [node.token for node in members]), ("INST_", list(map(str, range(len(members)))))):
                found[f"DT_FOREACH_OKAY_{kind}{compatible}(fn)"] = " ".join(f"fn({one})" for one in every)
                found[f"DT_FOREACH_OKAY_{kind}VARGS_{compatible}(fn, ...)"] = " ".join(
                    f"fn({one}, __VA_ARGS__)" for one in every
                )
            for name in {name for node in members for name in node.properties}:
                found[f"DT_COMPAT_{compatible}_ANY_HAS_{identifier(name)}"] = "1"
        found["DT_FOREACH_HELPER(fn)"] = " ".join(f"fn({node.token})" for node in nodes)
        found["DT_FOREACH_OKAY_HELPER(fn)"] = " ".join(f"fn({node.token})" for node in nodes if node.okay)
        return found


def _for_each(name: str, arguments: Sequence[str]) -> dict[str, str]:
    """The four macros that call another one for each of something: plain, with a separator, with more arguments, with both."""
    between = " DT_DEBRACKET_INTERNAL sep "
    return {
        f"{name}(fn)": " ".join(f"fn({one})" for one in arguments),
        f"{name}_SEP(fn, sep)": between.join(f"fn({one})" for one in arguments),
        f"{name}_VARGS(fn, ...)": " ".join(f"fn({one}, __VA_ARGS__)" for one in arguments),
        f"{name}_SEP_VARGS(fn, sep, ...)": between.join(f"fn({one}, __VA_ARGS__)" for one in arguments),
    }


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
