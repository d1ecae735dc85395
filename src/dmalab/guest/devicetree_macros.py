"""A devicetree as preprocessor definitions: what `zephyr/devicetree.h` finds behind its macros.

Bindings are not read: cells of phandle arrays are called channel, slot and config, in this order (`CELLS`), registers are address and size,
interrupts number and priority, and properties mean what their values look like; a flag that is absent is not 0 but undefined.
Source: zephyr doc/build/dts/macros.bnf.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dmalab.guest.devicetree import Node, Tree, Value, identifier
from dmalab.guest.devicetree_chip import DMA_PATH

DMA_ORD = 8
"""Number of the machine's own controller; the runtime defines its device under it."""
CELLS = (("channel",), ("slot", "mux"), ("config", "channel_config"), ("features",))
"""Names of the cells of a phandle array, in order; a second name is another binding's for the same place."""


class Macros:
    """The definitions of one tree."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def defines(self) -> list[str]:
        """`NAME VALUE` for everything the macros look at.

        Raises:
            DevicetreeError: a reference to a label nobody has.
        """
        nodes = list(self._tree.root.walk())
        dma = self._tree.at(DMA_PATH)
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
            node = self._tree.root.children.get(group)
            if node is None:
                continue
            for name, values in node.properties.items():
                yield f"{prefix}{identifier(name)}", self._tree.target(values[0]).token
                yield f"{prefix}{identifier(name)}_EXISTS", "1"

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
                    groups.append((self._tree.target(value), []))
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
