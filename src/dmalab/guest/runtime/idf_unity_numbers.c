/* unity_numbers.h and unity_floats.h. A check that holds costs no call; only one that fails composes its words. */
#include <inttypes.h>

#include "idf_unity.h"

/* --- integers --- */

static unsigned bytes_of(unsigned style)
{
    return style & 15;
}

static int is_signed(unsigned style)
{
    const unsigned show = style & ~15u;
    return show == UNITY_SHOW_SIGNED || show == UNITY_SHOW_CHAR;
}

static void say_number(unsigned style, int64_t number)
{
    const unsigned bytes = bytes_of(style);
    const uint64_t bits = (uint64_t)number & (bytes >= 8 ? UINT64_MAX : (1ULL << 8 * bytes) - 1);
    switch (style & ~15u) {
    case UNITY_SHOW_SIGNED:
        dl_unity_say("%" PRId64, number);
        break;
    case UNITY_SHOW_UNSIGNED:
        dl_unity_say("%" PRIu64, bits);
        break;
    case UNITY_SHOW_CHAR:
        if (number >= 32 && number < 127)
            dl_unity_say("'%c'", (char)number);
        else
            dl_unity_say("'\\x%02X'", (unsigned)bits);
        break;
    default:
        dl_unity_say("0x%0*" PRIX64, (int)(2 * bytes), bits);
    }
}

static int compare(unsigned style, int64_t a, int64_t b)
{
    if (is_signed(style))
        return (a > b) - (a < b);
    return ((uint64_t)a > (uint64_t)b) - ((uint64_t)a < (uint64_t)b);
}

static int holds(enum unity_relation relation, int order)
{
    switch (relation) {
    case UNITY_EQUAL:
        return order == 0;
    case UNITY_NOT_EQUAL:
        return order != 0;
    case UNITY_GREATER:
        return order > 0;
    case UNITY_LESS:
        return order < 0;
    case UNITY_GREATER_OR_EQUAL:
        return order >= 0;
    default:
        return order <= 0;
    }
}

static const char *const relations[] = {" Was ", " to be not equal to ", " to be greater than ", " to be less than ",
                                        " to be greater or equal to ", " to be less or equal to "};

void unity_check_number(enum unity_relation relation, unsigned style, int64_t threshold, int64_t actual, const char *message, unsigned line)
{
    if (holds(relation, compare(style, actual, threshold)))
        return;
    const int equal = relation == UNITY_EQUAL;
    dl_unity_start();
    dl_unity_say(" Expected ");
    say_number(style, equal ? threshold : actual);
    dl_unity_say("%s", relations[relation]);
    say_number(style, equal ? actual : threshold);
    dl_unity_fail(message, line);
}

static int is_within(unsigned style, uint64_t delta, int64_t expected, int64_t actual)
{
    const uint64_t distance =
        compare(style, actual, expected) > 0 ? (uint64_t)actual - (uint64_t)expected : (uint64_t)expected - (uint64_t)actual;
    return distance <= delta;
}

static void say_distance(unsigned style, uint64_t delta, int64_t expected, int64_t actual)
{
    if (delta)
        dl_unity_say(" Values Not Within Delta %" PRIu64, delta);
    dl_unity_say(" Expected ");
    say_number(style, expected);
    dl_unity_say(" Was ");
    say_number(style, actual);
}

void unity_check_within(unsigned style, uint64_t delta, int64_t expected, int64_t actual, const char *message, unsigned line)
{
    if (is_within(style, delta, expected, actual))
        return;
    dl_unity_start();
    say_distance(style, delta, expected, actual);
    dl_unity_fail(message, line);
}

void unity_check_bits(uint64_t mask, uint64_t expected, uint64_t actual, const char *message, unsigned line)
{
    if (!((expected ^ actual) & mask))
        return;
    dl_unity_start();
    dl_unity_say(" Expected 0x%" PRIX64 " Was 0x%" PRIX64 " In Bits 0x%" PRIX64, expected & mask, actual & mask, mask);
    dl_unity_fail(message, line);
}

void unity_check_esp_err(esp_err_t expected, esp_err_t actual, unsigned line)
{
    if (expected == actual)
        return;
    dl_unity_start();
    dl_unity_say(" Expected 0x%08X Was 0x%08X (%s, not %s)", (unsigned)expected, (unsigned)actual, esp_err_to_name(actual),
                 esp_err_to_name(expected));
    dl_unity_fail(NULL, line);
}

/* --- arrays of integers --- */

static int64_t element(unsigned style, const void *array, size_t index)
{
    const char *at = (const char *)array + index * bytes_of(style);
    switch (bytes_of(style)) {
    case 1:
        return is_signed(style) ? *(const int8_t *)at : *(const uint8_t *)at;
    case 2:
        return is_signed(style) ? *(const int16_t *)at : *(const uint16_t *)at;
    case 4:
        return is_signed(style) ? (int64_t)*(const int32_t *)at : (int64_t)*(const uint32_t *)at;
    default:
        return *(const int64_t *)at;
    }
}

void unity_check_array(unsigned style, uint64_t delta, const void *expected, const void *actual, size_t count, int each, const char *message,
                       unsigned line)
{
    const size_t bytes = bytes_of(style);
    SEES(expected, each ? bytes : count * bytes);
    SEES(actual, count * bytes);
    for (size_t i = 0; i < count; i++) {
        const int64_t wanted = element(style, expected, each ? 0 : i), found = element(style, actual, i);
        if (is_within(style, delta, wanted, found))
            continue;
        dl_unity_start();
        dl_unity_say(" Element %u", (unsigned)i);
        say_distance(style, delta, wanted, found);
        dl_unity_fail(message, line);
        return;
    }
}

/* --- floating point --- */

static double magnitude(double number)
{
    return number < 0 ? -number : number;
}

static int is_near(double expected, double actual, double delta, double precision)
{
    if (expected != expected || actual != actual)
        return expected != expected && actual != actual; /* not a number equals itself here */
    const double allowed = delta ? magnitude(delta) : magnitude(expected) * precision;
    return expected == actual || magnitude(expected - actual) <= allowed;
}

void unity_check_float(enum unity_relation relation, double delta, double precision, double threshold, double actual, const char *message,
                       unsigned line)
{
    const int near = is_near(threshold, actual, delta, precision);
    int fine = relation == UNITY_EQUAL ? near : relation == UNITY_NOT_EQUAL ? !near : 0;
    if (relation == UNITY_GREATER || relation == UNITY_GREATER_OR_EQUAL)
        fine = actual > threshold || (relation == UNITY_GREATER_OR_EQUAL && near);
    if (relation == UNITY_LESS || relation == UNITY_LESS_OR_EQUAL)
        fine = actual < threshold || (relation == UNITY_LESS_OR_EQUAL && near);
    if (fine)
        return;
    const int equal = relation == UNITY_EQUAL;
    dl_unity_start();
    dl_unity_say(" Expected %.9g%s%.9g", equal ? threshold : actual, relations[relation], equal ? actual : threshold);
    dl_unity_fail(message, line);
}

void unity_check_floats(size_t bytes, double precision, const void *expected, const void *actual, size_t count, int each, const char *message,
                        unsigned line)
{
    SEES(expected, each ? bytes : count * bytes);
    SEES(actual, count * bytes);
    for (size_t i = 0; i < count; i++) {
        const size_t j = each ? 0 : i;
        const double wanted = bytes == sizeof(float) ? ((const float *)expected)[j] : ((const double *)expected)[j];
        const double found = bytes == sizeof(float) ? ((const float *)actual)[i] : ((const double *)actual)[i];
        if (is_near(wanted, found, 0, precision))
            continue;
        dl_unity_start();
        dl_unity_say(" Element %u Expected %.9g Was %.9g", (unsigned)i, wanted, found);
        dl_unity_fail(message, line);
        return;
    }
}

void unity_check_trait(enum unity_trait trait, bool wanted, double actual, const char *message, unsigned line)
{
    static const char *const names[] = {"Infinity", "Negative Infinity", "NaN", "Determinate"};
    const double infinity = __builtin_inf();
    const bool has[] = {actual == infinity, actual == -infinity, actual != actual, actual == actual && magnitude(actual) != infinity};
    if (has[trait] == wanted)
        return;
    dl_unity_start();
    dl_unity_say(" Expected %s%s Was %.9g", wanted ? "" : "Not ", names[trait], actual);
    dl_unity_fail(message, line);
}
