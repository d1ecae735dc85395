/* Home of the request ids from v6.0 on. */
#pragma once

#include "soc/gdma_channel.h"
