"""ESP-IDF's SPI master from C: the same driver behind the same names, codes, layouts and times."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dmalab.core.spi_cost import ONE_BYTE, SpiCost
from dmalab.plan.table import load
from dmalab.report.run import RunReport

Run = Callable[..., tuple[RunReport, str]]


@pytest.mark.parametrize("chip", ["esp32", "esp32s2", "esp32s3", "esp32c3", "esp32p4"])
def test_loopback(run: Run, chip: str) -> None:
    report, out = run(
        """
        static void check(size_t size)
        {
            uint8_t *tx = heap_caps_malloc((size + 3) & ~3u, MALLOC_CAP_DMA), *rx = heap_caps_malloc((size + 3) & ~3u, MALLOC_CAP_DMA);
            for (size_t i = 0; i < size; i++)
                tx[i] = i * 7 + size;
            spi_transaction_t t = {.length = size * 8, .tx_buffer = tx, .rx_buffer = rx};
            ESP_ERROR_CHECK(spi_device_transmit(device, &t));
            assert(t.rxlength == size * 8 && memcmp(tx, rx, size) == 0);
            memset(rx, 0, size);
            ESP_ERROR_CHECK(spi_device_polling_transmit(device, &t));
            assert(memcmp(tx, rx, size) == 0);
            free(tx);
            free(rx);
        }

        void app_main(void)
        {
            bus.max_transfer_sz = 12288;
            for (int dma = 0; dma < 2; dma++) {
                open_device(dma);
                size_t most = 0;
                ESP_ERROR_CHECK(spi_bus_get_max_transaction_len(SPI2_HOST, &most));
                static const size_t sizes[] = {1, 4, 16, 21, 47, 63, 64, 128, 4094, 4095, 12288};
                for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
                    if (sizes[i] <= most)
                        check(sizes[i]);
                printf("%d ", (int)most);
                close_device();
            }
        }
        """,
        chip,
    )
    assert report.findings == ()
    assert out == ("72" if chip == "esp32s2" else "64") + " 16368 "


def test_inline_data_command_and_callbacks(run: Run) -> None:
    report, out = run(
        """
        static int calls;
        static void on_pre(spi_transaction_t *t) { calls += *(int *)t->user; }

        void app_main(void)
        {
            int step = 10;
            config.pre_cb = on_pre;
            config.command_bits = 8;
            open_device(1);
            spi_transaction_ext_t e = {
                .base = {.flags = SPI_TRANS_USE_TXDATA | SPI_TRANS_USE_RXDATA | SPI_TRANS_VARIABLE_ADDR | SPI_TRANS_VARIABLE_DUMMY,
                         .cmd = 0x9f, .addr = 0x123456, .length = 32, .tx_data = {1, 2, 3, 4}, .user = &step},
                .address_bits = 24, .dummy_bits = 8,
            };
            int64_t before = esp_timer_get_time();
            ESP_ERROR_CHECK(spi_device_transmit(device, &e.base));
            printf("%02x %02x %d\\n", e.base.rx_data[0], e.base.rx_data[3], calls);
            spi_transaction_t q[3], *done;
            for (int i = 0; i < 3; i++) {
                q[i] = (spi_transaction_t){.flags = SPI_TRANS_USE_TXDATA | SPI_TRANS_USE_RXDATA, .length = 8, .tx_data = {i + 7}, .user = &step};
                ESP_ERROR_CHECK(spi_device_queue_trans(device, &q[i], portMAX_DELAY));
            }
            for (int i = 0; i < 3; i++) {
                ESP_ERROR_CHECK(spi_device_get_trans_result(device, &done, portMAX_DELAY));
                assert(done == &q[i] && done->rx_data[0] == i + 7);
            }
            printf("%d callbacks\\n", calls / 10);
            int khz = 0;
            ESP_ERROR_CHECK(spi_device_get_actual_freq(device, &khz));
            printf("%d %d\\n", khz, spi_get_actual_clock(80000000, 9000000, 128));
            close_device();
        }
        """
    )
    assert report.findings == ()
    assert out == "01 04 10\n4 callbacks\n10000 8888888\n"


def test_codes(run: Run) -> None:
    report, out = run(
        """
        #define SHOW(call) printf("%x ", (int)(call))

        void app_main(void)
        {
            SHOW(spi_bus_initialize(SPI1_HOST, &bus, SPI_DMA_CH_AUTO));
            SHOW(spi_bus_initialize(SPI2_HOST, &bus, SPI_DMA_CH1));
            SHOW(spi_bus_free(SPI2_HOST));
            SHOW(spi_bus_add_device(SPI2_HOST, &config, &device));
            open_device(1);
            SHOW(spi_bus_initialize(SPI2_HOST, &bus, SPI_DMA_CH_AUTO));
            SHOW(spi_bus_free(SPI2_HOST));
            uint8_t *data = heap_caps_calloc(1, 64, MALLOC_CAP_DMA);
            spi_transaction_t t = {.length = 0, .tx_buffer = data}, *done;
            SHOW(spi_device_transmit(device, &t));
            SHOW(spi_device_transmit(device, NULL));
            SHOW(spi_device_transmit(NULL, &t));
            SHOW(spi_device_polling_start(device, &t, 1));
            SHOW(spi_device_get_trans_result(device, &done, 0));
            SHOW(spi_device_acquire_bus(device, 1));
            t.length = 64 * 8;
            t.flags = SPI_TRANS_CS_KEEP_ACTIVE;
            SHOW(spi_device_transmit(device, &t));
            ESP_ERROR_CHECK(spi_device_acquire_bus(device, portMAX_DELAY));
            ESP_ERROR_CHECK(spi_device_transmit(device, &t));
            SHOW(spi_bus_remove_device(device));
            spi_device_release_bus(device);
            t.flags = 0;
            ESP_ERROR_CHECK(spi_device_polling_start(device, &t, portMAX_DELAY));
            SHOW(spi_device_polling_end(device, 0));
            ESP_ERROR_CHECK(spi_device_polling_end(device, portMAX_DELAY));
            void *memory = spi_bus_dma_memory_alloc(SPI2_HOST, 100, 0);
            printf("%d %d ", memory != NULL, spi_bus_dma_memory_alloc((spi_host_device_t)SPI3_HOST, 8, 0) == NULL);
            free(memory);
            free(data);
            spi_device_handle_t gone = device;
            close_device();
            SHOW(spi_bus_remove_device(gone));
        }
        """
    )
    assert report.findings == ()
    assert out.split() == (
        [
            "102",
            "102",
            "103",
            "103",
            "103",
            "103",
            "102",
            "102",
            "102",
            "102",
            "107",
            "102",
            "102",
            "103",
            "107",
            "1",
            "1",
            "102",
        ]
    )


def test_an_assertion_of_the_driver_is_the_firmwares_end(run: Run) -> None:
    report, _ = run(
        """
        void app_main(void)
        {
            open_device(1);
            spi_device_polling_end(device, portMAX_DELAY);
        }
        """
    )
    assert report.verdict == "failed"
    assert report.failure == "spi_device_polling_end: no polling transaction was started"


@pytest.mark.parametrize("chip", sorted(ONE_BYTE))
def test_a_byte_takes_what_is_published(run: Run, chip: str) -> None:
    """In all four ways, warm, the bus acquired for polling; the machine's own cost of entering a call counts too."""
    _, out = run(
        """
        static int64_t measure(int dma, int polling)
        {
            static WORD_ALIGNED_ATTR uint8_t data[64] __attribute__((aligned(64)));
            open_device(dma);
            spi_transaction_t t = {.length = 8, .tx_buffer = data, .rx_buffer = NULL};
            if (polling)
                ESP_ERROR_CHECK(spi_device_acquire_bus(device, portMAX_DELAY));
            int64_t before = esp_timer_get_time();
            for (int i = 0; i < 100; i++)
                ESP_ERROR_CHECK(polling ? spi_device_polling_transmit(device, &t) : spi_device_transmit(device, &t));
            int64_t after = esp_timer_get_time();
            if (polling)
                spi_device_release_bus(device);
            close_device();
            return after - before;
        }

        void app_main(void)
        {
            for (int way = 0; way < 4; way++)
                printf("%d ", (int)measure(way & 1, way >> 1));
        }
        """.replace("WORD_ALIGNED_ATTR ", ""),
        chip,
    )
    cost = SpiCost(load(chip))
    ways = [("interrupt", False), ("interrupt", True), ("polling", False), ("polling", True)]
    for text, (how, dma) in zip(out.split(), ways, strict=True):
        published = cost.published_ps(how, dma=dma) / 1e6
        assert abs(int(text) / 100 - published) <= 0.1 * published + 1.5, (how, dma)


@pytest.mark.parametrize("release", ["v4.4", "v5.0", "v5.2", "v5.3", "v5.4", "v5.5.3", "v6.0", "v6.1", "master"])
def test_every_release_builds(run: Run, release: str) -> None:
    report, out = run(
        """
        void app_main(void)
        {
            open_device(1);
            spi_transaction_t t = {.flags = SPI_TRANS_USE_TXDATA | SPI_TRANS_USE_RXDATA, .length = 32, .tx_data = {1, 2, 3, 4}};
            ESP_ERROR_CHECK(spi_device_transmit(device, &t));
            printf("%d%d%d%d", t.rx_data[0], t.rx_data[1], t.rx_data[2], t.rx_data[3]);
            close_device();
        }
        """,
        "esp32s3",
        release,
    )
    assert (report.findings, out) == ((), "1234")


POLLED_CALLBACK = """
#include "freertos/semphr.h"
static SemaphoreHandle_t counted;
static void on_done(spi_transaction_t *transaction)
{
    xSemaphoreTake(counted, portMAX_DELAY);
}
void app_main(void)
{
    counted = xSemaphoreCreateBinary();
    if (FREE)
        xSemaphoreGive(counted);
    config.post_cb = on_done;
    open_device(1);
    spi_transaction_t transaction = {.flags = SPI_TRANS_USE_TXDATA, .length = 8, .tx_data = {1}};
    ESP_ERROR_CHECK(spi_device_polling_transmit(device, &transaction));
    printf("over");
    close_device();
    vSemaphoreDelete(counted);
}
"""


@pytest.mark.parametrize(("free", "found"), [("0", ["isr-context"]), ("1", [])])
def test_a_wait_in_the_callback_of_a_polled_transaction(run: Run, free: str, found: list[str]) -> None:
    report, printed = run(POLLED_CALLBACK.replace("FREE", free))
    assert ([one.rule for one in report.findings], printed) == (found, "over")
