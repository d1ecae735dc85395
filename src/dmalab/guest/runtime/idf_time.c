/* The C library's clocks and sleeps, in virtual time: a firmware that slept or looked at the computer's clock would never run twice alike.
 *
 * As in ESP-IDF: the day begins at 1 January 1970 with the power coming on, a sleep shorter than a tick is spent by the core, a longer
 * one is a delay of whole ticks. These definitions come before libc's, for libstdc++ too.
 *
 * Source: ESP-IDF components/newlib/time.c, components/esp_libc.
 */
#include <errno.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include "idf_stub.h"

enum { US_PER_TICK = 1000 * portTICK_PERIOD_MS };

static uint64_t now_us(void)
{
    return (uint64_t)DL_CALL(esp_timer_get_time);
}

static void pass(uint64_t us)
{
    if (us < US_PER_TICK)
        DL_CALL(esp_rom_delay_us, (uint32_t)us);
    else
        DL_CALL(vTaskDelay, (uint32_t)((us + US_PER_TICK - 1) / US_PER_TICK));
}

int usleep(useconds_t us)
{
    pass(us);
    return 0;
}

unsigned sleep(unsigned seconds)
{
    pass((uint64_t)seconds * 1000000);
    return 0;
}

int nanosleep(const struct timespec *wanted, struct timespec *left)
{
    if (wanted->tv_sec < 0 || wanted->tv_nsec < 0 || wanted->tv_nsec > 999999999) {
        errno = EINVAL;
        return -1;
    }
    pass((uint64_t)wanted->tv_sec * 1000000 + (uint64_t)(wanted->tv_nsec + 999) / 1000);
    if (left)
        *left = (struct timespec){0, 0};
    return 0;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) {
        errno = EINVAL;
        return -1;
    }
    const uint64_t us = now_us();
    *now = (struct timespec){(time_t)(us / 1000000), (long)(us % 1000000 * 1000)};
    return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)zone;
    const uint64_t us = now_us();
    if (now)
        *now = (struct timeval){(time_t)(us / 1000000), (suseconds_t)(us % 1000000)};
    return 0;
}

time_t time(time_t *out)
{
    const time_t seconds = (time_t)(now_us() / 1000000);
    if (out)
        *out = seconds;
    return seconds;
}

clock_t clock(void)
{
    return (clock_t)now_us(); /* the computer's CLOCKS_PER_SEC is a million */
}
