/*
 * Operations that render templates: for the contacts that are hardest on one
 * (templates_extremes), and for a few addresses or a webhook (templates_test).
 * What is rendered goes there alone: who reads operations need not read
 * contacts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "shm/gw_preview.h"
#include "worker/http/trial.h"
#include "worker/jobs/jobs.h"

/* Parts of what was rendered, or why it was not. */
typedef struct {
    json_t      *parts;                 /* {"subject","html","text"}, or NULL */
    const char  *field;                 /* of the fault */
    gw_buf_t     out, why;
} templates_t;


static void
templates_init(templates_t *t)
{
    memset(t, 0, sizeof(templates_t));
    gw_buf_init(&t->out, GW_PREVIEW_ANSWER);
    gw_buf_init(&t->why, 4096);
}


static void
templates_free(templates_t *t)
{
    json_decref(t->parts);
    gw_buf_free(&t->out);
    gw_buf_free(&t->why);
}


/* GW_OK; GW_EINVAL: it fails with this data, field and why say how; others. */
static int
templates_render(templates_t *t, const char *doc)
{
    int  rc;

    json_decref(t->parts);
    t->parts = NULL;
    t->field = "";
    gw_buf_reset(&t->out);
    gw_buf_reset(&t->why);

    rc = gw_preview(gw_str_of(doc), gw_clock_us(), &t->out, &t->field,
                    &t->why);

    if (rc == GW_OK) {
        t->parts = json_loadb((char *) t->out.data, t->out.len, 0, NULL);
        rc = t->parts != NULL ? GW_OK : GW_ENOMEM;
    }

    return rc;
}


static const char *
templates_part(const templates_t *t, const char *name)
{
    return json_string_value(json_object_get(t->parts, name));
}


static json_int_t
templates_characters(const char *s)
{
    json_int_t  n;

    for (n = 0; *s != '\0'; s++) {
        n += ((unsigned char) *s & 0xc0) != 0x80;
    }

    return n;
}


/* How long what was rendered is. Its texts are told nobody. */
static json_t *
templates_sizes(const templates_t *t)
{
    json_t      *sms;
    json_int_t   n[3] = { 0, 0, 0 };

    if (json_object_get(t->parts, "channel") != NULL) {
        sms = json_object_get(t->parts, "sms");
        (void) json_object_del(sms, "other");
        return json_pack("{s:I, s:O}", "content_bytes", (json_int_t)
                         json_dumpb(json_object_get(t->parts, "content"), NULL,
                                    0, JSON_COMPACT), "sms", sms);
    }

    if (t->parts != NULL) {
        n[0] = templates_characters(templates_part(t, "subject"));
        n[1] = (json_int_t) strlen(templates_part(t, "html"));
        n[2] = (json_int_t) strlen(templates_part(t, "text"));
    }

    return json_pack("{s:I, s:I, s:I}", "subject_characters", n[0],
                     "html_bytes", n[1], "text_bytes", n[2]);
}


/* What is told of one contact. */
static json_t *
templates_item(templates_t *t, const char *contact, const char *why,
    const char *doc)
{
    int          rc;
    json_t      *item;
    const char  *problem;

    rc = templates_render(t, doc);
    if (rc != GW_OK && rc != GW_EINVAL) {
        return NULL;
    }

    item = templates_sizes(t);
    if (json_object_set_new(item, "contact_id", json_string(contact)) != 0
        || json_object_set_new(item, "why", json_loads(why, 0, NULL)) != 0
        || json_object_set_new(item, "error", json_null()) != 0)
    {
        json_decref(item);
        return NULL;
    }

    problem = rc == GW_EINVAL ? gw_buf_c(&t->why)
                              : templates_part(t, "problem");
    if (problem != NULL
        && json_object_set_new(item, "error", json_pack("{s:s, s:s}", "field",
               t->field, "message", problem)) != 0)
    {
        json_decref(item);
        return NULL;
    }

    return item;
}


static job_end_e
templates_none(job_t *job, const char *why)
{
    job->code = "gone";
    gw_buf_reset(&job->why);
    gw_buf_cstr(&job->why, why);
    return JOB_FAILED;
}


/* A number of the input as text. */
static void
templates_number(const job_t *job, const char *name, char out[24])
{
    (void) snprintf(out, 24, "%lld", (long long)
                    json_integer_value(json_object_get(job->input, name)));
}


static job_end_e
templates_extremes_rows(job_t *job, const PGresult *res)
{
    int          i, failed;
    json_t      *list, *item;
    templates_t  t;

    templates_init(&t);
    list = json_array();
    failed = 0;

    for (i = 0; i < PQntuples(res); i++) {
        item = templates_item(&t, PQgetvalue(res, i, 0), PQgetvalue(res, i, 1),
                              PQgetvalue(res, i, 2));
        failed += json_is_object(json_object_get(item, "error"));

        if (json_array_append_new(list, item) != 0) {
            json_decref(list);
            list = NULL;
            break;
        }
    }

    templates_free(&t);
    if (list == NULL) {
        gw_buf_cstr(&job->why, "a preview could not be made");
        return JOB_AGAIN;
    }

    job->result = json_pack("{s:O, s:i, s:o}", "version",
                            json_object_get(job->input, "version"), "failed",
                            failed, "previews", list);
    return JOB_DONE;
}


job_end_e
templates_extremes_job(job_t *job)
{
    char       template[24], version[24];
    PGresult  *res;
    job_end_e  end;

    templates_number(job, "template", template);
    templates_number(job, "version", version);
    end = job_ask(job, &Q_TEMPLATE_EXTREMES, &(db_args_t) { { job->tenant,
                  template, version }, 3 }, &res);
    end = end == JOB_GO ? templates_extremes_rows(job, res) : end;
    PQclear(res);

    return end;
}


static job_end_e
templates_test_send(job_t *job, const templates_t *t)
{
    char       now[GW_RFC3339_LEN + 1];
    PGresult  *res;
    job_end_e  end;

    gw_clock_print(gw_clock_us(), now);
    worker_crash_point("templates_before_test");
    end = job_ask(job, &Q_TEMPLATE_TEST_SEND, &(db_args_t) { { job->tenant,
                  job->id, job->epoch, templates_part(t, "subject"),
                  templates_part(t, "html"), templates_part(t, "text"), now },
                  7 }, &res);
    if (end == JOB_GO) {
        end = *PQgetvalue(res, 0, 0) == 't' ? JOB_TOLD : JOB_LOST;
    }

    PQclear(res);
    return end;
}


static job_end_e
templates_test_doc(job_t *job, const char *doc)
{
    int          rc;
    job_end_e    end;
    templates_t  t;

    templates_init(&t);
    rc = templates_render(&t, doc);

    if (rc == GW_OK) {
        end = json_object_get(t.parts, "channel") != NULL
              ? trial_send(job, t.parts) : templates_test_send(job, &t);

    } else if (rc == GW_EINVAL) {
        gw_buf_fmt(&job->why, "%s: %s", t.field, gw_buf_c(&t.why));
        end = JOB_FAILED;

    } else {
        gw_buf_cstr(&job->why, gw_strerror(rc));
        end = JOB_AGAIN;
    }

    templates_free(&t);
    return end;
}


job_end_e
templates_test_job(job_t *job)
{
    char      *input;
    PGresult  *res;
    job_end_e  end;

    input = json_dumps(job->input, JSON_COMPACT);
    if (input == NULL) {
        gw_buf_cstr(&job->why, gw_strerror(GW_ENOMEM));
        return JOB_AGAIN;
    }

    end = job_ask(job, &Q_TEMPLATE_TEST, &(db_args_t) { { job->tenant, input },
                  2 }, &res);

    if (end == JOB_GO) {
        end = PQntuples(res) == 1
              ? templates_test_doc(job, PQgetvalue(res, 0, 0))
              : templates_none(job, "the template, or the contact, was "
                               "deleted meanwhile");
    }

    PQclear(res);
    free(input);
    return end;
}
