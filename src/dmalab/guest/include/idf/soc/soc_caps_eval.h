/* How v6.0 and later ask for capabilities. An absent one is 0 in #if, and an unknown name elsewhere, as on the chip. */
#pragma once

#define SOC_HAS(module) SOC_##module##_SUPPORTED
#define SOC_IS(target) CONFIG_IDF_TARGET_##target
#define SOC_MODULE_ATTR(module, attribute) SOC_##module##_##attribute
#define SOC_MODULE_SUPPORT(module, feature) SOC_##module##_SUPPORT_##feature
