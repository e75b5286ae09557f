/* Signatures a second: sign THREADS MESSAGES BYTES, by an RSA-2048 key. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shm/gw_clock.h"
#include "worker/mail/dkim_pool.h"

#define AT_ONCE  64

static char  message[1 << 20];


int
main(int argc, char **argv)
{
    int               i, n, begun, ended;
    size_t            bytes;
    int64_t           from;
    gw_buf_t          private, public, err;
    gw_str_t          text;
    dkim_pool_t      *pool;
    dkim_task_t      *task[AT_ONCE] = { NULL };
    struct pollfd     event;
    dkim_identity_t  *identity;

    n = argc == 4 ? (int) strtol(argv[2], NULL, 10) : 0;
    bytes = argc == 4 ? (size_t) strtol(argv[3], NULL, 10) : 0;
    identity = calloc(1, sizeof(dkim_identity_t));
    gw_buf_init(&private, 65536);
    gw_buf_init(&public, 65536);
    gw_buf_init(&err, 65536);
    if (n == 0 || bytes > sizeof(message) - 100 || identity == NULL
        || dkim_pool_create(&pool, (unsigned) strtol(argv[1], NULL, 10))
           != GW_OK
        || dkim_key_make("rsa-sha256", &private, &public) != GW_OK
        || dkim_key_create(&identity->key[0], "example.com", "a",
                           gw_buf_view(&private), &err) != GW_OK)
    {
        return 1;
    }

    identity->refs = identity->n = 1;
    i = snprintf(message, sizeof(message), "From: a@example.com\r\n\r\n");
    for (bytes += (size_t) i; (size_t) i + 2 < bytes; i++) {
        message[i] = i % 78 == 76 ? '\r' : i % 78 == 77 ? '\n' : 'a';
    }
    memcpy(message + i, "\r\n", 2);

    event.fd = dkim_pool_event(pool);
    event.events = POLLIN;
    from = gw_clock_us();
    for (begun = ended = 0; ended < n; ) {
        for (i = 0; i < AT_ONCE; i++) {
            if (task[i] != NULL
                && dkim_pool_take(pool, task[i], &text) == GW_OK)
            {
                dkim_pool_drop(pool, task[i]);
                task[i] = NULL;
                ended++;
            }
            if (task[i] == NULL && begun < n) {
                task[i] = dkim_pool_ask(pool, identity,
                                        gw_str_make(message, bytes), NULL,
                                        begun);
                begun++;
            }
        }
        (void) poll(&event, 1, 100);
        dkim_pool_heard(pool);
    }

    printf("%.1f\n", n * 1e6 / (double) (gw_clock_us() - from));
    dkim_identity_free(identity);
    dkim_pool_free(pool);
    return 0;
}
