/* x264 hands its messages over as a format and a va_list, which Rust cannot read portably: they are printed here. */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <x264.h>

/* Defined in log.rs. */
void kinetograph_log(void *context, int level, const char *message);

static void print(void *context, int level, const char *format, va_list arguments)
{
    char message[1024];
    if (vsnprintf(message, sizeof message, format, arguments) >= 0)
        kinetograph_log(context, level, message);
}

/* Sends the messages of an encoder opened with these parameters to kinetograph_log with this context. */
void kinetograph_log_to(x264_param_t *parameters, void *context)
{
    parameters->pf_log = print;
    parameters->p_log_private = context;
}
