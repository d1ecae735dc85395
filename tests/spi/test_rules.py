"""Every rule about SPI in C: the bug is found under its rule, the repaired program is silent."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dmalab.report.finding import Severity
from dmalab.report.run import RunReport

Run = Callable[..., tuple[RunReport, str]]

SLOW = "config.clock_speed_hz = 100000; open_device(1);"
COLLECT = "spi_transaction_t *got; ESP_ERROR_CHECK(spi_device_get_trans_result(device, &got, portMAX_DELAY));"
QUEUE = "ESP_ERROR_CHECK(spi_device_queue_trans(device, &t, portMAX_DELAY));"
BUFFER = "uint8_t *data = heap_caps_calloc(1, 64, MALLOC_CAP_DMA);"
STATIC = "static spi_transaction_t t; t.length = 512; t.tx_buffer = data;"
MANUAL = "SPI_TRANS_DMA_BUFFER_ALIGN_MANUAL"


def main(body: str, before: str = "") -> str:
    """A firmware whose app_main is this."""
    return before + "\nvoid app_main(void)\n{\n" + body + "\n}\n"


CASES: dict[str, tuple[str, str, str]] = {
    "a buffer written in flight": (
        "touched-in-flight",
        main(f"{SLOW} {BUFFER} {STATIC} {QUEUE} data[63] = 1; {COLLECT} free(data); close_device();"),
        main(f"{SLOW} {BUFFER} {STATIC} {QUEUE} {COLLECT} data[63] = 1; free(data); close_device();"),
    ),
    "a receive buffer read in flight": (
        "touched-in-flight",
        main(
            f"{SLOW} {BUFFER} static spi_transaction_t t; t.length = 512; t.rx_buffer = data; {QUEUE}"
            f' printf("%d", data[63]); {COLLECT} free(data); close_device();'
        ),
        main(
            f"{SLOW} {BUFFER} static spi_transaction_t t; t.length = 512; t.rx_buffer = data; {QUEUE} {COLLECT}"
            ' printf("%d", data[63]); free(data); close_device();'
        ),
    ),
    "a transaction changed in flight": (
        "touched-in-flight",
        main(f"{SLOW} {BUFFER} {STATIC} {QUEUE} t.length = 8; {COLLECT} free(data); close_device();"),
        main(f"{SLOW} {BUFFER} {STATIC} {QUEUE} {COLLECT} t.length = 8; free(data); close_device();"),
    ),
    "a buffer freed in flight": (
        "freed-in-flight",
        main(f"{SLOW} {BUFFER} {STATIC} {QUEUE} free(data); {COLLECT} close_device();"),
        main(f"{SLOW} {BUFFER} {STATIC} {QUEUE} {COLLECT} free(data); close_device();"),
    ),
    "a transaction freed in flight": (
        "freed-in-flight",
        main(
            f"{SLOW} {BUFFER} spi_transaction_t *p = calloc(1, sizeof *p); p->length = 512; p->tx_buffer = data;"
            " ESP_ERROR_CHECK(spi_device_queue_trans(device, p, portMAX_DELAY)); free(p);"
            f" {COLLECT} free(data); close_device();"
        ),
        main(
            f"{SLOW} {BUFFER} spi_transaction_t *p = calloc(1, sizeof *p); p->length = 512; p->tx_buffer = data;"
            f" ESP_ERROR_CHECK(spi_device_queue_trans(device, p, portMAX_DELAY)); {COLLECT} free(p);"
            " free(data); close_device();"
        ),
    ),
    "a buffer on a dead stack": (
        "dead-stack",
        main(
            f"{SLOW} send(); {COLLECT} close_device();",
            "static spi_transaction_t t; static void __attribute__((noinline)) send(void) { uint8_t data[64];"
            f" memset(data, 1, 64); t.length = 512; t.tx_buffer = data; {QUEUE} }}",
        ),
        main(
            f"{SLOW} send(); close_device();",
            "static spi_transaction_t t; static void __attribute__((noinline)) send(void) { uint8_t data[64];"
            f" memset(data, 1, 64); t.length = 512; t.tx_buffer = data; {QUEUE} {COLLECT} }}",
        ),
    ),
    "a transaction on a dead stack": (
        "dead-stack",
        main(
            f"{SLOW} {BUFFER} send(data); {COLLECT} free(data); close_device();",
            "static void __attribute__((noinline)) send(uint8_t *data)"
            f" {{ spi_transaction_t t = {{.length = 512, .tx_buffer = data}}; {QUEUE} }}",
        ),
        main(
            f"{SLOW} {BUFFER} send(data); free(data); close_device();",
            "static void __attribute__((noinline)) send(uint8_t *data)"
            f" {{ spi_transaction_t t = {{.length = 512, .tx_buffer = data}}; {QUEUE} {COLLECT} }}",
        ),
    ),
    "a result never collected": (
        "completion-misuse",
        main(f"open_device(1); {BUFFER} {STATIC} {QUEUE} vTaskDelay(2);"),
        main(f"open_device(1); {BUFFER} {STATIC} {QUEUE} vTaskDelay(2); {COLLECT} free(data); close_device();"),
    ),
    "the manual flag and memory out of reach": (
        "unreachable-memory",
        main(
            "open_device(1); uint8_t *data = heap_caps_calloc(1, 64, MALLOC_CAP_SPIRAM);"
            f" spi_transaction_t t = {{.flags = {MANUAL}, .length = 512, .rx_buffer = data}};"
            ' spi_device_transmit(device, &t); printf("%d", data[0]); free(data); close_device();'
        ),
        main(
            "open_device(1); uint8_t *data = heap_caps_calloc(1, 64, MALLOC_CAP_DMA);"
            f" spi_transaction_t t = {{.flags = {MANUAL}, .length = 512, .rx_buffer = data}};"
            ' ESP_ERROR_CHECK(spi_device_transmit(device, &t)); printf("%d", data[0]); free(data); close_device();'
        ),
    ),
    "the manual flag, a source out of reach, and what did not come is read": (
        "unreachable-memory",
        main(
            f"open_device(1); {BUFFER} uint8_t *far = heap_caps_calloc(1, 64, MALLOC_CAP_SPIRAM);"
            f" spi_transaction_t t = {{.flags = {MANUAL}, .length = 512, .tx_buffer = far, .rx_buffer = data}};"
            ' spi_device_transmit(device, &t); printf("%d", data[0]); free(data); free(far); close_device();'
        ),
        main(
            f"open_device(1); {BUFFER} uint8_t *far = heap_caps_calloc(1, 64, MALLOC_CAP_SPIRAM);"
            " spi_transaction_t t = {.length = 512, .tx_buffer = far, .rx_buffer = data};"
            ' ESP_ERROR_CHECK(spi_device_transmit(device, &t)); printf("%d", data[0]);'
            " free(data); free(far); close_device();"
        ),
    ),
    "the manual flag and an odd address": (
        "misaligned-for-engine",
        main(
            f"open_device(1); {BUFFER} spi_transaction_t t = {{.flags = {MANUAL}, .length = 256, .rx_buffer = data + 1}};"
            ' spi_device_transmit(device, &t); printf("%d", data[1]); free(data); close_device();'
        ),
        main(
            f"open_device(1); {BUFFER} spi_transaction_t t = {{.flags = {MANUAL}, .length = 256, .rx_buffer = data}};"
            ' ESP_ERROR_CHECK(spi_device_transmit(device, &t)); printf("%d", data[1]); free(data); close_device();'
        ),
    ),
    "a bus freed while a device is busy": (
        "channel-state",
        main(f"{SLOW} {BUFFER} {STATIC} {QUEUE} spi_bus_free(SPI2_HOST); {COLLECT} free(data); close_device();"),
        main(f"{SLOW} {BUFFER} {STATIC} {QUEUE} {COLLECT} free(data); close_device();"),
    ),
    "a device removed while busy": (
        "channel-state",
        main(f"{SLOW} {BUFFER} {STATIC} {QUEUE} spi_bus_remove_device(device); {COLLECT} free(data); close_device();"),
        main(f"{SLOW} {BUFFER} {STATIC} {QUEUE} {COLLECT} free(data); close_device();"),
    ),
    "a delay in a callback": (
        "isr-context",
        main(
            f"config.post_cb = done; open_device(1); {BUFFER} {STATIC} ESP_ERROR_CHECK(spi_device_transmit(device, &t));"
            " free(data); close_device();",
            "static void done(spi_transaction_t *t) { vTaskDelay(1); }",
        ),
        main(
            f"config.post_cb = done; open_device(1); {BUFFER} {STATIC} ESP_ERROR_CHECK(spi_device_transmit(device, &t));"
            " free(data); close_device();",
            "static volatile int count; static void done(spi_transaction_t *t) { count++; }",
        ),
    ),
}
ALSO: dict[str, set[str]] = {
    "a transaction on a dead stack": {"touched-in-flight"},
    "a result never collected": {"leak"},
}
"""What else is wrong with some of the bugs."""


ON_CHIPS = [
    (case, chip) for case in CASES for chip in ("esp32c3", "esp32s3") if chip == "esp32s3" or "reach" not in case
]
"""What memory is out of reach needs PSRAM."""


@pytest.mark.parametrize(("case", "chip"), ON_CHIPS)
def test_the_bug_is_found_and_the_twin_is_silent(run: Run, case: str, chip: str) -> None:
    rule, bug, fixed = CASES[case]
    report, _ = run(bug, chip)
    serious = {one.rule for one in report.findings if one.severity is not Severity.INFO}
    assert rule in serious <= {rule} | ALSO.get(case, set())
    silent, _ = run(fixed, chip)
    assert (silent.verdict, silent.findings) == ("clean", ())


def test_a_source_out_of_reach_is_to_be_replaced_by_as_much(run: Run) -> None:
    report, _ = run(CASES["the manual flag, a source out of reach, and what did not come is read"][1])
    (finding,) = report.findings
    assert "heap_caps_malloc(64, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA)" in finding.fix


def test_data_inside_the_transaction_has_a_whole_word(run: Run) -> None:
    """ESP32 writes four bytes for two, and there is room for four."""
    code = main(
        "open_device(1); spi_transaction_t t = {.flags = SPI_TRANS_USE_RXDATA | SPI_TRANS_USE_TXDATA, .length = 16};"
        " ESP_ERROR_CHECK(spi_device_polling_transmit(device, &t)); close_device();"
    )
    report, _ = run(code, "esp32")
    assert report.findings == ()


@pytest.mark.parametrize(("size", "found"), [(5, ["misaligned-for-engine"]), (8, [])])
def test_esp32_receives_whole_words(run: Run, size: int, found: list[str]) -> None:
    code = main(
        f"open_device(1); struct {{ uint8_t id[{size}], rest[3]; }} state __attribute__((aligned(4))) = {{0}};"
        f" spi_transaction_t t = {{.length = {size} * 8, .rx_buffer = state.id}};"
        ' ESP_ERROR_CHECK(spi_device_transmit(device, &t)); printf("%d", state.rest[0]); close_device();'
    )
    report, _ = run(code, "esp32")
    assert [one.rule for one in report.findings if one.severity is not Severity.INFO] == found
