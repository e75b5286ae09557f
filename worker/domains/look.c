/* Questions to the DNS of an operation, one after the other. */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "worker/domains/domains.h"

typedef struct {
    dns_state_t   state;
    int           type;
    json_t       *found;
} look_t;


bool
domain_is_unknown(dns_state_t state)
{
    return state == DNS_FAILED || state == DNS_SILENT;
}


/* A record as text; what no text can hold becomes a question mark. */
static json_t *
look_text(const look_t *l, const dns_record_t *r)
{
    char    mem[DOMAIN_TEXT_MAX];
    size_t  i, n;

    if (l->type == ns_t_a || l->type == ns_t_aaaa) {
        return inet_ntop(r->family, r->address, mem, sizeof(mem)) != NULL
               ? json_string(mem) : NULL;
    }

    n = r->text.len < sizeof(mem) ? r->text.len : sizeof(mem) - 1;
    for (i = 0; i < n; i++) {
        mem[i] = r->text.data[i] >= 0x20 && r->text.data[i] < 0x7f
                 ? (char) r->text.data[i] : '?';
    }

    return json_stringn(mem, n);
}


static void
look_answered(void *arg, const dns_answer_t *answer)
{
    look_t    *l = arg;
    unsigned   i;

    l->state = answer->state;
    for (i = 0; i < answer->n; i++) {
        (void) json_array_append_new(l->found,
                                     look_text(l, &answer->record[i]));
    }
}


/* A name of the domain itself, whose servers are those of the other records? */
static bool
look_is_own(const domain_t *d, const char *name)
{
    size_t  n, len;

    n = strlen(name);
    len = strlen(d->domain);
    return n >= len && strcasecmp(name + n - len, d->domain) == 0
           && (n == len || name[n - len - 1] == '.');
}


dns_state_t
domain_ask(domain_t *d, int type, const char *name, json_t **found)
{
    int     rc;
    look_t  l = { DNS_SILENT, type, NULL };

    *found = NULL;
    l.found = json_array();
    if (d->silent || l.found == NULL) {
        json_decref(l.found);
        return DNS_SILENT;
    }

    rc = dns_ask(d->dns, type, name, look_answered, &l);
    if (rc == GW_EINVAL) {
        l.state = DNS_NONE;     /* a name that cannot be */
    } else if (rc == GW_OK) {
        (void) !dns_wait(d->dns);
    }

    /* the others would wait as long; a name of somebody else says nothing */
    d->silent = l.state == DNS_SILENT && (d->hasty || look_is_own(d, name));
    if (l.state != DNS_OK) {
        json_decref(l.found);
        return l.state;
    }

    *found = l.found;
    return DNS_OK;
}
