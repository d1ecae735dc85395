/* printk, LOG_x, assertions: formatted on the host stack, sent from the firmware's own. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <zephyr/kernel.h>
#include <zephyr/logging/log.h>

#include "zephyr_stub.h"

enum { LINE_BYTES = 4096, HEX_PER_LINE = 16, STDOUT = 1 };

int __real_vsnprintf(char *to, size_t size, const char *format, va_list list);

struct line {
    const char *format;
    va_list *args;
    int length;
    char text[LINE_BYTES];
};

/* Nothing else runs between formatting a line and handing it on. */
static struct line line;

static void format_line(void *argument)
{
    (void)argument;
    line.length = __real_vsnprintf(line.text, sizeof line.text, line.format, *line.args);
}

static int fill(const char *format, va_list *args)
{
    line.format = format;
    line.args = args;
    dl_on_host_stack(format_line, NULL);
    if (line.length >= LINE_BYTES)
        line.length = LINE_BYTES - 1;
    return line.length > 0 ? line.length : 0;
}

static void send(void)
{
    if (dl_output_has_line)
        dl_output_send();
}

void vprintk(const char *fmt, va_list ap)
{
    va_list own;
    va_copy(own, ap);
    const int length = fill(fmt, &own);
    va_end(own);
    dl_output_append(STDOUT, line.text, (size_t)length);
    send();
}

void printk(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vprintk(fmt, args);
    va_end(args);
}

void dl_zephyr_text(const char *format, va_list *args)
{
    const int length = format ? fill(format, args) : 0;
    if (dl_output_pending)
        dl_output_send();
    dl_text(line.text, (size_t)length);
}

void dl_zephyr_say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    dl_zephyr_text(format, &args);
    va_end(args);
}

/* --- log --- */

static const char *const level_names[] = {"", "err", "wrn", "inf", "dbg"};

void dl_zephyr_log(int level, const char *module, const char *function, const char *format, ...)
{
    const uint64_t us = k_ticks_to_us_floor64(DL_CALL(k_uptime_ticks));
    printk("[%02u:%02u:%02u.%03u,%03u] <%s> %s: ", (unsigned)(us / 3600000000ULL), (unsigned)(us / 60000000 % 60),
           (unsigned)(us / 1000000 % 60), (unsigned)(us / 1000 % 1000), (unsigned)(us % 1000), level_names[level], module);
    if (level == LOG_LEVEL_DBG)
        printk("%s: ", function);
    va_list args;
    va_start(args, format);
    vprintk(format, args);
    va_end(args);
    printk("\n");
}

void dl_zephyr_hexdump(int level, const char *module, const void *data, size_t size, const char *text)
{
    SEES(data, size);
    dl_zephyr_log(level, module, "", "%s", text);
    for (size_t at = 0; at < size; at += HEX_PER_LINE) {
        printk("                                   ");
        for (size_t i = at; i < size && i < at + HEX_PER_LINE; i++)
            printk("%02x ", ((const unsigned char *)data)[i]);
        printk("\n");
    }
}

/* --- endings --- */

void dl_zephyr_assert(const char *expression, const char *file, int number, const char *format, ...)
{
    char message[512];
    va_list args;
    va_start(args, format);
    const int length = format ? fill(format, &args) : 0;
    va_end(args);
    const size_t kept = (size_t)length < sizeof message - 1 ? (size_t)length : sizeof message - 1;
    memcpy(message, line.text, kept);
    message[kept] = 0;
    const char *slash = strrchr(file, '/');
    dl_zephyr_say("ASSERTION FAIL [%s] @ %s:%d%s%s", expression, slash ? slash + 1 : file, number, kept ? ": " : "", message);
    DL_CALL(zephyr_fail, 1);
}

void dl_zephyr_panic(const char *what)
{
    dl_zephyr_say("the firmware called %s", what);
    DL_CALL(zephyr_fail, 0);
    __builtin_unreachable();
}
