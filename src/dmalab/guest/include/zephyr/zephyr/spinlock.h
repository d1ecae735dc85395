/* Spin locks. On one core they lock interrupts out, and a second lock by the same owner is an error. */
#ifndef ZEPHYR_INCLUDE_SPINLOCK_H_
#define ZEPHYR_INCLUDE_SPINLOCK_H_

#include <zephyr/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct k_spinlock {
	uintptr_t locked;
};
typedef struct {
	unsigned int key;
} k_spinlock_key_t;
typedef struct k_spinlock k_spinlock_t;

k_spinlock_key_t k_spin_lock(struct k_spinlock *l);
int k_spin_trylock(struct k_spinlock *l, k_spinlock_key_t *k);
void k_spin_unlock(struct k_spinlock *l, k_spinlock_key_t key);
bool k_spin_is_locked(struct k_spinlock *l);

#define K_SPINLOCK_BREAK continue
#define K_SPINLOCK(lck)                                                                         \
	for (k_spinlock_key_t dl_key __attribute__((unused)) = k_spin_lock(lck), *dl_once = &dl_key; dl_once; \
	     k_spin_unlock((lck), dl_key), dl_once = NULL)

#ifdef __cplusplus
}
#endif

#endif
