/* A clock that cannot be read, for tests: the only thing that makes the module panic without a defect of its own. It is
 * preloaded, and fails in the thread that asked for it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <time.h>

static _Thread_local long readings_until_failure = -1;
static _Thread_local long failures_left;

/* Lets the clock be read so many times, and fail so many times after that. */
void fail_clock(long readings, long failures) {
    readings_until_failure = readings;
    failures_left = failures;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*real)(clockid_t, struct timespec *);
    if (readings_until_failure > 0) {
        readings_until_failure--;
    } else if (readings_until_failure == 0 && failures_left > 0) {
        failures_left--;
        errno = EINVAL;
        return -1;
    }
    if (!real)
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    return real(clock, time);
}
