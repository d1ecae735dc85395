/* stdout and stderr: what the firmware prints becomes PRINT requests, in the order it was printed.
 *
 * Both streams write into one pending list. It is posted when a line is complete, and before the machine is asked anything else, so
 * what a report says comes after what the firmware had printed. The machine answers PRINT at once and to the same fiber, so it may be
 * posted from the host stack and from a signal handler.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dl_runtime.h"

enum { OUTPUT_MAX = 1 << 16 };

static char pending[OUTPUT_MAX];

/* Runs of one stream: where each ends. A run is posted in pieces of DL_TEXT at most. */
enum { RUNS_MAX = 256 };
static struct run {
    uint32_t end;
    int stream; /* 1 stdout, 2 stderr */
} runs[RUNS_MAX];
static uint32_t run_count;

uint32_t dl_output_pending;
int dl_output_has_line;

void dl_output_append(int stream, const char *bytes, size_t length)
{
    while (length) {
        /* Full: a firmware that prints 64 KiB in one call, or switches streams all the time. */
        if (dl_output_pending == OUTPUT_MAX || run_count == RUNS_MAX)
            dl_output_send();
        size_t piece = length < OUTPUT_MAX - dl_output_pending ? length : OUTPUT_MAX - dl_output_pending;
        memcpy(pending + dl_output_pending, bytes, piece);
        dl_output_pending += (uint32_t)piece;
        if (!run_count || runs[run_count - 1].stream != stream)
            runs[run_count++].stream = stream;
        runs[run_count - 1].end = dl_output_pending;
        dl_output_has_line |= memrchr(bytes, '\n', piece) != 0;
        bytes += piece, length -= piece;
    }
}

static void post(const char *bytes, uint32_t length, int stream)
{
    while (length) {
        uint32_t piece = length < DL_TEXT - 1 ? length : DL_TEXT - 1;
        const uint64_t args[] = {piece, (uint64_t)stream};
        dl_text(bytes, piece);
        dl_post(DL_PRINT, 2, args, (struct dl_site){0, 0});
        if (dl_control->reply.action == DL_ACTION_EXIT)
            _exit((int)dl_control->reply.value);
        bytes += piece, length -= piece;
    }
}

void dl_output_send(void)
{
    uint32_t sent = 0;
    for (uint32_t i = 0; i < run_count; i++) {
        post(pending + sent, runs[i].end - sent, runs[i].stream);
        sent = runs[i].end;
    }
    dl_output_pending = run_count = 0;
    dl_output_has_line = 0;
}

static ssize_t write_stdout(void *cookie, const char *bytes, size_t length)
{
    (void)cookie;
    dl_output_append(1, bytes, length);
    return (ssize_t)length;
}

static ssize_t write_stderr(void *cookie, const char *bytes, size_t length)
{
    (void)cookie;
    dl_output_append(2, bytes, length);
    return (ssize_t)length;
}

/* Unbuffered: the pending list is the buffer, and a fault handler can read it. */
void dl_output_start(void)
{
    stdout = fopencookie(0, "w", (cookie_io_functions_t){.write = write_stdout});
    stderr = fopencookie(0, "w", (cookie_io_functions_t){.write = write_stderr});
    if (!stdout || !stderr)
        dl_die("fopencookie", errno);
    setvbuf(stdout, 0, _IONBF, 0);
    setvbuf(stderr, 0, _IONBF, 0);
}
