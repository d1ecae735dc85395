/* Messages of any length from one writer to one reader; each takes four bytes more in the buffer. */
#pragma once

#include "freertos/stream_buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef StreamBufferHandle_t MessageBufferHandle_t;
typedef StaticStreamBuffer_t StaticMessageBuffer_t;

MessageBufferHandle_t xMessageBufferCreate(size_t size);
MessageBufferHandle_t xMessageBufferCreateStatic(size_t size, uint8_t *storage, StaticMessageBuffer_t *control);
size_t xStreamBufferNextMessageLengthBytes(StreamBufferHandle_t buffer);

#define vMessageBufferDelete(buffer) vStreamBufferDelete(buffer)
#define xMessageBufferSend(buffer, data, size, ticks) xStreamBufferSend(buffer, data, size, ticks)
#define xMessageBufferSendFromISR(buffer, data, size, woken) xStreamBufferSendFromISR(buffer, data, size, woken)
#define xMessageBufferReceive(buffer, data, size, ticks) xStreamBufferReceive(buffer, data, size, ticks)
#define xMessageBufferReceiveFromISR(buffer, data, size, woken) xStreamBufferReceiveFromISR(buffer, data, size, woken)
#define xMessageBufferIsFull(buffer) xStreamBufferIsFull(buffer)
#define xMessageBufferIsEmpty(buffer) xStreamBufferIsEmpty(buffer)
#define xMessageBufferReset(buffer) xStreamBufferReset(buffer)
#define xMessageBufferSpaceAvailable(buffer) xStreamBufferSpacesAvailable(buffer)
#define xMessageBufferSpacesAvailable(buffer) xStreamBufferSpacesAvailable(buffer)
#define xMessageBufferNextLengthBytes(buffer) xStreamBufferNextMessageLengthBytes(buffer)

#ifdef __cplusplus
}
#endif
