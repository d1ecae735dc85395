/* rom/cache.h. */
#include "rom/cache.h"

#include "idf_stub.h"

enum { WRITE_BACK, INVALIDATE, WRITE_BACK_ALL, INVALIDATE_ALL };

int Cache_WriteBack_Addr(uint32_t addr, uint32_t size)
{
    DL_CALL(rom_cache, WRITE_BACK, addr, size);
    return 0;
}

int Cache_Invalidate_Addr(uint32_t addr, uint32_t size)
{
    DL_CALL(rom_cache, INVALIDATE, addr, size);
    return 0;
}

void Cache_WriteBack_All(void)
{
    DL_CALL(rom_cache, WRITE_BACK_ALL, 0, 0);
}

void Cache_Invalidate_DCache_All(void)
{
    DL_CALL(rom_cache, INVALIDATE_ALL, 0, 0);
}
