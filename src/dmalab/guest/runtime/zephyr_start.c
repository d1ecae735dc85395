/* How a Zephyr program begins: initialisation by level, static threads, then main, or the test suites where there is no main. */
#include <zephyr/device.h>
#include <zephyr/init.h>
#include <zephyr/kernel.h>

#include "zephyr_stub.h"

LIST(struct dl_init_entry, dl_zephyr_init);
LIST(struct dl_static_thread, dl_zephyr_threads);

int __real_main(void) __attribute__((weak));
static struct k_thread main_thread __attribute__((section(".bss.dl_main_thread")));

static void initialise(const struct dl_init_entry *entry)
{
    if (entry->function) {
        entry->function();
        return;
    }
    const int result = entry->device_function ? entry->device_function(entry->dev) : 0;
    entry->dev->state->init_res = (uint8_t)(result < 0 ? -result : result);
    entry->dev->state->initialized = true;
}

/* In the order of level and priority, and of the link among equals. */
static void initialise_all(void)
{
    const int last = DL_INIT_SMP;
    for (int level = 0; level <= last; level++)
        for (int priority = 0; priority < 100; priority++)
            for (const struct dl_init_entry *const *one = __start_dl_zephyr_init; one != __stop_dl_zephyr_init; one++)
                if ((*one)->level == level && ((*one)->priority < 99 ? (*one)->priority : 99) == priority)
                    initialise(*one);
}

static void start_threads(void)
{
    for (const struct dl_static_thread *const *one = __start_dl_zephyr_threads; one != __stop_dl_zephyr_threads; one++) {
        const struct dl_static_thread *t = *one;
        k_thread_create(t->thread, t->stack, t->stack_size, t->entry, t->p1, t->p2, t->p3, t->prio, t->options,
                        t->delay_ms < 0 ? K_FOREVER : K_MSEC(t->delay_ms));
        k_thread_name_set(t->thread, t->name);
    }
}

/* The machine starts this as the first task: the main thread. */
void app_main(void)
{
    DL_CALL(k_main_thread, &main_thread, dl_zephyr_dma_callback, dl_zephyr_dma_callback_in_thread);
    initialise_all();
    start_threads();
    if (__real_main)
        __real_main();
    else if (dl_zephyr_has_tests())
        dl_zephyr_run_tests();
}
