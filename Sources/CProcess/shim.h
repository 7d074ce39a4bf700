// Calls of glibc that the module Glibc does not have. No header is included: the structures that it declares would belong to
// this module, and files that do not import it could not use their members.
int eventfd(unsigned int count, int flags);
int memfd_create(const char *name, unsigned int flags);
int pidfd_open(int pid, unsigned int flags);
int pipe2(int descriptors[2], int flags);
int posix_spawn_file_actions_addchdir_np(void *actions, const char *path);
int posix_spawn_file_actions_addtcsetpgrp_np(void *actions, int descriptor);
const char *sigabbrev_np(int signal);
int signalfd(int descriptor, const void *signals, int flags);
const char *strerrorname_np(int number);
