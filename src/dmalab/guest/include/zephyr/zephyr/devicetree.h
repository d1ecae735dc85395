/* Devicetree macros. The tree itself comes as definitions on the compiler's command line: guest/devicetree.py says which.
 *
 * A node is a token DT_N_S_<path>; what is known of it hangs on that token: _ORD, _P_<property>, _EXISTS, _STATUS_okay. */
#ifndef ZEPHYR_INCLUDE_DEVICETREE_H_
#define ZEPHYR_INCLUDE_DEVICETREE_H_

#include <zephyr/sys/util.h>

#define DT_CAT(a1, a2) a1##a2
#define DT_CAT3(a1, a2, a3) a1##a2##a3
#define DT_CAT4(a1, a2, a3, a4) a1##a2##a3##a4
#define DT_CAT5(a1, a2, a3, a4, a5) a1##a2##a3##a4##a5
#define DL_DT(a, b) DL_CAT(a, b)
/* Whole names at once: the name of a property is itself a macro and must not be expanded on the way. */
#define DL_DT3(a, b, c) DT_CAT3(a, b, c)
#define DL_DT4(a, b, c, d) DT_CAT4(a, b, c, d)
#define DL_DT5(a, b, c, d, e) DT_CAT5(a, b, c, d, e)
#define DL_DT6(a, b, c, d, e, f) a##b##c##d##e##f
#define DL_DT6_(a, b, c, d, e, f) DL_DT6(a, b, c, d, e, f)
#define DL_DT7(a, b, c, d, e, f, g) a##b##c##d##e##f##g
#define DL_DT7_(a, b, c, d, e, f, g) DL_DT7(a, b, c, d, e, f, g)

#define DT_INVALID_NODE _
#define DT_ROOT DT_N
#define DT_NODELABEL(label) DL_DT(DT_N_NODELABEL_, label)
#define DT_ALIAS(alias) DL_DT(DT_N_ALIAS_, alias)
#define DT_CHOSEN(prop) DL_DT(DT_CHOSEN_, prop)
#define DT_HAS_CHOSEN(prop) IS_ENABLED(DT_CHOSEN_##prop##_EXISTS)
#define DT_PATH(...) DL_DT(DT_N_S_, DL_CAT(DL_DT_PATH_, NUM_VA_ARGS(__VA_ARGS__))(__VA_ARGS__))
#define DL_DT_PATH_1(a) a
#define DL_DT_PATH_2(a, b) a##_S_##b
#define DL_DT_PATH_3(a, b, c) a##_S_##b##_S_##c
#define DT_INST(inst, compat) DL_DT(DT_N_INST_##inst##_, compat)
#define DT_COMPAT_GET_ANY_STATUS_OKAY(compat) DT_INST(0, compat)
#define DT_HAS_COMPAT_STATUS_OKAY(compat) IS_ENABLED(DT_N_INST_##compat##_OKAY)
#define DT_NUM_INST_STATUS_OKAY(compat) DL_DT(DL_DT(DT_N_INST_, compat), _NUM_OKAY)
#define DT_NODE_EXISTS(node_id) IS_ENABLED(DL_DT(node_id, _EXISTS))
#define DT_NODE_HAS_STATUS(node_id, status) IS_ENABLED(DL_DT(node_id, _STATUS_##status))
#define DT_NODE_HAS_STATUS_OKAY(node_id) IS_ENABLED(DL_DT(node_id, _STATUS_okay))
#define DT_NODE_HAS_PROP(node_id, prop) IS_ENABLED(DL_DT4(node_id, _P_, prop, _EXISTS))
#define DT_NODE_HAS_COMPAT(node_id, compat) IS_ENABLED(DL_DT3(node_id, _COMPAT_, compat))
#define DT_DEP_ORD(node_id) DL_DT(node_id, _ORD)
#define DT_NODE_PATH(node_id) DL_DT(node_id, _PATH)
#define DT_NODE_FULL_NAME(node_id) DL_DT(node_id, _FULL_NAME)
#define DT_SAME_NODE(a, b) (DT_DEP_ORD(a) == DT_DEP_ORD(b))

#define DT_PROP(node_id, prop) DL_DT3(node_id, _P_, prop)
#define DT_PROP_OR(node_id, prop, default_value) \
	COND_CODE_1(DT_NODE_HAS_PROP(node_id, prop), (DT_PROP(node_id, prop)), (default_value))
#define DT_PROP_LEN(node_id, prop) DL_DT4(node_id, _P_, prop, _LEN)
#define DT_PROP_LEN_OR(node_id, prop, default_value) \
	COND_CODE_1(DT_NODE_HAS_PROP(node_id, prop), (DT_PROP_LEN(node_id, prop)), (default_value))
#define DT_PROP_BY_IDX(node_id, prop, idx) DL_DT5(node_id, _P_, prop, _IDX_, idx)
#define DT_PROP_HAS_IDX(node_id, prop, idx) IS_ENABLED(DL_DT6_(node_id, _P_, prop, _IDX_, idx, _EXISTS))
#define DT_PHANDLE(node_id, prop) DT_PHANDLE_BY_IDX(node_id, prop, 0)
#define DT_PHANDLE_BY_IDX(node_id, prop, idx) DL_DT6_(node_id, _P_, prop, _IDX_, idx, _PH)
#define DT_PHA_BY_IDX(node_id, pha, idx, cell) DL_DT7_(node_id, _P_, pha, _IDX_, idx, _VAL_, cell)
#define DT_REG_ADDR(node_id) DL_DT(node_id, _REG_ADDR)
#define DT_REG_SIZE(node_id) DL_DT(node_id, _REG_SIZE)

#define DT_DRV_INST(inst) DT_INST(inst, DT_DRV_COMPAT)
#define DT_INST_PROP(inst, prop) DT_PROP(DT_DRV_INST(inst), prop)
#define DT_INST_PROP_OR(inst, prop, default_value) DT_PROP_OR(DT_DRV_INST(inst), prop, default_value)
#define DT_INST_PROP_LEN(inst, prop) DT_PROP_LEN(DT_DRV_INST(inst), prop)
#define DT_INST_NODE_HAS_PROP(inst, prop) DT_NODE_HAS_PROP(DT_DRV_INST(inst), prop)
#define DT_INST_REG_ADDR(inst) DT_REG_ADDR(DT_DRV_INST(inst))
#define DT_INST_FOREACH_STATUS_OKAY(fn) DL_CAT(DT_FOREACH_OKAY_INST_, DT_DRV_COMPAT)(fn)
#define DT_HAS_COMPAT_STATUS_OKAY_ANY(compat) DT_HAS_COMPAT_STATUS_OKAY(compat)
#define DT_ANY_INST_HAS_PROP_STATUS_OKAY(prop) DT_NODE_HAS_PROP(DT_DRV_INST(0), prop)

#endif
