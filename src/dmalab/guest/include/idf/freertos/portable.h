#pragma once

#include "freertos/portmacro.h"
