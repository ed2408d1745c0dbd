// Preloaded into a process, counts its system calls that change files in KILL_FOLDER, and kills it before the call
// number KILL_AT, counted from 1 over all threads. Before a write of whole pages, every second kill writes half of
// them, as the kernel does for a process that is killed during a write.
//
// With KILL_LOG, the names of the calls are added to that file, in order.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_long count;

static int in_folder(const char *path) {
    const char *folder = getenv("KILL_FOLDER");
    return folder && strncmp(path, folder, strlen(folder)) == 0;
}

static const char *path_of(int file, char path[4096]) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    long length = readlink(link, path, 4095);
    path[length < 0 ? 0 : length] = 0;
    return path;
}

static void record(const char *call, const char *path) {
    const char *log = getenv("KILL_LOG");
    if (!log) return;
    char line[5000];
    int length = snprintf(line, sizeof line, "%s %s\n", call, path);
    int file = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    syscall(SYS_write, file, line, length);
    syscall(SYS_close, file);
}

// Returns whether the process is to be killed now.
static int is_due(const char *call, const char *path) {
    if (!in_folder(path)) return 0;
    record(call, path);
    const char *at = getenv("KILL_AT");
    return ++count == (at ? atol(at) : 0);
}

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

static void step(const char *call, const char *path) {
    if (is_due(call, path)) die();
}

static void step_file(const char *call, int file) {
    char path[4096];
    step(call, path_of(file, path));
}

#define NEXT(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))

int open64(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = va_arg(arguments, mode_t);
    va_end(arguments);
    if (flags & (O_CREAT | O_TRUNC)) step("create", path);
    return NEXT(open64)(path, flags, mode);
}

ssize_t write(int file, const void *bytes, size_t length) {
    char path[4096];
    if (is_due("write", path_of(file, path))) {
        if (length > 4096 && count % 2) syscall(SYS_write, file, bytes, length / 8192 * 4096);
        die();
    }
    return NEXT(write)(file, bytes, length);
}

ssize_t copy_file_range(int in, off64_t *in_at, int out, off64_t *out_at, size_t length, unsigned flags) {
    char path[4096];
    if (is_due("copy", path_of(out, path))) {
        if (count % 2) syscall(SYS_copy_file_range, in, in_at, out, out_at, length / 2, flags);
        die();
    }
    return NEXT(copy_file_range)(in, in_at, out, out_at, length, flags);
}

int ftruncate64(int file, off64_t length) {
    step_file("truncate", file);
    return NEXT(ftruncate64)(file, length);
}

int fsync(int file) {
    step_file("sync", file);
    return NEXT(fsync)(file);
}

int fdatasync(int file) {
    step_file("sync", file);
    return NEXT(fdatasync)(file);
}

int flock(int file, int operation) {
    step_file("lock", file);
    return NEXT(flock)(file, operation);
}

int fchmod(int file, mode_t mode) {
    step_file("mode", file);
    return NEXT(fchmod)(file, mode);
}

int fchown(int file, uid_t owner, gid_t group) {
    step_file("owner", file);
    return NEXT(fchown)(file, owner, group);
}

int close(int file) {
    step_file("close", file);
    return NEXT(close)(file);
}

int rename(const char *from, const char *to) {
    step("rename", to);
    return NEXT(rename)(from, to);
}

int unlink(const char *path) {
    step("remove", path);
    return NEXT(unlink)(path);
}

int mkdir(const char *path, mode_t mode) {
    step("mkdir", path);
    return NEXT(mkdir)(path, mode);
}

int rmdir(const char *path) {
    step("rmdir", path);
    return NEXT(rmdir)(path);
}
