// Counts the calls that change files below one folder, and lets one of them fail.
//
// To be loaded into a program with LD_PRELOAD. The environment says what is done:
//   FAILURES_FOLDER  absolute, without links; only calls on what lies in it count
//   FAILURES_LOG     a file outside of it: gets a line "NUMBER CALL PATH [NEW PATH]" for each call
//   FAILURES_STEP    the number of the call that fails, from 1
//   FAILURES_ACTION  kill, short, or an error's name: ENOSPC, EDQUOT, EIO, EROFS, EINTR
// A killed program dies before the call is made. A short write writes one byte. Errors other than EINTR
// are also those of all later calls that take room. Taking files away never fails.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *watched;
static size_t watched_length;
static int log_file = -1;
static long failing_step;
static bool kills, shortens;
static int failure;
static atomic_long step_count;

__attribute__((constructor)) static void begin(void) {
  watched = getenv("FAILURES_FOLDER");
  watched_length = watched ? strlen(watched) : 0;
  const char *log_path = getenv("FAILURES_LOG");
  if (log_path) {
    log_file = (int)syscall(
        SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  }
  const char *step = getenv("FAILURES_STEP");
  failing_step = step ? atol(step) : 0;
  const char *action = getenv("FAILURES_ACTION");
  if (!action) return;
  kills = strcmp(action, "kill") == 0;
  shortens = strcmp(action, "short") == 0;
  static const struct {
    const char *name;
    int number;
  } errors[] = {
      {"ENOSPC", ENOSPC}, {"EDQUOT", EDQUOT}, {"EIO", EIO}, {"EROFS", EROFS}, {"EINTR", EINTR}};
  for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
    if (strcmp(action, errors[i].name) == 0) failure = errors[i].number;
  }
}

// The path below the watched folder of a name in an open folder, or of an open file where the name is
// null; null where it lies elsewhere.
static const char *below(char *buffer, int folder, const char *name) {
  if (!watched) return NULL;
  size_t length = 0;
  if (!name || name[0] != '/') {
    char link[32];
    if (folder == AT_FDCWD) {
      strcpy(link, "/proc/self/cwd");
    } else {
      snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    }
    const ssize_t count = readlink(link, buffer, PATH_MAX - 1);
    if (count < 0) return NULL;
    length = (size_t)count;
  }
  buffer[length] = 0;
  if (name) snprintf(buffer + length, PATH_MAX - length, "%s%s", length ? "/" : "", name);
  if (strncmp(buffer, watched, watched_length) != 0) return NULL;
  const char *rest = buffer + watched_length;
  if (rest[0] == 0) return ".";
  if (rest[0] != '/') return NULL;
  while (rest[0] == '/' || (rest[0] == '.' && rest[1] == '/')) rest++;
  return rest;
}

enum outcome { proceed, fail_now, shorten };

// Counts a call and does what is due. `fails` tells whether the call may fail, `takes_room` whether it
// goes on failing.
static enum outcome step(
    const char *call, const char *path, const char *new_path, bool fails, bool takes_room) {
  if (!path) return proceed;
  const long number = atomic_fetch_add(&step_count, 1) + 1;
  if (log_file >= 0) {
    char line[2 * PATH_MAX + 64];
    const int length = snprintf(
        line, sizeof line, "%ld %s %s%s%s\n", number, call, path, new_path ? " " : "",
        new_path ? new_path : "");
    syscall(SYS_write, log_file, line, (size_t)length);
  }
  if (failing_step == 0 || number < failing_step) return proceed;
  if (number == failing_step && kills) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
  }
  if (number == failing_step && shortens) return shorten;
  if (!failure || !fails) return proceed;
  if (number > failing_step && (!takes_room || failure == EINTR)) return proceed;
  errno = failure;
  return fail_now;
}

#define REAL(result, name, ...)                                      \
  static result (*real)(__VA_ARGS__);                                \
  if (!real) real = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

static bool changes(int flags) { return (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT); }

#define OPENAT(name)                                                                    \
  int name(int folder, const char *path, int flags, ...) {                              \
    REAL(int, name, int, const char *, int, ...);                                       \
    mode_t mode = 0;                                                                    \
    if (flags & (O_CREAT | O_TMPFILE)) {                                                \
      va_list list;                                                                     \
      va_start(list, flags);                                                            \
      mode = va_arg(list, mode_t);                                                      \
      va_end(list);                                                                     \
    }                                                                                   \
    char buffer[PATH_MAX];                                                              \
    if (changes(flags) &&                                                               \
        step("open", below(buffer, folder, path), NULL, true, flags & O_CREAT) == fail_now) \
      return -1;                                                                        \
    return real(folder, path, flags, mode);                                             \
  }
OPENAT(openat)
OPENAT(openat64)

#define OPEN(name)                                                                        \
  int name(const char *path, int flags, ...) {                                            \
    REAL(int, name, const char *, int, ...);                                              \
    mode_t mode = 0;                                                                      \
    if (flags & (O_CREAT | O_TMPFILE)) {                                                  \
      va_list list;                                                                       \
      va_start(list, flags);                                                              \
      mode = va_arg(list, mode_t);                                                        \
      va_end(list);                                                                       \
    }                                                                                     \
    char buffer[PATH_MAX];                                                                \
    if (changes(flags) &&                                                                 \
        step("open", below(buffer, AT_FDCWD, path), NULL, true, flags & O_CREAT) == fail_now) \
      return -1;                                                                          \
    return real(path, flags, mode);                                                       \
  }
OPEN(open)
OPEN(open64)

FILE *fopen(const char *path, const char *mode) {
  REAL(FILE *, fopen, const char *, const char *);
  char buffer[PATH_MAX];
  if (strpbrk(mode, "wa+") &&
      step("open", below(buffer, AT_FDCWD, path), NULL, true, true) == fail_now)
    return NULL;
  return real(path, mode);
}

ssize_t write(int file, const void *bytes, size_t byte_count) {
  REAL(ssize_t, write, int, const void *, size_t);
  char buffer[PATH_MAX];
  switch (step("write", below(buffer, file, NULL), NULL, true, true)) {
  case fail_now: return -1;
  case shorten: return real(file, bytes, byte_count > 1 ? 1 : byte_count);
  default: return real(file, bytes, byte_count);
  }
}

ssize_t writev(int file, const struct iovec *pieces, int count) {
  REAL(ssize_t, writev, int, const struct iovec *, int);
  char buffer[PATH_MAX];
  if (step("write", below(buffer, file, NULL), NULL, true, true) == fail_now) return -1;
  return real(file, pieces, count);
}

#define PWRITE(name)                                                                    \
  ssize_t name(int file, const void *bytes, size_t byte_count, off_t offset) {          \
    REAL(ssize_t, name, int, const void *, size_t, off_t);                              \
    char buffer[PATH_MAX];                                                              \
    if (step("write", below(buffer, file, NULL), NULL, true, true) == fail_now) return -1; \
    return real(file, bytes, byte_count, offset);                                       \
  }
PWRITE(pwrite)
PWRITE(pwrite64)

#define ON_FILE(name, call, room, parameters, ...)                                    \
  int name parameters {                                                               \
    REAL(int, name, __VA_ARGS__);                                                     \
    char buffer[PATH_MAX];                                                            \
    if (step(call, below(buffer, file, NULL), NULL, true, room) == fail_now) return -1;
ON_FILE(fsync, "fsync", false, (int file), int)
    return real(file);
  }
ON_FILE(fdatasync, "fsync", false, (int file), int)
    return real(file);
  }
ON_FILE(ftruncate, "write", false, (int file, off_t size), int, off_t)
    return real(file, size);
  }
ON_FILE(ftruncate64, "write", false, (int file, off_t size), int, off_t)
    return real(file, size);
  }

static bool fails_between(
    const char *call, int old_folder, const char *old_path, int new_folder, const char *new_path) {
  char old_buffer[PATH_MAX], new_buffer[PATH_MAX];
  const char *old_name = below(old_buffer, old_folder, old_path);
  const char *new_name = below(new_buffer, new_folder, new_path);
  return step(call, old_name ? old_name : new_name, new_name, true, false) == fail_now;
}

int rename(const char *from, const char *to) {
  REAL(int, rename, const char *, const char *);
  return fails_between("rename", AT_FDCWD, from, AT_FDCWD, to) ? -1 : real(from, to);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
  REAL(int, renameat, int, const char *, int, const char *);
  return fails_between("rename", from_folder, from, to_folder, to)
             ? -1
             : real(from_folder, from, to_folder, to);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
  REAL(int, renameat2, int, const char *, int, const char *, unsigned);
  return fails_between("rename", from_folder, from, to_folder, to)
             ? -1
             : real(from_folder, from, to_folder, to, flags);
}

int link(const char *from, const char *to) {
  REAL(int, link, const char *, const char *);
  return fails_between("link", AT_FDCWD, from, AT_FDCWD, to) ? -1 : real(from, to);
}

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
  REAL(int, linkat, int, const char *, int, const char *, int);
  return fails_between("link", from_folder, from, to_folder, to)
             ? -1
             : real(from_folder, from, to_folder, to, flags);
}

int mkdir(const char *path, mode_t mode) {
  REAL(int, mkdir, const char *, mode_t);
  char buffer[PATH_MAX];
  if (step("mkdir", below(buffer, AT_FDCWD, path), NULL, true, true) == fail_now) return -1;
  return real(path, mode);
}

int unlink(const char *path) {
  REAL(int, unlink, const char *);
  char buffer[PATH_MAX];
  step("unlink", below(buffer, AT_FDCWD, path), NULL, false, false);
  return real(path);
}

int unlinkat(int folder, const char *path, int flags) {
  REAL(int, unlinkat, int, const char *, int);
  char buffer[PATH_MAX];
  step("unlink", below(buffer, folder, path), NULL, false, false);
  return real(folder, path, flags);
}

int remove(const char *path) {
  REAL(int, remove, const char *);
  char buffer[PATH_MAX];
  step("unlink", below(buffer, AT_FDCWD, path), NULL, false, false);
  return real(path);
}
