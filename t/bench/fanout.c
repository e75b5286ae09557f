/*
 * Subscribers of live updates: fanout KIND PORT PATH HEADER N MESSAGES POST.
 * KIND is ws or sse; HEADER a line for each request, or ""; POST is a
 * unix:PATH or PORT, and the request's target, where each message is sent when
 * the one before it has reached all. Prints "deliveries seconds"; with
 * MESSAGES 0 it says "ready" and waits for the end of its input.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define LENGTH  200                     /* of a message's data             */
#define MARK    "\"type\":\"bench\""    /* once in each message            */

typedef struct {
    int       fd;
    bool      ws;
    uint64_t  skip;                     /* bytes of the frame              */
    unsigned  n;                        /* bytes of its head               */
    uint8_t   head[10];
    unsigned  at;                       /* of the mark, matched so far     */
} sub_t;

static sub_t     *subs;
static uint64_t   told;


static void
die(const char *what)
{
    fprintf(stderr, "fanout: %s: %s\n", what, strerror(errno));
    exit(1);
}


static double
now(void)
{
    struct timespec  t;

    (void) clock_gettime(CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}


static int
dial(const char *to)
{
    int                 fd, one = 1;
    struct sockaddr_un  un = { .sun_family = AF_UNIX };
    struct sockaddr_in  in = { .sin_family = AF_INET };

    if (strncmp(to, "unix:", 5) == 0) {
        fd = socket(AF_UNIX, SOCK_STREAM, 0);
        (void) snprintf(un.sun_path, sizeof(un.sun_path), "%s", to + 5);
        if (connect(fd, (struct sockaddr *) &un, sizeof(un)) != 0) {
            die(to);
        }
        return fd;
    }

    fd = socket(AF_INET, SOCK_STREAM, 0);
    in.sin_port = htons((uint16_t) strtol(to, NULL, 10));
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *) &in, sizeof(in)) != 0) {
        die(to);
    }
    (void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return fd;
}


/* Send a request, read its head to the blank line and no further. */
static void
ask(int fd, const char *text)
{
    char      c;
    unsigned  blank = 0;

    if (write(fd, text, strlen(text)) != (ssize_t) strlen(text)) {
        die("write");
    }
    while (blank < 4) {
        if (read(fd, &c, 1) != 1) {
            die("no answer");
        }
        blank = c == "\r\n\r\n"[blank] ? blank + 1 : c == '\r';
    }
}


/* Each message has its mark once; frames are read by their lengths. */
static void
marks(sub_t *s, const uint8_t *p, size_t n)
{
    size_t             i;
    static const char  mark[] = MARK;

    for (i = 0; i < n; i++) {
        s->at = p[i] == (uint8_t) mark[s->at] ? s->at + 1
                : p[i] == (uint8_t) mark[0];
        if (s->at == sizeof(mark) - 1) {
            told++;
            s->at = 0;
        }
    }
}


static unsigned
head_size(const sub_t *s)
{
    return s->n < 2 ? 2 : (s->head[1] & 127) == 126 ? 4
           : (s->head[1] & 127) == 127 ? 10 : 2;
}


static void
frames(sub_t *s, const uint8_t *p, size_t n)
{
    size_t    piece;
    unsigned  i, bytes;

    while (n > 0) {
        if (s->skip > 0) {
            piece = s->skip < n ? s->skip : n;
            marks(s, p, piece);
            s->skip -= piece;
            p += piece;
            n -= piece;
            continue;
        }

        s->head[s->n++] = *p++;
        n--;
        bytes = head_size(s);
        if (s->n < 2 || s->n < bytes) {
            continue;
        }

        s->skip = s->head[1] & 127;
        if (bytes > 2) {
            for (s->skip = 0, i = 2; i < bytes; i++) {
                s->skip = s->skip << 8 | s->head[i];
            }
        }
        s->n = 0;
        s->at = 0;
    }
}


static void
wait_for(int ep, uint64_t until)
{
    int                 i, n;
    ssize_t             got;
    sub_t              *s;
    struct epoll_event  e[256];
    static uint8_t      mem[65536];

    while (told < until) {
        n = epoll_wait(ep, e, 256, 10000);
        if (n <= 0) {
            die("not all was told");
        }

        for (i = 0; i < n; i++) {
            s = e[i].data.ptr;
            got = read(s->fd, mem, sizeof(mem));
            if (got <= 0) {
                die("a subscriber was sent away");
            }
            if (s->ws) {
                frames(s, mem, (size_t) got);
            } else {
                marks(s, mem, (size_t) got);
            }
        }
    }
}


static int
subscribe(bool ws, const char *port, const char *path, const char *header,
    long n)
{
    int                 ep;
    long                i;
    char                text[4096];
    struct epoll_event  e;

    (void) snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: x\r\n%s%s%s"
                    "\r\n", path, header, *header ? "\r\n" : "", ws
                    ? "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                      "Sec-WebSocket-Version: 13\r\n"
                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                    : "Accept: text/event-stream\r\n");
    ep = epoll_create1(0);
    subs = calloc((size_t) n, sizeof(sub_t));

    for (i = 0; i < n; i++) {
        subs[i].fd = dial(port);
        subs[i].ws = ws;
        ask(subs[i].fd, text);
        e.events = EPOLLIN;
        e.data.ptr = &subs[i];
        (void) epoll_ctl(ep, EPOLL_CTL_ADD, subs[i].fd, &e);
    }

    return ep;
}


int
main(int argc, char **argv)
{
    int     ep, fd;
    long    n, messages, i;
    char    body[LENGTH + 128], text[1024], c;
    double  begun;

    if (argc != 9) {
        return 2;
    }

    n = strtol(argv[5], NULL, 10);
    messages = strtol(argv[6], NULL, 10);
    ep = subscribe(argv[1][0] == 'w', argv[2], argv[3], argv[4], n);

    if (messages == 0) {
        printf("ready\n");
        (void) fflush(stdout);
        return read(0, &c, 1) < 0;
    }

    (void) snprintf(body, sizeof(body), "{\"tenant\":1,\"topic\":\"campaign:"
                    "cmp_1\"," MARK ",\"data\":\"%0*d\"}", LENGTH, 0);
    (void) snprintf(text, sizeof(text), "POST %s HTTP/1.1\r\nHost: x\r\n"
                    "Content-Length: %zu\r\n\r\n", argv[8], strlen(body));
    (void) snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s",
                    body);

    begun = now();
    for (i = 1; i <= messages; i++) {
        fd = dial(argv[7]);
        ask(fd, text);
        wait_for(ep, (uint64_t) (i * n));
        (void) close(fd);
    }

    printf("%ld %.6f\n", messages * n, now() - begun);
    return 0;
}
