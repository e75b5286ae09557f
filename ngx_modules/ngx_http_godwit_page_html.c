/*
 * The HTML of the pages that people see. Branches hold whole tags, so that
 * Liquid knows where an output stands.
 */
#include "ngx_http_godwit_page.h"

/* clang-format off */
const char  ngx_http_godwit_page_style[] =
    ":root{--back:#f6f7f9;--card:#fff;--text:#1b1f24;--soft:#57606a;"
    "--line:#d8dee4;--edge:#7d8590;--act:#1f6feb;--on:#fff}\n"
    "@media(prefers-color-scheme:dark){:root{--back:#0d1117;--card:#161b22;"
    "--text:#e6edf3;--soft:#9da7b1;--line:#30363d;--edge:#7d8590}}\n"
    "*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;"
    "place-items:center;padding:24px 16px;background:var(--back);"
    "color:var(--text);font:16px/1.5 system-ui,sans-serif}\n"
    "main{width:100%;max-width:440px;background:var(--card);"
    "border:1px solid var(--line);border-radius:12px;padding:32px;"
    "overflow-wrap:anywhere}main.wide{max-width:560px}\n"
    ".brand{margin:0 0 24px;padding-block-end:16px;font-weight:600;"
    "color:var(--text);border-block-end:3px solid var(--act)}\n"
    "h1{font-size:22px;line-height:1.25;margin:0 0 12px}"
    "h2{font-size:16px;margin:0 0 4px}"
    "p{margin:0 0 20px;color:var(--soft)}form{margin:0}\n"
    "fieldset{border:0;border-block-start:1px solid var(--line);"
    "margin:0;padding:20px 0 12px;min-width:0}"
    "legend{float:left;width:100%;font-weight:600;padding:0;"
    "margin:0 0 4px}legend+*{clear:both}\n"
    "label{display:flex;gap:12px;align-items:flex-start;padding:10px 0;"
    "min-height:44px;cursor:pointer}"
    "input{flex:none;width:20px;height:20px;margin:2px 0}\n"
    ".state{color:var(--text)}"
    ".all{margin-block-start:32px;padding-block-start:24px;"
    "border-block-start:1px solid var(--line)}\n"
    "button{font:inherit;font-weight:600;color:var(--on);"
    "background:var(--act);border:1px solid var(--edge);border-radius:8px;"
    "padding:11px 20px;min-height:44px;cursor:pointer}"
    "button.plain{color:var(--text);background:var(--card)}\n"
    ".else{margin:20px 0 0}a{color:var(--text)}"
    "footer{margin-block-start:32px;color:var(--soft);font-size:14px;"
    "white-space:pre-line}\n"
    "button:focus-visible,input:focus-visible,a:focus-visible{"
    "outline:3px solid var(--text);outline-offset:2px}\n";


#define PAGE_BRAND                                                           \
    "{% if brand.name %}<p class=\"brand\"><bdi>{{ brand.name }}</bdi></p>\n" \
    "{% endif %}"
#define PAGE_ADDRESS                                                         \
    "{% if brand.address %}<footer><bdi>{{ brand.address }}</bdi></footer>\n" \
    "{% endif %}"


const char  ngx_http_godwit_page_small[] =
    "<main>\n" PAGE_BRAND "<h1>{{ title }}</h1>\n<p>{{ text }}</p>\n"
    "{% if list %}<p class=\"state\"><bdi>{{ list }}</bdi></p>\n{% endif %}"
    "{% if button %}<form method=\"post\"><button type=\"submit\">"
    "{{ button }}</button></form>\n{% endif %}"
    "{% if link %}<p class=\"else\"><a href=\"{{ url }}\">{{ link }}</a>"
    "</p>\n{% endif %}" PAGE_ADDRESS "</main>\n";


const char  ngx_http_godwit_page_preferences[] =
    "<main class=\"wide\">\n" PAGE_BRAND
    "<h1>{{ t.preferences_title }}</h1>\n"
    "<p>{{ t.address }} <bdi>{{ email_masked }}</bdi></p>\n"
    "<p class=\"state\">{% if paused and subscribed %}{{ t.pause_until }} "
    "<bdi>{{ paused_day }}</bdi>{% else %}{{ state }}{% endif %}</p>\n"
    "{% if elsewhere %}<p class=\"state\">{{ t.elsewhere }}</p>\n{% endif %}"
    "<form method=\"post\" action=\"?lang={{ lang }}\">\n"
    "<input type=\"hidden\" name=\"had\" value=\"{{ had }}\">\n"

    "<fieldset>\n<legend>{{ t.channels }}</legend>\n"
    "{% for c in channels %}<label>{% if c.on %}"
    "<input type=\"checkbox\" name=\"on\" value=\"{{ c.name }}\" checked>"
    "{% else %}"
    "<input type=\"checkbox\" name=\"on\" value=\"{{ c.name }}\">"
    "{% endif %}<span>{{ t[c.name] }}</span></label>\n{% endfor %}"
    "</fieldset>\n"

    "{% if lists %}<fieldset>\n<legend>{{ t.lists }}</legend>\n"
    "{% for l in lists %}<label>{% if l.on %}"
    "<input type=\"checkbox\" name=\"on\" value=\"{{ l.id }}\" checked>"
    "{% else %}"
    "<input type=\"checkbox\" name=\"on\" value=\"{{ l.id }}\">"
    "{% endif %}<span><bdi>{{ l.name }}</bdi></span></label>\n"
    "{% endfor %}</fieldset>\n{% endif %}"

    "<fieldset>\n<legend>{{ t.every }}</legend>\n"
    "{% for e in everies %}<label>{% if e.on %}"
    "<input type=\"radio\" name=\"every\" value=\"{{ e.days }}\" checked>"
    "{% else %}"
    "<input type=\"radio\" name=\"every\" value=\"{{ e.days }}\">"
    "{% endif %}<span>{{ t[e.name] }}</span></label>\n{% endfor %}"
    "</fieldset>\n"

    "<fieldset>\n<legend>{{ t.pause }}</legend>\n<label>"
    "<input type=\"radio\" name=\"pause\" value=\"keep\" checked>"
    "<span>{% if paused %}{{ t.pause_until }} <bdi>{{ paused_day }}</bdi>"
    "{% else %}{{ t.pause_none }}{% endif %}</span></label>\n"
    "{% if paused %}<label>"
    "<input type=\"radio\" name=\"pause\" value=\"0\">"
    "<span>{{ t.pause_end }}</span></label>\n{% endif %}"
    "{% for p in pauses %}<label>"
    "<input type=\"radio\" name=\"pause\" value=\"{{ p.days }}\">"
    "<span>{{ t[p.name] }}</span></label>\n{% endfor %}"
    "</fieldset>\n"

    "<button type=\"submit\">{{ t.save }}</button>\n</form>\n"
    "<form method=\"post\" action=\"?lang={{ lang }}\" class=\"all\">\n"
    "<h2>{{ t.all_title }}</h2>\n<p>{{ t.all_text }}</p>\n"
    "<button type=\"submit\" class=\"plain\" name=\"all\" value=\"1\">"
    "{{ t.all }}</button>\n</form>\n" PAGE_ADDRESS "</main>\n";
/* clang-format on */
