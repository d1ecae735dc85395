/* Devicetree macros. The tree itself comes as definitions on the compiler's command line: guest/devicetree_macros.py says which.
 *
 * A node is a token DT_N_S_<path>; what is known of it hangs on that token: _ORD, _P_<property>, _EXISTS, _STATUS_okay, _PARENT, and macros that
 * call another one for each child, register or element. */
#ifndef ZEPHYR_INCLUDE_DEVICETREE_H_
#define ZEPHYR_INCLUDE_DEVICETREE_H_

#include <zephyr/sys/util.h>

#define DT_CAT(a1, a2) a1##a2
#define DT_CAT3(a1, a2, a3) a1##a2##a3
#define DT_CAT4(a1, a2, a3, a4) a1##a2##a3##a4
#define DT_CAT5(a1, a2, a3, a4, a5) a1##a2##a3##a4##a5
#define DT_CAT6(a1, a2, a3, a4, a5, a6) a1##a2##a3##a4##a5##a6
#define DT_CAT7(a1, a2, a3, a4, a5, a6, a7) a1##a2##a3##a4##a5##a6##a7
#define DT_CAT8(a1, a2, a3, a4, a5, a6, a7, a8) a1##a2##a3##a4##a5##a6##a7##a8
#define DL_DT(a, b) DL_CAT(a, b)
/* Takes the parentheses off a separator. */
#define DT_DEBRACKET_INTERNAL(...) __VA_ARGS__

/* --- nodes --- */

#define DT_INVALID_NODE _
#define DT_ROOT DT_N
#define DT_NODELABEL(label) DL_DT(DT_N_NODELABEL_, label)
#define DT_ALIAS(alias) DL_DT(DT_N_ALIAS_, alias)
#define DT_HAS_ALIAS(alias) DT_NODE_EXISTS(DT_ALIAS(alias))
#define DT_CHOSEN(prop) DL_DT(DT_CHOSEN_, prop)
#define DT_HAS_CHOSEN(prop) IS_ENABLED(DT_CHOSEN_##prop##_EXISTS)
#define DT_PATH(...) DL_DT(DT_N_S_, DL_CAT(DL_DT_PATH_, NUM_VA_ARGS(__VA_ARGS__))(__VA_ARGS__))
#define DL_DT_PATH_1(a) a
#define DL_DT_PATH_2(a, b) a##_S_##b
#define DL_DT_PATH_3(a, b, c) a##_S_##b##_S_##c
#define DL_DT_PATH_4(a, b, c, d) a##_S_##b##_S_##c##_S_##d
#define DT_PARENT(node_id) DL_DT(node_id, _PARENT)
#define DT_GPARENT(node_id) DT_PARENT(DT_PARENT(node_id))
#define DT_CHILD(node_id, child) DL_DT(node_id, DT_CAT(_S_, child))
#define DT_CHILD_NUM(node_id) DL_DT(node_id, _CHILD_NUM)
#define DT_CHILD_NUM_STATUS_OKAY(node_id) DL_DT(node_id, _CHILD_NUM_STATUS_OKAY)
#define DT_NODE_CHILD_IDX(node_id) DL_DT(node_id, _CHILD_IDX)
#define DT_INST(inst, compat) DL_DT(DT_N_INST_##inst##_, compat)
#define DT_COMPAT_GET_ANY_STATUS_OKAY(compat) DT_INST(0, compat)
#define DT_HAS_COMPAT_STATUS_OKAY(compat) IS_ENABLED(DT_CAT3(DT_N_INST_, compat, _OKAY))
#define DT_NUM_INST_STATUS_OKAY(compat) DL_DT(DL_DT(DT_N_INST_, compat), _NUM_OKAY)
#define DT_NODE_EXISTS(node_id) IS_ENABLED(DL_DT(node_id, _EXISTS))
#define DT_NODE_HAS_STATUS(node_id, status) IS_ENABLED(DL_DT(node_id, _STATUS_##status))
#define DT_NODE_HAS_STATUS_OKAY(node_id) IS_ENABLED(DL_DT(node_id, _STATUS_okay))
#define DT_NODE_HAS_PROP(node_id, prop) IS_ENABLED(DT_CAT4(node_id, _P_, prop, _EXISTS))
#define DT_NODE_HAS_COMPAT(node_id, compat) IS_ENABLED(DT_CAT3(node_id, _COMPAT_, compat))
#define DT_NODE_HAS_COMPAT_STATUS(node_id, compat, status) \
	UTIL_AND(DT_NODE_HAS_COMPAT(node_id, compat), DT_NODE_HAS_STATUS(node_id, status))
#define DT_DEP_ORD(node_id) DL_DT(node_id, _ORD)
#define DT_NODE_PATH(node_id) DL_DT(node_id, _PATH)
#define DT_NODE_FULL_NAME(node_id) DL_DT(node_id, _FULL_NAME)
#define DT_SAME_NODE(a, b) (DT_DEP_ORD(a) == DT_DEP_ORD(b))

/* --- properties --- */

#define DT_PROP(node_id, prop) DT_CAT3(node_id, _P_, prop)
#define DT_PROP_OR(node_id, prop, default_value) \
	COND_CODE_1(DT_NODE_HAS_PROP(node_id, prop), (DT_PROP(node_id, prop)), (default_value))
#define DT_PROP_LEN(node_id, prop) DT_CAT4(node_id, _P_, prop, _LEN)
#define DT_PROP_LEN_OR(node_id, prop, default_value) \
	COND_CODE_1(DT_NODE_HAS_PROP(node_id, prop), (DT_PROP_LEN(node_id, prop)), (default_value))
#define DT_PROP_BY_IDX(node_id, prop, idx) DT_CAT5(node_id, _P_, prop, _IDX_, idx)
#define DT_PROP_HAS_IDX(node_id, prop, idx) IS_ENABLED(DT_CAT6(node_id, _P_, prop, _IDX_, idx, _EXISTS))
#define DT_PROP_LAST(node_id, prop) DT_CAT4(node_id, _P_, prop, _LAST)
#define DT_PROP_HAS_NAME(node_id, prop, name) IS_ENABLED(DT_CAT6(node_id, _P_, prop, _NAME_, name, _EXISTS))
#define DT_STRING_TOKEN(node_id, prop) DT_CAT4(node_id, _P_, prop, _STRING_TOKEN)
#define DT_STRING_TOKEN_OR(node_id, prop, default_value) \
	COND_CODE_1(DT_NODE_HAS_PROP(node_id, prop), (DT_STRING_TOKEN(node_id, prop)), (default_value))
#define DT_STRING_UPPER_TOKEN(node_id, prop) DT_CAT4(node_id, _P_, prop, _STRING_UPPER_TOKEN)
#define DT_PHANDLE(node_id, prop) DT_PHANDLE_BY_IDX(node_id, prop, 0)
#define DT_PHANDLE_BY_IDX(node_id, prop, idx) DT_CAT6(node_id, _P_, prop, _IDX_, idx, _PH)
#define DT_PHANDLE_BY_NAME(node_id, prop, name) DT_CAT6(node_id, _P_, prop, _NAME_, name, _PH)
#define DT_PROP_BY_PHANDLE_IDX(node_id, phs, idx, prop) DT_PROP(DT_PHANDLE_BY_IDX(node_id, phs, idx), prop)
#define DT_PROP_BY_PHANDLE(node_id, ph, prop) DT_PROP_BY_PHANDLE_IDX(node_id, ph, 0, prop)
#define DT_PHA(node_id, pha, cell) DT_PHA_BY_IDX(node_id, pha, 0, cell)
#define DT_PHA_OR(node_id, pha, cell, default_value) DT_PHA_BY_IDX_OR(node_id, pha, 0, cell, default_value)
#define DT_PHA_HAS_CELL_AT_IDX(node_id, pha, idx, cell) \
	IS_ENABLED(DT_CAT8(node_id, _P_, pha, _IDX_, idx, _VAL_, cell, _EXISTS))
#define DT_PHA_HAS_CELL(node_id, pha, cell) DT_PHA_HAS_CELL_AT_IDX(node_id, pha, 0, cell)
#define DT_PHA_BY_IDX(node_id, pha, idx, cell) DT_CAT7(node_id, _P_, pha, _IDX_, idx, _VAL_, cell)
#define DT_PHA_BY_IDX_OR(node_id, pha, idx, cell, default_value) \
	COND_CODE_1(DT_PHA_HAS_CELL_AT_IDX(node_id, pha, idx, cell), (DT_PHA_BY_IDX(node_id, pha, idx, cell)), (default_value))
#define DT_PHA_BY_NAME(node_id, pha, name, cell) DT_CAT7(node_id, _P_, pha, _NAME_, name, _VAL_, cell)
#define DT_PHA_BY_NAME_OR(node_id, pha, name, cell, default_value)                                          \
	COND_CODE_1(IS_ENABLED(DT_CAT8(node_id, _P_, pha, _NAME_, name, _VAL_, cell, _EXISTS)),      \
		    (DT_PHA_BY_NAME(node_id, pha, name, cell)), (default_value))

/* --- registers and interrupts --- */

#define DT_NUM_REGS(node_id) DL_DT(node_id, _REG_NUM)
#define DT_REG_HAS_IDX(node_id, idx) IS_ENABLED(DT_CAT4(node_id, _REG_IDX_, idx, _EXISTS))
#define DT_REG_ADDR(node_id) DT_REG_ADDR_BY_IDX(node_id, 0)
#define DT_REG_SIZE(node_id) DT_REG_SIZE_BY_IDX(node_id, 0)
#define DT_REG_ADDR_BY_IDX(node_id, idx) DT_CAT4(node_id, _REG_IDX_, idx, _VAL_ADDRESS)
#define DT_REG_SIZE_BY_IDX(node_id, idx) DT_CAT4(node_id, _REG_IDX_, idx, _VAL_SIZE)
#define DT_REG_ADDR_BY_NAME(node_id, name) DT_CAT4(node_id, _REG_NAME_, name, _VAL_ADDRESS)
#define DT_REG_SIZE_BY_NAME(node_id, name) DT_CAT4(node_id, _REG_NAME_, name, _VAL_SIZE)
#define DT_NUM_IRQS(node_id) DL_DT(node_id, _IRQ_NUM)
#define DT_IRQ_HAS_IDX(node_id, idx) IS_ENABLED(DT_CAT4(node_id, _IRQ_IDX_, idx, _EXISTS))
#define DT_IRQ(node_id, cell) DT_IRQ_BY_IDX(node_id, 0, cell)
#define DT_IRQ_BY_IDX(node_id, idx, cell) DT_CAT5(node_id, _IRQ_IDX_, idx, _VAL_, cell)
#define DT_IRQN(node_id) DT_IRQ_BY_IDX(node_id, 0, irq)
#define DT_IRQN_BY_IDX(node_id, idx) DT_IRQ_BY_IDX(node_id, idx, irq)

/* --- for each --- */

#define DT_FOREACH_NODE(fn) DT_FOREACH_HELPER(fn)
#define DT_FOREACH_STATUS_OKAY_NODE(fn) DT_FOREACH_OKAY_HELPER(fn)
#define DT_FOREACH_ANCESTOR(node_id, fn) DL_DT(node_id, _FOREACH_ANCESTOR)(fn)
#define DT_FOREACH_CHILD(node_id, fn) DL_DT(node_id, _FOREACH_CHILD)(fn)
#define DT_FOREACH_CHILD_SEP(node_id, fn, sep) DL_DT(node_id, _FOREACH_CHILD_SEP)(fn, sep)
#define DT_FOREACH_CHILD_VARGS(node_id, fn, ...) DL_DT(node_id, _FOREACH_CHILD_VARGS)(fn, __VA_ARGS__)
#define DT_FOREACH_CHILD_SEP_VARGS(node_id, fn, sep, ...) DL_DT(node_id, _FOREACH_CHILD_SEP_VARGS)(fn, sep, __VA_ARGS__)
#define DT_FOREACH_CHILD_STATUS_OKAY(node_id, fn) DL_DT(node_id, _FOREACH_CHILD_STATUS_OKAY)(fn)
#define DT_FOREACH_CHILD_STATUS_OKAY_SEP(node_id, fn, sep) DL_DT(node_id, _FOREACH_CHILD_STATUS_OKAY_SEP)(fn, sep)
#define DT_FOREACH_CHILD_STATUS_OKAY_VARGS(node_id, fn, ...) DL_DT(node_id, _FOREACH_CHILD_STATUS_OKAY_VARGS)(fn, __VA_ARGS__)
#define DT_FOREACH_CHILD_STATUS_OKAY_SEP_VARGS(node_id, fn, sep, ...) \
	DL_DT(node_id, _FOREACH_CHILD_STATUS_OKAY_SEP_VARGS)(fn, sep, __VA_ARGS__)
#define DT_FOREACH_PROP_ELEM(node_id, prop, fn) DT_CAT4(node_id, _P_, prop, _FOREACH_PROP_ELEM)(fn)
#define DT_FOREACH_PROP_ELEM_SEP(node_id, prop, fn, sep) DT_CAT4(node_id, _P_, prop, _FOREACH_PROP_ELEM_SEP)(fn, sep)
#define DT_FOREACH_PROP_ELEM_VARGS(node_id, prop, fn, ...) \
	DT_CAT4(node_id, _P_, prop, _FOREACH_PROP_ELEM_VARGS)(fn, __VA_ARGS__)
#define DT_FOREACH_PROP_ELEM_SEP_VARGS(node_id, prop, fn, sep, ...) \
	DT_CAT4(node_id, _P_, prop, _FOREACH_PROP_ELEM_SEP_VARGS)(fn, sep, __VA_ARGS__)
#define DT_FOREACH_STATUS_OKAY(compat, fn) \
	COND_CODE_1(DT_HAS_COMPAT_STATUS_OKAY(compat), (DL_CAT(DT_FOREACH_OKAY_, compat)(fn)), ())
#define DT_FOREACH_STATUS_OKAY_VARGS(compat, fn, ...) \
	COND_CODE_1(DT_HAS_COMPAT_STATUS_OKAY(compat), (DL_CAT(DT_FOREACH_OKAY_VARGS_, compat)(fn, __VA_ARGS__)), ())

/* --- instances of the driver's own compatible --- */

#define DT_DRV_INST(inst) DT_INST(inst, DT_DRV_COMPAT)
#define DT_INST_PARENT(inst) DT_PARENT(DT_DRV_INST(inst))
#define DT_INST_CHILD(inst, child) DT_CHILD(DT_DRV_INST(inst), child)
#define DT_INST_CHILD_NUM(inst) DT_CHILD_NUM(DT_DRV_INST(inst))
#define DT_INST_PROP(inst, prop) DT_PROP(DT_DRV_INST(inst), prop)
#define DT_INST_PROP_OR(inst, prop, default_value) DT_PROP_OR(DT_DRV_INST(inst), prop, default_value)
#define DT_INST_PROP_LEN(inst, prop) DT_PROP_LEN(DT_DRV_INST(inst), prop)
#define DT_INST_PROP_LEN_OR(inst, prop, default_value) DT_PROP_LEN_OR(DT_DRV_INST(inst), prop, default_value)
#define DT_INST_PROP_BY_IDX(inst, prop, idx) DT_PROP_BY_IDX(DT_DRV_INST(inst), prop, idx)
#define DT_INST_PROP_HAS_IDX(inst, prop, idx) DT_PROP_HAS_IDX(DT_DRV_INST(inst), prop, idx)
#define DT_INST_PROP_HAS_NAME(inst, prop, name) DT_PROP_HAS_NAME(DT_DRV_INST(inst), prop, name)
#define DT_INST_STRING_TOKEN(inst, prop) DT_STRING_TOKEN(DT_DRV_INST(inst), prop)
#define DT_INST_PHANDLE(inst, prop) DT_PHANDLE(DT_DRV_INST(inst), prop)
#define DT_INST_PHANDLE_BY_IDX(inst, prop, idx) DT_PHANDLE_BY_IDX(DT_DRV_INST(inst), prop, idx)
#define DT_INST_PHANDLE_BY_NAME(inst, prop, name) DT_PHANDLE_BY_NAME(DT_DRV_INST(inst), prop, name)
#define DT_INST_PHA(inst, pha, cell) DT_PHA(DT_DRV_INST(inst), pha, cell)
#define DT_INST_PHA_OR(inst, pha, cell, default_value) DT_PHA_OR(DT_DRV_INST(inst), pha, cell, default_value)
#define DT_INST_PHA_BY_IDX(inst, pha, idx, cell) DT_PHA_BY_IDX(DT_DRV_INST(inst), pha, idx, cell)
#define DT_INST_PHA_BY_NAME(inst, pha, name, cell) DT_PHA_BY_NAME(DT_DRV_INST(inst), pha, name, cell)
#define DT_INST_NODE_HAS_PROP(inst, prop) DT_NODE_HAS_PROP(DT_DRV_INST(inst), prop)
#define DT_INST_NODE_HAS_COMPAT(inst, compat) DT_NODE_HAS_COMPAT(DT_DRV_INST(inst), compat)
#define DT_INST_NUM_REGS(inst) DT_NUM_REGS(DT_DRV_INST(inst))
#define DT_INST_REG_ADDR(inst) DT_REG_ADDR(DT_DRV_INST(inst))
#define DT_INST_REG_SIZE(inst) DT_REG_SIZE(DT_DRV_INST(inst))
#define DT_INST_REG_ADDR_BY_IDX(inst, idx) DT_REG_ADDR_BY_IDX(DT_DRV_INST(inst), idx)
#define DT_INST_REG_ADDR_BY_NAME(inst, name) DT_REG_ADDR_BY_NAME(DT_DRV_INST(inst), name)
#define DT_INST_IRQ(inst, cell) DT_IRQ(DT_DRV_INST(inst), cell)
#define DT_INST_IRQN(inst) DT_IRQN(DT_DRV_INST(inst))
#define DT_INST_IRQ_HAS_IDX(inst, idx) DT_IRQ_HAS_IDX(DT_DRV_INST(inst), idx)
#define DT_INST_IRQ_BY_IDX(inst, idx, cell) DT_IRQ_BY_IDX(DT_DRV_INST(inst), idx, cell)
#define DT_INST_IRQN_BY_IDX(inst, idx) DT_IRQN_BY_IDX(DT_DRV_INST(inst), idx)
#define DT_INST_FOREACH_CHILD(inst, fn) DT_FOREACH_CHILD(DT_DRV_INST(inst), fn)
#define DT_INST_FOREACH_CHILD_SEP(inst, fn, sep) DT_FOREACH_CHILD_SEP(DT_DRV_INST(inst), fn, sep)
#define DT_INST_FOREACH_CHILD_VARGS(inst, fn, ...) DT_FOREACH_CHILD_VARGS(DT_DRV_INST(inst), fn, __VA_ARGS__)
#define DT_INST_FOREACH_CHILD_STATUS_OKAY(inst, fn) DT_FOREACH_CHILD_STATUS_OKAY(DT_DRV_INST(inst), fn)
#define DT_INST_FOREACH_PROP_ELEM(inst, prop, fn) DT_FOREACH_PROP_ELEM(DT_DRV_INST(inst), prop, fn)
#define DT_INST_FOREACH_PROP_ELEM_SEP(inst, prop, fn, sep) DT_FOREACH_PROP_ELEM_SEP(DT_DRV_INST(inst), prop, fn, sep)
#define DT_INST_FOREACH_STATUS_OKAY(fn) \
	COND_CODE_1(DT_HAS_COMPAT_STATUS_OKAY(DT_DRV_COMPAT), (DL_CAT(DT_FOREACH_OKAY_INST_, DT_DRV_COMPAT)(fn)), ())
#define DT_INST_FOREACH_STATUS_OKAY_VARGS(fn, ...) \
	COND_CODE_1(DT_HAS_COMPAT_STATUS_OKAY(DT_DRV_COMPAT), (DL_CAT(DT_FOREACH_OKAY_INST_VARGS_, DT_DRV_COMPAT)(fn, __VA_ARGS__)), ())
#define DT_ANY_INST_HAS_PROP_STATUS_OKAY(prop) DT_ANY_COMPAT_HAS_PROP_STATUS_OKAY(DT_DRV_COMPAT, prop)
#define DT_ANY_COMPAT_HAS_PROP_STATUS_OKAY(compat, prop) IS_ENABLED(DL_CAT(DL_CAT(DT_COMPAT_, compat), _ANY_HAS_##prop))

#include <zephyr/devicetree/dma.h>

#endif
