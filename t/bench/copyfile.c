/*
 * The peer of the ingest bench: copyfile CONNINFO TABLE FILE sends a file of
 * binary COPY rows through libpq in one transaction.
 */
#include <stdio.h>
#include <string.h>

#include <libpq-fe.h>

#define COPYFILE_BLOCK  65536


static int
copyfile_send(PGconn *conn, FILE *in)
{
    size_t       n;
    static char  block[COPYFILE_BLOCK];

    while ((n = fread(block, 1, sizeof(block), in)) > 0) {
        if (PQputCopyData(conn, block, (int) n) != 1) {
            return 1;
        }
    }

    return ferror(in) || PQputCopyEnd(conn, NULL) != 1;
}


int
main(int argc, char **argv)
{
    int        bad;
    char       sql[256];
    FILE      *in;
    PGconn    *conn;
    PGresult  *res;

    if (argc != 4) {
        fprintf(stderr, "usage: copyfile CONNINFO TABLE FILE\n");
        return 2;
    }

    conn = PQconnectdb(argv[1]);
    in = fopen(argv[3], "r");
    (void) snprintf(sql, sizeof(sql), "copy %s from stdin (format binary)",
                    argv[2]);
    res = PQexec(conn, sql);
    bad = in == NULL || PQresultStatus(res) != PGRES_COPY_IN
          || copyfile_send(conn, in);
    PQclear(res);

    while (!bad && (res = PQgetResult(conn)) != NULL) {
        bad = PQresultStatus(res) != PGRES_COMMAND_OK;
        PQclear(res);
    }

    if (bad) {
        fprintf(stderr, "copyfile: %s\n", PQerrorMessage(conn));
    }

    PQfinish(conn);
    return bad;
}
