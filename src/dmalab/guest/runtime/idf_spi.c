/* driver/spi_common.h and driver/spi_master.h. Structures are taken apart here.
 *
 * A transaction stays in the firmware's memory and belongs to the driver until its result is taken. So its address, its size and the place
 * of its length of reception travel along; the machine looks after the rest.
 */
#include "driver/spi_master.h"

#include <stddef.h>

#include "idf_stub.h"

/* -- buses ------------------------------------------------------------------------------------------------------- */

static uint64_t pack_pin(int pin, int line)
{
    return (uint64_t)(uint8_t)(pin < 0 ? 0xff : pin) << (8 * line);
}

esp_err_t spi_bus_initialize(spi_host_device_t host_id, const spi_bus_config_t *bus_config, spi_dma_chan_t dma_chan)
{
    SEES(bus_config, sizeof *bus_config);
    const spi_bus_config_t *c = bus_config;
    const int octal = (c->flags & SPICOMMON_BUSFLAG_IO4_IO7) != 0;
    const uint64_t pins = pack_pin(c->mosi_io_num, 0) | pack_pin(c->miso_io_num, 1) | pack_pin(c->quadwp_io_num, 2) |
                          pack_pin(c->quadhd_io_num, 3) | pack_pin(octal ? c->data4_io_num : -1, 4) |
                          pack_pin(octal ? c->data5_io_num : -1, 5) | pack_pin(octal ? c->data6_io_num : -1, 6) |
                          pack_pin(octal ? c->data7_io_num : -1, 7);
    return (esp_err_t)DL_CALL(spi_bus_initialize, host_id, pins, c->sclk_io_num, c->max_transfer_sz, c->flags,
                              c->intr_flags, dma_chan);
}

esp_err_t spi_bus_free(spi_host_device_t host_id)
{
    return (esp_err_t)DL_CALL(spi_bus_free, host_id);
}

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 4, 0)
void *spi_bus_dma_memory_alloc(spi_host_device_t host_id, size_t size, uint32_t extra_heap_caps)
{
    return AS_POINTER(void *, DL_CALL(spi_bus_dma_memory_alloc, host_id, size, extra_heap_caps));
}
#endif

esp_err_t spi_bus_get_max_transaction_len(spi_host_device_t host_id, size_t *max_bytes)
{
    const uint64_t answer = DL_CALL(spi_bus_get_max_transaction_len, host_id, max_bytes != NULL);
    if (LOW(answer) == ESP_OK)
        STORE(max_bytes, HIGH(answer));
    return LOW(answer);
}

/* -- devices ----------------------------------------------------------------------------------------------------- */

esp_err_t spi_bus_add_device(spi_host_device_t host_id, const spi_device_interface_config_t *dev_config,
                             spi_device_handle_t *handle)
{
    SEES(dev_config, sizeof *dev_config);
    const spi_device_interface_config_t *c = dev_config;
    const uint64_t phases = c->command_bits | (uint64_t)c->address_bits << 8 | (uint64_t)c->dummy_bits << 16 |
                            (uint64_t)c->mode << 24 | (uint64_t)c->cs_ena_pretrans << 32 |
                            (uint64_t)c->cs_ena_posttrans << 48;
    const uint64_t answer = DL_CALL(spi_bus_add_device, host_id, phases, c->clock_speed_hz, c->spics_io_num, c->flags,
                                    c->queue_size, c->pre_cb, c->post_cb);
    if (handle && LOW(answer) == ESP_OK)
        STORE(handle, AS_POINTER(spi_device_handle_t, HIGH(answer)));
    return LOW(answer);
}

esp_err_t spi_bus_remove_device(spi_device_handle_t handle)
{
    return (esp_err_t)DL_CALL(spi_bus_remove_device, handle);
}

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 0, 0)
esp_err_t spi_device_get_actual_freq(spi_device_handle_t handle, int *freq_khz)
{
    const uint64_t answer = DL_CALL(spi_device_get_actual_freq, handle, freq_khz != NULL);
    if (LOW(answer) == ESP_OK)
        STORE(freq_khz, (int)HIGH(answer));
    return LOW(answer);
}
#endif

int spi_get_actual_clock(int fapb, int hz, int duty_cycle)
{
    (void)duty_cycle;
    return (int)DL_CALL(spi_get_actual_clock, fapb, hz);
}

esp_err_t spi_device_acquire_bus(spi_device_handle_t device, TickType_t wait)
{
    return (esp_err_t)DL_CALL(spi_device_acquire_bus, device, wait);
}

void spi_device_release_bus(spi_device_handle_t dev)
{
    DL_CALL(spi_device_release_bus, dev);
}

/* -- transactions ------------------------------------------------------------------------------------------------ */

struct packed {
    uint64_t shape;   /* flags, size of the structure, place of rxlength in it */
    uint64_t command; /* command and the widths of the phases */
    uint64_t address;
    uint64_t lengths;
    const void *tx, *rx;
    uint32_t hz;
};

#define VARIABLE (SPI_TRANS_VARIABLE_CMD | SPI_TRANS_VARIABLE_ADDR | SPI_TRANS_VARIABLE_DUMMY)

static struct packed pack(const spi_transaction_t *t)
{
    struct packed p = {0};
    size_t size = sizeof *t;
    p.command = t->cmd;
    if (t->flags & VARIABLE) {
        const spi_transaction_ext_t *ext = (const spi_transaction_ext_t *)t;
        size = sizeof *ext;
        p.command |= (uint64_t)ext->command_bits << 16 | (uint64_t)ext->address_bits << 24 | (uint64_t)ext->dummy_bits << 32;
    }
    p.shape = t->flags | (uint64_t)size << 32 | (uint64_t)offsetof(spi_transaction_t, rxlength) << 48;
    p.address = t->addr;
    p.lengths = (uint64_t)(uint32_t)t->rxlength << 32 | (uint32_t)t->length;
    p.tx = t->flags & SPI_TRANS_USE_TXDATA ? t->tx_data : t->tx_buffer;
    p.rx = t->flags & SPI_TRANS_USE_RXDATA ? t->rx_data : t->rx_buffer;
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
    p.hz = t->override_freq_hz;
#endif
    return p;
}

#define SUBMIT(name, handle, trans, ticks)                                                                             \
    ({                                                                                                                 \
        if (trans)                                                                                                     \
            SEES(trans, sizeof *(trans));                                                                              \
        const struct packed p_ = (trans) ? pack(trans) : (struct packed){0};                                           \
        (esp_err_t) DL_CALL(name, handle, trans, p_.shape, p_.command, p_.address, p_.lengths, p_.tx, p_.rx, p_.hz,    \
                            ticks);                                                                                    \
    })

esp_err_t spi_device_queue_trans(spi_device_handle_t handle, spi_transaction_t *trans_desc, TickType_t ticks_to_wait)
{
    return SUBMIT(spi_device_queue_trans, handle, trans_desc, ticks_to_wait);
}

esp_err_t spi_device_transmit(spi_device_handle_t handle, spi_transaction_t *trans_desc)
{
    return SUBMIT(spi_device_transmit, handle, trans_desc, portMAX_DELAY);
}

esp_err_t spi_device_polling_start(spi_device_handle_t handle, spi_transaction_t *trans_desc, TickType_t ticks_to_wait)
{
    return SUBMIT(spi_device_polling_start, handle, trans_desc, ticks_to_wait);
}

esp_err_t spi_device_polling_transmit(spi_device_handle_t handle, spi_transaction_t *trans_desc)
{
    return SUBMIT(spi_device_polling_transmit, handle, trans_desc, portMAX_DELAY);
}

esp_err_t spi_device_polling_end(spi_device_handle_t handle, TickType_t ticks_to_wait)
{
    return (esp_err_t)DL_CALL(spi_device_polling_end, handle, ticks_to_wait);
}

esp_err_t spi_device_get_trans_result(spi_device_handle_t handle, spi_transaction_t **trans_desc,
                                      TickType_t ticks_to_wait)
{
    const uint64_t answer = DL_CALL(spi_device_get_trans_result, handle, ticks_to_wait);
    if (trans_desc && HIGH(answer))
        STORE(trans_desc, AS_POINTER(spi_transaction_t *, HIGH(answer)));
    return LOW(answer);
}
