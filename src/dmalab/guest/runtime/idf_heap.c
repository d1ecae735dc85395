/* esp_heap_caps.h. The failure hook is firmware code, so it is called from here, in the context of the request that failed. */
#include <stdarg.h>

#include "esp_heap_caps.h"
#include "idf_stub.h"

static esp_alloc_failed_hook_t failure_hook;

esp_err_t heap_caps_register_failed_alloc_callback(esp_alloc_failed_hook_t callback)
{
    if (!callback)
        return ESP_ERR_INVALID_ARG;
    failure_hook = callback;
    return ESP_OK;
}

/* Plain malloc and its neighbours end in the runtime. */
void dl_heap_failed(size_t size);
void dl_heap_failed(size_t size)
{
    if (failure_hook)
        failure_hook(size, MALLOC_CAP_DEFAULT, "heap_caps_malloc_default");
}

/* A request for nothing fails without a word; `calloc` of no items of some size does not. */
static void *checked(uint64_t block, size_t size, uint32_t caps, const char *function)
{
    if (!block && size && failure_hook)
        failure_hook(size, caps, function);
    return AS_POINTER(void *, block);
}

void *heap_caps_malloc(size_t size, uint32_t caps)
{
    return checked(DL_CALL(heap_caps_malloc, size, caps), size, caps, __func__);
}

void *heap_caps_calloc(size_t n, size_t size, uint32_t caps)
{
    return checked(DL_CALL(heap_caps_calloc, n, size, caps), size, caps, __func__);
}

void *heap_caps_realloc(void *ptr, size_t size, uint32_t caps)
{
    return checked(DL_CALL(heap_caps_realloc, ptr, size, caps), size, caps, __func__);
}

void heap_caps_free(void *ptr)
{
    DL_CALL(heap_caps_free, ptr);
}

void heap_caps_aligned_free(void *ptr)
{
    DL_CALL(heap_caps_free, ptr);
}

static int is_power_of_two(size_t number)
{
    return number && !(number & (number - 1));
}

void *heap_caps_aligned_alloc(size_t alignment, size_t size, uint32_t caps)
{
    const uint64_t block = DL_CALL(heap_caps_aligned_alloc, alignment, size, caps);
    return checked(block, is_power_of_two(alignment) ? size : 0, caps, __func__);
}

void *heap_caps_aligned_calloc(size_t alignment, size_t n, size_t size, uint32_t caps)
{
    const uint64_t block = DL_CALL(heap_caps_aligned_calloc, alignment, n, size, caps);
    return checked(block, is_power_of_two(alignment) ? size : 0, caps, __func__);
}

enum { CHOICES = 6 };

struct choices {
    uint32_t caps[CHOICES];
    uint32_t count;
};

static struct choices read_choices(size_t num, va_list list)
{
    struct choices choices = {{0}, num < CHOICES ? (uint32_t)num : CHOICES};
    for (uint32_t i = 0; i < choices.count; i++)
        choices.caps[i] = va_arg(list, uint32_t);
    return choices;
}

static uint32_t last_of(const struct choices *choices)
{
    return choices->count ? choices->caps[choices->count - 1] : 0;
}

void *heap_caps_malloc_prefer(size_t size, size_t num, ...)
{
    va_list list;
    va_start(list, num);
    const struct choices c = read_choices(num, list);
    va_end(list);
    return checked(DL_CALL(heap_caps_malloc_prefer, size, c.count, c.caps[0], c.caps[1], c.caps[2], c.caps[3], c.caps[4], c.caps[5]),
                   size, last_of(&c), __func__);
}

void *heap_caps_calloc_prefer(size_t n, size_t size, size_t num, ...)
{
    va_list list;
    va_start(list, num);
    const struct choices c = read_choices(num, list);
    va_end(list);
    return checked(
        DL_CALL(heap_caps_calloc_prefer, n, size, c.count, c.caps[0], c.caps[1], c.caps[2], c.caps[3], c.caps[4], c.caps[5]), size,
        last_of(&c), __func__);
}

void *heap_caps_realloc_prefer(void *ptr, size_t size, size_t num, ...)
{
    va_list list;
    va_start(list, num);
    const struct choices c = read_choices(num, list);
    va_end(list);
    return checked(
        DL_CALL(heap_caps_realloc_prefer, ptr, size, c.count, c.caps[0], c.caps[1], c.caps[2], c.caps[3], c.caps[4], c.caps[5]), size,
        last_of(&c), __func__);
}

void *heap_caps_malloc_default(size_t size)
{
    return checked(DL_CALL(heap_caps_malloc_default, size), size, MALLOC_CAP_DEFAULT, __func__);
}

void *heap_caps_realloc_default(void *ptr, size_t size)
{
    return checked(DL_CALL(heap_caps_realloc_default, ptr, size), size, MALLOC_CAP_DEFAULT, __func__);
}

size_t heap_caps_get_total_size(uint32_t caps)
{
    return (size_t)DL_CALL(heap_caps_get_total_size, caps);
}

size_t heap_caps_get_free_size(uint32_t caps)
{
    return (size_t)DL_CALL(heap_caps_get_free_size, caps);
}

size_t heap_caps_get_minimum_free_size(uint32_t caps)
{
    return (size_t)DL_CALL(heap_caps_get_minimum_free_size, caps);
}

size_t heap_caps_get_largest_free_block(uint32_t caps)
{
    return (size_t)DL_CALL(heap_caps_get_largest_free_block, caps);
}

size_t heap_caps_get_allocated_size(void *ptr)
{
    return (size_t)DL_CALL(heap_caps_get_allocated_size, ptr);
}

void heap_caps_get_info(multi_heap_info_t *info, uint32_t caps)
{
    size_t *members = (size_t *)info;
    for (uint32_t member = 0; member < sizeof *info / sizeof *members; member++)
        STORE(&members[member], (size_t)DL_CALL(heap_caps_get_info, caps, member));
}

void heap_caps_print_heap_info(uint32_t caps)
{
    DL_CALL(heap_caps_print_heap_info, caps);
}

bool heap_caps_check_integrity(uint32_t caps, bool print_errors)
{
    return DL_CALL(heap_caps_check_integrity, caps, print_errors) != 0;
}

bool heap_caps_check_integrity_all(bool print_errors)
{
    return DL_CALL(heap_caps_check_integrity_all, print_errors) != 0;
}

bool heap_caps_check_integrity_addr(intptr_t addr, bool print_errors)
{
    return DL_CALL(heap_caps_check_integrity_addr, addr, print_errors) != 0;
}

void heap_caps_dump(uint32_t caps)
{
    DL_CALL(heap_caps_dump, caps);
}

void heap_caps_dump_all(void)
{
    DL_CALL(heap_caps_dump, 0);
}
