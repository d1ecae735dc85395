"""The pytest plugin, seen from a user's project."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

STALE = """
async def stale(machine):
    buffer = machine.heap.alloc(256, caps=idf.MALLOC_CAP_SPIRAM | idf.MALLOC_CAP_DMA)
    target = machine.heap.alloc(256, caps=idf.MALLOC_CAP_INTERNAL | idf.MALLOC_CAP_DMA)
    done = machine.semaphore()
    with idf.AsyncMemcpy.install(machine, engine=ENGINE[machine.chip.name]) as mcp:
        mcp.memcpy(target, buffer, 256, callback=lambda event: done.give_from_isr())
        buffer.write(b"x" * 256)
        await done.take()
"""

PRELUDE = (
    """
import pytest
from dmalab import idf
ENGINE = {"esp32s3": None, "esp32p4": "axi_gdma"}
"""
    + STALE
)


def test_the_entry_point_leads_here():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["entry-points"]["pytest11"] == {"dmalab": "dmalab.pytest_plugin"}


def test_projects_that_only_have_it_installed_pay_nothing(run_pytest):
    outcome = run_pytest(
        test_a_py="""
import sys

def test_nothing_was_loaded():
    heavy = {"numpy", "msgspec", "elftools", "rich", "dmalab.machine", "dmalab.chips"}
    assert heavy & set(sys.modules) == set()
"""
    )
    assert outcome.counts == {"passed": 1}, outcome.out


def test_clean_tests_pass_on_every_chip(run_pytest):
    outcome = run_pytest(
        "-vv",
        test_a_py=PRELUDE
        + """
@pytest.mark.chips("esp32s3", "esp32p4")
async def test_time_is_virtual(machine):
    await machine.sleep_us(2_000_000)
    assert machine.now_us >= 2_000_000

def test_default_chip(machine):
    async def main(machine):
        await machine.cpu.spend(us=3)
    assert machine.run(main).chip == machine.chip.name == "esp32s3"

def test_machine_without_a_run(machine):
    buffer = machine.heap.alloc(32)
    buffer.write(bytes(32))
    buffer.free()

@pytest.mark.chips("esp32p4", policy="eager", seed=7, idf="v5.4", psram="4M")
def test_settings(machine):
    assert (machine.policy, machine.seed, machine.idf) == ("eager", 7, "v5.4")
    assert [r.size for r in machine.chip.regions if r.kind.value == "psram"] == [4 << 20]

@pytest.mark.chips(api="zephyr")
def test_zephyr(machine):
    assert (machine.api, machine.chip.name) == ("zephyr", "mcu-m7")

@pytest.mark.chips("esp32s3")
def test_plain_tests_may_have_the_marker():
    pass
""",
    )
    assert outcome.counts == {"passed": 7}, outcome.out
    assert "test_a.py::test_time_is_virtual[esp32s3] PASSED" in outcome.out
    assert "test_a.py::test_time_is_virtual[esp32p4] PASSED" in outcome.out


def test_findings_fail_a_test_with_the_report_as_its_text(run_pytest):
    outcome = run_pytest(
        test_a_py=PRELUDE
        + """
@pytest.mark.chips("esp32p4")
async def test_async(machine):
    await stale(machine)

def test_sync(machine):
    machine.run(stale)

async def test_own_failure(machine):
    await stale(machine)
    assert machine.now_us < 0

async def test_twin(machine):
    await machine.sleep_us(1)
"""
    )
    assert outcome.counts == {"failed": 3, "passed": 1}, outcome.out
    text = outcome.lines("test_async[esp32p4]").splitlines()
    assert text[0] == "error: touched-in-flight (certain) on esp32p4"
    assert "error: stale-dma-read (certain) on esp32p4" in text
    assert any(line.startswith("  stored   test_a.py:12 stale ") for line in text)
    assert not any("Traceback" in line or "src/dmalab" in line for line in text)
    assert "error: touched-in-flight (certain) on esp32s3" in outcome.lines("test_sync")
    own = outcome.lines("test_own_failure")
    assert "assert machine.now_us < 0" in own
    assert "pytest_plugin.py" not in own  # the traceback begins at the test
    assert "dmalab call" in own
    assert "error: stale-dma-read (certain) on esp32s3" in own


def test_a_finding_can_be_expected(run_pytest):
    outcome = run_pytest(
        test_a_py=PRELUDE
        + """
async def test_all_expected(machine, expect_finding):
    touched = expect_finding("touched-in-flight", at="test_a.py:12")
    expect_finding("stale-dma-read")
    await stale(machine)

async def test_one_of_two(machine, expect_finding):
    expect_finding("stale-dma-read")
    await stale(machine)

async def test_missing(machine, expect_finding):
    expect_finding("stale-cpu-read")
    await machine.sleep_us(1)

async def test_elsewhere(machine, expect_finding):
    expect_finding("stale-dma-read", at="test_a.py:1")
    expect_finding("touched-in-flight", at="test_a.py")
    await stale(machine)

async def test_unknown(machine, expect_finding):
    expect_finding("stale-read")
"""
    )
    assert outcome.counts == {"failed": 4, "passed": 1}, outcome.out
    two = outcome.lines("test_one_of_two")
    assert two.splitlines()[0] == "error: touched-in-flight (certain) on esp32s3"
    assert "stale-dma-read" not in two
    assert outcome.lines("test_missing").splitlines() == [
        "expected stale-cpu-read, which was not found",
        "",
        "esp32s3: 0 errors, 0 warnings, 0 notes in 1.0 us of chip time",
    ]
    elsewhere = outcome.lines("test_elsewhere").splitlines()
    assert elsewhere[0] == "expected stale-dma-read at test_a.py:1, which was not found"
    assert "error: stale-dma-read (certain) on esp32s3" in elsewhere
    assert "no rule is called 'stale-read'; see dmalab rules" in outcome.lines("test_unknown")


DRIVER = """
#include <string.h>
#include "esp_async_memcpy.h"
#include "esp_heap_caps.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
void copy(void *to, const void *from, size_t size, SemaphoreHandle_t done, async_memcpy_isr_cb_t cb, async_memcpy_handle_t mcp)
{
    ESP_ERROR_CHECK(esp_async_memcpy(mcp, to, (void *)from, size, cb, done));
}
"""

MAIN = """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "esp_async_memcpy.h"
#include "esp_heap_caps.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
void copy(void *to, const void *from, size_t size, SemaphoreHandle_t done, async_memcpy_isr_cb_t cb, async_memcpy_handle_t mcp);
static bool given(async_memcpy_handle_t mcp, async_memcpy_event_t *event, void *done)
{
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR((SemaphoreHandle_t)done, &woken);
    return woken == pdTRUE;
}
void app_main(void)
{
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    async_memcpy_handle_t mcp = NULL;
    ESP_ERROR_CHECK(esp_async_memcpy_install(&config, &mcp));
    SemaphoreHandle_t done = xSemaphoreCreateBinary();
    uint8_t *from = heap_caps_malloc(128, MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL);
    uint8_t *to = heap_caps_malloc(128, MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL);
    memset(from, 7, 128);
    copy(to, from, 128, done, given, mcp);
#ifdef HASTY
    from[0] = 8;
#endif
    xSemaphoreTake(done, portMAX_DELAY);
    printf("sum=%d\\n", to[0] + to[127]);
    free(from);
    free(to);
    vSemaphoreDelete(done);
    esp_async_memcpy_uninstall(mcp);
#ifdef ABORTS
    abort();
#endif
}
"""


def test_firmware_runs_from_the_test(run_pytest):
    outcome = run_pytest(
        drv_c=DRIVER,
        main_c=MAIN,
        broken_c="int app_main(void) { return undeclared_thing; }\n",
        test_a_py="""
import pytest

@pytest.mark.chips("esp32s3", "esp32p4")
def test_copies(firmware):
    run = firmware("drv.c", "main.c")
    assert run.out == "sum=14\\n"
    assert run.report.stats["transfers"] == 1

def test_hasty(firmware):
    firmware("drv.c", "main.c", defines={"HASTY": 1})

def test_hasty_on_purpose(firmware, expect_finding):
    expected = expect_finding("touched-in-flight", at="main.c:27")
    run = firmware("drv.c", "main.c", defines=["HASTY"])
    assert [finding.rule for finding in run.findings] == [expected.rule]

def test_aborts(firmware):
    firmware("drv.c", "main.c", defines=["ABORTS"])

def test_broken(firmware):
    firmware("broken.c")

def test_absent(firmware):
    firmware("absent.c")
""",
    )
    assert outcome.counts == {"failed": 4, "passed": 3}, outcome.out
    assert outcome.lines("test_hasty").splitlines()[0] == "error: touched-in-flight (certain) on esp32s3"
    assert "guest-fault" in outcome.lines("test_aborts")
    assert "undeclared_thing" in outcome.lines("test_broken")
    assert "no such file: " in outcome.lines("test_absent")
    assert "pytest_plugin.py" not in outcome.out


def test_mistakes_in_markers_are_told(run_pytest):
    outcome = run_pytest(
        test_name_py="import pytest\n@pytest.mark.chips('esp32x9')\ndef test_a(machine): pass\n",
        test_setting_py="import pytest\n@pytest.mark.chips(polizy='lazy')\ndef test_a(machine): pass\n",
        test_policy_py="import pytest\n@pytest.mark.chips(policy='lazyer')\ndef test_a(machine): pass\n",
        test_psram_py="import pytest\n@pytest.mark.chips(psram='many')\ndef test_a(machine): pass\n",
        test_idf_py="import pytest\n@pytest.mark.chips(idf='v3')\ndef test_a(machine): pass\n",
    )
    assert outcome.status == 2 or outcome.counts.get("errors", 0) >= 2, outcome.out
    assert "test_name.py::test_a: " in outcome.out
    assert (
        "test_setting.py::test_a: chips() knows no polizy; it takes api, driver, idf, policy, psram, seed"
        in outcome.out
    )


def test_mistakes_in_values_are_told(run_pytest):
    outcome = run_pytest(
        test_a_py="""
import pytest
@pytest.mark.chips(policy="lazyer")
def test_policy(machine): pass
@pytest.mark.chips(psram="many")
def test_psram(machine): pass
@pytest.mark.chips(idf="v3")
def test_idf(machine): pass
@pytest.mark.chips(api="arduino")
def test_api(machine): pass
"""
    )
    assert outcome.counts == {"errors": 4}, outcome.out
    assert "chips(): policy 'lazyer' is none of lazy, lru, eager, random" in outcome.out
    assert "chips(): 'many' is no size" in outcome.out
    assert "chips(): idf: " in outcome.out
    assert "chips(): api 'arduino' is none of idf, zephyr" in outcome.out


def test_works_with_xdist_and_writes_pages(run_pytest, tmp_path):
    pages = tmp_path / "deep" / "pages"
    outcome = run_pytest(
        "-n",
        "2",
        "--dmalab-html",
        pages,
        test_a_py=PRELUDE
        + """
@pytest.mark.chips("esp32s3", "esp32p4")
async def test_stale(machine):
    await stale(machine)

async def test_fine(machine):
    await machine.sleep_us(1)

def test_plain():
    pass
""",
    )
    assert outcome.counts == {"failed": 2, "passed": 2}, outcome.out
    assert "error: touched-in-flight (certain) on esp32p4" in outcome.lines("test_stale[esp32p4]")
    names = sorted(path.name.rsplit("-", 1)[0] for path in pages.iterdir())
    assert names == ["test_a.py-test_fine", "test_a.py-test_stale-esp32p4", "test_a.py-test_stale-esp32s3"]
    page = next(pages.glob("*esp32p4*")).read_text(encoding="utf-8")
    assert "touched-in-flight" in page


def test_users_own_fixtures_of_the_same_name_win(run_pytest):
    outcome = run_pytest(
        test_a_py="""
import pytest

@pytest.fixture
def machine():
    return "lathe"

def test_theirs(machine):
    assert machine == "lathe"
"""
    )
    assert outcome.counts == {"passed": 1}, outcome.out


def test_the_example_in_the_documentation_works(run_pytest):
    page = (ROOT / "docs" / "pytest.md").read_text(encoding="utf-8")
    example = page.partition("```python\n")[2].partition("```")[0]
    assert len([line for line in example.splitlines() if line.strip()]) <= 10
    outcome = run_pytest(test_example_py=example)
    assert outcome.counts == {"passed": 2}, outcome.out
