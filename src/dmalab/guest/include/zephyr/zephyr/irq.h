/* Locking interrupts out. */
#ifndef ZEPHYR_INCLUDE_IRQ_H_
#define ZEPHYR_INCLUDE_IRQ_H_

#ifdef __cplusplus
extern "C" {
#endif

unsigned int irq_lock(void);
void irq_unlock(unsigned int key);

/* Interrupts of devices are raised by the machine; there is no controller to program. */
#define irq_enable(irq) ((void)(irq))
#define irq_disable(irq) ((void)(irq))

#ifdef __cplusplus
}
#endif

#endif
