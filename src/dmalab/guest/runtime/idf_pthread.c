/* pthread_mutex_lock, which std::mutex takes too: all tasks are one thread of the computer, so a lock that is held must be waited for in
 * virtual time, or nobody could ever give it back. It is looked at anew every tick. A recursive one can't tell tasks apart.
 */
#include <errno.h>
#include <pthread.h>

#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include "idf_stub.h"

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    int answer;
    while ((answer = pthread_mutex_trylock(mutex)) == EBUSY)
        DL_CALL(vTaskDelay, 1);
    return answer;
}
