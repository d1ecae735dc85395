"""Every error code that C callers can meet in idf-api §1 to §6, and in which order: one list per section, asked in one firmware.

What needs a running copy, a full backlog or an exhausted heap is asserted by the tests of each driver; here are the arguments.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dmalab.report.run import RunReport

from .test_firmware import EVERY_HEADER

Run = Callable[..., tuple[RunReport, str]]

OK, FAIL, NO_MEM, ARG, STATE = "ESP_OK", "ESP_FAIL", "ESP_ERR_NO_MEM", "ESP_ERR_INVALID_ARG", "ESP_ERR_INVALID_STATE"
SIZE, ABSENT, UNSUPPORTED = "ESP_ERR_INVALID_SIZE", "ESP_ERR_NOT_FOUND", "ESP_ERR_NOT_SUPPORTED"


def ask(run_c: Run, given: str, questions: list[tuple[str, str]], **more: object) -> None:
    """Evaluate the expressions in a firmware, after the statements `given`; all codes must be as listed."""
    asked = "\n".join(f'printf("%s\\n", esp_err_to_name({expression}));' for expression, _ in questions)
    text = EVERY_HEADER + f"\nvoid app_main(void)\n{{\n{given}\n{asked}\n}}\n"
    _, out = run_c(text, **more)
    found = list(zip((expression for expression, _ in questions), out.split(), strict=True))
    assert found == questions


MEMCPY = """
    async_memcpy_config_t c = ASYNC_MEMCPY_DEFAULT_CONFIG(), odd = c;
    async_memcpy_handle_t h = (async_memcpy_handle_t)7, mcp = NULL;
    ESP_ERROR_CHECK(esp_async_memcpy_install(&c, &mcp));
    static uint8_t a[64] __attribute__((aligned(64))), b[64] __attribute__((aligned(64)));
    (void)odd; (void)h;
"""


@pytest.mark.parametrize("release", ["v5.2", "v5.3", "v5.5", "v6.1"])
def test_installing_and_asking(run_c: Run, release: str) -> None:
    """§1.3 rows 1 and 9, §1.4, §1.6 and §1.8 from v5.2 on: the caller's handle is left alone, zeros are refused, NULL is no driver."""
    burst = [("(odd.dma_burst_size = 24, esp_async_memcpy_install(&odd, &h))", ARG)] if release != "v5.2" else []
    ask(
        run_c,
        MEMCPY,
        [
            ("esp_async_memcpy_install(NULL, &h)", ARG),
            ("esp_async_memcpy_install(&c, NULL)", ARG),
            *burst,
            ("h == (async_memcpy_handle_t)7 ? ESP_OK : ESP_FAIL", OK),
            ("esp_async_memcpy(NULL, b, a, 64, NULL, NULL)", ARG),
            ("esp_async_memcpy(mcp, NULL, a, 64, NULL, NULL)", ARG),
            ("esp_async_memcpy(mcp, b, NULL, 64, NULL, NULL)", ARG),
            ("esp_async_memcpy(mcp, b, a, 0, NULL, NULL)", ARG),
            ("esp_memcpy_blocking(NULL, b, a, 64, -1)", ARG),
            ("esp_memcpy_blocking(mcp, NULL, a, 64, -1)", ARG),
            ("esp_memcpy_blocking(mcp, b, a, 64, 100)", ARG),
            ("esp_memcpy_blocking(mcp, b, a, 64, -1)", OK),
            ("esp_async_memcpy_uninstall(NULL)", ARG),
            ("esp_async_memcpy_uninstall(mcp)", OK),
            ("esp_async_memcpy_uninstall(mcp)", ARG),
        ],
        idf=release,
    )


@pytest.mark.parametrize("release", ["v4.4", "v5.1"])
def test_installing_in_the_first_generation(run_c: Run, release: str) -> None:
    """§1.3 and §1.4, generation A: a failure clears the caller's handle; a size of 0 is taken; the ring limits a request."""
    ask(
        run_c,
        MEMCPY,
        [
            ("esp_async_memcpy_install(NULL, &h)", ARG),
            ("h == NULL ? ESP_OK : ESP_FAIL", OK),
            ("esp_async_memcpy_install(&c, NULL)", ARG),
            ("esp_async_memcpy(NULL, b, a, 64, NULL, NULL)", ARG),
            ("esp_async_memcpy(mcp, b, a, 4095 * 8 + 1, NULL, NULL)", ARG),
            ("esp_async_memcpy(mcp, b, a, 0, NULL, NULL)", OK),
            ("esp_async_memcpy_uninstall(NULL)", ARG),
            ("esp_async_memcpy_uninstall(mcp)", OK),
        ],
        idf=release,
    )


def test_a_blocking_copy_in_an_interrupt_looks_at_its_arguments_first(run_c: Run) -> None:
    """§1.8: zeros, then where it is called, then the time-out."""
    text = (
        EVERY_HEADER
        + """
#include "freertos/task.h"
static esp_err_t zeros, plain, timeout;
static uint8_t a[64], b[64];
static bool in_interrupt(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *arg)
{
    zeros = esp_memcpy_blocking(mcp, NULL, a, 64, 100);
    timeout = esp_memcpy_blocking(mcp, b, a, 64, 100);
    plain = esp_memcpy_blocking(mcp, b, a, 64, -1);
    return false;
}
void app_main(void)
{
    async_memcpy_config_t c = ASYNC_MEMCPY_DEFAULT_CONFIG();
    async_memcpy_handle_t mcp;
    ESP_ERROR_CHECK(esp_async_memcpy_install(&c, &mcp));
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, b, a, 64, in_interrupt, NULL));
    vTaskDelay(1);
    printf("%s %s %s\\n", esp_err_to_name(zeros), esp_err_to_name(timeout), esp_err_to_name(plain));
    ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
}
"""
    )
    _, out = run_c(text)
    assert out.split() == [ARG, STATE, STATE]


def test_events_of_the_copy_driver(run_c: Run) -> None:
    """§1.9: NULL is INVALID_ARG; only the end of a copy is an event."""
    ask(
        run_c,
        MEMCPY + "esp_etm_event_handle_t e;",
        [
            ("esp_async_memcpy_new_etm_event(NULL, ASYNC_MEMCPY_ETM_EVENT_COPY_DONE, &e)", ARG),
            ("esp_async_memcpy_new_etm_event(mcp, ASYNC_MEMCPY_ETM_EVENT_COPY_DONE, NULL)", ARG),
            ("esp_async_memcpy_new_etm_event(mcp, 1, &e)", UNSUPPORTED),
            ("esp_async_memcpy_new_etm_event(mcp, ASYNC_MEMCPY_ETM_EVENT_COPY_DONE, &e)", OK),
            ("esp_etm_del_event(e)", OK),
            ("esp_async_memcpy_uninstall(mcp)", OK),
        ],
        chip="esp32c6",
    )


CHANNELS = """
    gdma_channel_alloc_config_t c = {0};
    gdma_channel_handle_t tx = NULL, rx = NULL;
    int number, group; uint32_t mask; size_t align;
    gdma_strategy_config_t s = {0};
    gdma_trigger_t spi = GDMA_MAKE_TRIGGER(GDMA_TRIG_PERIPH_SPI, 2), wrong = {.bus_id = 1, .instance_id = 3};
    gdma_tx_event_callbacks_t tcbs = {0}; gdma_rx_event_callbacks_t rcbs = {0};
    gdma_etm_event_config_t ee = {.event_type = GDMA_ETM_EVENT_EOF}, xe = {.event_type = 9};
    gdma_etm_task_config_t tt = {.task_type = GDMA_ETM_TASK_START}, xt = {.task_type = 9};
    esp_etm_event_handle_t e; esp_etm_task_handle_t t;
    (void)c; (void)group;
"""
SETTINGS = [
    ("gdma_get_channel_id(NULL, &number)", ARG),
    ("gdma_get_channel_id(tx, NULL)", ARG),
    ("gdma_get_channel_id(tx, &number)", OK),
    ("gdma_get_group_channel_id(NULL, &group, &number)", ARG),
    ("gdma_get_group_channel_id(tx, NULL, NULL)", OK),
    # §2.2
    ("gdma_disconnect(NULL)", ARG),
    ("gdma_disconnect(tx)", STATE),
    ("gdma_connect(NULL, spi)", ARG),
    ("gdma_connect(tx, wrong)", ARG),
    ("gdma_connect(tx, spi)", OK),
    ("gdma_connect(tx, wrong)", STATE),
    ("gdma_disconnect(tx)", OK),
    ("gdma_get_free_m2m_trig_id_mask(NULL, &mask)", ARG),
    ("gdma_get_free_m2m_trig_id_mask(tx, NULL)", ARG),
    ("gdma_get_free_m2m_trig_id_mask(tx, &mask)", OK),
    # §2.3
    ("gdma_apply_strategy(NULL, &s)", ARG),
    ("gdma_apply_strategy(tx, NULL)", ARG),
    ("gdma_apply_strategy(tx, &s)", OK),
    ("gdma_set_priority(NULL, 1)", ARG),
    ("gdma_set_priority(tx, 6)", ARG),
    ("gdma_set_priority(tx, 5)", OK),
    # §2.5
    ("gdma_config_transfer(NULL, &(gdma_transfer_config_t){0})", ARG),
    ("gdma_config_transfer(tx, NULL)", ARG),
    ("gdma_config_transfer(tx, &(gdma_transfer_config_t){.max_data_burst_size = 24})", ARG),
    ("gdma_config_transfer(tx, &(gdma_transfer_config_t){.max_data_burst_size = 16})", OK),
    ("gdma_get_alignment_constraints(NULL, &align, &align)", ARG),
    ("gdma_get_alignment_constraints(tx, NULL, NULL)", OK),
    # §2.6
    ("gdma_start(NULL, 0x40000000)", ARG),
    ("gdma_stop(NULL)", ARG),
    ("gdma_append(NULL)", ARG),
    ("gdma_reset(NULL)", ARG),
    ("gdma_reset(tx)", OK),
    # §2.7
    ("gdma_register_tx_event_callbacks(NULL, &tcbs, NULL)", ARG),
    ("gdma_register_tx_event_callbacks(tx, NULL, NULL)", ARG),
    ("gdma_register_rx_event_callbacks(tx, &rcbs, NULL)", ARG),
    ("gdma_register_tx_event_callbacks(rx, &tcbs, NULL)", ARG),
    ("gdma_register_tx_event_callbacks(tx, &tcbs, NULL)", OK),
    # §2.8
    ("gdma_new_etm_event(NULL, &ee, &e)", ARG),
    ("gdma_new_etm_event(tx, NULL, &e)", ARG),
    ("gdma_new_etm_event(tx, &ee, NULL)", ARG),
    ("gdma_new_etm_event(tx, &xe, &e)", ARG),
    ("gdma_new_etm_event(tx, &ee, &e)", OK),
    ("gdma_new_etm_task(NULL, &tt, &t)", ARG),
    ("gdma_new_etm_task(tx, NULL, &t)", ARG),
    ("gdma_new_etm_task(tx, &tt, NULL)", ARG),
    ("gdma_new_etm_task(tx, &xt, &t)", ARG),
    ("gdma_new_etm_task(tx, &tt, &t)", OK),
    ("gdma_start(tx, 0x40000000)", STATE),
    ("gdma_stop(tx)", STATE),
    ("esp_etm_del_task(t)", OK),
    ("esp_etm_del_event(e)", OK),
    ("gdma_stop(tx)", OK),
    ("gdma_del_channel(NULL)", ARG),
    ("gdma_del_channel(tx)", OK),
    ("gdma_del_channel(rx)", OK),
]


@pytest.mark.parametrize("chip", ["esp32c6", "esp32p4"])
def test_channels_up_to_v5_5(run_c: Run, chip: str) -> None:
    """§2.1 to §2.8 with one direction per call. On esp32p4 SPI listens to the other bus, so its id is none of these channels'."""
    allocation = [
        ("gdma_new_ahb_channel(NULL, &tx)", ARG),
        ("gdma_new_ahb_channel(&c, NULL)", ARG),
        ("(c.direction = GDMA_CHANNEL_DIRECTION_TX, c.flags.reserve_sibling = 1, gdma_new_ahb_channel(&c, &tx))", OK),
        ("(c.sibling_chan = tx, gdma_new_ahb_channel(&c, &rx))", ARG),
        ("(c.direction = GDMA_CHANNEL_DIRECTION_RX, c.flags.reserve_sibling = 0, gdma_new_ahb_channel(&c, &rx))", OK),
        ("gdma_set_transfer_ability(NULL, &(gdma_transfer_ability_t){0})", ARG),
        ("gdma_set_transfer_ability(tx, NULL)", ARG),
        ("gdma_set_transfer_ability(tx, &(gdma_transfer_ability_t){.sram_trans_align = 3})", ARG),
        ("gdma_set_transfer_ability(tx, &(gdma_transfer_ability_t){.psram_trans_align = 128})", ARG),
        ("gdma_set_transfer_ability(tx, &(gdma_transfer_ability_t){.sram_trans_align = 4})", OK),
    ]
    given = (
        CHANNELS
        if chip != "esp32p4"
        else CHANNELS.replace(
            "GDMA_MAKE_TRIGGER(GDMA_TRIG_PERIPH_SPI, 2)", "GDMA_MAKE_TRIGGER(GDMA_TRIG_PERIPH_UHCI, 0)"
        )
    )
    ask(run_c, given, allocation + SETTINGS, chip=chip, idf="v5.5")


def test_channels_from_v6_0_on(run_c: Run) -> None:
    """§2.1 to §2.8 with two pointers; weights; priorities of the interrupt (v6.1)."""
    allocation = [
        ("gdma_new_ahb_channel(NULL, &tx, &rx)", ARG),
        ("gdma_new_ahb_channel(&c, NULL, NULL)", ARG),
        ("(c.intr_priority = 4, gdma_new_ahb_channel(&c, &tx, &rx))", ARG),
        ("(c.intr_priority = -1, gdma_new_ahb_channel(&c, &tx, &rx))", ARG),
        ("(c.intr_priority = 0, gdma_new_ahb_channel(&c, &tx, &rx))", OK),
        ("gdma_set_weight(NULL, 1)", ARG),
        ("gdma_set_weight(tx, 16)", ARG),
        ("gdma_set_weight(tx, 15)", OK),
        ("gdma_request_link_switch_event(NULL)", ARG),
        ("gdma_request_link_switch_event(rx)", ARG),
        ("gdma_request_link_switch_event(tx)", STATE),
    ]
    ask(run_c, CHANNELS, allocation + SETTINGS, chip="esp32c5", idf="v6.1")


LISTS = """
    gdma_link_list_config_t c = {.num_items = 4, .item_alignment = 4};
    gdma_link_list_handle_t l = NULL;
    static uint8_t a[64] __attribute__((aligned(64)));
    gdma_buffer_mount_config_t m = {.buffer = a, .length = 64}, big = {.buffer = a, .length = 5 * 4095};
    int end; gdma_lli_owner_t owner;
"""


@pytest.mark.parametrize("release", ["v5.4", "v5.5", "v6.1"])
def test_lists(run_c: Run, release: str) -> None:
    """§2.9: nothing, NULL, too little room, items beyond the list."""
    beyond = OK if release != "v5.4" else ARG
    nothing = OK if release == "v6.1" else ARG
    newer = (
        [("gdma_link_set_length(NULL, 0, 5)", ARG), ("gdma_link_set_length(l, 0, 5)", OK)] if release == "v6.1" else []
    )
    ask(
        run_c,
        LISTS,
        [
            ("gdma_new_link_list(NULL, &l)", ARG),
            ("gdma_new_link_list(&c, NULL)", ARG),
            ("gdma_new_link_list(&(gdma_link_list_config_t){0}, &l)", ARG),
            ("(c.flags.items_in_ext_mem = 1, gdma_new_link_list(&c, &l))", UNSUPPORTED),
            ("(c.flags.items_in_ext_mem = 0, gdma_new_link_list(&c, &l))", OK),
            ("gdma_link_mount_buffers(NULL, 0, &m, 1, &end)", ARG),
            ("gdma_link_mount_buffers(l, 0, NULL, 1, &end)", ARG),
            ("gdma_link_mount_buffers(l, 0, &m, 0, &end)", ARG),
            ("gdma_link_mount_buffers(l, 0, &big, 1, &end)", ARG),
            ("gdma_link_mount_buffers(l, 4, &m, 1, &end)", beyond),
            ("gdma_link_mount_buffers(l, 0, &m, 1, NULL)", OK),
            ("gdma_link_concat(NULL, 0, l, 0)", ARG),
            ("gdma_link_concat(l, 0, NULL, 0)", nothing),
            ("gdma_link_set_owner(NULL, 0, GDMA_LLI_OWNER_CPU)", ARG),
            ("gdma_link_set_owner(l, 4, GDMA_LLI_OWNER_CPU)", beyond),
            ("gdma_link_get_owner(NULL, 0, &owner)", ARG),
            ("gdma_link_get_owner(l, 0, NULL)", ARG),
            ("gdma_link_get_owner(l, 0, &owner)", OK),
            *newer,
            ("gdma_link_get_head_addr(NULL) ? ESP_FAIL : ESP_OK", OK),
            ("gdma_link_count_buffer_size_till_eof(NULL, 0) ? ESP_FAIL : ESP_OK", OK),
            ("gdma_del_link_list(NULL)", ARG),
            ("gdma_del_link_list(l)", OK),
        ],
        idf=release,
    )


def test_memory_for_engines(run_c: Run) -> None:
    """§4.4 and §5.1 to §5.4: pointers, products, capabilities without a place, alignments that are none."""
    ask(
        run_c,
        """
    void *p = NULL; size_t n; dma_buffer_split_array_t parts; uint8_t *stash = NULL; static uint8_t a[256];
    uint8_t *far = heap_caps_aligned_alloc(64, 256, MALLOC_CAP_SPIRAM);
    esp_dma_mem_info_t info = {.dma_alignment_bytes = 4};
""",
        [
            ("esp_cache_get_alignment(MALLOC_CAP_SPIRAM, NULL)", ARG),
            ("esp_cache_get_alignment(MALLOC_CAP_SPIRAM, &n)", OK),
            ("esp_cache_aligned_malloc(8, MALLOC_CAP_DMA, NULL, &n)", ARG),
            ("esp_cache_aligned_malloc(8, MALLOC_CAP_8BIT, &p, &n)", ARG),
            ("esp_cache_aligned_malloc(64 << 20, MALLOC_CAP_DMA, &p, &n)", NO_MEM),
            ("esp_cache_aligned_calloc(0x80000000u, 2, MALLOC_CAP_DMA, &p, &n)", ARG),
            ("esp_dma_malloc(8, 0, NULL, &n)", ARG),
            ("esp_dma_calloc(0x80000000u, 2, 0, &p, &n)", ARG),
            ("esp_dma_capable_malloc(8, NULL, &p, &n)", ARG),
            ("esp_dma_capable_malloc(8, &info, NULL, &n)", ARG),
            ("esp_dma_capable_malloc(0, &info, &p, &n)", NO_MEM),
            ("esp_dma_capable_malloc(8, &(esp_dma_mem_info_t){.dma_alignment_bytes = 12}, &p, &n)", NO_MEM),
            ("esp_dma_capable_calloc(0x80000000u, 2, &info, &p, &n)", ARG),
            ("esp_dma_split_rx_buffer_to_cache_aligned(NULL, 64, &parts, &stash)", ARG),
            ("esp_dma_split_rx_buffer_to_cache_aligned(a, 0, &parts, &stash)", ARG),
            ("esp_dma_split_rx_buffer_to_cache_aligned(a, 64, NULL, &stash)", ARG),
            ("esp_dma_split_rx_buffer_to_cache_aligned(far + 3, 100, &parts, &stash)", OK),
            ("esp_dma_merge_aligned_rx_buffers(NULL)", ARG),
            ("esp_dma_merge_aligned_rx_buffers(&parts)", OK),
            ("esp_dma_calculate_node_count(64, 3, 4095) ? ESP_FAIL : ESP_OK", OK),
            ("(free(stash), free(far), ESP_OK)", OK),
        ],
    )


MATRIX = """
    esp_etm_channel_config_t c = {0}; esp_etm_channel_handle_t ch;
    gpio_etm_event_config_t ec = {.edges = {GPIO_ETM_EVENT_EDGE_POS}}, none = {0}, twice = {.edges = {GPIO_ETM_EVENT_EDGE_POS, GPIO_ETM_EVENT_EDGE_POS}};
    gpio_etm_task_config_t tc = {.actions = {GPIO_ETM_TASK_ACTION_SET}};
    esp_etm_event_handle_t e, other = (void *)1; esp_etm_task_handle_t t;
    gptimer_config_t gc = {.resolution_hz = 1000000, .direction = GPTIMER_COUNT_UP}; gptimer_handle_t timer;
    ESP_ERROR_CHECK(gptimer_new_timer(&gc, &timer));
    gptimer_etm_event_config_t ge = {.event_type = GPTIMER_ETM_EVENT_ALARM_MATCH}, gx = {.event_type = 9};
    gptimer_etm_task_config_t gt = {.task_type = GPTIMER_ETM_TASK_CAPTURE}, gy = {.task_type = 9};
"""


def test_the_matrix(run_c: Run) -> None:
    """§6.1 and §6.2 from v5.3 on: NULL, states, edges, bound pins, deletes in the wrong order."""
    ask(
        run_c,
        MATRIX,
        [
            ("esp_etm_new_channel(NULL, &ch)", ARG),
            ("esp_etm_new_channel(&c, NULL)", ARG),
            ("esp_etm_new_channel(&c, &ch)", OK),
            ("esp_etm_channel_enable(NULL)", ARG),
            ("esp_etm_channel_disable(NULL)", ARG),
            ("esp_etm_channel_disable(ch)", STATE),
            ("esp_etm_channel_connect(NULL, NULL, NULL)", ARG),
            ("esp_etm_channel_connect(ch, NULL, NULL)", OK),
            ("esp_etm_channel_enable(ch)", OK),
            ("esp_etm_channel_enable(ch)", STATE),
            ("esp_etm_del_channel(ch)", STATE),
            ("gpio_new_etm_event(NULL, &e, NULL)", ARG),
            ("gpio_new_etm_event(&ec, NULL, NULL)", ARG),
            ("gpio_new_etm_event(&none, &e, NULL)", ARG),
            ("gpio_new_etm_event(&twice, &e, &other, NULL)", ARG),
            ("gpio_new_etm_event(&ec, &e, NULL)", OK),
            ("gpio_etm_event_bind_gpio(NULL, 0)", ARG),
            ("gpio_etm_event_bind_gpio(e, 99)", ARG),
            ("gpio_etm_event_bind_gpio(e, 0)", OK),
            ("gpio_etm_event_bind_gpio(e, 2)", ARG),
            ("gpio_new_etm_task(NULL, &t, NULL)", ARG),
            ("gpio_new_etm_task(&tc, &t, NULL)", OK),
            ("gpio_etm_task_add_gpio(NULL, 1)", ARG),
            ("gpio_etm_task_add_gpio(t, 99)", ARG),
            ("gpio_etm_task_add_gpio(t, 1)", OK),
            ("gpio_etm_task_rm_gpio(t, 10)", ARG),
            ("esp_etm_del_task(NULL)", ARG),
            ("esp_etm_del_task(t)", STATE),
            ("gpio_etm_task_rm_gpio(t, 1)", OK),
            ("esp_etm_del_task(t)", OK),
            ("esp_etm_del_event(NULL)", ARG),
            ("esp_etm_del_event(e)", OK),
            ("gptimer_new_etm_event(NULL, &ge, &e)", ARG),
            ("gptimer_new_etm_event(timer, NULL, &e)", ARG),
            ("gptimer_new_etm_event(timer, &ge, NULL)", ARG),
            ("gptimer_new_etm_event(timer, &gx, &e)", ARG),
            ("gptimer_new_etm_event(timer, &ge, &e)", OK),
            ("gpio_etm_event_bind_gpio(e, 0)", ARG),
            ("gptimer_new_etm_task(timer, &gy, &t)", ARG),
            ("gptimer_new_etm_task(timer, &gt, &t)", OK),
            ("gpio_etm_task_add_gpio(t, 1)", ARG),
            ("esp_etm_del_task(t)", OK),
            ("esp_etm_del_event(e)", OK),
            ("esp_timer_new_etm_alarm_event(NULL)", ARG),
            ("esp_systick_new_etm_alarm_event(0, NULL)", ARG),
            ("esp_systick_new_etm_alarm_event(9, &e)", ARG),
            ("esp_etm_dump(NULL)", ARG),
            ("esp_etm_channel_disable(ch)", OK),
            ("esp_etm_del_channel(NULL)", ARG),
            ("esp_etm_del_channel(ch)", OK),
            ("gptimer_del_timer(timer)", OK),
        ],
        chip="esp32c6",
    )
