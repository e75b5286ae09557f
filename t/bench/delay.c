/*
 * A proxy with a long line: delay LISTEN_PORT TARGET_PORT MS: each byte goes
 * through MS milliseconds after it came, in either direction, on loopback.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHUNK  65536
#define FDS    4096

typedef struct piece_s  piece_t;

struct piece_s {
    piece_t  *next;
    int       fd;                       /* where it goes; n 0: shut it */
    long      due_us;
    size_t    n;
    char      data[];
};

static int      other[FDS];
static int      generation[FDS];
static piece_t  *first, **last = &first;


static long
now_us(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}


static struct sockaddr_in
address(const char *port)
{
    struct sockaddr_in  a = { .sin_family = AF_INET };

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    a.sin_port = htons((unsigned short) strtol(port, NULL, 10));
    return a;
}


static void
add(int ep, int fd, int peer)
{
    int                 on = 1;
    struct epoll_event  ev = { .events = EPOLLIN };

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    ev.data.fd = fd;
    other[fd] = peer;
    epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
}


static void
take(int ep, int listener, struct sockaddr_in *to)
{
    int  in, out;

    in = accept(listener, NULL, NULL);
    out = in >= 0 ? socket(AF_INET, SOCK_STREAM, 0) : -1;
    if (in < 0 || out < 0 || in >= FDS || out >= FDS
        || connect(out, (struct sockaddr *) to, sizeof(*to)) != 0)
    {
        perror("delay");
        exit(1);
    }

    add(ep, in, out);
    add(ep, out, in);
}


/* Read what is there: it goes on later; an end does too. */
static void
hold(int ep, int fd, long delay_us)
{
    ssize_t   n;
    piece_t  *p;

    p = malloc(sizeof(piece_t) + CHUNK);
    n = read(fd, p->data, CHUNK);
    p->n = n > 0 ? (size_t) n : 0;
    p = realloc(p, sizeof(piece_t) + p->n);
    p->next = NULL;
    p->fd = other[fd];
    p->due_us = now_us() + delay_us;
    *last = p;
    last = &p->next;
    if (n <= 0) {
        epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL);
    }
}


static void
pass(const piece_t *p)
{
    size_t   done;
    ssize_t  n;

    if (p->n == 0) {
        shutdown(p->fd, SHUT_WR);
        if (++generation[p->fd] + generation[other[p->fd]] == 2) {
            generation[p->fd] = generation[other[p->fd]] = 0;
            close(other[p->fd]);
            close(p->fd);
        }
        return;
    }

    for (done = 0; done < p->n; done += (size_t) n) {
        n = send(p->fd, p->data + done, p->n - done, MSG_NOSIGNAL);
        if (n <= 0) {
            return;
        }
    }
}


int
main(int argc, char **argv)
{
    int                 ep, listener, on, i, n;
    long                delay, wait;
    piece_t            *p;
    struct sockaddr_in  from, to;
    struct epoll_event  ev[256];

    if (argc != 4) {
        fputs("usage: delay LISTEN_PORT TARGET_PORT MS\n", stderr);
        return 2;
    }

    from = address(argv[1]);
    to = address(argv[2]);
    delay = strtol(argv[3], NULL, 10) * 1000;
    ep = epoll_create1(0);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(listener, (struct sockaddr *) &from, sizeof(from)) != 0
        || listen(listener, 1024) != 0)
    {
        perror("delay");
        return 1;
    }
    add(ep, listener, -1);

    for ( ;; ) {
        wait = first != NULL ? first->due_us - now_us() : -1;
        n = epoll_pwait2(ep, ev, 256, first == NULL ? NULL
                         : &(struct timespec) { 0, wait > 0 ? wait * 1000 : 0 },
                         NULL);
        for (i = 0; i < n; i++) {
            if (ev[i].data.fd == listener) {
                take(ep, listener, &to);
            } else {
                hold(ep, ev[i].data.fd, delay);
            }
        }

        while (first != NULL && first->due_us <= now_us()) {
            p = first;
            first = p->next;
            last = first == NULL ? &first : last;
            pass(p);
            free(p);
        }
    }
}
