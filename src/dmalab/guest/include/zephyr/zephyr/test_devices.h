/* Devices under test, listed in /zephyr,user. */
#ifndef ZEPHYR_INCLUDE_TEST_DEVICES_H_
#define ZEPHYR_INCLUDE_TEST_DEVICES_H_

#include <zephyr/device.h>

#define TEST_DEVS_NODE DT_PATH(zephyr_user)
#define TEST_DEVS_EXIST(prop) DT_NODE_HAS_PROP(TEST_DEVS_NODE, prop)
#define TEST_DEVS_LEN(prop) DT_PROP_LEN(TEST_DEVS_NODE, prop)
#define TEST_DEVS_NODE_BY_IDX(prop, idx) DT_PHANDLE_BY_IDX(TEST_DEVS_NODE, prop, idx)
#define TEST_DEVS_GET_BY_IDX(prop, idx) DEVICE_DT_GET(TEST_DEVS_NODE_BY_IDX(prop, idx))
#define DL_TEST_DEV(idx, prop) TEST_DEVS_GET_BY_IDX(prop, idx)
#define TEST_DEVS_ARRAY(prop) {LISTIFY(TEST_DEVS_LEN(prop), DL_TEST_DEV, (,), prop)}
#define TEST_DEVS_FOREACH(prop, fn) LISTIFY(TEST_DEVS_LEN(prop), fn, (), prop)

#endif
