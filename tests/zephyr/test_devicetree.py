"""Devicetree macros: what each of them gives for a small tree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .programs import run

INCLUDE = Path(__file__).parents[2] / "src" / "dmalab" / "guest" / "include" / "zephyr" / "zephyr"

TREE = """
/ {
	aliases { link = &uart; };
	chosen { zephyr,console = &uart; };
	bus: bus@1000 {
		compatible = "acme,bus";
		reg = <0x1000 0x100>, <0x2000 0x200>;
		reg-names = "regs", "fifo";
		interrupts = <7 1 9 2>;
		mode-name = "fast-mode";
		uart: uart@1 {
			compatible = "acme,uart", "acme,serial";
			dmas = <&dma0 1 2 3>, <&dma0 4 5>;
			dma-names = "tx", "rx-fifo";
			list = <10 20 30>;
			names = "one", "two";
			flag;
			status = "okay";
		};
		spare: uart@2 { compatible = "acme,uart"; status = "disabled"; };
		second: uart@3 { compatible = "acme,uart"; dmas = <&dma0 6>; only-here = <1>; };
	};
};
"""
UART, BUS = "DT_NODELABEL(uart)", "DT_NODELABEL(bus)"

CASES = [
    (f"DT_SAME_NODE({UART}, DT_ALIAS(link))", 1),
    ("DT_HAS_ALIAS(link)", 1),
    ("DT_HAS_ALIAS(nothing)", 0),
    (f"DT_SAME_NODE({UART}, DT_CHOSEN(zephyr_console))", 1),
    ("DT_HAS_CHOSEN(zephyr_console)", 1),
    ("DT_HAS_CHOSEN(zephyr_flash)", 0),
    (f"DT_SAME_NODE({UART}, DT_PATH(bus_1000, uart_1))", 1),
    (f"DT_SAME_NODE({BUS}, DT_PARENT({UART}))", 1),
    (f"DT_SAME_NODE(DT_ROOT, DT_GPARENT({UART}))", 1),
    (f"DT_SAME_NODE({UART}, DT_CHILD({BUS}, uart_1))", 1),
    (f"DT_CHILD_NUM({BUS})", 3),
    (f"DT_CHILD_NUM_STATUS_OKAY({BUS})", 2),
    ("DT_NODE_CHILD_IDX(DT_NODELABEL(second))", 2),
    (f"DT_SAME_NODE({UART}, DT_INST(0, acme_uart))", 1),
    (f"DT_SAME_NODE({UART}, DT_COMPAT_GET_ANY_STATUS_OKAY(acme_serial))", 1),
    ("DT_HAS_COMPAT_STATUS_OKAY(acme_uart)", 1),
    ("DT_HAS_COMPAT_STATUS_OKAY(acme_none)", 0),
    ("DT_NUM_INST_STATUS_OKAY(acme_uart)", 2),
    (f"DT_NODE_EXISTS({UART})", 1),
    ("DT_NODE_EXISTS(DT_NODELABEL(nobody))", 0),
    (f"DT_NODE_HAS_STATUS({UART}, okay)", 1),
    ("DT_NODE_HAS_STATUS(DT_NODELABEL(spare), disabled)", 1),
    ("DT_NODE_HAS_STATUS_OKAY(DT_NODELABEL(spare))", 0),
    (f"DT_NODE_HAS_PROP({UART}, flag)", 1),
    (f"DT_NODE_HAS_PROP({UART}, other)", 0),
    (f"DT_NODE_HAS_COMPAT({UART}, acme_serial)", 1),
    ("DT_NODE_HAS_COMPAT_STATUS(DT_NODELABEL(spare), acme_uart, okay)", 0),
    (f"DT_PROP({UART}, flag)", 1),
    (f"DT_PROP_OR({UART}, other, 5)", 5),
    (f"DT_PROP_LEN({UART}, list)", 3),
    (f"DT_PROP_LEN_OR({UART}, other, 6)", 6),
    (f"DT_PROP_BY_IDX({UART}, list, 1)", 20),
    (f"DT_PROP_LAST({UART}, list)", 30),
    (f"DT_PROP_HAS_IDX({UART}, list, 3)", 0),
    (f"DT_PROP_HAS_NAME({UART}, dmas, tx)", 1),
    (f"DT_STRING_TOKEN({BUS}, mode_name) + 1", 8),
    (f"DT_STRING_TOKEN_OR({BUS}, other, 4)", 4),
    (f"DT_STRING_UPPER_TOKEN({BUS}, mode_name)", 9),
    (f"DT_PROP(DT_PHANDLE({UART}, dmas), dma_channels)", 8),
    (f"DT_PROP(DT_PHANDLE_BY_NAME({UART}, dmas, tx), dma_channels)", 8),
    (f"DT_PROP(DT_PHANDLE_BY_IDX({UART}, dmas, 1), dma_channels)", 8),
    (f"DT_PROP_BY_PHANDLE({UART}, dmas, dma_channels)", 8),
    (f"DT_PROP_BY_PHANDLE_IDX({UART}, dmas, 1, dma_channels)", 8),
    (f"DT_PHA({UART}, dmas, channel)", 1),
    (f"DT_PHA_OR({UART}, dmas, features, 77)", 77),
    (f"DT_PHA_HAS_CELL({UART}, dmas, config)", 1),
    (f"DT_PHA_HAS_CELL_AT_IDX({UART}, dmas, 1, config)", 0),
    (f"DT_PHA_BY_IDX({UART}, dmas, 1, slot)", 5),
    (f"DT_PHA_BY_IDX_OR({UART}, dmas, 1, config, 6)", 6),
    (f"DT_PHA_BY_NAME({UART}, dmas, rx_fifo, channel)", 4),
    (f"DT_PHA_BY_NAME_OR({UART}, dmas, none, channel, 3)", 3),
    (f"DT_NUM_REGS({BUS})", 2),
    (f"DT_REG_HAS_IDX({BUS}, 2)", 0),
    (f"DT_REG_ADDR({BUS})", 0x1000),
    (f"DT_REG_SIZE({BUS})", 0x100),
    (f"DT_REG_ADDR_BY_IDX({BUS}, 1)", 0x2000),
    (f"DT_REG_SIZE_BY_IDX({BUS}, 1)", 0x200),
    (f"DT_REG_ADDR_BY_NAME({BUS}, fifo)", 0x2000),
    (f"DT_REG_SIZE_BY_NAME({BUS}, fifo)", 0x200),
    (f"DT_NUM_IRQS({BUS})", 2),
    (f"DT_IRQ_HAS_IDX({BUS}, 1)", 1),
    (f"DT_IRQ({BUS}, priority)", 1),
    (f"DT_IRQ_BY_IDX({BUS}, 1, irq)", 9),
    (f"DT_IRQN({BUS})", 7),
    (f"DT_IRQN_BY_IDX({BUS}, 1)", 9),
    (f"0 DT_FOREACH_CHILD({BUS}, PLUS_ONE)", 3),
    (f"(DT_FOREACH_CHILD_SEP({BUS}, ONE, (+)))", 3),
    (f"0 DT_FOREACH_CHILD_VARGS({BUS}, PLUS, 4)", 12),
    (f"DT_FOREACH_CHILD_SEP_VARGS({BUS}, VALUE, (+), 4)", 12),
    (f"0 DT_FOREACH_CHILD_STATUS_OKAY({BUS}, PLUS_ONE)", 2),
    (f"DT_FOREACH_CHILD_STATUS_OKAY_SEP({BUS}, ONE, (+))", 2),
    (f"0 DT_FOREACH_CHILD_STATUS_OKAY_VARGS({BUS}, PLUS, 4)", 8),
    (f"DT_FOREACH_CHILD_STATUS_OKAY_SEP_VARGS({BUS}, VALUE, (+), 4)", 8),
    (f"0 DT_FOREACH_ANCESTOR({UART}, PLUS_ONE)", 2),
    ("(0 DT_FOREACH_NODE(PLUS_ONE)) - (0 DT_FOREACH_STATUS_OKAY_NODE(PLUS_ONE))", 1),
    (f"0 DT_FOREACH_PROP_ELEM({UART}, list, PLUS_ELEMENT)", 60),
    (f"DT_FOREACH_PROP_ELEM_SEP({UART}, list, DT_PROP_BY_IDX, (+))", 60),
    (f"0 DT_FOREACH_PROP_ELEM_VARGS({UART}, list, PLUS_TIMES, 2)", 120),
    (f"1 * DT_FOREACH_PROP_ELEM_SEP_VARGS({UART}, list, TIMES, (+), 2)", 120),
    (f"DT_FOREACH_PROP_ELEM_SEP({UART}, dmas, CHANNEL, (+))", 5),
    ("0 DT_FOREACH_STATUS_OKAY(acme_uart, PLUS_ONE)", 2),
    ("0 DT_FOREACH_STATUS_OKAY(acme_none, PLUS_ONE)", 0),
    ("0 DT_FOREACH_STATUS_OKAY_VARGS(acme_uart, PLUS, 3)", 6),
    ("0 DT_INST_FOREACH_STATUS_OKAY(PLUS)", 1),
    ("0 DT_INST_FOREACH_STATUS_OKAY_VARGS(PLUS_SECOND, 3)", 6),
    ("0 DT_INST_FOREACH_PROP_ELEM(0, list, PLUS_ELEMENT)", 60),
    ("DT_INST_FOREACH_PROP_ELEM_SEP(0, list, DT_PROP_BY_IDX, (+))", 60),
    ("0 DT_INST_FOREACH_CHILD(0, PLUS_ONE)", 0),
    ("(1 DT_INST_FOREACH_CHILD_SEP(0, ONE, (+)))", 1),
    ("0 DT_INST_FOREACH_CHILD_VARGS(0, PLUS, 4)", 0),
    ("0 DT_INST_FOREACH_CHILD_STATUS_OKAY(0, PLUS_ONE)", 0),
    (f"DT_SAME_NODE({BUS}, DT_INST_PARENT(1))", 1),
    ("DT_INST_CHILD_NUM(0)", 0),
    ("DT_NODE_EXISTS(DT_INST_CHILD(0, none))", 0),
    ("DT_INST_PROP(0, flag)", 1),
    ("DT_INST_PROP_OR(1, flag, 4)", 4),
    ("DT_INST_PROP_LEN(0, list)", 3),
    ("DT_INST_PROP_LEN_OR(1, list, 0)", 0),
    ("DT_INST_PROP_BY_IDX(0, list, 2)", 30),
    ("DT_INST_PROP_HAS_IDX(0, list, 2)", 1),
    ("DT_INST_PROP_HAS_NAME(0, dmas, tx)", 1),
    ("DT_INST_PHA(1, dmas, channel)", 6),
    ("DT_INST_PHA_OR(1, dmas, slot, 8)", 8),
    ("DT_INST_PHA_BY_IDX(0, dmas, 1, channel)", 4),
    ("DT_INST_PHA_BY_NAME(0, dmas, tx, slot)", 2),
    ("DT_PROP(DT_INST_PHANDLE(0, dmas), dma_channels)", 8),
    ("DT_PROP(DT_INST_PHANDLE_BY_IDX(0, dmas, 1), dma_channels)", 8),
    ("DT_PROP(DT_INST_PHANDLE_BY_NAME(0, dmas, tx), dma_channels)", 8),
    ("DT_INST_NODE_HAS_PROP(1, only_here)", 1),
    ("DT_INST_NODE_HAS_COMPAT(0, acme_serial)", 1),
    ("DT_INST_NUM_REGS(0)", 0),
    ("DT_ANY_INST_HAS_PROP_STATUS_OKAY(only_here)", 1),
    ("DT_ANY_INST_HAS_PROP_STATUS_OKAY(nowhere)", 0),
    ("DT_ANY_COMPAT_HAS_PROP_STATUS_OKAY(acme_serial, only_here)", 0),
    (f"DT_NUM_DMAS({UART})", 2),
    (f"DT_DMAS_HAS_IDX({UART}, 2)", 0),
    (f"DT_DMAS_HAS_NAME({UART}, rx_fifo)", 1),
    (f"DT_PROP(DT_DMAS_CTLR({UART}), dma_channels)", 8),
    (f"DT_PROP(DT_DMAS_CTLR_BY_IDX({UART}, 1), dma_channels)", 8),
    (f"DT_PROP(DT_DMAS_CTLR_BY_NAME({UART}, tx), dma_channels)", 8),
    (f"DT_DMAS_CELL_BY_IDX({UART}, 0, config)", 3),
    (f"DT_DMAS_CELL_BY_NAME({UART}, tx, channel_config)", 3),
    (f"DT_DMAS_CELL_BY_NAME_OR({UART}, rx_fifo, config, 9)", 9),
    ("DT_INST_NUM_DMAS(0)", 2),
    ("DT_INST_DMAS_HAS_IDX(0, 1)", 1),
    ("DT_INST_DMAS_HAS_NAME(0, none)", 0),
    ("DT_PROP(DT_INST_DMAS_CTLR(0), dma_channels)", 8),
    ("DT_PROP(DT_INST_DMAS_CTLR_BY_IDX(0, 0), dma_channels)", 8),
    ("DT_PROP(DT_INST_DMAS_CTLR_BY_NAME(0, tx), dma_channels)", 8),
    ("DT_INST_DMAS_CELL_BY_IDX(1, 0, channel)", 6),
    ("DT_INST_DMAS_CELL_BY_NAME(0, tx, slot)", 2),
    ("DT_INST_DMAS_CELL_BY_NAME_OR(0, none, slot, 4)", 4),
]
"""An expression, and what it gives; DT_DRV_COMPAT is acme_uart."""

BUS_CASES = [
    ("DT_INST_REG_ADDR(0)", 0x1000),
    ("DT_INST_REG_SIZE(0)", 0x100),
    ("DT_INST_REG_ADDR_BY_IDX(0, 1)", 0x2000),
    ("DT_INST_REG_ADDR_BY_NAME(0, regs)", 0x1000),
    ("DT_INST_IRQ(0, irq)", 7),
    ("DT_INST_IRQN(0)", 7),
    ("DT_INST_IRQ_HAS_IDX(0, 2)", 0),
    ("DT_INST_IRQ_BY_IDX(0, 1, priority)", 2),
    ("DT_INST_IRQN_BY_IDX(0, 1)", 9),
    ("DT_INST_STRING_TOKEN(0, mode_name)", 7),
]
"""The same with acme_bus."""

PROGRAM = """
#define DT_DRV_COMPAT {compat}
#include <zephyr/device.h>
#include <zephyr/kernel.h>
#define PLUS_ONE(node) + DT_NODE_EXISTS(node)
#define ONE(node) DT_NODE_EXISTS(node)
#define PLUS(node, ...) + DL_FIRST(__VA_ARGS__ __VA_OPT__(,) node)
#define DL_FIRST(a, ...) a
#define PLUS_SECOND(inst, value) + value
#define VALUE(node, value) value
#define PLUS_ELEMENT(node, prop, idx) + DT_PROP_BY_IDX(node, prop, idx)
#define PLUS_TIMES(node, prop, idx, by) + by * DT_PROP_BY_IDX(node, prop, idx)
#define TIMES(node, prop, idx, by) by * DT_PROP_BY_IDX(node, prop, idx)
#define CHANNEL(node, prop, idx) DT_PHA_BY_IDX(node, prop, idx, channel)
enum {{ fast_mode = 7, FAST_MODE = 9 }};
static const int values[] = {{ {values} }};
int main(void) {{
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) printk("%d\\n", values[i]);
	printk("%s %s %s\\n", DT_NODE_PATH(DT_NODELABEL(uart)), DT_NODE_FULL_NAME(DT_NODELABEL(uart)), DEVICE_DT_GET(DT_DMAS_CTLR(DT_NODELABEL(uart)))->name);
	return 0;
}}
"""


@pytest.mark.parametrize(("compat", "cases"), [("acme_uart", CASES), ("acme_bus", BUS_CASES)])
def test_macros(tmp_path, compat, cases):
    (tmp_path / "app.overlay").write_text(TREE)
    # Devices of the tree are not defined here: only expressions that need none.
    text = PROGRAM.format(compat=compat, values=", ".join(expression for expression, _ in cases))
    (tmp_path / "main.c").write_text(text)
    ran = run(tmp_path / "main.c", tmp_path / "app.overlay")
    lines = ran.printed.splitlines()
    assert lines.pop() == "/bus@1000/uart@1 uart@1 dma0", ran.why
    got = dict(zip([expression for expression, _ in cases], map(int, lines), strict=True))
    assert got == dict(cases)


def test_an_overlay_takes_a_label_over(tmp_path):
    """A label has one node: what was `tst_dma0` before is still there by its other names."""
    (tmp_path / "app.overlay").write_text(
        '/ { tst_dma0: other { compatible = "acme,other"; dma-channels = <3>; }; };\ndma0: &dma {};\n'
    )
    (tmp_path / "main.c").write_text("""
#include <zephyr/device.h>
#include <zephyr/kernel.h>
int main(void) {
	printk("%d %d", DT_PROP(DT_NODELABEL(tst_dma0), dma_channels), DT_PROP(DT_NODELABEL(dma), dma_channels));
	printk(" %s\\n", DEVICE_DT_GET(DT_NODELABEL(dma0))->name);
	return 0;
}
""")
    ran = run(tmp_path / "main.c", tmp_path / "app.overlay")
    assert ran.printed == "3 8 dma0\n", ran.why


def test_every_macro_is_tried():
    declared: set[str] = set()
    for name in ("devicetree.h", "devicetree/dma.h"):
        declared |= set(re.findall(r"^#define (DT_\w+)\(", (INCLUDE / name).read_text(encoding="utf-8"), re.MULTILINE))
    tried = " ".join(expression for expression, _ in (*CASES, *BUS_CASES)) + PROGRAM
    inside = re.compile(r"DT_CAT\d?|DT_DRV_INST|DT_DEP_ORD|DT_DEBRACKET_INTERNAL")
    missing = [name for name in declared if not inside.fullmatch(name) and not re.search(rf"\b{name}\(", tried)]
    assert missing == []
