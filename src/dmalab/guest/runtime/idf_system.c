/* esp_system.h, esp_rom_sys.h, esp_cpu.h, esp_random.h, esp_idf_version.h. */
#include <stdlib.h>

#include "esp_cpu.h"
#include "esp_heap_caps.h"
#include "esp_random.h"
#include "esp_rom_sys.h"
#include "esp_system.h"
#include "idf_stub.h"

enum { SHUTDOWN_HANDLERS = 5 };
static shutdown_handler_t shutdown_handlers[SHUTDOWN_HANDLERS];

esp_err_t esp_register_shutdown_handler(shutdown_handler_t handle)
{
    for (int i = 0; i < SHUTDOWN_HANDLERS; i++) {
        if (shutdown_handlers[i] == handle)
            return ESP_ERR_INVALID_STATE;
        if (!shutdown_handlers[i]) {
            shutdown_handlers[i] = handle;
            return ESP_OK;
        }
    }
    return ESP_ERR_NO_MEM;
}

esp_err_t esp_unregister_shutdown_handler(shutdown_handler_t handle)
{
    for (int i = 0; i < SHUTDOWN_HANDLERS; i++) {
        if (shutdown_handlers[i] == handle) {
            for (; i + 1 < SHUTDOWN_HANDLERS; i++)
                shutdown_handlers[i] = shutdown_handlers[i + 1];
            shutdown_handlers[i] = NULL;
            return ESP_OK;
        }
    }
    return ESP_ERR_INVALID_STATE;
}

void esp_restart(void)
{
    for (int i = SHUTDOWN_HANDLERS - 1; i >= 0; i--)
        if (shutdown_handlers[i])
            shutdown_handlers[i]();
    DL_CALL(esp_restart);
    abort(); /* the machine doesn't answer */
}

void esp_system_abort(const char *details)
{
    DL_CALL(esp_system_abort, details);
    abort();
}

/* Every run begins with the power coming on. */
esp_reset_reason_t esp_reset_reason(void)
{
    return ESP_RST_POWERON;
}

uint32_t esp_get_free_heap_size(void)
{
    return (uint32_t)DL_CALL(heap_caps_get_free_size, MALLOC_CAP_DEFAULT);
}

uint32_t esp_get_free_internal_heap_size(void)
{
    return (uint32_t)DL_CALL(heap_caps_get_free_size, MALLOC_CAP_8BIT | MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL);
}

uint32_t esp_get_minimum_free_heap_size(void)
{
    return (uint32_t)DL_CALL(heap_caps_get_minimum_free_size, MALLOC_CAP_DEFAULT);
}

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

const char *esp_get_idf_version(void)
{
    return "v" TEXT(DMALAB_IDF_MAJOR) "." TEXT(DMALAB_IDF_MINOR) "." TEXT(DMALAB_IDF_PATCH);
}

void esp_rom_delay_us(uint32_t us)
{
    DL_CALL(esp_rom_delay_us, us);
}

uint32_t esp_rom_get_cpu_ticks_per_us(void)
{
    return (uint32_t)DL_CALL(esp_rom_get_cpu_ticks_per_us);
}

int esp_cpu_get_core_id(void)
{
    return (int)DL_CALL(esp_cpu_get_core_id);
}

esp_cpu_cycle_count_t esp_cpu_get_cycle_count(void)
{
    return (esp_cpu_cycle_count_t)DL_CALL(esp_cpu_get_cycle_count);
}

uint32_t esp_random(void)
{
    return (uint32_t)DL_CALL(esp_random);
}

void esp_fill_random(void *buf, size_t len)
{
    unsigned char *bytes = buf;
    uint32_t random = 0;
    for (size_t i = 0; i < len; i++) {
        if (i % 4 == 0)
            random = (uint32_t)DL_CALL(esp_random);
        STORE(&bytes[i], (unsigned char)(random >> 8 * (i % 4)));
    }
}
