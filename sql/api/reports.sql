-- Reports that a worker makes; see sql/functions/reports.sql.

-- {"kind"?,"period"?,"since"?,"until"?,"max_age"?}
create or replace function api.reports_retention(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['kind', 'period', 'since', 'until', 'max_age']);
    return godwit.report_start(p_body, jsonb_strip_nulls(jsonb_build_object(
        'report', 'retention', 'kind', coalesce(godwit.read_line(p_body, 'kind', 1, 200), 'click'),
        'period', coalesce(godwit.read_word(p_body, 'period', array['day', 'week', 'month']),
            'week'),
        'since', godwit.read_time(p_body, 'since'), 'until', godwit.read_time(p_body, 'until'))));
end $$;

-- The campaign that a report is of, which must have been started.
create or replace function godwit.report_campaign(p_body jsonb)
returns godwit.campaigns language plpgsql stable
as $$
declare
    v_id bigint := godwit.read_campaign(p_body);
    c godwit.campaigns;
begin
    if v_id is null then
        perform godwit.invalid('campaign_id', '"campaign_id" is missing');
    end if;
    select * into c from godwit.campaigns where tenant_id = auth.tenant() and id = v_id;
    if c.started_at is null then
        raise exception 'campaign % has not been started; there is nothing to report of it',
            p_body->>'campaign_id' using errcode = 'GW003', column = 'campaign_id';
    end if;
    return c;
end $$;

-- {"campaign_id","max_age"?}
create or replace function api.reports_recount(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
begin
    perform godwit.read_body(p_body, array['campaign_id', 'max_age']);
    return godwit.report_start(p_body, jsonb_build_object('report', 'recount',
        'campaign', (godwit.report_campaign(p_body)).id));
end $$;

-- {"campaign_id","days"?,"max_age"?}
create or replace function api.reports_lift(p_body jsonb)
returns jsonb language plpgsql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$
declare
    c godwit.campaigns := godwit.report_campaign(p_body);
begin
    perform godwit.read_body(p_body, array['campaign_id', 'days', 'max_age']);
    return godwit.report_start(p_body, jsonb_build_object('report', 'lift', 'campaign', c.id,
        'days', godwit.read_int(p_body, 'days', 1, 365, 30)));
end $$;
