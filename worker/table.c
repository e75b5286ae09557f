/* Every command and every role of the program, one row each. */
#include "worker/table.h"

#include <string.h>

const table_command_t  table_commands[] = {

    { "worker", supervise_command, 0,
      "worker [ROLE [--once]]     supervise every role, or run one" },

    { "migrate", migrate_command, 0,
      "migrate                    bring the database to this schema" },

    { "call", call_command, TABLE_JSON,
      "call OPERATION [JSON|-]    an operation of the API; --lines: many" },

    { "contract", contract_command, TABLE_NO_HOUSE,
      "contract [DIR]             check the API's contract, print it" },

    { "journal", journal_command, 0,
      "journal dump               the send journal as JSON lines" },

    { "key", key_command, 0,
      "key create|list|revoke|...  keys of the API; the token keys" },

    { "user", user_command, 0,
      "user create|list|link|...  who may log in, and how he comes in" },

    { "roles", roles_command, 0,
      "roles [--workspace ID]     which role may do which operation" },

    { "quota", quota_command, 0,
      "quota list|set             what workspaces may use" },

    { "audit", audit_command, 0,
      "audit verify|heads         was the audit tampered with?" },

    { "doctor", doctor_command, 0,
      "doctor [--json]            what is wrong, and how it is cured" },

    { "top", top_command, 0,
      "top                        what goes on, drawn anew each second" },

    { "backup", backup_command, 0,
      "backup DIR [--keys DIR]    all that must survive, while it runs" },

    { "restore", restore_command, 0,
      "restore DIR                a backup into an empty database" },

    { "import", import_command, 0,
      "import FILE [--list NAME]  contacts from CSV; again to go on" },

    { "liquid", liquid_command, TABLE_NO_HOUSE,
      "liquid                     render templates: JSON lines in and out" },

    { "schema", schema_command, TABLE_NO_HOUSE,
      "schema                     judge values by schemas: JSON lines" },

    { "predicate", predicate_command, TABLE_NO_HOUSE,
      "predicate                  is it true of a contact? JSON lines" },

    { "sms", sms_command, TABLE_NO_HOUSE,
      "sms                        segments of a text as SMS: JSON lines" },

    { "dns", dns_command, 0,
      "dns TYPE NAME...           what the name servers say of a name" },

    { "classify", classify_command, TABLE_NO_HOUSE,
      "classify [FILE]            who opened or clicked: JSON lines" },

    { "bounce", bounce_command, TABLE_NO_HOUSE,
      "bounce [FILE...]           what mails that came in say: JSON lines" },

    { "stats", stats_command, TABLE_NO_HOUSE,
      "stats                      numbers of experiments: JSON lines" },

    { "token", token_command, 0,
      "token WORD=VALUE...|TEXT   sign a tracking token, or read one" },

    { "spool", spool_command, 0,
      "spool dump FILE            records of a segment as JSON lines" },

    { "cache", cache_command, 0,
      "cache get KIND KEY...|stat what the cache holds" },

    { "sink", sink_command, TABLE_NO_HOUSE,
      "sink [list|show N]         an SMTP server that keeps every message" },

    { NULL, NULL, 0, NULL }
};

const table_role_t  table_roles[] = {

    { "cache", cache_role, false },
    { "ingest", ingest_role, false },
    { "mail", mail_role, true },
    { "cron", cron_role, false },
    { "jobs", jobs_role, false },
    { "segments", segments_role, false },
    { "http", http_role, false },
    { "receive", receive_role, false },
    { NULL, NULL, false }
};


const table_command_t *
table_command(const char *name)
{
    const table_command_t  *row;

    for (row = table_commands; row->name != NULL; row++) {
        if (strcmp(row->name, name) == 0) {
            return row;
        }
    }

    return NULL;
}


const table_role_t *
table_role(const char *name)
{
    const table_role_t  *row;

    for (row = table_roles; row->name != NULL; row++) {
        if (strcmp(row->name, name) == 0) {
            return row;
        }
    }

    return NULL;
}
