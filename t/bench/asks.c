/*
 * Clients of HTTP that ask one thing after another, each on a connection that
 * it keeps: asks PORT CONNECTIONS SECONDS IDS REQUEST. REQUEST is a request's
 * head, where %d is a random number from 1 to IDS. Prints "requests_a_second
 * requests other_than_2xx p50 p99", the last two in microseconds. It takes
 * half the CPU time of wrk with a script, which on a small machine is taken
 * from the server that is measured.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ROOM     (256 * 1024)           /* for an answer                   */
#define REQUEST  4096                   /* for a request                   */

typedef struct {
    int       fd;
    size_t    n;                        /* bytes of the answer so far      */
    uint64_t  since;                    /* us, when the request went       */
    char      answer[ROOM];
} client_t;

static uint32_t    ids, *took;          /* took: us, of each answer        */
static size_t      n_took, room_took;
static uint64_t    other;
static const char  *before, *after;     /* of the number                   */


static void
die(const char *what)
{
    fprintf(stderr, "asks: %s: %s\n", what, strerror(errno));
    exit(1);
}


static uint64_t
now(void)
{
    struct timespec  t;

    (void) clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t) t.tv_sec * 1000000 + (uint64_t) t.tv_nsec / 1000;
}


static uint32_t
dice(void)
{
    static uint64_t  x = 88172645463325252;     /* xorshift64, Marsaglia 2003 */

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return (uint32_t) (x >> 32) % ids + 1;
}


static void
ask(client_t *c)
{
    int   n;
    char  text[REQUEST];

    n = after == NULL ? snprintf(text, sizeof(text), "%s", before)
        : snprintf(text, sizeof(text), "%s%u%s", before, dice(), after);
    c->n = 0;
    c->since = now();

    if (n >= (int) sizeof(text) || send(c->fd, text, (size_t) n, 0) != n) {
        die("cannot send a request");
    }
}


static void
dial(client_t *c, int epoll, uint16_t port)
{
    int                 one = 1;
    struct epoll_event  ev = { .events = EPOLLIN, .data.ptr = c };
    struct sockaddr_in  to = { .sin_family = AF_INET, .sin_port = htons(port),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

    c->fd = socket(AF_INET, SOCK_STREAM, 0);

    if (c->fd < 0 || connect(c->fd, (struct sockaddr *) &to, sizeof(to)) != 0
        || setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) != 0
        || epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &ev) != 0)
    {
        die("cannot connect");
    }

    ask(c);
}


/* Bytes of the answer with its head; 0: its head is not whole yet. */
static size_t
length(const char *answer, size_t n)
{
    const char  *end, *line;

    end = memmem(answer, n, "\r\n\r\n", 4);
    if (end == NULL) {
        return 0;
    }

    line = strcasestr(answer, "\r\nContent-Length:");
    if (line == NULL || line > end) {
        errno = EPROTO;
        die("an answer without Content-Length");
    }

    return (size_t) (end + 4 - answer)
           + strtoul(line + strlen("\r\nContent-Length:"), NULL, 10);
}


static void
answered(client_t *c)
{
    if (n_took == room_took) {
        room_took = room_took ? room_took * 2 : 1 << 20;
        took = realloc(took, room_took * sizeof(*took));
        if (took == NULL) {
            die("cannot keep the times");
        }
    }

    took[n_took++] = (uint32_t) (now() - c->since);
    other += c->answer[sizeof("HTTP/1.1 ") - 1] != '2';
}


static void
hear(client_t *c)
{
    size_t   want;
    ssize_t  n;

    n = recv(c->fd, c->answer + c->n, sizeof(c->answer) - 1 - c->n, 0);
    if (n <= 0) {
        die("a connection ended");
    }

    c->n += (size_t) n;
    c->answer[c->n] = '\0';
    want = length(c->answer, c->n);

    if (want >= sizeof(c->answer)) {
        errno = EMSGSIZE;
        die("an answer");
    }

    if (want != 0 && c->n >= want) {
        answered(c);
        ask(c);
    }
}


static int
less(const void *a, const void *b)
{
    uint32_t  x = *(const uint32_t *) a, y = *(const uint32_t *) b;

    return (x > y) - (x < y);
}


int
main(int argc, char **argv)
{
    int                 i, n, epoll;
    long                connections;
    char               *number;
    uint64_t            begin, end, at;
    client_t           *clients;
    struct epoll_event  events[64];

    if (argc != 6) {
        fprintf(stderr, "asks PORT CONNECTIONS SECONDS IDS REQUEST\n");
        return 2;
    }

    connections = strtol(argv[2], NULL, 10);
    ids = (uint32_t) strtoul(argv[4], NULL, 10);
    before = argv[5];
    number = strstr(argv[5], "%d");
    if (number != NULL) {
        *number = '\0';
        after = number + 2;
    }

    epoll = epoll_create1(0);
    clients = calloc((size_t) connections, sizeof(client_t));
    if (epoll < 0 || clients == NULL) {
        die("cannot begin");
    }

    begin = now();
    end = begin + strtoul(argv[3], NULL, 10) * 1000000;

    for (i = 0; i < connections; i++) {
        dial(&clients[i], epoll, (uint16_t) strtoul(argv[1], NULL, 10));
    }

    while ((at = now()) < end) {
        n = epoll_wait(epoll, events, 64, 1000);
        for (i = 0; i < n; i++) {
            hear(events[i].data.ptr);
        }
    }

    if (n_took == 0) {
        errno = ETIMEDOUT;
        die("no answer");
    }

    qsort(took, n_took, sizeof(*took), less);
    printf("%.1f %zu %llu %u %u\n",
           (double) n_took * 1e6 / (double) (at - begin), n_took,
           (unsigned long long) other, took[n_took / 2],
           took[n_took * 99 / 100]);

    free(took);
    free(clients);

    return 0;
}
