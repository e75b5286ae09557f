/* The elements and attributes that mean something to us. */
#include "shm/html/html.h"

typedef struct {
    const char  *name;
    int          kind;
} html_row_t;

static const html_row_t  html_elements[] = {
    { "iframe", GW_HTML_RAWTEXT },
    { "noembed", GW_HTML_RAWTEXT },
    { "noframes", GW_HTML_RAWTEXT },
    { "plaintext", GW_HTML_PLAINTEXT },
    { "script", GW_HTML_SCRIPT },
    { "style", GW_HTML_STYLE },
    { "textarea", GW_HTML_RCDATA },
    { "title", GW_HTML_RCDATA },
    { "xmp", GW_HTML_RAWTEXT },
    { NULL, GW_HTML_MARKUP }
};

static const html_row_t  html_attributes[] = {
    { "action", GW_HTML_URL },
    { "alt", GW_HTML_ALT },
    { "archive", GW_HTML_URL },
    { "attributename", GW_HTML_MOVED },
    { "background", GW_HTML_URL },
    { "by", GW_HTML_MOVED },
    { "cite", GW_HTML_URL },
    { "classid", GW_HTML_URL },
    { "codebase", GW_HTML_URL },
    { "content", GW_HTML_CONTENT },
    { "data", GW_HTML_URL },
    { "data-godwit-name", GW_HTML_LABEL },
    { "data-godwit-track", GW_HTML_TRACK },
    { "data-godwit-utm", GW_HTML_UTM },
    { "dynsrc", GW_HTML_URL },
    { "formaction", GW_HTML_URL },
    { "from", GW_HTML_MOVED },
    { "href", GW_HTML_HREF },
    { "http-equiv", GW_HTML_EQUIV },
    { "icon", GW_HTML_URL },
    { "imagesrcset", GW_HTML_URL },
    { "longdesc", GW_HTML_URL },
    { "lowsrc", GW_HTML_URL },
    { "manifest", GW_HTML_URL },
    { "ping", GW_HTML_URL },
    { "poster", GW_HTML_URL },
    { "profile", GW_HTML_URL },
    { "src", GW_HTML_URL },
    { "srcdoc", GW_HTML_SRCDOC },
    { "srcset", GW_HTML_URL },
    { "style", GW_HTML_STYLED },
    { "to", GW_HTML_MOVED },
    { "type", GW_HTML_TYPE },
    { "usemap", GW_HTML_URL },
    { "values", GW_HTML_MOVED },
    { "xlink:href", GW_HTML_URL },
    { NULL, GW_HTML_ANY }
};


static int
html_find(const html_row_t *row, const char *name, size_t n)
{
    while (row->name != NULL
           && (strlen(row->name) != n || memcmp(row->name, name, n) != 0))
    {
        row++;
    }

    return row->kind;
}


gw_html_attribute_t
gw_html_attribute(const char *name, size_t n)
{
    if (n > 2 && name[0] == 'o' && name[1] == 'n') {
        return GW_HTML_EVENT;
    }

    return html_find(html_attributes, name, n);
}


gw_html_content_t
gw_html_content(const char *name, size_t n)
{
    return html_find(html_elements, name, n);
}
