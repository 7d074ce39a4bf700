/* The floor under a durable call with one in flight: a commit of one row to SQLite, and an echo over a Unix socket,
 * each as lean as C allows.
 *
 *   sqlite-baseline commit DATABASE COUNT BYTES     COUNT commits of one row of BYTES each; WAL, synchronous=FULL
 *   sqlite-baseline echo SOCKET COUNT BYTES         COUNT round trips of BYTES with an epoll server in its own process
 *   sqlite-baseline version                         the version of SQLite in use
 *
 * A tenth of COUNT is done before the clock starts. The figures are "mean p50 p99" in nanoseconds. */
#define _GNU_SOURCE
#include <errno.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "sqlite-baseline: %s: %s\n", what, why);
    exit(1);
}

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void *allocate(size_t bytes)
{
    void *memory = calloc(bytes, 1);
    if (!memory)
        fail("memory", strerror(errno));
    return memory;
}

static int ascending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void report(uint64_t *took, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += took[i];
    qsort(took, count, sizeof *took, ascending);
    printf("%llu %llu %llu\n", (unsigned long long)(sum / count), (unsigned long long)took[count / 2],
           (unsigned long long)took[count * 99 / 100]);
}

static void execute(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail(sql, sqlite3_errmsg(db));
}

static void commits(const char *path, size_t count, int bytes)
{
    sqlite3 *db;
    sqlite3_stmt *insert;
    char *row = memset(allocate((size_t)bytes), 'x', (size_t)bytes);
    uint64_t *took = allocate(count * sizeof *took);
    size_t warmup = count / 10;

    if (sqlite3_open(path, &db) != SQLITE_OK)
        fail(path, sqlite3_errmsg(db));
    execute(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
    execute(db, "CREATE TABLE row(id INTEGER PRIMARY KEY, payload TEXT)");
    if (sqlite3_prepare_v2(db, "INSERT INTO row(payload) VALUES (?1)", -1, &insert, NULL) != SQLITE_OK)
        fail("prepare", sqlite3_errmsg(db));
    uint64_t before = now();
    for (size_t i = 0; i < warmup + count; i++) {
        sqlite3_bind_text(insert, 1, row, bytes, SQLITE_STATIC);
        if (sqlite3_step(insert) != SQLITE_DONE)
            fail("insert", sqlite3_errmsg(db));
        sqlite3_reset(insert);
        uint64_t after = now();
        if (i >= warmup)
            took[i - warmup] = after - before;
        before = after;
    }
    sqlite3_finalize(insert);
    sqlite3_close(db);
    report(took, count);
}

static void transfer(int fd, char *message, size_t bytes, int out)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t n = out ? send(fd, message + done, bytes - done, MSG_NOSIGNAL)
                        : recv(fd, message + done, bytes - done, 0);
        if (n <= 0)
            fail(out ? "send" : "receive", n == 0 ? "closed" : strerror(errno));
        done += (size_t)n;
    }
}

/* Serves until its client has gone. */
static void serve(int listener)
{
    char buffer[65536];
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    int poll = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    while (epoll_wait(poll, &event, 1, -1) == 1) {
        int fd = event.data.fd;
        if (fd == listener) {
            event = (struct epoll_event){.events = EPOLLIN, .data.fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)};
            epoll_ctl(poll, EPOLL_CTL_ADD, event.data.fd, &event);
            continue;
        }
        ssize_t n = recv(fd, buffer, sizeof buffer, 0);
        if (n <= 0)
            _exit(0);
        transfer(fd, buffer, (size_t)n, 1);
    }
    _exit(1);
}

static void echoes(const char *path, size_t count, size_t bytes)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char *message = memset(allocate(bytes), 'x', bytes);
    uint64_t *took = allocate(count * sizeof *took);
    size_t warmup = count / 10;

    if (strlen(path) >= sizeof address.sun_path)
        fail(path, "too long for a socket");
    strcpy(address.sun_path, path);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1) != 0)
        fail(path, strerror(errno));
    pid_t server = fork();
    if (server < 0)
        fail("fork", strerror(errno));
    if (server == 0)
        serve(listener);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        fail(path, strerror(errno));
    uint64_t before = now();
    for (size_t i = 0; i < warmup + count; i++) {
        transfer(fd, message, bytes, 1);
        transfer(fd, message, bytes, 0);
        uint64_t after = now();
        if (i >= warmup)
            took[i - warmup] = after - before;
        before = after;
    }
    close(fd);
    waitpid(server, NULL, 0);
    report(took, count);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "version") == 0) {
        puts(sqlite3_libversion());
        return 0;
    }
    long count = argc == 5 ? strtol(argv[3], NULL, 10) : 0, bytes = argc == 5 ? strtol(argv[4], NULL, 10) : 0;
    if (count < 1 || bytes < 1 || bytes > 65536)
        fail("usage", "commit DATABASE COUNT BYTES | echo SOCKET COUNT BYTES | version");
    if (strcmp(argv[1], "commit") == 0)
        commits(argv[2], (size_t)count, (int)bytes);
    else if (strcmp(argv[1], "echo") == 0)
        echoes(argv[2], (size_t)count, (size_t)bytes);
    else
        fail("usage", "commit, echo or version");
    return 0;
}
