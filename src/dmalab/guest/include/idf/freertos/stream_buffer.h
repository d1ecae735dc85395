/* Bytes from one writer to one reader. */
#pragma once

#ifndef portMAX_DELAY
#error "include freertos/FreeRTOS.h first"
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct StreamBufferDef_t *StreamBufferHandle_t;

typedef struct {
    uint32_t opaque_[9];
} StaticStreamBuffer_t;

StreamBufferHandle_t xStreamBufferCreate(size_t size, size_t trigger_level);
StreamBufferHandle_t xStreamBufferCreateStatic(size_t size, size_t trigger_level, uint8_t *storage, StaticStreamBuffer_t *control);
void vStreamBufferDelete(StreamBufferHandle_t stream);
size_t xStreamBufferSend(StreamBufferHandle_t stream, const void *data, size_t size, TickType_t ticks);
size_t xStreamBufferSendFromISR(StreamBufferHandle_t stream, const void *data, size_t size, BaseType_t *woken);
size_t xStreamBufferReceive(StreamBufferHandle_t stream, void *data, size_t size, TickType_t ticks);
size_t xStreamBufferReceiveFromISR(StreamBufferHandle_t stream, void *data, size_t size, BaseType_t *woken);
BaseType_t xStreamBufferIsFull(StreamBufferHandle_t stream);
BaseType_t xStreamBufferIsEmpty(StreamBufferHandle_t stream);
BaseType_t xStreamBufferReset(StreamBufferHandle_t stream);
BaseType_t xStreamBufferSetTriggerLevel(StreamBufferHandle_t stream, size_t trigger_level);
size_t xStreamBufferBytesAvailable(StreamBufferHandle_t stream);
size_t xStreamBufferSpacesAvailable(StreamBufferHandle_t stream);

#ifdef __cplusplus
}
#endif
