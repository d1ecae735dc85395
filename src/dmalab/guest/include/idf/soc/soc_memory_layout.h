/* Old home of the pointer predicates. */
#pragma once

#include "esp_memory_utils.h"
