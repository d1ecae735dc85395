/* driver/gpio.h. Pulls have no effect. */
#include "driver/gpio.h"

#include "idf_stub.h"

esp_err_t gpio_config(const gpio_config_t *pGPIOConfig)
{
    SEES(pGPIOConfig, sizeof *pGPIOConfig);
    return (esp_err_t)DL_CALL(gpio_config, pGPIOConfig->pin_bit_mask, (uint32_t)pGPIOConfig->mode,
                              (uint32_t)pGPIOConfig->intr_type);
}

esp_err_t gpio_reset_pin(gpio_num_t gpio_num)
{
    return (esp_err_t)DL_CALL(gpio_reset_pin, gpio_num);
}

esp_err_t gpio_set_level(gpio_num_t gpio_num, uint32_t level)
{
    return (esp_err_t)DL_CALL(gpio_set_level, gpio_num, level);
}

int gpio_get_level(gpio_num_t gpio_num)
{
    return (int)DL_CALL(gpio_get_level, gpio_num);
}

esp_err_t gpio_set_direction(gpio_num_t gpio_num, gpio_mode_t mode)
{
    return (esp_err_t)DL_CALL(gpio_set_direction, gpio_num, (uint32_t)mode);
}

#define NO_EFFECT(function)                                                                    \
    esp_err_t function(gpio_num_t gpio_num)                                                    \
    {                                                                                          \
        return GPIO_IS_VALID_GPIO(gpio_num) ? ESP_OK : ESP_ERR_INVALID_ARG;                    \
    }

NO_EFFECT(gpio_pullup_en)
NO_EFFECT(gpio_pullup_dis)
NO_EFFECT(gpio_pulldown_en)
NO_EFFECT(gpio_pulldown_dis)

esp_err_t gpio_set_pull_mode(gpio_num_t gpio_num, gpio_pull_mode_t pull)
{
    return GPIO_IS_VALID_GPIO(gpio_num) && pull <= GPIO_FLOATING ? ESP_OK : ESP_ERR_INVALID_ARG;
}

esp_err_t gpio_set_intr_type(gpio_num_t gpio_num, gpio_int_type_t intr_type)
{
    return (esp_err_t)DL_CALL(gpio_set_intr_type, gpio_num, (int)intr_type);
}

esp_err_t gpio_intr_enable(gpio_num_t gpio_num)
{
    return (esp_err_t)DL_CALL(gpio_intr_enable, gpio_num, 1);
}

esp_err_t gpio_intr_disable(gpio_num_t gpio_num)
{
    return (esp_err_t)DL_CALL(gpio_intr_enable, gpio_num, 0);
}

esp_err_t gpio_install_isr_service(int intr_alloc_flags)
{
    return (esp_err_t)DL_CALL(gpio_install_isr_service, intr_alloc_flags);
}

void gpio_uninstall_isr_service(void)
{
    DL_CALL(gpio_uninstall_isr_service);
}

esp_err_t gpio_isr_handler_add(gpio_num_t gpio_num, gpio_isr_t isr_handler, void *args)
{
    return (esp_err_t)DL_CALL(gpio_isr_handler_add, gpio_num, isr_handler, args);
}

esp_err_t gpio_isr_handler_remove(gpio_num_t gpio_num)
{
    return (esp_err_t)DL_CALL(gpio_isr_handler_add, gpio_num, (gpio_isr_t)0, (void *)0);
}
