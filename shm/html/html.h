/*
 * An HTML tokenizer that is fed in pieces, with holes between them: the states
 * of the WHATWG tokenizer that tell where a byte stands. No recursion, and no
 * memory but the struct, which is copied where a template branches.
 */
#ifndef GW_HTML_H
#define GW_HTML_H

#include <stdint.h>

#include "shm/gw_buf.h"
#include "shm/gw_err.h"

#define GW_HTML_NAME  24        /* of a tag or attribute; what is behind it
                                   does not count                          */

typedef enum {
    GW_HTML_TEXT,               /* between tags                            */
    GW_HTML_RAW,                /* in an element whose content is no HTML  */
    GW_HTML_TAG_OPEN,           /* behind <                                */
    GW_HTML_END_OPEN,           /* behind </                               */
    GW_HTML_TAG_NAME,
    GW_HTML_BEFORE_NAME,        /* in a tag, between attributes            */
    GW_HTML_NAME_OF,            /* in an attribute's name                  */
    GW_HTML_AFTER_NAME,
    GW_HTML_BEFORE_VALUE,       /* behind =                                */
    GW_HTML_VALUE,
    GW_HTML_GAP,                /* in a tag: a blank, / or > must come     */
    GW_HTML_DECLARATION,        /* behind <!                               */
    GW_HTML_BOGUS,              /* what ends at >, such as a doctype       */
    GW_HTML_COMMENT,
    GW_HTML_CONDITION           /* of <!--[if ...]>, up to its >           */
} gw_html_state_t;

/* What the content of an element is. */
typedef enum {
    GW_HTML_MARKUP, GW_HTML_RCDATA, GW_HTML_RAWTEXT, GW_HTML_STYLE,
    GW_HTML_SCRIPT, GW_HTML_JSON, GW_HTML_PLAINTEXT
} gw_html_content_t;

typedef enum {
    GW_HTML_ANY, GW_HTML_HREF, GW_HTML_URL, GW_HTML_STYLED, GW_HTML_EVENT,
    GW_HTML_SRCDOC, GW_HTML_TYPE, GW_HTML_ALT, GW_HTML_TRACK, GW_HTML_LABEL,
    GW_HTML_CONTENT, GW_HTML_EQUIV, GW_HTML_MOVED, GW_HTML_UTM
} gw_html_attribute_t;

#define GW_HTML_EQUIV_TEXT  "an output can not stand in the content of a tag " \
                            "with http-equiv, where it might be a URL"

/* How far a URL has come; START: what comes may be of its scheme. */
typedef enum {
    GW_HTML_URL_START, GW_HTML_URL_PART, GW_HTML_URL_QUERY
} gw_html_url_t;

typedef struct {
    uint8_t               state;
    uint8_t               content;      /* of RAW, or behind the tag       */
    uint8_t               attribute;
    uint8_t               url;
    uint8_t               quote;        /* of VALUE; 0: none               */
    uint8_t               match;        /* bytes met of what is looked for */
    uint8_t               escaped;      /* SCRIPT: in <!--, in a script    */
    bool                  string;       /* JSON: between quotes            */
    bool                  end_tag;
    bool                  gone;         /* nothing comes here              */
    bool                  equiv;        /* a tag with http-equiv           */
    bool                  held;         /* there is an output in `content` */
    uint64_t              last;         /* SCRIPT: its last bytes          */
    uint8_t               n_tag, n_name;
    char                  tag[GW_HTML_NAME];    /* in lower case           */
    char                  name[GW_HTML_NAME];   /* of the attribute, or the
                                                   value of TYPE           */
    const unsigned char  *at;           /* where the tag, comment began    */
} gw_html_t;

typedef enum {
    GW_HTML_ON_TEXT,            /* literal text, in TEXT or RAW            */
    GW_HTML_ON_NAME,            /* from: an attribute's name               */
    GW_HTML_ON_VALUE,           /* from: its value                         */
    GW_HTML_ON_VALUE_END,       /* from: its end; to: behind the quote     */
    GW_HTML_ON_TAG,             /* a tag is whole: from <, to behind >     */
    /* from who feeds: */
    GW_HTML_ON_PIECE,           /* a piece comes, from and to              */
    GW_HTML_ON_HOLE             /* an output, from its brace on; to: NULL, or
                                   the `|` of an escape that ends it       */
} gw_html_event_t;

/* What is met in the pieces; h is the state at that place. */
typedef void (*gw_html_event_pt)(void *arg, gw_html_event_t e,
    const gw_html_t *h, const unsigned char *from, const unsigned char *to);

/* What a value must be written as in a hole. */
typedef enum {
    GW_HTML_IN_TEXT, GW_HTML_IN_ATTRIBUTE, GW_HTML_IN_URL,
    GW_HTML_IN_COMMENT, GW_HTML_IN_JSON, GW_HTML_IN_JSON_STRING,
    GW_HTML_IN_NONE             /* nothing may be written there            */
} gw_html_context_t;

/*
 * Go over a piece. GW_EINVAL when the branches before it do not agree on what
 * it is: *at is the place and *why one sentence (static text).
 */
int gw_html_feed(gw_html_t *h, gw_str_t piece, gw_html_event_pt event,
    void *arg, const unsigned char **at, const char **why) GW_MUSTCHECK;

/* The context of a hole; IN_NONE: *why says why not and what to do. */
gw_html_context_t gw_html_context(const gw_html_t *h, const char **why);

/* A hole was there: what is behind it can not be known any more. */
void gw_html_hole(gw_html_t *h);

/* Make of two states one that may go on; false: they differ. */
bool gw_html_join(gw_html_t *h, const gw_html_t *other);

/* A state for a sentence, such as `inside a tag`. */
const char *gw_html_where(const gw_html_t *h);

/* May a template end here? *why says why not, h->at where it began. */
bool gw_html_may_end(const gw_html_t *h, const char **why);

bool gw_html_tag_is(const gw_html_t *h, const char *name);

/* By name: what an attribute is, what an element holds. */
gw_html_attribute_t gw_html_attribute(const char *name, size_t n);
gw_html_content_t gw_html_content(const char *name, size_t n);

/* Append s with its character references undone; in an attribute's value
   those without `;` before a letter or `=` stay. */
void gw_html_decode(gw_str_t s, bool attribute, gw_buf_t *out);

static inline bool
gw_html_blank(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

#endif
