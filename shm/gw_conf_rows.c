/* The configuration table itself. */
#include "shm/gw_conf.h"

static const char  *gw_conf_levels[] = {
    "error", "warn", "info", "debug", NULL
};
static const char  *gw_conf_forms[] = { "text", "json", NULL };
static const char  *gw_conf_tls[] = {
    "off", "opportunistic", "required", "implicit", NULL
};

#define ROW(name, type, value, min, max, words, reload, secret)               \
    { #name, type, offsetof(gw_conf_t, name), value, min, max, words, reload, \
      secret }

const gw_conf_row_t  gw_conf_rows[] = {
    ROW(api_rate_address, GW_CONF_INT, "1000", 0, 1000000, NULL, 1, 0),
    ROW(api_rate_key, GW_CONF_INT, "1000", 0, 1000000, NULL, 1, 0),
    ROW(api_rate_tenant, GW_CONF_INT, "2000", 0, 1000000, NULL, 1, 0),
    ROW(base_url, GW_CONF_STR, "http://127.0.0.1:8080", 8, 512, NULL, 1, 0),
    ROW(bounce_domain, GW_CONF_STR, "", 0, 180, NULL, 1, 0),
    ROW(bounce_rules, GW_CONF_PATH, "", 0, 1024, NULL, 1, 0),
    ROW(cache_map_size, GW_CONF_SIZE, "64m", 1 << 20, 1LL << 40, NULL, 0, 0),
    ROW(class_rules, GW_CONF_PATH, "", 0, 1024, NULL, 1, 0),
    ROW(contract, GW_CONF_PATH, "", 0, 1024, NULL, 1, 0),
    ROW(database, GW_CONF_STR, "dbname=godwit", 1, 1024, NULL, 0, 0),
    ROW(database_pool, GW_CONF_INT, "2", 1, 64, NULL, 0, 0),
    ROW(database_queue, GW_CONF_INT, "512", 1, 65536, NULL, 0, 0),
    ROW(database_slow_pool, GW_CONF_INT, "4", 1, 64, NULL, 0, 0),
    ROW(database_slow_timeout, GW_CONF_MS, "30s", 100, 600000, NULL, 1, 0),
    ROW(database_timeout, GW_CONF_MS, "5s", 100, 600000, NULL, 1, 0),
    ROW(drain_batch, GW_CONF_INT, "60000", 1, 100000, NULL, 1, 0),
    ROW(drain_interval, GW_CONF_MS, "100ms", 10, 60000, NULL, 1, 0),
    ROW(drain_timeout, GW_CONF_MS, "30s", 100, 3600000, NULL, 1, 0),
    ROW(files_quota, GW_CONF_SIZE, "10g", 0, 1LL << 50, NULL, 1, 0),
    ROW(helo_name, GW_CONF_STR, "", 0, 255, NULL, 1, 0),
    ROW(journal_sync, GW_CONF_FLAG, "on", 0, 1, NULL, 0, 0),
    ROW(live_backlog, GW_CONF_SIZE, "1m", 4096, 1 << 30, NULL, 1, 0),
    ROW(live_connections, GW_CONF_INT, "1000", 1, 1000000, NULL, 1, 0),
    ROW(live_lifetime, GW_CONF_MS, "10m", 1000, GW_CONF_DAY, NULL, 1, 0),
    ROW(live_ping, GW_CONF_MS, "20s", 100, 3600000, NULL, 1, 0),
    ROW(live_publish, GW_CONF_STR, "", 0, 1024, NULL, 1, 0),
    ROW(live_ring, GW_CONF_SIZE, "4m", 1 << 20, 1 << 30, NULL, 1, 0),
    ROW(log_form, GW_CONF_ENUM, "text", 0, 0, gw_conf_forms, 1, 0),
    ROW(log_level, GW_CONF_ENUM, "info", 0, 0, gw_conf_levels, 1, 0),
    ROW(mail_allow, GW_CONF_NETS, "", 0, 0, NULL, 1, 0),
    ROW(mail_from, GW_CONF_STR, "", 0, 512, NULL, 1, 0),
    ROW(mail_lease, GW_CONF_MS, "30s", 1000, 3600000, NULL, 1, 0),
    ROW(mail_shaping, GW_CONF_PATH, "", 0, 1024, NULL, 1, 0),
    ROW(mail_window, GW_CONF_INT, "1000", 1, 10000, NULL, 1, 0),
    ROW(mail_window_age, GW_CONF_MS, "5s", 100, 60000, NULL, 1, 0),
    ROW(message_lifetime, GW_CONF_MS, "72h", 1000, 30 * GW_CONF_DAY, NULL, 1,
        0),
    ROW(mta_sts_port, GW_CONF_INT, "443", 0, 65535, NULL, 1, 0),
    ROW(receive_addresses, GW_CONF_PLACES, "", 0, 0, NULL, 1, 0),
    ROW(receive_certificate, GW_CONF_PATH, "", 0, 1024, NULL, 1, 0),
    ROW(receive_key, GW_CONF_PATH, "", 0, 1024, NULL, 1, 0),
    ROW(receive_lmtp, GW_CONF_STR, "", 0, 250, NULL, 0, 0),
    ROW(receive_smtp, GW_CONF_STR, "", 0, 250, NULL, 0, 0),
    ROW(receive_timeout, GW_CONF_MS, "60s", 100, 3600000, NULL, 1, 0),
    ROW(reply_domain, GW_CONF_STR, "", 0, 180, NULL, 1, 0),
    ROW(resolver, GW_CONF_SERVERS, "", 0, 0, NULL, 0, 0),
    ROW(retry_lifetime, GW_CONF_MS, "24h", 1000, 30 * GW_CONF_DAY, NULL, 1,
        0),
    ROW(retry_schedule, GW_CONF_MS_LIST, "1m 5m 15m 30m 1h 2h 4h 8h", 1000,
        7 * GW_CONF_DAY, NULL, 1, 0),
    ROW(secret_keys, GW_CONF_PATH, "", 0, 400, NULL, 0, 0),
    ROW(sending_addresses, GW_CONF_NETS, "", 0, 0, NULL, 1, 0),
    ROW(smart_host, GW_CONF_HOSTS, "", 0, 0, NULL, 1, 0),
    ROW(smtp_ca_file, GW_CONF_PATH, "/etc/ssl/certs/ca-certificates.crt", 1,
        1024, NULL, 1, 0),
    ROW(smtp_connections, GW_CONF_INT, "16", 1, 1024, NULL, 1, 0),
    ROW(smtp_deliveries, GW_CONF_INT, "100", 1, 1000000, NULL, 1, 0),
    ROW(smtp_idle, GW_CONF_MS, "60s", 100, 3600000, NULL, 1, 0),
    ROW(smtp_password_file, GW_CONF_PATH, "", 0, 1024, NULL, 1, 1),
    ROW(smtp_port, GW_CONF_INT, "25", 1, 65535, NULL, 1, 0),
    ROW(smtp_timeout_connect, GW_CONF_MS, "30s", 100, 3600000, NULL, 1, 0),
    ROW(smtp_timeout_data, GW_CONF_MS, "180s", 100, 3600000, NULL, 1, 0),
    ROW(smtp_timeout_dot, GW_CONF_MS, "600s", 100, 3600000, NULL, 1, 0),
    ROW(smtp_timeout_greeting, GW_CONF_MS, "60s", 100, 3600000, NULL, 1, 0),
    ROW(smtp_timeout_mail, GW_CONF_MS, "60s", 100, 3600000, NULL, 1, 0),
    ROW(smtp_tls, GW_CONF_ENUM, "opportunistic", 0, 0, gw_conf_tls, 1, 0),
    ROW(smtp_user, GW_CONF_STR, "", 0, 255, NULL, 1, 0),
    ROW(spool_keep, GW_CONF_MS, "10m", 0, 30 * GW_CONF_DAY, NULL, 1, 0),
    ROW(spool_segment, GW_CONF_SIZE, "64m", 65536, 1 << 30, NULL, 0, 0),
    ROW(spool_sync, GW_CONF_MS, "50ms", 1, 60000, NULL, 1, 0),
    ROW(state, GW_CONF_PATH, NULL, 2, GW_CONF_PATH_MAX, NULL, 0, 0),
    ROW(token_keys, GW_CONF_PATH, "", 0, 1024, NULL, 0, 0),
    ROW(webhook_allow, GW_CONF_NETS, "", 0, 0, NULL, 1, 0),
    ROW(webhook_ca_file, GW_CONF_PATH, "/etc/ssl/certs/ca-certificates.crt",
        1, 1024, NULL, 1, 0),
    ROW(webhook_retry_lifetime, GW_CONF_MS, "24h", 1000, 30 * GW_CONF_DAY,
        NULL, 1, 0),
    ROW(webhook_retry_schedule, GW_CONF_MS_LIST, "5s 5m 30m 2h 5h 10h", 1000,
        7 * GW_CONF_DAY, NULL, 1, 0),
    { NULL, 0, 0, NULL, 0, 0, NULL, 0, 0 }
};

_Static_assert(sizeof(gw_conf_rows) / sizeof(gw_conf_rows[0])
               <= GW_CONF_ROWS_MAX, "gw_conf_seen_t has a bit for each row");
