/* Unicode properties of ECMA 262 under the names that PCRE2 has for them. */
#include "shm/schema/node.h"

/* the long names of general categories, which PCRE2 only knows short */
static const struct {
    const char  *name, *category;
} property_categories[] = {
    { "Letter", "L" }, { "Cased_Letter", "L&" }, { "Uppercase_Letter", "Lu" },
    { "Lowercase_Letter", "Ll" }, { "Titlecase_Letter", "Lt" },
    { "Modifier_Letter", "Lm" }, { "Other_Letter", "Lo" }, { "Mark", "M" },
    { "Nonspacing_Mark", "Mn" }, { "Spacing_Mark", "Mc" },
    { "Enclosing_Mark", "Me" }, { "Number", "N" }, { "Decimal_Number", "Nd" },
    { "digit", "Nd" }, { "Letter_Number", "Nl" }, { "Other_Number", "No" },
    { "Punctuation", "P" }, { "punct", "P" }, { "Connector_Punctuation", "Pc" },
    { "Dash_Punctuation", "Pd" }, { "Open_Punctuation", "Ps" },
    { "Close_Punctuation", "Pe" }, { "Initial_Punctuation", "Pi" },
    { "Final_Punctuation", "Pf" }, { "Other_Punctuation", "Po" },
    { "Symbol", "S" }, { "Math_Symbol", "Sm" }, { "Currency_Symbol", "Sc" },
    { "Modifier_Symbol", "Sk" }, { "Other_Symbol", "So" },
    { "Separator", "Z" }, { "Space_Separator", "Zs" },
    { "Line_Separator", "Zl" }, { "Paragraph_Separator", "Zp" },
    { "Other", "C" }, { "Control", "Cc" }, { "Format", "Cf" },
    { "Surrogate", "Cs" }, { "Private_Use", "Co" }, { "Unassigned", "Cn" }
};

static const struct {
    const char  *prefix, *kind;
} property_kinds[] = {
    { "General_Category=", "" },
    { "gc=", "" },
    { "Script=", "sc:" },
    { "sc=", "sc:" },
    { "Script_Extensions=", "scx:" },
    { "scx=", "scx:" }
};


void
schema_property(gw_buf_t *out, gw_str_t name)
{
    size_t  i, n;

    for (i = 0; i < sizeof(property_kinds) / sizeof(property_kinds[0]); i++) {
        n = strlen(property_kinds[i].prefix);

        if (name.len > n && memcmp(name.data, property_kinds[i].prefix, n)
            == 0)
        {
            gw_buf_cstr(out, property_kinds[i].kind);
            name = gw_str_make(name.data + n, name.len - n);
            break;
        }
    }

    for (i = 0; i < sizeof(property_categories)
                    / sizeof(property_categories[0]); i++)
    {
        if (gw_str_is(name, property_categories[i].name)) {
            gw_buf_cstr(out, property_categories[i].category);
            return;
        }
    }

    gw_buf_str(out, name);
}
