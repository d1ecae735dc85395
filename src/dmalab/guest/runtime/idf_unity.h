/* What the files of Unity share. `reason` texts are composed on the host stack, because the host's printf needs a lot of it. */
#ifndef IDF_UNITY_H
#define IDF_UNITY_H

#include "idf_stub.h"
#include "unity.h"

/* Forgets what was said about an earlier failure. */
void dl_unity_start(void) DL_HIDDEN;
/* Appends to the reason of the failure under way. */
void dl_unity_say(const char *format, ...) DL_HIDDEN __attribute__((format(printf, 1, 2)));
/* Ends the test as failed, with what was said and the author's own message. Comes back only when no test runs. */
void dl_unity_fail(const char *message, unsigned line) DL_HIDDEN;

/* Whether setUp and tearDown, which the firmware does not define, look for leaks: when dmalab is the one who runs the tests. */
extern int dl_unity_checks_leaks DL_HIDDEN;

#endif
