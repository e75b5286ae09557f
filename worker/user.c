/*
 * `godwit user`: who may log in, for who keeps the house. A link is printed
 * once; it is as good as a password until it is used.
 */
#include <stdio.h>
#include <string.h>

#include "queries.gen.h"
#include "worker/desk.h"

typedef struct {
    desk_t       desk;
    const char  *email, *name, *role, *workspace;
    bool         owner, first;
    char         context[200];
} user_t;

typedef struct {
    const char  *word;
    int        (*call)(user_t *u);
} user_command_t;


static int
user_usage(void)
{
    fputs("usage: godwit user create --email EMAIL [--name NAME] "
          "[--workspace ID] [--role ROLE]\n"
          "       godwit user list\n"
          "       godwit user disable|enable --email EMAIL\n"
          "       godwit user totp-forget --email EMAIL  who has lost his "
          "second factor\n"
          "       godwit user link --email EMAIL         to a new password\n"
          "       godwit user link --owner [--workspace ID] [--first]\n",
          stderr);
    return DESK_USAGE;
}


/* --WORD VALUE, --WORD=VALUE, --owner and --first; false: none of them */
static bool
user_word(user_t *u, int *i)
{
    size_t       n;
    unsigned     k;
    const char  *arg;

    const struct {
        const char   *word;
        const char  **value;
        bool         *flag;
    } table[] = {
        { "--email", &u->email, NULL }, { "--name", &u->name, NULL },
        { "--role", &u->role, NULL }, { "--workspace", &u->workspace, NULL },
        { "--owner", NULL, &u->owner }, { "--first", NULL, &u->first }
    };

    arg = u->desk.w->argv[*i];

    for (k = 0; k < sizeof(table) / sizeof(table[0]); k++) {
        n = strlen(table[k].word);

        if (strncmp(arg, table[k].word, n) != 0) {
            continue;
        }

        if (table[k].flag != NULL) {
            *table[k].flag = true;
            return arg[n] == '\0';
        }

        if (arg[n] != '=' && (arg[n] != '\0' || *i + 1 == u->desk.w->argc)) {
            continue;
        }

        *table[k].value = arg[n] == '=' ? arg + n + 1
                                        : u->desk.w->argv[++*i];
        return true;
    }

    return false;
}


/* Run what answers the text of a link, and print the link; none: nothing. */
static int
user_print_link(user_t *u, const db_query_t *q, const db_args_t *a,
    const char *page)
{
    int              code;
    PGresult        *res;
    const gw_str_t  *base = &u->desk.w->conf.base_url;

    code = desk_run(&u->desk, q, a, &res);

    if (code == 0) {
        if (!PQgetisnull(res, 0, 0)) {
            printf("%.*s/app/%s#%s\n", (int) base->len, (char *) base->data,
                   page, PQgetvalue(res, 0, 0));
        }
        PQclear(res);
    }

    return code;
}


static int
user_create(user_t *u)
{
    db_args_t  a = { { u->workspace, u->email, u->name, u->role, u->context },
                     5 };

    return u->email == NULL || (u->workspace == NULL) != (u->role == NULL)
           ? user_usage()
           : user_print_link(u, &Q_USER_CREATE, &a, "password");
}


static int
user_list(user_t *u)
{
    db_args_t  a = { { NULL }, 0 };

    return desk_print(&u->desk, &Q_USER_LIST, &a);
}


static int
user_switch(user_t *u, const char *disable)
{
    db_args_t  a = { { u->email, disable, u->context }, 3 };

    return u->email ? desk_print(&u->desk, &Q_USER_DISABLE, &a) : user_usage();
}


static int
user_disable(user_t *u)
{
    return user_switch(u, "true");
}


static int
user_enable(user_t *u)
{
    return user_switch(u, "false");
}


static int
user_totp_forget(user_t *u)
{
    db_args_t  a = { { u->email, u->context }, 2 };

    return u->email ? desk_print(&u->desk, &Q_USER_TOTP_FORGET, &a)
                    : user_usage();
}


static int
user_link(user_t *u)
{
    db_args_t  to_user = { { u->email, u->context }, 2 };
    db_args_t  to_owner = { { u->workspace ? u->workspace : "1",
                              u->first ? "true" : "false", u->context }, 3 };

    if ((u->email != NULL) == u->owner) {
        return user_usage();
    }

    return u->owner
           ? user_print_link(u, &Q_USER_OWNER_LINK, &to_owner, "invitation")
           : user_print_link(u, &Q_USER_LINK, &to_user, "password");
}


static const user_command_t  user_commands[] = {
    { "create", user_create },
    { "list", user_list },
    { "disable", user_disable },
    { "enable", user_enable },
    { "totp-forget", user_totp_forget },
    { "link", user_link },
    { NULL, NULL }
};


int
user_command(worker_t *w)
{
    int                    i, code;
    user_t                 u = { .desk = { .w = w, .word = "user" } };
    long long              id;
    const user_command_t  *c;

    for (c = user_commands; c->word != NULL; c++) {
        if (w->argc > 0 && strcmp(w->argv[0], c->word) == 0) {
            break;
        }
    }

    for (i = 1; i < w->argc; i++) {
        if (c->word == NULL || !user_word(&u, &i)) {
            return user_usage();
        }
    }

    if (c->word == NULL
        || (u.workspace != NULL
            && gw_str_int(gw_str_of(u.workspace), 1, INT32_MAX, &id) != GW_OK))
    {
        return user_usage();
    }

    code = desk_open(&u.desk);

    if (code == 0) {
        desk_context(u.context, sizeof(u.context));
        code = c->call(&u);
    }

    db_close(u.desk.db);

    return code;
}
