/* esp_log.h and esp_rom_printf. Levels and texts are settled here; the machine gives the time and hears of every record.
 *
 * Formatting runs on a host stack, because the host's printf needs more of it than a task of the chip has. One buffer is enough: nothing
 * else runs between formatting a record and handing it to the output.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "esp_log.h"
#include "idf_stub.h"

enum {
    LINE_BYTES = 4096, /* a longer record is cut */
    TAGS = 32,
    TAG_BYTES = 32,
    BYTES_PER_LINE = 16,
    STDOUT = 1,
};

/* --- output --- */

struct record {
    const char *format;
    va_list *args;
    int length;
    char text[LINE_BYTES];
};

/* The plain one: the runtime's own wrapper would go to the host stack a second time. */
int __real_vsnprintf(char *to, size_t size, const char *format, va_list list);

static void format_record(void *argument)
{
    struct record *record = argument;
    record->length = __real_vsnprintf(record->text, sizeof record->text, record->format, *record->args);
}

static int print(const char *format, va_list args)
{
    static struct record record;
    va_list own;
    va_copy(own, args);
    record.format = format;
    record.args = &own;
    dl_on_host_stack(format_record, &record);
    va_end(own);
    if (record.length < 0)
        return record.length;
    int kept = record.length;
    if (kept >= LINE_BYTES) {
        kept = LINE_BYTES - 1;
        record.text[kept - 1] = '\n';
    }
    dl_output_append(STDOUT, record.text, (size_t)kept);
    if (dl_output_has_line)
        dl_output_send(); /* now, so that the machine sees in which context it was printed */
    return record.length;
}

int esp_rom_vprintf(const char *fmt, va_list ap)
{
    DL_CALL(esp_rom_printf);
    return print(fmt, ap);
}

int esp_rom_printf(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const int length = esp_rom_vprintf(fmt, args);
    va_end(args);
    return length;
}

/* --- levels --- */

static struct {
    char tag[TAG_BYTES];
    esp_log_level_t level;
} tags[TAGS];
static unsigned tag_count;
static esp_log_level_t default_level = CONFIG_LOG_DEFAULT_LEVEL;

void esp_log_level_set(const char *tag, esp_log_level_t level)
{
    if (!strcmp(tag, "*")) {
        default_level = level;
        tag_count = 0;
        return;
    }
    unsigned i = 0;
    while (i < tag_count && strcmp(tags[i].tag, tag))
        i++;
    if (i == TAGS)
        return;
    if (i == tag_count) {
        strncpy(tags[i].tag, tag, TAG_BYTES - 1);
        tag_count++;
    }
    tags[i].level = level;
}

esp_log_level_t esp_log_level_get(const char *tag)
{
    for (unsigned i = 0; tag && i < tag_count; i++)
        if (!strcmp(tags[i].tag, tag))
            return tags[i].level;
    return default_level;
}

/* --- records --- */

static vprintf_like_t firmware_vprintf; /* NULL: `print` */

vprintf_like_t esp_log_set_vprintf(vprintf_like_t func)
{
    const vprintf_like_t before = firmware_vprintf ? firmware_vprintf : vprintf;
    firmware_vprintf = func == vprintf ? NULL : func;
    return before;
}

uint32_t esp_log_timestamp(void)
{
    return (uint32_t)DL_CALL(esp_log_timestamp);
}

uint32_t esp_log_early_timestamp(void)
{
    return (uint32_t)DL_CALL(esp_log_timestamp);
}

void esp_log_writev(esp_log_level_t level, const char *tag, const char *format, va_list args)
{
    if (level > esp_log_level_get(tag))
        return;
    DL_CALL(esp_log_write, level, tag);
    if (firmware_vprintf)
        firmware_vprintf(format, args);
    else
        print(format, args);
}

void esp_log_write(esp_log_level_t level, const char *tag, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    esp_log_writev(level, tag, format, args);
    va_end(args);
}

/* --- buffers --- */

static void write_line(esp_log_level_t level, const char *tag, const char *line)
{
    static const char letters[] = "NEWIDV";
    esp_log_write(level, tag, "%c (%u) %s: %s\n", letters[level], (unsigned)esp_log_timestamp(), tag, line);
}

/* By hand: these lines are put together on the task's own stack, where printf would not fit. */
static char *append_byte(char *out, unsigned byte)
{
    static const char digits[] = "0123456789abcdef";
    *out++ = digits[byte >> 4 & 15];
    *out++ = digits[byte & 15];
    return out;
}

static char *append_hex(char *out, const unsigned char *bytes, size_t count, int gap)
{
    for (size_t i = 0; i < count; i++) {
        if (i)
            *out++ = ' ';
        if (i == BYTES_PER_LINE / 2 && gap)
            *out++ = ' ';
        out = append_byte(out, bytes[i]);
    }
    *out = '\0';
    return out;
}

static char *append_text(char *out, const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        *out++ = isprint(bytes[i]) ? (char)bytes[i] : '.';
    *out = '\0';
    return out;
}

void esp_log_buffer_hex_internal(const char *tag, const void *buffer, uint16_t buff_len, esp_log_level_t level)
{
    SEES(buffer, buff_len);
    for (size_t at = 0; at < buff_len; at += BYTES_PER_LINE) {
        char line[4 * BYTES_PER_LINE];
        const size_t count = buff_len - at < BYTES_PER_LINE ? buff_len - at : BYTES_PER_LINE;
        append_hex(line, (const unsigned char *)buffer + at, count, 0);
        write_line(level, tag, line);
    }
}

void esp_log_buffer_char_internal(const char *tag, const void *buffer, uint16_t buff_len, esp_log_level_t level)
{
    SEES(buffer, buff_len);
    for (size_t at = 0; at < buff_len; at += BYTES_PER_LINE) {
        char line[BYTES_PER_LINE + 1];
        const size_t count = buff_len - at < BYTES_PER_LINE ? buff_len - at : BYTES_PER_LINE;
        append_text(line, (const unsigned char *)buffer + at, count);
        write_line(level, tag, line);
    }
}

void esp_log_buffer_hexdump_internal(const char *tag, const void *buffer, uint16_t buff_len, esp_log_level_t level)
{
    SEES(buffer, buff_len);
    for (size_t at = 0; at < buff_len; at += BYTES_PER_LINE) {
        char line[8 * BYTES_PER_LINE], *out = line;
        const unsigned char *bytes = (const unsigned char *)buffer + at;
        const size_t count = buff_len - at < BYTES_PER_LINE ? buff_len - at : BYTES_PER_LINE;
        *out++ = '0';
        *out++ = 'x';
        for (int shift = 24; shift >= 0; shift -= 8) /* chip addresses have 32 bits */
            out = append_byte(out, (unsigned)((uintptr_t)bytes >> shift & 0xff));
        for (int i = 0; i < 3; i++)
            *out++ = ' ';
        char *text = out + 3 * BYTES_PER_LINE + 2; /* where the text column starts, in short lines too */
        out = append_hex(out, bytes, count, 1);
        while (out < text)
            *out++ = ' ';
        *out++ = '|';
        out = append_text(out, bytes, count);
        *out++ = '|';
        *out = '\0';
        write_line(level, tag, line);
    }
}
