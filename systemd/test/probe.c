/*
 * Runs in the place of the daemon, in its unit's sandbox, and tries what the daemon must not do. A line for each attempt
 * that was let through; the exit status is their number. What the daemon needs is tried as well.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/keyctl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <unistd.h>

static int tried, passed;

/* RESULT is that of a system call: to fail is right. */
static void forbidden(const char *what, long result) {
    tried++;
    if (result < 0) return;
    printf("was let through: %s\n", what);
    passed++;
}

static void needed(const char *what, long result) {
    tried++;
    if (result >= 0) return;
    printf("was refused: %s: %s\n", what, strerror(errno));
    passed++;
}

static void status_has(const char *name, const char *value) {
    char line[256], wanted[128];
    FILE *status = fopen("/proc/self/status", "r");
    int found = -1;
    snprintf(wanted, sizeof wanted, "%s:\t%s\n", name, value);
    while (status && fgets(line, sizeof line, status))
        if (strcmp(line, wanted) == 0) found = 0;
    if (status) fclose(status);
    errno = EINVAL;
    needed(wanted, found);
}

static long execute(const char *path) {
    execl(path, path, (char *)0);
    return -1;
}

static void *idle(void *unused) {
    for (;;) pause();
    return unused;
}

int main(int argc, char **) {
    const char *state = getenv("STATE_DIRECTORY");
    char path[512];
    int file;

    /* What the daemon needs. */
    snprintf(path, sizeof path, "%s/probe", state ? state : "/nonexistent");
    file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0700);
    needed("writing the state", file);
    if (file >= 0) {
        needed("write", write(file, "#!/bin/sh\nexit 0\n", 17));
        needed("fdatasync", fdatasync(file));
    }
    needed("AF_UNIX", socket(AF_UNIX, SOCK_STREAM, 0));
    needed("/etc/mend", access("/etc/mend", R_OK | X_OK));
    needed("the processes of others", access("/proc/1/stat", R_OK));
    needed("a pidfd", syscall(SYS_pidfd_open, 1, 0));
    needed("the memory of units", access("/sys/fs/cgroup", R_OK));

    /* NoExecPaths=, MemoryDenyWriteExecute= */
    forbidden("execute /bin/true", execute("/bin/true"));
    forbidden("execute /bin/sh", execute("/bin/sh"));
    forbidden("execute what it wrote", execute(path));
    forbidden("memory to write and execute",
        (long)mmap(0, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == -1 ? -1 : 0);
    {
        void *page = mmap(0, 4096, PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        forbidden("memory made executable", mprotect(page, 4096, PROT_EXEC));
    }
    forbidden("map what it wrote to execute",
        file < 0 || mmap(0, 16, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0) == MAP_FAILED ? -1 : 0);
    forbidden("memfd_create", syscall(SYS_memfd_create, "x", 0));

    /* RestrictAddressFamilies=, PrivateNetwork= */
    forbidden("AF_INET", socket(AF_INET, SOCK_STREAM, 0));
    forbidden("AF_INET6", socket(AF_INET6, SOCK_STREAM, 0));
    forbidden("AF_NETLINK", socket(AF_NETLINK, SOCK_RAW, 0));
    forbidden("AF_PACKET", socket(AF_PACKET, SOCK_RAW, 0));
    {
        char line[256];
        int others = 0;
        FILE *devices = fopen("/proc/self/net/dev", "r");
        while (devices && fgets(line, sizeof line, devices))
            if (strchr(line, ':') && !strstr(line, "lo:")) others++;
        forbidden("a network device", others ? others : -1);
    }

    /* ProtectSystem=, ProtectHome=, PrivateTmp=, PrivateDevices=, Protect*= */
    forbidden("write /etc", open("/etc/mend/probe", O_WRONLY | O_CREAT, 0600));
    forbidden("write /usr", open("/usr/bin/probe", O_WRONLY | O_CREAT, 0600));
    forbidden("write /var/lib", open("/var/lib/probe", O_WRONLY | O_CREAT, 0600));
    forbidden("write /run", open("/run/probe", O_WRONLY | O_CREAT, 0600));
    forbidden("the homes", open("/home", O_RDONLY | O_DIRECTORY));
    forbidden("root's home", open("/root", O_RDONLY | O_DIRECTORY));
    forbidden("the temporary files of others", access("/tmp/of-another", F_OK));
    forbidden("/dev/kmsg", open("/dev/kmsg", O_RDONLY));
    forbidden("/dev/mem", open("/dev/mem", O_RDONLY));
    forbidden("/dev/rtc0", open("/dev/rtc0", O_RDONLY));
    forbidden("kernel tunables", open("/proc/sys/vm/swappiness", O_WRONLY));
    forbidden("/sys", open("/sys/kernel/mm/transparent_hugepage/enabled", O_WRONLY));
    forbidden("control groups", mkdir("/sys/fs/cgroup/probe", 0700));
    forbidden("kernel modules", access("/lib/modules/.", R_OK));
    forbidden("init_module", syscall(SYS_init_module, 0, 0, ""));
    forbidden("syslog", syscall(SYS_syslog, 2, path, sizeof path));
    forbidden("sethostname", sethostname("probe", 5));
    {
        struct timex time = {.modes = ADJ_FREQUENCY};
        forbidden("adjtimex", adjtimex(&time));
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        forbidden("clock_settime", clock_settime(CLOCK_REALTIME, &now));
    }

    /* The rest of the filter, and what capabilities would allow. */
    forbidden("ptrace", ptrace(PTRACE_TRACEME, 0, 0, 0));
    forbidden("process_vm_readv", syscall(SYS_process_vm_readv, getpid(), 0, 0, 0, 0, 0));
    forbidden("mount", mount("none", "/tmp", "tmpfs", 0, 0));
    forbidden("umount", umount2("/tmp", MNT_DETACH));
    forbidden("chroot", chroot("/tmp"));
    forbidden("unshare(CLONE_NEWUSER)", unshare(CLONE_NEWUSER));
    forbidden("setns", setns(file, 0));
    forbidden("personality", personality(ADDR_NO_RANDOMIZE));
    forbidden("bpf", syscall(SYS_bpf, BPF_PROG_LOAD, 0, 0));
    forbidden("keyctl", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1));
    forbidden("perf_event_open", syscall(SYS_perf_event_open, 0, 0, -1, -1, 0));
    forbidden("io_uring_setup", syscall(SYS_io_uring_setup, 1, 0));
    forbidden("reboot", syscall(SYS_reboot, 0xfee1dead, 672274793, 0, 0));
    forbidden("swapon", syscall(SYS_swapon, path, 0));
    forbidden("setuid", syscall(SYS_setuid, getuid()));
    forbidden("chown", chown(path, getuid(), getgid()));
    forbidden("chmod u+s", fchmod(file, 04755));
    forbidden("mknod", mknod(path, S_IFIFO | 0600, 0));
    forbidden("kill", kill(1, 0));
    forbidden("shmget", shmget(IPC_PRIVATE, 4096, 0600));
    {
        struct sched_param parameter = {.sched_priority = 1};
        forbidden("real time", sched_setscheduler(0, SCHED_FIFO, &parameter));
    }
    status_has("CapEff", "0000000000000000");
    status_has("CapBnd", "0000000000000000");
    status_has("CapPrm", "0000000000000000");
    status_has("CapAmb", "0000000000000000");
    status_has("NoNewPrivs", "1");
    status_has("Seccomp", "2");
    {
        struct rlimit files;
        getrlimit(RLIMIT_NOFILE, &files);
        needed("LimitNOFILE=16384", files.rlim_max == 16384 ? 0 : -1);
    }
    forbidden("umask of others", umask(0077) == 0077 ? -1 : 0);

    /* TasksMax=, where the controller is there */
    if (argc > 1) {
        int threads = 0;
        pthread_t thread;
        pthread_attr_t small;
        pthread_attr_init(&small);
        pthread_attr_setstacksize(&small, 65536);
        while (threads < 600 && pthread_create(&thread, &small, idle, 0) == 0) threads++;
        forbidden("more than 512 threads", threads > 511 ? threads : -1);
    }
    unlink(path);
    printf("%d attempts, %d not as they should be\n", tried, passed);
    fflush(stdout);
    return passed ? 1 : 0;
}
