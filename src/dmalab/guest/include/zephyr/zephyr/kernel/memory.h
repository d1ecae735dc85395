/* Byte streams and blocks of one size. Included by zephyr/kernel.h. */
#ifndef ZEPHYR_INCLUDE_KERNEL_MEMORY_H_
#define ZEPHYR_INCLUDE_KERNEL_MEMORY_H_

#ifdef __cplusplus
extern "C" {
#endif

/* --- pipes --- */

struct k_pipe {
	uint8_t *buffer;
	size_t size;
	uint32_t ready;
};
#define K_PIPE_DEFINE(name, pipe_buffer_size, pipe_align)                         \
	static uint8_t __aligned(pipe_align) dl_pipe_bytes_##name[pipe_buffer_size]; \
	struct k_pipe name = {dl_pipe_bytes_##name, pipe_buffer_size, 0}

void k_pipe_init(struct k_pipe *pipe, uint8_t *buffer, size_t buffer_size);
int k_pipe_write(struct k_pipe *pipe, const uint8_t *data, size_t len, k_timeout_t timeout);
int k_pipe_read(struct k_pipe *pipe, uint8_t *data, size_t len, k_timeout_t timeout);
void k_pipe_reset(struct k_pipe *pipe);
void k_pipe_close(struct k_pipe *pipe);

/* --- memory slabs --- */

struct k_mem_slab {
	char *buffer;
	size_t block_size;
	uint32_t num_blocks;
	uint32_t num_used;
	uint32_t ready;
};
#define DL_MEM_SLAB(name, storage, slab_block_size, slab_num_blocks, slab_align)                                    \
	static char __aligned(WB_UP(slab_align)) dl_slab_bytes_##name[(slab_num_blocks) * WB_UP(slab_block_size)]; \
	storage struct k_mem_slab name = {dl_slab_bytes_##name, WB_UP(slab_block_size), slab_num_blocks, 0, 0}
#define K_MEM_SLAB_DEFINE(name, slab_block_size, slab_num_blocks, slab_align) \
	DL_MEM_SLAB(name, , slab_block_size, slab_num_blocks, slab_align)
#define K_MEM_SLAB_DEFINE_STATIC(name, slab_block_size, slab_num_blocks, slab_align) \
	DL_MEM_SLAB(name, static, slab_block_size, slab_num_blocks, slab_align)

int k_mem_slab_init(struct k_mem_slab *slab, void *buffer, size_t block_size, uint32_t num_blocks);
int k_mem_slab_alloc(struct k_mem_slab *slab, void **mem, k_timeout_t timeout);
void k_mem_slab_free(struct k_mem_slab *slab, void *mem);
uint32_t k_mem_slab_num_used_get(struct k_mem_slab *slab);
uint32_t k_mem_slab_num_free_get(struct k_mem_slab *slab);

#ifdef __cplusplus
}
#endif

#endif
