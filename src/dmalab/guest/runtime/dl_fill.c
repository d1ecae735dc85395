/* What a line fill costs the core.
 *
 * A fill stalls the core until the word it asked for is there; while the rest of the line streams in, the core works on. How much
 * work there is shows only afterwards: so a fill is charged whole, and the work that came behind it is given back at the next
 * fill, as far as the streaming can have covered it. Streaming of at most two fills is remembered, which are source and target of
 * a copy: a long calculation between two accesses is not free because many lines came before it.
 *
 * Bulk functions are charged for their work before their lines are looked at. They announce it, and each fill covers its part.
 */
#include "dl_runtime.h"

static int32_t left_after; /* dl_hot.left behind the last fill */
static uint32_t last_stream, streaming;
static uint64_t announced;

static uint32_t min(uint64_t a, uint32_t b) { return a < b ? (uint32_t)a : b; }

void dl_fill(const struct dl_region *region, int is_store)
{
    uint32_t cost = is_store ? region->allocate_cycles : region->fill_cycles;
    uint32_t covered;
    if (announced) {
        covered = min(announced, region->stream_cycles);
        announced -= covered;
        streaming = 0;
    } else {
        uint32_t worked = (uint32_t)(left_after - dl_hot.left);
        covered = min(min(worked, streaming), cost);
        streaming = min(streaming - covered, last_stream) + region->stream_cycles;
        last_stream = region->stream_cycles;
    }
    dl_hot.left -= (int32_t)(cost - covered);
    left_after = dl_hot.left;
}

/* Work of a bulk function that is charged already, and whose lines come next; 0 when they are through. */
void dl_fill_ahead(uint64_t cycles) { announced = cycles; }

/* A new slice of the budget has begun: what was left in the old one says nothing. */
void dl_fill_forget(void)
{
    streaming = 0;
    left_after = dl_hot.left;
}
