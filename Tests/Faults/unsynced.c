/*
 * A disk that forgets what was not synced, for one process: LD_PRELOAD=unsynced.so UNSYNCED_PLACE=/state/ mendd ...
 *
 * What is written to files below UNSYNCED_PLACE stays in this process's memory until fsync or fdatasync of that file
 * writes it to the file. The process itself reads what it wrote. A kill -9 therefore loses what a loss of power may
 * lose, and a sync that is missing or that comes too late is a call that was acknowledged and is gone.
 *
 * The model, where it is simpler than a disk:
 *  - A sync takes all of a file. Other files keep waiting: nothing else comes to disk in its wake.
 *  - Making, renaming and removing files is durable at once; so is what O_TRUNC takes away. Only contents and lengths wait.
 *  - *-shm and *.lock go around it: they mean nothing after a crash.
 *  - An orderly end of the process loses what was not synced, too.
 *  - Blocks that are set aside behind a file's end (fallocate, FALLOC_FL_KEEP_SIZE) are the real file's.
 *  - What it has no model for (mmap, vectored I/O, other fallocates of such a file) ends the process with a word, so that
 *    nothing passes by unseen.
 *
 * UNSYNCED_LEAK=N lets one written block in N go to the file at once, unasked and out of order, as a kernel may.
 * UNSYNCED_IGNORE=SUFFIX swallows the syncs of files with that ending: the fault that a test of this must notice.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define BLOCK ((off_t)4096)
#define FILES 64
#define DESCRIPTORS 65536

struct file {
    int used, ignored;
    dev_t device;
    ino_t inode;
    off_t size;       /* as the process sees it */
    off_t kept;       /* how much of the real file still shows: what was cut off must not come back */
    int resized;      /* whether the length waits for a sync */
    char **blocks;    /* what waits, by number of block */
    size_t count;
};

static struct file files[FILES];
static struct file *opened[DESCRIPTORS];
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static const char *place, *ignored;
static unsigned leak, seed = 1;

static ssize_t (*real_pread)(int, void *, size_t, off_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_read)(int, void *, size_t);
static ssize_t (*real_write)(int, const void *, size_t);
static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_close)(int);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate)(int, off_t);
static int (*real_fstat)(int, struct stat *);
static int (*real_stat)(const char *, struct stat *);
static int (*real_unlink)(const char *);
static int (*real_fallocate)(int, int, off_t, off_t);
static off_t (*real_lseek)(int, off_t, int);
static void *(*real_mmap)(void *, size_t, int, int, int, off_t);
static ssize_t (*real_readv)(int, const struct iovec *, int);
static ssize_t (*real_writev)(int, const struct iovec *, int);

__attribute__((noreturn)) static void give_up(const char *what) {
    dprintf(2, "unsynced: no model for %s\n", what);
    abort();
}

/* Others' constructors may call any of these before this one's own. */
__attribute__((constructor)) static void begin(void) {
    if (real_pread) return;
#define FIND(name) *(void **)&real_##name = dlsym(RTLD_NEXT, #name)
    FIND(pwrite); FIND(read); FIND(write); FIND(open); FIND(openat); FIND(close); FIND(fsync); FIND(fdatasync);
    FIND(ftruncate); FIND(fstat); FIND(stat); FIND(unlink); FIND(fallocate); FIND(lseek); FIND(mmap); FIND(readv);
    FIND(writev); FIND(pread);
    place = getenv("UNSYNCED_PLACE");
    ignored = getenv("UNSYNCED_IGNORE");
    const char *text = getenv("UNSYNCED_LEAK");
    leak = text ? atoi(text) : 0;
    seed = getpid();
}

static int ends_in(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static struct file *find(const struct stat *status) {
    for (int i = 0; i < FILES; i++)
        if (files[i].used && files[i].device == status->st_dev && files[i].inode == status->st_ino) return &files[i];
    return NULL;
}

static struct file *of(int fd) { return fd >= 0 && fd < DESCRIPTORS ? opened[fd] : NULL; }

static char **block(struct file *file, off_t number) {
    if ((size_t)number >= file->count) {
        size_t count = number + 1 + number / 2;
        file->blocks = realloc(file->blocks, count * sizeof(char *));
        if (!file->blocks) give_up("a lack of memory");
        memset(file->blocks + file->count, 0, (count - file->count) * sizeof(char *));
        file->count = count;
    }
    return &file->blocks[number];
}

static void forget_from(struct file *file, off_t size) {
    off_t number = size / BLOCK;
    if (size % BLOCK && (size_t)number < file->count && file->blocks[number])
        memset(file->blocks[number] + size % BLOCK, 0, BLOCK - size % BLOCK);
    for (size_t i = (size + BLOCK - 1) / BLOCK; i < file->count; i++) {
        free(file->blocks[i]);
        file->blocks[i] = NULL;
    }
}

/* How much of `length` bytes at `at` is in the block there. */
static size_t part_of_block(off_t at, size_t length) {
    size_t rest = BLOCK - at % BLOCK;
    return rest < length ? rest : length;
}

/* What the process sees of one block: what waits, else what the file holds, else zeros. */
static int load(int fd, struct file *file, off_t number, char *into) {
    if ((size_t)number < file->count && file->blocks[number]) {
        memcpy(into, file->blocks[number], BLOCK);
        return 0;
    }
    off_t from = number * BLOCK;
    memset(into, 0, BLOCK);
    if (from >= file->kept) return 0;
    size_t length = file->kept - from < BLOCK ? file->kept - from : BLOCK;
    return real_pread(fd, into, length, from) < 0 ? -1 : 0;
}

static ssize_t see(int fd, struct file *file, void *into, size_t length, off_t from) {
    if (from >= file->size) return 0;
    if (length > (size_t)(file->size - from)) length = file->size - from;
    char copy[BLOCK];
    for (size_t done = 0; done < length;) {
        off_t at = from + done;
        size_t part = part_of_block(at, length - done);
        if (load(fd, file, at / BLOCK, copy) < 0) return -1;
        memcpy((char *)into + done, copy + at % BLOCK, part);
        done += part;
    }
    return length;
}

static ssize_t keep(int fd, struct file *file, const void *from, size_t length, off_t to) {
    for (size_t done = 0; done < length;) {
        off_t at = to + done;
        size_t part = part_of_block(at, length - done);
        char **waiting = block(file, at / BLOCK);
        if (!*waiting) {
            char *fresh = malloc(BLOCK);
            if (!fresh) give_up("a lack of memory");
            if (load(fd, file, at / BLOCK, fresh) < 0) {
                free(fresh);
                return -1;
            }
            *waiting = fresh;
        }
        memcpy(*waiting + at % BLOCK, (const char *)from + done, part);
        if (leak && rand_r(&seed) % leak == 0) {
            if (real_pwrite(fd, (const char *)from + done, part, at) != (ssize_t)part) return -1;
        }
        done += part;
    }
    if (to + (off_t)length > file->size) {
        file->size = to + length;
        file->resized = 1;
    }
    return length;
}

/* Brings a file to where the process sees it. */
static int apply(int fd, struct file *file) {
    if (file->ignored) return 0;
    if (file->resized) {
        struct stat status;
        if (real_fstat(fd, &status) < 0) return -1;
        /* First to where it was cut, so that nothing of before shows behind it. */
        if (file->kept < status.st_size && real_ftruncate(fd, file->kept) < 0) return -1;
        if (real_ftruncate(fd, file->size) < 0) return -1;
        file->resized = 0;
        file->kept = file->size;
    }
    for (size_t i = 0; i < file->count; i++) {
        if (!file->blocks[i]) continue;
        off_t at = (off_t)i * BLOCK;
        size_t length = file->size - at < BLOCK ? file->size - at : BLOCK;
        if (real_pwrite(fd, file->blocks[i], length, at) != (ssize_t)length) return -1;
        free(file->blocks[i]);
        file->blocks[i] = NULL;
    }
    return 0;
}

static int sync_of(int fd, int (*real)(int)) {
    begin();
    struct file *file = of(fd);
    if (!file) return real(fd);
    pthread_rwlock_wrlock(&lock);
    int failed = apply(fd, file), code = errno;
    pthread_rwlock_unlock(&lock);
    errno = code;
    return failed || file->ignored ? failed : real(fd);
}

int fsync(int fd) { begin(); return sync_of(fd, real_fsync); }
int fdatasync(int fd) { begin(); return sync_of(fd, real_fdatasync); }

static int note_open(int fd, const char *path, int flags) {
    if (fd < 0 || !place || strncmp(path, place, strlen(place)) != 0) return fd;
    if (ends_in(path, "-shm") || ends_in(path, ".lock")) return fd;
    struct stat status;
    if (fd >= DESCRIPTORS || real_fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) return fd;
    pthread_rwlock_wrlock(&lock);
    struct file *file = find(&status);
    for (int i = 0; !file && i < FILES; i++) {
        if (files[i].used) continue;
        file = &files[i];
        memset(file, 0, sizeof *file);
        file->used = 1;
        file->device = status.st_dev;
        file->inode = status.st_ino;
        file->size = file->kept = status.st_size;
        file->ignored = ignored && ends_in(path, ignored);
    }
    if (!file) give_up("so many files");
    if (flags & O_TRUNC) {
        forget_from(file, 0);
        file->size = file->kept = 0;
    }
    opened[fd] = file;
    pthread_rwlock_unlock(&lock);
    return fd;
}

#define MODE(flags, last)                                                                                              \
    mode_t mode = 0;                                                                                                   \
    if ((flags) & (O_CREAT | __O_TMPFILE)) {                                                                           \
        va_list rest;                                                                                                  \
        va_start(rest, last);                                                                                          \
        mode = va_arg(rest, mode_t);                                                                                   \
        va_end(rest);                                                                                                  \
    }

int open(const char *path, int flags, ...) {
    MODE(flags, flags)
    begin();
    return note_open(real_open(path, flags, mode), path, flags);
}
int open64(const char *path, int flags, ...) {
    MODE(flags, flags)
    begin();
    return note_open(real_open(path, flags | O_LARGEFILE, mode), path, flags);
}
int openat(int at, const char *path, int flags, ...) {
    MODE(flags, flags)
    begin();
    return note_open(real_openat(at, path, flags, mode), path, flags);
}

int close(int fd) {
    begin();
    if (of(fd)) {
        pthread_rwlock_wrlock(&lock);
        opened[fd] = NULL;
        pthread_rwlock_unlock(&lock);
    }
    return real_close(fd);
}

ssize_t pread(int fd, void *into, size_t length, off_t from) {
    begin();
    struct file *file = of(fd);
    if (!file) return real_pread(fd, into, length, from);
    pthread_rwlock_rdlock(&lock);
    ssize_t count = see(fd, file, into, length, from);
    pthread_rwlock_unlock(&lock);
    return count;
}
ssize_t pread64(int fd, void *into, size_t length, off_t from) { return pread(fd, into, length, from); }

ssize_t pwrite(int fd, const void *from, size_t length, off_t to) {
    begin();
    struct file *file = of(fd);
    if (!file) return real_pwrite(fd, from, length, to);
    pthread_rwlock_wrlock(&lock);
    ssize_t count = keep(fd, file, from, length, to);
    pthread_rwlock_unlock(&lock);
    return count;
}
ssize_t pwrite64(int fd, const void *from, size_t length, off_t to) { return pwrite(fd, from, length, to); }

ssize_t read(int fd, void *into, size_t length) {
    begin();
    if (!of(fd)) return real_read(fd, into, length);
    off_t at = real_lseek(fd, 0, SEEK_CUR);
    ssize_t count = pread(fd, into, length, at);
    if (count > 0) real_lseek(fd, at + count, SEEK_SET);
    return count;
}

ssize_t write(int fd, const void *from, size_t length) {
    begin();
    struct file *file = of(fd);
    if (!file) return real_write(fd, from, length);
    if (fcntl(fd, F_GETFL) & O_APPEND) give_up("appending");
    off_t at = real_lseek(fd, 0, SEEK_CUR);
    ssize_t count = pwrite(fd, from, length, at);
    if (count > 0) real_lseek(fd, at + count, SEEK_SET);
    return count;
}

off_t lseek(int fd, off_t offset, int from) {
    begin();
    struct file *file = of(fd);
    if (!file || from != SEEK_END) return real_lseek(fd, offset, from);
    return real_lseek(fd, file->size + offset, SEEK_SET);
}
off_t lseek64(int fd, off_t offset, int from) { return lseek(fd, offset, from); }

int ftruncate(int fd, off_t size) {
    begin();
    struct file *file = of(fd);
    if (!file) return real_ftruncate(fd, size);
    pthread_rwlock_wrlock(&lock);
    if (size < file->size) forget_from(file, size);
    if (size < file->kept) file->kept = size;
    file->size = size;
    file->resized = 1;
    pthread_rwlock_unlock(&lock);
    return 0;
}
int ftruncate64(int fd, off_t size) { return ftruncate(fd, size); }

static int corrected(int code, struct stat *status) {
    if (code < 0 || !S_ISREG(status->st_mode)) return code;
    pthread_rwlock_rdlock(&lock);
    struct file *file = find(status);
    if (file) status->st_size = file->size;
    pthread_rwlock_unlock(&lock);
    return code;
}
/* On 64 bits both structures are the same. */
int fstat(int fd, struct stat *status) { begin(); return corrected(real_fstat(fd, status), status); }
int fstat64(int fd, struct stat64 *status) { return fstat(fd, (struct stat *)status); }
int stat(const char *path, struct stat *status) { begin(); return corrected(real_stat(path, status), status); }
int stat64(const char *path, struct stat64 *status) { return stat(path, (struct stat *)status); }

int unlink(const char *path) {
    begin();
    struct stat status;
    struct file *file = NULL;
    pthread_rwlock_wrlock(&lock);
    if (real_stat(path, &status) == 0 && status.st_nlink == 1) file = find(&status);
    int code = real_unlink(path);
    /* Its number may be another file's soon. Who has it open goes on with a nameless one. */
    if (code == 0 && file) file->inode = 0;
    int is_open = 0;
    for (int fd = 0; file && fd < DESCRIPTORS; fd++) is_open |= opened[fd] == file;
    if (code == 0 && file && !is_open) {
        forget_from(file, 0);
        free(file->blocks);
        file->used = 0;
    }
    pthread_rwlock_unlock(&lock);
    return code;
}

int fallocate(int fd, int mode, off_t from, off_t length) {
    begin();
    if (of(fd) && !(mode & FALLOC_FL_KEEP_SIZE)) give_up("fallocate");
    return real_fallocate(fd, mode, from, length);
}
int fallocate64(int fd, int mode, off_t from, off_t length) { return fallocate(fd, mode, from, length); }
int posix_fallocate(int fd, off_t from, off_t length) {
    begin();
    if (of(fd)) give_up("posix_fallocate");
    return real_fallocate(fd, 0, from, length) == 0 ? 0 : errno;
}
int posix_fallocate64(int fd, off_t from, off_t length) { return posix_fallocate(fd, from, length); }

void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t from) {
    begin();
    if (!(flags & MAP_ANONYMOUS) && of(fd)) give_up("mmap");
    return real_mmap(at, length, protection, flags, fd, from);
}
void *mmap64(void *at, size_t length, int protection, int flags, int fd, off_t from) {
    return mmap(at, length, protection, flags, fd, from);
}

ssize_t readv(int fd, const struct iovec *parts, int count) {
    begin();
    if (of(fd)) give_up("readv");
    return real_readv(fd, parts, count);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    begin();
    if (of(fd)) give_up("writev");
    return real_writev(fd, parts, count);
}
