/* The chip's own place for the ROM's cache routines. */
#pragma once

#include "rom/cache.h"
