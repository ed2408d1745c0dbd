/* x264 reports a message as a format and a va_list. The type of a va_list differs between platforms, and Rust cannot name
   it portably, so this file formats the message and passes plain text on. */
#include <stdarg.h>
#include <stdint.h> /* x264.h needs it */
#include <stdio.h>
#include <x264.h>

#ifndef KINETOGRAPH_LOG_TO
#error "build.rs defines KINETOGRAPH_LOG_TO: a name with the version in it, so that two versions of the crate link together"
#endif

/* The beginning of Log in log.rs. */
struct log {
    void (*receive)(const void *log, int level, const char *message);
};

static void print(void *context, int level, const char *format, va_list arguments)
{
    const struct log *log = context;
    char message[1024];
    if (vsnprintf(message, sizeof message, format, arguments) >= 0)
        log->receive(log, level, message);
}

/* Makes every encoder that is opened with these parameters report its messages to the log. */
void KINETOGRAPH_LOG_TO(x264_param_t *parameters, void *log)
{
    parameters->pf_log = print;
    parameters->p_log_private = log;
}
