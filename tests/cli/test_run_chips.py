"""`dmalab run` with several chips, for real: firmware and scripts, exit status, JSON, interruption."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dmalab import chips
from dmalab.cli import main
from dmalab.guest.linking import host_bases

TARGETS = [name for name in chips.names() if chips.load(name).idf_target]
PLAIN = """
#include <stdio.h>
int initialised = 41;
static int zero;
void app_main(void)
{
    zero = initialised + 1;
    printf("%d\\n", zero);
}
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A build cache of our own."""
    return {**os.environ, "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}


@pytest.fixture
def write(tmp_path):
    def write(text, name="main.c"):
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return write


@pytest.fixture
def own_cache(environment, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", environment["XDG_CACHE_HOME"])


@pytest.mark.usefixtures("own_cache")
def test_one_firmware_on_every_chip(write, capsys, tmp_path):
    """Sections, heap and stack lie at addresses of the chip on each of them."""
    path = tmp_path / "report.json"
    assert main(["run", write(PLAIN), "--chip", ",".join(TARGETS), "--json", str(path)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    printed, _, reports = out.partition(f"{TARGETS[0]}: 0 errors")
    assert printed == "".join(f"--- {name} ---\n42\n" for name in TARGETS)
    rows = reports[reports.index("\nchip ") :].split("\n")[2:-1]
    assert [row.split()[:5] for row in rows] == [[name, "clean", "0", "0", "0"] for name in TARGETS]
    runs = json.loads(path.read_text())["runs"]
    assert [(run["chip"], run["verdict"]) for run in runs] == [(name, "clean") for name in TARGETS]


def test_the_runtime_is_compiled_once_for_chips_that_agree(write, tmp_path, monkeypatch):
    """Most of it says the same for every chip; what differs is the firmware and a few stubs."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    source, counts = write(PLAIN), []
    for chip in ("esp32s3", "esp32p4"):
        assert main(["run", source, "--chip", chip, "--quiet"]) == 0
        counts.append(len(list((tmp_path / "cache/dmalab/objects").iterdir())))
    assert counts[1] - counts[0] <= counts[0] // 4


@pytest.mark.parametrize("name", TARGETS)
def test_the_host_part_of_a_firmware_has_room_on_every_chip(name):
    """Below and above all addresses of the chip, in any revision, and within reach of 64-bit guests."""
    chip = chips.load(name)
    for part in (chip, *(chips.with_options(chip, {"revision": one.low}) for one in chip.revisions)):
        low, high = host_bases(part)
        bases = [region.base for region in part.regions]
        assert low < min(bases)
        assert high > max(base for base in bases if base < high)
        assert max(part.firmware.data, part.firmware.text, part.firmware.psram_bss) < 1 << 31


@pytest.mark.usefixtures("own_cache")
def test_runs_are_the_same_side_by_side_and_alone(write, capsys):
    source = write(PLAIN)
    main(["run", source, "--chip", "esp32p4,esp32s3", "--quiet"])
    together = capsys.readouterr().out
    for chip in ("esp32p4", "esp32s3"):
        main(["run", source, "--chip", chip, "--quiet"])
        assert capsys.readouterr().out in together


@pytest.mark.usefixtures("own_cache")
def test_a_chip_that_can_not_build_it_is_reported_beside_the_others(write, capsys):
    source = write("#ifdef DMALAB_TARGET_esp32p4\n#error not here\n#endif\n" + PLAIN)
    assert main(["run", source, "--chip", "esp32p4,esp32s3", "--quiet"]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"error: compiling {source} failed (status 1)")
    assert any("#error not here" in line for line in lines)
    assert "esp32p4: could not run" in lines
    assert [line.split()[:2] for line in lines[-2:]] == [["esp32p4", "error"], ["esp32s3", "clean"]]


@pytest.mark.usefixtures("own_cache")
def test_a_mistake_on_every_chip_is_told_once(write, capsys):
    source = write("void app_main(void) { nonsense }\n")
    assert main(["run", source, "--chip", "esp32p4,esp32s3"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"dmalab: none of 2 chips can run it; esp32p4: compiling {source} failed (status 1)\n")
    assert err.count("compiling ") == 1


ENGINE = """
#include "esp_async_memcpy.h"
void app_main(void)
{
    async_memcpy_config_t config = ASYNC_MEMCPY_DEFAULT_CONFIG();
    async_memcpy_handle_t mcp;
    if (INSTALL(&config, &mcp) == ESP_OK)
        esp_async_memcpy_uninstall(mcp);
}
"""
LACKING = [
    ("esp32s3", "esp_async_memcpy_install_gdma_axi", "esp32s3 has no AXI GDMA; its engines: AHB GDMA"),
    ("esp32p4", "esp_async_memcpy_install_cpdma", "esp32p4 has no CP_DMA; its engines: AHB GDMA, AXI GDMA"),
    ("esp32s2", "esp_async_memcpy_install_gdma_ahb", "esp32s2 has no AHB GDMA; its engines: CP_DMA, SPI DMA"),
    ("esp32", "esp_async_memcpy_install", "esp32 has no engine that copies memory; its engines: SPI DMA"),
]


@pytest.mark.usefixtures("own_cache")
@pytest.mark.parametrize(("chip", "install", "message"), LACKING)
def test_an_engine_the_chip_lacks_is_one_line_that_says_what_there_is(chip, install, message, write, capsys):
    source = write(ENGINE.replace("INSTALL", install))
    assert main(["run", source, "--chip", chip]) == 2
    assert capsys.readouterr() == ("", f"dmalab: {source}:7: {install}: {message}\n")


@pytest.mark.usefixtures("own_cache")
@pytest.mark.parametrize(
    ("chip", "install"),
    [("esp32s3", "esp_async_memcpy_install_gdma_ahb"), ("esp32p4", "esp_async_memcpy_install_gdma_axi")],
)
def test_an_engine_the_chip_has_is_there(chip, install, write):
    assert main(["run", write(ENGINE.replace("INSTALL", install)), "--chip", chip]) == 0


@pytest.mark.usefixtures("own_cache")
def test_a_missing_engine_does_not_hide_other_mistakes(write, capsys):
    source = write(ENGINE.replace("if (INSTALL", "nonsense; if (esp_async_memcpy_install_gdma_axi"))
    assert main(["run", source]) == 2
    assert capsys.readouterr().err.startswith(f"dmalab: compiling {source} failed (status 1)\n")


BUILT = """
#include <stdio.h>
#include "sdkconfig.h"
#ifndef CONFIG_SPIRAM
#define CONFIG_SPIRAM 0
#endif
void app_main(void)
{
    printf("encryption %d, line %d, PSRAM %d\\n", CONFIG_SECURE_FLASH_ENC_ENABLED, CONFIG_ESP32S3_DATA_CACHE_LINE_SIZE, CONFIG_SPIRAM);
}
"""


@pytest.mark.usefixtures("own_cache")
def test_options_reach_the_headers(write, capsys):
    source = write(BUILT)
    arguments = ["--option", "flash_encryption,cache_line=64", "--psram", "0"]
    assert main(["run", source, "--chip", "esp32s3", *arguments]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "encryption 1, line 64, PSRAM 0"


def test_a_script_on_every_chip(write, capsys):
    script = write(
        "async def main(machine):\n    print('on', machine.chip.name)\n    await machine.sleep_us(1)\n", "script.py"
    )
    assert main(["run", script, "--chip", "all"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("".join(f"--- {name} ---\non {name}\n" for name in TARGETS))
    assert [line.split()[:2] for line in out.splitlines()[-len(TARGETS) :]] == [[name, "clean"] for name in TARGETS]


def test_of_all_chips_those_without_the_option_are_told(write, capsys):
    script = write("async def main(machine):\n    pass\n", "script.py")
    assert main(["run", script, "--chip", "all", "--option", "cache_line=64"]) == 0
    rows = [line.split()[:2] for line in capsys.readouterr().out.splitlines()[-12:]]
    assert [name for name, verdict in rows if verdict == "clean"] == ["esp32p4", "esp32s3"]
    assert {verdict for _, verdict in rows} == {"clean", "error"}


def test_a_script_without_main_is_one_line(write, capsys):
    script = write("x = 1\n", "script.py")
    assert main(["run", script, "--chip", "esp32s3,esp32p4"]) == 2
    message = f"dmalab: {script}: no entry point; a script needs 'async def main(machine)'\n"
    assert capsys.readouterr() == ("", message)


def children(session):
    """Processes of a session that still run, as names."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            name, _, rest = (folder / "stat").read_text().partition("(")[2].rpartition(")")
        except OSError:
            continue
        state, _parent, _group, sid = rest.split()[:4]
        if int(sid) == session and state != "Z":
            found.append(name)
    return found


STARTED = """
#include <fcntl.h>
#include <unistd.h>
#include "sdkconfig.h"
void app_main(void)
{
    close(creat(FOLDER "/" CONFIG_IDF_TARGET, 0600)); /* a file of the computer it runs on: the test waits for it */
    for (;;) {}
}
"""


@pytest.mark.parametrize("chip", ["esp32s3", "esp32s3,esp32p4"])
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_ending_dmalab_ends_its_guests(chip, number, status, write, environment, tmp_path):
    """Ctrl-C goes to the whole group, as from a terminal; other signals to dmalab alone."""
    started, scratch, report = tmp_path / "started", tmp_path / "scratch", tmp_path / "report.json"
    started.mkdir()
    scratch.mkdir()
    command = [sys.executable, "-m", "dmalab", "run", write(STARTED), "--chip", chip, "--timeout", "1e6"]
    process = subprocess.Popen(
        [*command, "-D", f'FOLDER="{started}"', "--json", str(report)],
        env={**environment, "TMPDIR": str(scratch)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a background job would be deaf to it
    )
    chips = chip.split(",")
    deadline = time.monotonic() + 60
    while {path.name for path in started.iterdir()} != set(chips):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, children(process.pid)
        time.sleep(0.05)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == status
    while children(process.pid):
        assert time.monotonic() < deadline, children(process.pid)
        time.sleep(0.01)
    if number == signal.SIGTERM:
        assert (out, err, report.exists()) == ("", "", False)
        return
    assert err == "dmalab: interrupted\n"
    assert out.count("error: interrupted after ") == len(chips)
    assert out.count(": did not run to its end\n") == len(chips)
    known = json.loads(report.read_text())
    assert [(run["chip"], run["verdict"]) for run in known.get("runs", [known])] == [(chip, "error") for chip in chips]
    assert list(scratch.iterdir()) == []
