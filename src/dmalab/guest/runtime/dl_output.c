/* stdout and stderr: what the firmware prints becomes PRINT requests, in the order it was printed.
 *
 * Both streams write into one pending list. Whoever returns to the firmware, or asks the machine anything, posts the complete lines
 * first; ends of the firmware post the rest. The machine answers PRINT at once and to the same fiber, so it may be posted from the
 * host stack and from a signal handler.
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
static uint32_t pending_count; /* bytes */
static uint32_t due_count;     /* up to here it may be posted: whole lines, and all before a change of stream */
static int pending_stream;     /* 1 stdout, 2 stderr: of the bytes behind due_count */

/* Runs of one stream: where each ends. A run is posted in pieces of DL_TEXT at most. */
enum { RUNS_MAX = 256 };
static struct run {
    uint32_t end;
    int stream;
} runs[RUNS_MAX];
static uint32_t run_count;

int dl_output_due;

void dl_output_append(int stream, const char *bytes, size_t length)
{
    if (pending_count && (length > OUTPUT_MAX - pending_count || run_count + 2 > RUNS_MAX)) {
        /* Full: a firmware that prints 64 KiB in one call. Post it now; PRINT never switches fibers, so any stack will do. */
        dl_output_send(1);
    }
    while (length > OUTPUT_MAX) {
        dl_output_append(stream, bytes, OUTPUT_MAX);
        dl_output_send(1);
        bytes += OUTPUT_MAX, length -= OUTPUT_MAX;
    }
    if (stream != pending_stream && pending_count) {
        due_count = pending_count;
        dl_output_due = 1;
    }
    pending_stream = stream;
    memcpy(pending + pending_count, bytes, length);
    pending_count += (uint32_t)length;
    if (run_count && runs[run_count - 1].stream == stream)
        runs[run_count - 1].end = pending_count;
    else
        runs[run_count++] = (struct run){pending_count, stream};
    const char *newline = memrchr(bytes, '\n', length);
    if (newline) {
        due_count = pending_count - (uint32_t)(bytes + length - (newline + 1));
        dl_output_due = 1;
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

void dl_output_send(int everything)
{
    uint32_t sent = 0, run = 0;
    if (everything)
        due_count = pending_count;
    while (sent < due_count) {
        uint32_t end = runs[run].end < due_count ? runs[run].end : due_count;
        post(pending + sent, end - sent, runs[run].stream);
        sent = end;
        run += sent == runs[run].end;
    }
    /* What is left is one unfinished line of the last stream. */
    pending_count -= sent;
    memmove(pending, pending + sent, pending_count);
    due_count = 0;
    run_count = pending_count ? 1 : 0;
    runs[0] = (struct run){pending_count, pending_stream};
    dl_output_due = 0;
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
