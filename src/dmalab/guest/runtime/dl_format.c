/* Which memory a printf will read. Firmware often looks at received data by printing it, so these loads count.
 *
 * Follows the format as libc does: flags, width, precision, length, conversion. Positional arguments (%1$s) and conversions that
 * nobody knows end the walk: what follows is not judged.
 */
#define _GNU_SOURCE
#include <stddef.h>
#include <string.h>

#include "dl_runtime.h"

size_t __real_strnlen(const char *text, size_t limit);

enum width { IS_INT, IS_LONG, IS_LONG_LONG, IS_LONG_DOUBLE };

/* Moves past a number or an asterisk, whose value comes from the arguments. */
static const char *number(const char *at, va_list *list, int *value)
{
    if (*at == '*') {
        *value = va_arg(*list, int);
        return at + 1;
    }
    for (*value = 0; *at >= '0' && *at <= '9'; at++)
        if (*value < 1 << 24)
            *value = *value * 10 + (*at - '0');
    return at;
}

static const char *length(const char *at, enum width *width)
{
    *width = IS_INT;
    for (;; at++) {
        switch (*at) {
        case 'h':
            break;
        case 'l':
            *width = *width == IS_LONG ? IS_LONG_LONG : IS_LONG;
            break;
        case 'z':
        case 't':
            *width = IS_LONG; /* as wide as a pointer, like long */
            break;
        case 'q':
        case 'j':
            *width = IS_LONG_LONG;
            break;
        case 'L':
            *width = IS_LONG_DOUBLE;
            break;
        default:
            return at;
        }
    }
}

static void skip_integer(va_list *list, enum width width)
{
    if (width == IS_LONG)
        (void)va_arg(*list, long);
    else if (width == IS_INT)
        (void)va_arg(*list, int);
    else
        (void)va_arg(*list, long long);
}

static void skip_real(va_list *list, enum width width)
{
    if (width == IS_LONG_DOUBLE)
        (void)va_arg(*list, long double);
    else
        (void)va_arg(*list, double);
}

static void judge_string(const char *text, enum width width, int precision, uintptr_t place, uintptr_t fp)
{
    if (!text || width != IS_INT) /* printed as (null); wide strings aren't looked at */
        return;
    const size_t limit = precision < 0 ? SIZE_MAX / 2 : (size_t)precision;
    const size_t size = __real_strnlen(text, limit);
    dl_range((uintptr_t)text, size < limit ? size + 1 : size, 0, place, fp);
}

void dl_judge_format(const char *format, va_list arguments, uintptr_t place, uintptr_t fp)
{
    dl_range((uintptr_t)format, strlen(format) + 1, 0, place, fp);
    va_list list;
    va_copy(list, arguments);
    for (const char *at = format; *at; at++) {
        if (*at != '%')
            continue;
        int ignored, precision = -1;
        enum width width;
        at += 1 + strspn(at + 1, "-+ #0'I");
        at = number(at, &list, &ignored);
        if (*at == '.')
            at = number(at + 1, &list, &precision);
        at = length(at, &width);
        switch (*at) {
        case 'd': case 'i': case 'o': case 'u': case 'x': case 'X': case 'c':
            skip_integer(&list, width);
            break;
        case 'a': case 'A': case 'e': case 'E': case 'f': case 'F': case 'g': case 'G':
            skip_real(&list, width);
            break;
        case 's':
            judge_string(va_arg(list, const char *), width, precision, place, fp);
            break;
        case 'p': case 'n':
            (void)va_arg(list, void *);
            break;
        case '%': case 'm':
            break;
        default:
            va_end(list);
            return;
        }
    }
    va_end(list);
}
