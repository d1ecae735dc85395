/* Pipes and memory slabs. */
#include <errno.h>
#include <zephyr/kernel.h>

#include "zephyr_stub.h"

/* --- pipes --- */

void dl_zephyr_need_pipe(struct k_pipe *pipe)
{
    if (pipe->ready != DL_OBJECT_READY) {
        DL_CALL(k_pipe_init, pipe, (uint32_t)pipe->size);
        pipe->ready = DL_OBJECT_READY;
    }
}

void k_pipe_init(struct k_pipe *pipe, uint8_t *buffer, size_t buffer_size)
{
    dl_range((uintptr_t)pipe, sizeof *pipe, 1, DL_PLACE(), DL_CALLER_FP());
    *pipe = (struct k_pipe){buffer, buffer_size, DL_OBJECT_READY};
    DL_CALL(k_pipe_init, pipe, (uint32_t)buffer_size);
}

int k_pipe_write(struct k_pipe *pipe, const uint8_t *data, size_t len, k_timeout_t timeout)
{
    dl_zephyr_need_pipe(pipe);
    return (int)DL_CALL(k_pipe_write, pipe, data, (uint32_t)len, TICKS(timeout));
}

int k_pipe_read(struct k_pipe *pipe, uint8_t *data, size_t len, k_timeout_t timeout)
{
    dl_zephyr_need_pipe(pipe);
    return (int)DL_CALL(k_pipe_read, pipe, data, (uint32_t)len, TICKS(timeout));
}

void k_pipe_reset(struct k_pipe *pipe)
{
    dl_zephyr_need_pipe(pipe);
    DL_CALL(k_pipe_end, pipe, 0);
}

void k_pipe_close(struct k_pipe *pipe)
{
    dl_zephyr_need_pipe(pipe);
    DL_CALL(k_pipe_end, pipe, 1);
}

/* --- memory slabs --- */

static void need_slab(struct k_mem_slab *slab)
{
    if (slab->ready != DL_OBJECT_READY) {
        DL_CALL(k_mem_slab_init, slab, slab->buffer, (uint32_t)slab->block_size, slab->num_blocks);
        slab->ready = DL_OBJECT_READY;
    }
}

int k_mem_slab_init(struct k_mem_slab *slab, void *buffer, size_t block_size, uint32_t num_blocks)
{
    if (((uintptr_t)buffer | block_size) & (sizeof(void *) - 1))
        return -EINVAL;
    dl_range((uintptr_t)slab, sizeof *slab, 1, DL_PLACE(), DL_CALLER_FP());
    *slab = (struct k_mem_slab){buffer, block_size, num_blocks, 0, DL_OBJECT_READY};
    DL_CALL(k_mem_slab_init, slab, buffer, (uint32_t)block_size, num_blocks);
    return 0;
}

int k_mem_slab_alloc(struct k_mem_slab *slab, void **mem, k_timeout_t timeout)
{
    need_slab(slab);
    const uint64_t answer = DL_CALL(k_mem_slab_alloc, slab, TICKS(timeout));
    STORE(mem, (void *)(uintptr_t)HIGH(answer));
    if (!LOW(answer))
        STORE(&slab->num_used, slab->num_used + 1);
    return LOW(answer);
}

void k_mem_slab_free(struct k_mem_slab *slab, void *mem)
{
    need_slab(slab);
    DL_CALL(k_mem_slab_free, slab, mem);
    STORE(&slab->num_used, slab->num_used - 1);
}

uint32_t k_mem_slab_num_used_get(struct k_mem_slab *slab)
{
    return slab->num_used;
}

uint32_t k_mem_slab_num_free_get(struct k_mem_slab *slab)
{
    return slab->num_blocks - slab->num_used;
}
