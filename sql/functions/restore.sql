-- What a backup cannot know, after it is back: whatever may have been done since it was taken is
-- not done again in silence. As gw_owner, whom row-level security holds to one workspace at a time.

-- Of the workspace that was entered: campaigns wait for a person, mail that was due since is
-- uncertain. Hosts but p_host have lost their journals' words; that of p_host is asked when its
-- role mail starts. {"paused","uncertain"}
create or replace function godwit.restore_tenant(p_host uuid, p_taken timestamptz,
    p_now timestamptz)
returns jsonb language plpgsql
as $$
declare
    v_tenant int := current_setting('app.tenant')::int;
    v_host int := (select id from godwit.hosts where name = p_host);
    v_since text := to_char(p_taken at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"');
    v_paused int := 0;
    v_n int;
    c godwit.campaigns;
    v_other int;
begin
    for c in select * from godwit.campaigns
              where tenant_id = v_tenant
                and state in ('running', 'finishing', 'scheduled', 'preparing')
              order by id for update
    loop
        perform godwit.campaign_step(c, case c.state when 'scheduled' then 'unschedule'
            when 'preparing' then 'fail' else 'pause' end, 'restored from the backup of '
            || v_since || ': whoever it was sent to since then would get it again', p_now);
        v_paused := v_paused + 1;
    end loop;

    for v_other in select id from godwit.hosts where name <> p_host loop
        perform godwit.campaign_recover(v_other, p_now, true, '{}', '{}', '{}', '{}', '{}', '{}',
            '{}', '{}', '{}', '{}');
    end loop;

    with due as (
        delete from godwit.mail_queue q
         where q.qshard = 0 and q.tenant_id = v_tenant and q.due <= p_now
           and q.host_id is distinct from v_host
        returning q.campaign_id, q.contact_id
    ), of_campaigns as (
        update godwit.sends s set state = 7, at = p_now,
               reason = 'restored from a backup: it may have been sent since'
          from due d
         where s.tenant_id = v_tenant and s.campaign_id = d.campaign_id
           and s.contact_id = d.contact_id and s.state = 0
        returning s.campaign_id
    ), of_messages as (
        update godwit.messages m set state = 7, at = p_now, text = null, html = null, data = null,
               reason = 'restored from a backup: it may have been sent since'
          from due d
         where d.campaign_id <= 0 and m.tenant_id = v_tenant and m.id = d.contact_id
           and m.state = 0
        returning m.campaign_id
    ), k as (
        update godwit.campaign_cursors k set uncertain = k.uncertain + n.n, updated_at = p_now
          from (select campaign_id, count(*) as n
                  from (table of_campaigns union all table of_messages) r group by 1) n
         where k.tenant_id = v_tenant and k.campaign_id = n.campaign_id
    )
    select (select count(*) from of_campaigns) + (select count(*) from of_messages) into v_n;
    return jsonb_build_object('paused', v_paused, 'uncertain', v_n);
end $$;

-- Ids that were given since are in links and elsewhere outside: none of them is given again. Those
-- of the change log and of the audit nobody has, and the feed looks after each.
create or replace function godwit.restore_ids()
returns void language plpgsql
as $$
declare
    s record;
    v_last bigint;
begin
    for s in select q.seqrelid::regclass as name, q.seqmax,
                    case q.seqtypid when 'bigint'::regtype then 1000000 else 1000 end as gap
               from pg_sequence q join pg_class c on c.oid = q.seqrelid
              where c.relnamespace in ('godwit'::regnamespace, 'auth'::regnamespace)
                and c.relname not in ('change_log_id_seq', 'audit_id_seq')
    loop
        execute format('select last_value from %s', s.name) into v_last;
        perform setval(s.name, least(v_last + s.gap, s.seqmax));
    end loop;
end $$;

-- All of it, once. Who was signed in signs in again and one-time links are gone, since those that
-- were ended or used since would be good again. {"paused","uncertain"}
create or replace function godwit.restore_finish(p_host uuid, p_taken timestamptz,
    p_now timestamptz)
returns jsonb language plpgsql
as $$
declare
    t int;
    v_one jsonb;
    v_paused int := 0;
    v_uncertain int := 0;
begin
    -- 0: mail of the house itself
    for t in select 0 union all select id from auth.tenants order by 1 loop
        perform auth.context(t::text, null, null, null, 'restore', '{}', false, null, null, p_now);
        v_one := godwit.restore_tenant(p_host, p_taken, p_now);
        v_paused := v_paused + (v_one->>'paused')::int;
        v_uncertain := v_uncertain + (v_one->>'uncertain')::int;
    end loop;
    delete from auth.sessions;
    delete from auth.tickets;
    perform godwit.restore_ids();
    return jsonb_build_object('paused', v_paused, 'uncertain', v_uncertain);
end $$;

revoke execute on function godwit.restore_tenant(uuid, timestamptz, timestamptz),
    godwit.restore_ids(), godwit.restore_finish(uuid, timestamptz, timestamptz)
    from gw_api, gw_search, gw_worker;
