/* unity_arrays.h: strings and blocks of memory. */
#include "idf_unity.h"

/* What the core loads of a string: up to its end or the limit. */
static size_t length_of(const char *text, size_t limit)
{
    size_t length = 0;
    while (length < limit && text[length])
        length++;
    return length < limit ? length + 1 : length;
}

static int differ(const char *expected, const char *actual, size_t limit)
{
    if (!expected || !actual)
        return expected != actual;
    for (size_t i = 0; i < limit; i++) {
        if (expected[i] != actual[i])
            return 1;
        if (!expected[i])
            break;
    }
    return 0;
}

static void say_text(const char *text, size_t limit)
{
    if (text)
        dl_unity_say("'%.*s'", limit < 200 ? (int)limit : 200, text);
    else
        dl_unity_say("NULL");
}

static void say_both(const char *expected, const char *actual, size_t limit)
{
    dl_unity_say(" Expected ");
    say_text(expected, limit);
    dl_unity_say(" Was ");
    say_text(actual, limit);
}

void unity_check_string(const char *expected, const char *actual, size_t limit, const char *message, unsigned line)
{
    if (expected)
        SEES(expected, length_of(expected, limit));
    if (actual)
        SEES(actual, length_of(actual, limit));
    if (!differ(expected, actual, limit))
        return;
    dl_unity_start();
    say_both(expected, actual, limit);
    dl_unity_fail(message, line);
}

void unity_check_strings(const char **expected, const char **actual, size_t count, int each, const char *message, unsigned line)
{
    SEES(expected, (each ? 1 : count) * sizeof *expected);
    SEES(actual, count * sizeof *actual);
    for (size_t i = 0; i < count; i++) {
        const char *wanted = expected[each ? 0 : i];
        if (wanted)
            SEES(wanted, length_of(wanted, SIZE_MAX));
        if (actual[i])
            SEES(actual[i], length_of(actual[i], SIZE_MAX));
        if (!differ(wanted, actual[i], SIZE_MAX))
            continue;
        dl_unity_start();
        dl_unity_say(" Element %u", (unsigned)i);
        say_both(wanted, actual[i], SIZE_MAX);
        dl_unity_fail(message, line);
        return;
    }
}

void unity_check_memory(const void *expected, const void *actual, size_t bytes, size_t count, const char *message, unsigned line)
{
    const unsigned char *wanted = expected, *found = actual;
    SEES(expected, bytes * count);
    SEES(actual, bytes * count);
    for (size_t i = 0; i < bytes * count; i++) {
        if (wanted[i] == found[i])
            continue;
        dl_unity_start();
        dl_unity_say(" Memory Mismatch.");
        if (count > 1)
            dl_unity_say(" Element %u", (unsigned)(i / bytes));
        dl_unity_say(" Byte %u Expected 0x%02X Was 0x%02X", (unsigned)(i % bytes), wanted[i], found[i]);
        dl_unity_fail(message, line);
        return;
    }
}
