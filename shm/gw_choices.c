/* The form of the page of preferences: what of it is chosen anew. */
#include "shm/gw_choices.h"
#include "shm/gw_buf.h"

/* What the fields of a form say; texts of tokens with blanks between them. */
typedef struct {
    gw_buf_t  had, on, pause, every, all, subscribe;
} choices_form_t;

static const char  *const choices_channels[] = {
    "email", "sms", "whatsapp", "voice", NULL
};

static const struct {
    const char  *name;
    size_t       offset;
} choices_fields[] = {
    { "had", offsetof(choices_form_t, had) },
    { "on", offsetof(choices_form_t, on) },
    { "pause", offsetof(choices_form_t, pause) },
    { "every", offsetof(choices_form_t, every) },
    { "all", offsetof(choices_form_t, all) },
    { "subscribe", offsetof(choices_form_t, subscribe) }
};

#define CHOICES_FIELDS  (sizeof(choices_fields) / sizeof(choices_fields[0]))


static int
choices_digit(unsigned char c)
{
    return c >= '0' && c <= '9' ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}


/* Append a field's value; no value of ours has another byte than these. */
static int
choices_value(gw_buf_t *out, gw_str_t v)
{
    int            high, low;
    size_t         i;
    unsigned char  c;

    if (out->len > 0) {
        gw_buf_char(out, ' ');
    }

    for (i = 0; i < v.len; i++) {
        c = v.data[i] == '+' ? ' ' : v.data[i];

        if (c == '%') {
            high = i + 2 < v.len ? choices_digit(v.data[i + 1]) : -1;
            low = high >= 0 ? choices_digit(v.data[i + 2]) : -1;
            if (low < 0) {
                return GW_EINVAL;
            }
            c = (unsigned char) (high * 16 + low);
            i += 2;
        }

        if (c != ' ' && c != '_' && (c < '0' || c > '9')
            && (c < 'a' || c > 'z'))
        {
            return GW_EINVAL;
        }
        gw_buf_char(out, c);
    }

    return out->failed ? GW_EINVAL : GW_OK;
}


/* All fields into their buffers. */
static int
choices_fields_read(choices_form_t *f, gw_str_t form)
{
    int       rc;
    size_t    i;
    gw_str_t  pair, name;

    while (form.len > 0) {
        pair = gw_str_cut(&form, '&');
        name = gw_str_cut(&pair, '=');
        for (i = 0; i < CHOICES_FIELDS
             && !gw_str_is(name, choices_fields[i].name); i++)
        {
            /* void */
        }

        rc = i == CHOICES_FIELDS ? GW_EINVAL
             : choices_value((void *) ((unsigned char *) f
                                       + choices_fields[i].offset), pair);
        if (rc != GW_OK) {
            return rc;
        }
    }

    return GW_OK;
}


/* Is it a channel, or the id of a list? */
static bool
choices_is_switch(gw_str_t token)
{
    size_t     i;
    long long  id;

    for (i = 0; choices_channels[i] != NULL; i++) {
        if (gw_str_is(token, choices_channels[i])) {
            return true;
        }
    }

    return token.len > 4 && token.len <= 22
           && memcmp(token.data, "lst_", 4) == 0 && token.data[4] != '0'
           && gw_str_int(gw_str_make(token.data + 4, token.len - 4), 1,
                         999999999999999999LL, &id) == GW_OK;
}


static bool
choices_has(gw_str_t text, gw_str_t token)
{
    while (text.len > 0) {
        if (gw_str_eq(gw_str_cut(&text, ' '), token)) {
            return true;
        }
    }

    return false;
}


static void
choices_word(gw_choices_t *c, gw_buf_t *out, gw_str_t token, const char *tail)
{
    if (gw_str_is(token, "email")) {
        c->no_mail = *tail == '-';
        c->mail = *tail == '+';
    }

    if (out->len > 0) {
        gw_buf_char(out, ' ');
    }
    gw_buf_str(out, token);
    gw_buf_cstr(out, tail);
}


/* A word for each switch of `text` that is not in `other`. */
static int
choices_turned(gw_choices_t *c, gw_buf_t *out, gw_str_t text, gw_str_t other,
    const char *tail)
{
    gw_str_t  token, rest;

    for (rest = text; rest.len > 0; /* void */ ) {
        token = gw_str_cut(&rest, ' ');
        if (token.len > 5 && memcmp(token.data, "every", 5) == 0) {
            continue;           /* of had: what the ceiling was */
        }

        if (!choices_is_switch(token)) {
            return GW_EINVAL;
        }

        if (!choices_has(other, token)) {
            choices_word(c, out, token, tail);
        }
    }

    return GW_OK;
}


/* Days that the page offers; `had` is what was chosen before, or empty. */
static int
choices_days(gw_choices_t *c, gw_buf_t *out, const char *name, gw_str_t days,
    gw_str_t had)
{
    size_t       i;
    char         word[16];
    gw_buf_t     w;

    static const char  *const offered[][2] = {
        { "pause", "0" }, { "pause", "30" }, { "pause", "60" },
        { "pause", "90" }, { "every", "0" }, { "every", "1" },
        { "every", "7" }, { "every", "30" }
    };

    if (days.len == 0 || gw_str_is(days, "keep")) {
        return GW_OK;
    }

    for (i = 0; i < sizeof(offered) / sizeof(offered[0]); i++) {
        if (strcmp(offered[i][0], name) != 0
            || !gw_str_is(days, offered[i][1]))
        {
            continue;
        }

        gw_buf_fixed(&w, word, sizeof(word));
        gw_buf_cstr(&w, name);
        gw_buf_str(&w, days);
        if (!choices_has(had, gw_buf_view(&w))) {
            choices_word(c, out, gw_buf_view(&w), "");
        }
        return GW_OK;
    }

    return GW_EINVAL;
}


/* No to every channel, or what is said of mail alone. */
static int
choices_whole(gw_choices_t *c, gw_buf_t *out, const choices_form_t *f)
{
    size_t    i;
    gw_str_t  all, subscribe;

    all = gw_buf_view(&f->all);
    subscribe = gw_buf_view(&f->subscribe);

    if (gw_str_is(all, "1") && subscribe.len == 0) {
        for (i = 0; choices_channels[i] != NULL; i++) {
            choices_word(c, out, gw_str_of(choices_channels[i]), "-");
        }
        return GW_OK;
    }

    if (all.len > 0 || f->had.len + f->on.len + f->pause.len + f->every.len > 0
        || (!gw_str_is(subscribe, "0") && !gw_str_is(subscribe, "1")))
    {
        return GW_EINVAL;
    }

    choices_word(c, out, gw_str_of("email"),
                 gw_str_is(subscribe, "1") ? "+" : "-");
    return GW_OK;
}


int
gw_choices_read(gw_choices_t *c, gw_str_t form)
{
    int             rc;
    size_t          i;
    gw_buf_t        out;
    unsigned char   mem[CHOICES_FIELDS][1024];
    choices_form_t  f;

    c->no_mail = c->mail = false;
    c->len = 0;
    for (i = 0; i < CHOICES_FIELDS; i++) {
        gw_buf_fixed((void *) ((unsigned char *) &f
                               + choices_fields[i].offset), mem[i],
                     sizeof(mem[i]));
    }

    if (form.len > GW_CHOICES_FORM || choices_fields_read(&f, form) != GW_OK) {
        return GW_EINVAL;
    }

    gw_buf_fixed(&out, c->words, sizeof(c->words));

    if (f.all.len > 0 || f.subscribe.len > 0 || form.len == 0) {
        rc = choices_whole(c, &out, &f);

    } else {
        rc = choices_turned(c, &out, gw_buf_view(&f.had), gw_buf_view(&f.on),
                            "-");
        rc = rc == GW_OK ? choices_turned(c, &out, gw_buf_view(&f.on),
                               gw_buf_view(&f.had), "+") : rc;
        rc = rc == GW_OK ? choices_days(c, &out, "pause",
                               gw_buf_view(&f.pause), gw_buf_view(&f.had))
                         : rc;
        rc = rc == GW_OK ? choices_days(c, &out, "every",
                               gw_buf_view(&f.every), gw_buf_view(&f.had))
                         : rc;
    }

    c->len = out.len;
    return rc == GW_OK && !out.failed ? GW_OK : GW_EINVAL;
}
