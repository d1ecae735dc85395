/* The newer name of sys_clock.h. */
#include <zephyr/sys_clock.h>
