/* DMA cells of client nodes: dmas = <&dma0 channel …>, dma-names. */
#ifndef ZEPHYR_INCLUDE_DEVICETREE_DMA_H_
#define ZEPHYR_INCLUDE_DEVICETREE_DMA_H_

#include <zephyr/devicetree.h>

#define DT_DMAS_CTLR_BY_IDX(node_id, idx) DT_PHANDLE_BY_IDX(node_id, dmas, idx)
#define DT_DMAS_CTLR(node_id) DT_DMAS_CTLR_BY_IDX(node_id, 0)
#define DT_DMAS_CELL_BY_IDX(node_id, idx, cell) DT_PHA_BY_IDX(node_id, dmas, idx, cell)
#define DT_INST_DMAS_CTLR(inst) DT_DMAS_CTLR(DT_DRV_INST(inst))
#define DT_INST_DMAS_CELL_BY_IDX(inst, idx, cell) DT_DMAS_CELL_BY_IDX(DT_DRV_INST(inst), idx, cell)
#define DT_NUM_DMAS(node_id) DT_PROP_LEN(node_id, dmas)

#endif
