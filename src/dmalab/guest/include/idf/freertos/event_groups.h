/* Groups of event bits; the upper eight bits of the word belong to the kernel. */
#pragma once

#ifndef portMAX_DELAY
#error "include freertos/FreeRTOS.h first"
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct EventGroupDef_t *EventGroupHandle_t;
typedef TickType_t EventBits_t;

EventGroupHandle_t xEventGroupCreate(void);
EventGroupHandle_t xEventGroupCreateStatic(StaticEventGroup_t *control);
EventBits_t xEventGroupWaitBits(EventGroupHandle_t group, const EventBits_t bits, const BaseType_t clear_on_exit,
                                const BaseType_t wait_for_all, TickType_t ticks);
EventBits_t xEventGroupSetBits(EventGroupHandle_t group, const EventBits_t bits);
BaseType_t xEventGroupSetBitsFromISR(EventGroupHandle_t group, const EventBits_t bits, BaseType_t *woken);
EventBits_t xEventGroupClearBits(EventGroupHandle_t group, const EventBits_t bits);
EventBits_t xEventGroupGetBits(EventGroupHandle_t group);
EventBits_t xEventGroupGetBitsFromISR(EventGroupHandle_t group);
EventBits_t xEventGroupSync(EventGroupHandle_t group, const EventBits_t set, const EventBits_t wait_for, TickType_t ticks);
void vEventGroupDelete(EventGroupHandle_t group);

#ifdef __cplusplus
}
#endif
