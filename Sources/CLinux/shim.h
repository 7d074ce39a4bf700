#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>

// These are glibc's own, which its headers show to programs that define _GNU_SOURCE only.
const char *sigabbrev_np(int signal);
const char *strerrorname_np(int number);
int pipe2(int descriptors[2], int flags);
int posix_spawn_file_actions_addtcsetpgrp_np(posix_spawn_file_actions_t *actions, int descriptor);
int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
int memfd_create(const char *name, unsigned int flags);
