/* esp_err.h: names of codes, and the end of a program whose check failed. */
#include "esp_err.h"

#include <stdlib.h>

#include "esp_rom_sys.h"
#include "idf_stub.h"

#define NAMED(code) {code, #code}

static const struct {
    esp_err_t code;
    const char *name;
} names[] = {
    NAMED(ESP_OK),
    NAMED(ESP_FAIL),
    NAMED(ESP_ERR_NO_MEM),
    NAMED(ESP_ERR_INVALID_ARG),
    NAMED(ESP_ERR_INVALID_STATE),
    NAMED(ESP_ERR_INVALID_SIZE),
    NAMED(ESP_ERR_NOT_FOUND),
    NAMED(ESP_ERR_NOT_SUPPORTED),
    NAMED(ESP_ERR_TIMEOUT),
    NAMED(ESP_ERR_INVALID_RESPONSE),
    NAMED(ESP_ERR_INVALID_CRC),
    NAMED(ESP_ERR_INVALID_VERSION),
    NAMED(ESP_ERR_INVALID_MAC),
    NAMED(ESP_ERR_NOT_FINISHED),
    NAMED(ESP_ERR_NOT_ALLOWED),
};

const char *esp_err_to_name(esp_err_t code)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].code == code)
            return names[i].name;
    return "UNKNOWN ERROR";
}

const char *esp_err_to_name_r(esp_err_t code, char *buf, size_t buflen)
{
    const char *name = esp_err_to_name(code);
    size_t i = 0;
    if (!buf || !buflen)
        return buf;
    for (; i + 1 < buflen && name[i]; i++)
        STORE(&buf[i], name[i]);
    STORE(&buf[i], (char)0);
    return buf;
}

static void tell(const char *macro, esp_err_t rc, const char *file, int line, const char *function, const char *expression)
{
    esp_rom_printf("%s failed: esp_err_t 0x%x (%s)\nfile: \"%s\" line %d\nfunc: %s\nexpression: %s\n", macro, (unsigned)rc,
                   esp_err_to_name(rc), file, line, function, expression);
}

void _esp_error_check_failed(esp_err_t rc, const char *file, int line, const char *function, const char *expression)
{
    tell("ESP_ERROR_CHECK", rc, file, line, function, expression);
    DL_CALL(esp_error_check_failed, rc, file, line, function, expression);
    abort(); /* the machine doesn't answer */
}

void _esp_error_check_failed_without_abort(esp_err_t rc, const char *file, int line, const char *function, const char *expression)
{
    tell("ESP_ERROR_CHECK_WITHOUT_ABORT", rc, file, line, function, expression);
}
