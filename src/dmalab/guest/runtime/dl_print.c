/* The printf family and its neighbours: formatted on the host stack, sent afterwards from the firmware's own.
 *
 * What goes into a firmware buffer (snprintf) is formatted in host memory and then stored like a memcpy, so the stores are judged
 * before they happen.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dl_runtime.h"

struct job {
    FILE *file;
    const char *format;
    va_list list;
    const void *bytes;
    size_t size;
    size_t count;
    char *text;   /* result of text_job; host memory, to be freed unless it is `small` */
    char *small;
    long result;
};

enum { SMALL = 1024 };
static char small_text[SMALL]; /* used between two requests only, never across one */

int __real_vfprintf(FILE *file, const char *format, va_list list);
int __real_vsnprintf(char *to, size_t size, const char *format, va_list list);
size_t __real_fwrite(const void *bytes, size_t size, size_t count, FILE *file);

static void print_job(void *argument)
{
    struct job *job = argument;
    job->result = __real_vfprintf(job->file, job->format, job->list);
}

static void write_job(void *argument)
{
    struct job *job = argument;
    job->result = (long)__real_fwrite(job->bytes, job->size, job->count, job->file);
}

static void text_job(void *argument)
{
    struct job *job = argument;
    va_list again;
    va_copy(again, job->list);
    job->text = small_text;
    job->result = __real_vsnprintf(small_text, sizeof small_text, job->format, job->list);
    if (job->result >= SMALL) {
        job->text = __real_malloc((size_t)job->result + 1);
        if (job->text)
            __real_vsnprintf(job->text, (size_t)job->result + 1, job->format, again);
        else
            job->result = -1;
    }
    va_end(again);
}

static void send(void)
{
    if (dl_output_has_line)
        dl_output_send();
}

static int print(FILE *file, const char *format, va_list list, uintptr_t place, uintptr_t fp)
{
    struct job job = {.file = file, .format = format};
    va_copy(job.list, list);
    dl_judge_format(format, list, place, fp);
    dl_on_host_stack(print_job, &job);
    va_end(job.list);
    send();
    return (int)job.result;
}

static size_t write_bytes(const void *bytes, size_t size, size_t count, FILE *file)
{
    struct job job = {.file = file, .bytes = bytes, .size = size, .count = count};
    dl_on_host_stack(write_job, &job);
    send();
    return (size_t)job.result;
}

static int print_to(char *to, size_t size, const char *format, va_list list, uintptr_t place, uintptr_t fp)
{
    struct job job = {.format = format};
    va_copy(job.list, list);
    dl_judge_format(format, list, place, fp);
    dl_on_host_stack(text_job, &job);
    va_end(job.list);
    if (job.result >= 0 && size) {
        size_t kept = (size_t)job.result < size - 1 ? (size_t)job.result : size - 1;
        char copy[64];
        char *text = job.text;
        /* Judging may let an interrupt in that formats as well, so nothing may stay in small_text. */
        if (text == small_text) {
            text = kept < sizeof copy ? copy : __real_malloc(kept + 1);
            if (!text)
                return -1;
            __real_memcpy(text, small_text, kept);
        }
        text[kept] = 0;
        dl_range((uintptr_t)to, kept + 1, 1, place, fp);
        __real_memcpy(to, text, kept + 1);
        if (text != copy)
            __real_free(text);
    } else if (job.text && job.text != small_text) {
        __real_free(job.text);
    }
    return (int)job.result;
}

/* --- the functions: each passes on where it was called, which is the place of its loads and stores --- */

#define HERE DL_PLACE(), DL_CALLER_FP()
#define ANY_LENGTH ((size_t)INT32_MAX)

#define WITH_LIST(name, parameters, call) \
    int __wrap_##name parameters;         \
    int __wrap_##name parameters { return call; }

#define VARIADIC(name, parameters, last, call)    \
    int __wrap_##name parameters;                 \
    int __wrap_##name parameters                  \
    {                                             \
        va_list list;                             \
        va_start(list, last);                     \
        int result = call;                        \
        va_end(list);                             \
        return result;                            \
    }

WITH_LIST(vprintf, (const char *format, va_list list), print(stdout, format, list, HERE))
WITH_LIST(vfprintf, (FILE *file, const char *format, va_list list), print(file, format, list, HERE))
WITH_LIST(vsprintf, (char *to, const char *format, va_list list), print_to(to, ANY_LENGTH, format, list, HERE))
WITH_LIST(vsnprintf, (char *to, size_t size, const char *format, va_list list), print_to(to, size, format, list, HERE))
VARIADIC(printf, (const char *format, ...), format, print(stdout, format, list, HERE))
VARIADIC(fprintf, (FILE *file, const char *format, ...), format, print(file, format, list, HERE))
VARIADIC(sprintf, (char *to, const char *format, ...), format, print_to(to, ANY_LENGTH, format, list, HERE))
VARIADIC(snprintf, (char *to, size_t size, const char *format, ...), format, print_to(to, size, format, list, HERE))

size_t __wrap_fwrite(const void *bytes, size_t size, size_t count, FILE *file);
size_t __wrap_fwrite(const void *bytes, size_t size, size_t count, FILE *file)
{
    dl_range((uintptr_t)bytes, size * count, 0, DL_PLACE(), DL_CALLER_FP());
    return write_bytes(bytes, size, count, file);
}

int __wrap_fputs(const char *text, FILE *file);
int __wrap_fputs(const char *text, FILE *file)
{
    size_t length = strlen(text);
    dl_range((uintptr_t)text, length + 1, 0, DL_PLACE(), DL_CALLER_FP());
    return write_bytes(text, 1, length, file) == length ? 1 : EOF;
}

int __wrap_puts(const char *text);
int __wrap_puts(const char *text)
{
    __wrap_fputs(text, stdout);
    return write_bytes("\n", 1, 1, stdout) == 1 ? 1 : EOF;
}

int __wrap_fputc(int byte, FILE *file);
int __wrap_fputc(int byte, FILE *file)
{
    char c = (char)byte;
    return write_bytes(&c, 1, 1, file) == 1 ? (unsigned char)c : EOF;
}

int __wrap_putc(int byte, FILE *file);
int __wrap_putc(int byte, FILE *file) { return __wrap_fputc(byte, file); }

int __wrap_putchar(int byte);
int __wrap_putchar(int byte) { return __wrap_fputc(byte, stdout); }

ssize_t __wrap_write(int file, const void *bytes, size_t size);
ssize_t __wrap_write(int file, const void *bytes, size_t size)
{
    if (file != 1 && file != 2)
        return write(file, bytes, size);
    dl_range((uintptr_t)bytes, size, 0, DL_PLACE(), DL_CALLER_FP());
    dl_output_append(file, bytes, size);
    send();
    return (ssize_t)size;
}
