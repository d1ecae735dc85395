/* The release whose contract is in force. */
#pragma once

#include "dmalab/target.h"

#define ESP_IDF_VERSION_MAJOR DMALAB_IDF_MAJOR
#define ESP_IDF_VERSION_MINOR DMALAB_IDF_MINOR
#define ESP_IDF_VERSION_PATCH DMALAB_IDF_PATCH
#define ESP_IDF_VERSION_VAL(major, minor, patch) (((major) << 16) | ((minor) << 8) | (patch))
#define ESP_IDF_VERSION ESP_IDF_VERSION_VAL(ESP_IDF_VERSION_MAJOR, ESP_IDF_VERSION_MINOR, ESP_IDF_VERSION_PATCH)

#ifdef __cplusplus
extern "C" {
#endif
const char *esp_get_idf_version(void);
#ifdef __cplusplus
}
#endif
