"""The devicetree of a chip: the nodes that every program finds, and what an overlay changes about the chip.

Source: zephyr dts/bindings/dma/dma-controller.yaml @0761962b672a.
"""

from __future__ import annotations

import msgspec

from dmalab.chips.model import Chip
from dmalab.guest.devicetree import DevicetreeError, Tree
from dmalab.zephyr.board import controller

DMA_PATH = "/soc/dma@40020000"
"""The machine's own controller, whatever labels overlays give it, or take from it."""


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
    node, engine = tree.at(DMA_PATH), controller(chip)
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
