/* freertos/stream_buffer.h and message_buffer.h: the machine copies the bytes. */
#include "freertos/FreeRTOS.h"
#include "freertos/message_buffer.h"

#include "idf_stub.h"

#define HANDLE(answer) AS_POINTER(StreamBufferHandle_t, answer)

StreamBufferHandle_t xStreamBufferCreate(size_t size, size_t trigger_level)
{
    return HANDLE(DL_CALL(xStreamBufferCreate, size, trigger_level, 0, 0));
}

StreamBufferHandle_t xStreamBufferCreateStatic(size_t size, size_t trigger_level, uint8_t *storage, StaticStreamBuffer_t *control)
{
    (void)storage;
    return HANDLE(DL_CALL(xStreamBufferCreate, size - 1, trigger_level, 0, control));
}

MessageBufferHandle_t xMessageBufferCreate(size_t size)
{
    return HANDLE(DL_CALL(xStreamBufferCreate, size, 0, 1, 0));
}

MessageBufferHandle_t xMessageBufferCreateStatic(size_t size, uint8_t *storage, StaticMessageBuffer_t *control)
{
    (void)storage;
    return HANDLE(DL_CALL(xStreamBufferCreate, size - 1, 0, 1, control));
}

void vStreamBufferDelete(StreamBufferHandle_t stream)
{
    DL_CALL(vStreamBufferDelete, stream);
}

size_t xStreamBufferSend(StreamBufferHandle_t stream, const void *data, size_t size, TickType_t ticks)
{
    return (size_t)DL_CALL(xStreamBufferSend, stream, data, size, ticks);
}

size_t xStreamBufferReceive(StreamBufferHandle_t stream, void *data, size_t size, TickType_t ticks)
{
    return (size_t)DL_CALL(xStreamBufferReceive, stream, data, size, ticks);
}

/* A flag "a task was woken" is only ever set, never cleared, as in the kernel. */
size_t xStreamBufferSendFromISR(StreamBufferHandle_t stream, const void *data, size_t size, BaseType_t *woken)
{
    const uint64_t answer = DL_CALL(xStreamBufferSendFromISR, stream, data, size);
    if (HIGH(answer) && woken)
        STORE(woken, pdTRUE);
    return (size_t)LOW(answer);
}

size_t xStreamBufferReceiveFromISR(StreamBufferHandle_t stream, void *data, size_t size, BaseType_t *woken)
{
    const uint64_t answer = DL_CALL(xStreamBufferReceiveFromISR, stream, data, size);
    if (HIGH(answer) && woken)
        STORE(woken, pdTRUE);
    return (size_t)LOW(answer);
}

BaseType_t xStreamBufferReset(StreamBufferHandle_t stream)
{
    return (BaseType_t)DL_CALL(xStreamBufferReset, stream);
}

BaseType_t xStreamBufferSetTriggerLevel(StreamBufferHandle_t stream, size_t trigger_level)
{
    return (BaseType_t)DL_CALL(xStreamBufferSetTriggerLevel, stream, trigger_level);
}

size_t xStreamBufferBytesAvailable(StreamBufferHandle_t stream)
{
    return (size_t)DL_CALL(xStreamBufferBytesAvailable, stream);
}

size_t xStreamBufferSpacesAvailable(StreamBufferHandle_t stream)
{
    return (size_t)DL_CALL(xStreamBufferSpacesAvailable, stream);
}

size_t xStreamBufferNextMessageLengthBytes(StreamBufferHandle_t buffer)
{
    return (size_t)DL_CALL(xStreamBufferNextMessageLengthBytes, buffer);
}

BaseType_t xStreamBufferIsEmpty(StreamBufferHandle_t stream)
{
    return xStreamBufferBytesAvailable(stream) == 0;
}

BaseType_t xStreamBufferIsFull(StreamBufferHandle_t stream)
{
    return xStreamBufferSpacesAvailable(stream) == 0;
}
