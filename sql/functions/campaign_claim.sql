-- What waits in mail_queue for its time, as the role mail claims it.

-- Who was tried and is put off until p_due: from when on his time for attempts counts then, so
-- that as much of it is used up as now, in the hours of his campaign and after its pause.
create or replace function godwit.attempts_since(q godwit.mail_queue, p_due timestamptz,
    p_now timestamptz)
returns timestamptz language sql stable
as $$
    with c as (
        select c.schedule, t.zone, greatest(q.first_at, c.resumed_at) as first
          from godwit.campaigns c join auth.tenants t on t.id = c.tenant_id
         where c.tenant_id = q.tenant_id and c.id = q.campaign_id
    ), h as (
        select h.* from c cross join lateral godwit.schedule_hours(c.schedule, c.zone, c.first,
            least(p_due::date - c.first::date + 1, 400)) h
    ), w as (
        select coalesce(sum(greatest(least(h.closes, p_due) - greatest(h.opens, p_now),
                   interval '0')), interval '0') as still from h
    )
    select case when not coalesce(c.schedule ? 'windows', false) then c.first + (p_due - p_now)
                else coalesce((select least(h.opens + (w.still - h.before), p_due) from h
                                where h.before <= w.still and h.closes - h.opens
                                      > w.still - h.before), p_due) end
      from c cross join w
$$;

-- So many of one campaign that are due until then: no other host may claim them. first_us and until
-- are microseconds; verdict, reason, policy and until as campaign_take has them.
create or replace function godwit.campaign_claim_one(p_host int, c godwit.campaigns, p_n int,
    p_until timestamptz)
returns table (tenant_id int, campaign_id bigint, attempt smallint, contact_id bigint, id bigint,
    first_us bigint, verdict smallint, reason text, email text, phone text, external_id text,
    first_name text, last_name text, zone text, locale text, attributes jsonb, tracking boolean,
    arm int, policy int, until bigint, address text)
language plpgsql
as $$
#variable_conflict use_column
declare
    v_channel text := godwit.campaign_channel(c);
    v_ids bigint[];
    v_contacts bigint[];
    r godwit.policy_rules;
    v_hours jsonb;
    v_capped jsonb;
    v_open tstzmultirange;
begin
    with due as materialized (
        select q.qshard, q.id from godwit.mail_queue q
         where q.qshard = 0 and q.host_id is null and q.tenant_id = c.tenant_id
           and q.campaign_id = c.id and q.due <= p_until
         order by q.due, q.id limit p_n for update skip locked
    ), mine as (
        update godwit.mail_queue q set host_id = p_host from due
         where q.qshard = due.qshard and q.id = due.id
        returning q.id, q.contact_id
    )
    select array_agg(m.id), array_agg(m.contact_id) into v_ids, v_contacts from mine m;
    if c.state <> 'cancelled' then
        select * into r from godwit.policy_of(c.tenant_id);
    end if;
    if r.version is not null then
        select w.hours, w.capped into v_hours, v_capped
          from godwit.policy_waits(r, v_channel, c, v_contacts, p_until) w;
    end if;
    if c.schedule ? 'windows' and c.state <> 'cancelled' then
        select range_agg(tstzrange(h.opens, h.closes)) into v_open
          from (select min(q.first_at) from godwit.mail_queue q
                 where q.qshard = 0 and q.id = any (v_ids)) f(at),
               auth.tenants t,
               lateral godwit.schedule_hours(c.schedule, t.zone, f.at,
                   least(p_until::date - f.at::date + 1, 400)) h
         where t.id = c.tenant_id and f.at < p_until;
    end if;

    -- the time for attempts is that in which some could be made: neither before a pause nor
    -- outside its hours
    return query
    select m.tenant_id, m.campaign_id, m.attempt, m.contact_id, m.id,
           godwit.micros(f.at + coalesce(p_until - f.at - h.open, interval '0')),
           case when v.reason like 'the contact %' then 5::smallint
                when v.reason is not null then 4::smallint
                when l.wait ? 'reason' then 0::smallint end,
           coalesce(v.reason, l.wait->>'reason'), p.email, p.phone, p.external_id, p.first_name,
           p.last_name, p.zone, p.locale, p.attributes, p.tracking,
           case when x.rule = 'bandit' then godwit.experiment_arm(x, m.contact_id)
                else x.winner end, r.version,
           case when v.reason is null then (l.wait->>'at')::bigint end, a.address
      from godwit.mail_queue m
      left join godwit.contacts p on p.tenant_id = m.tenant_id and p.id = m.contact_id
     cross join lateral (select godwit.channel_address(v_channel, p)) a(address)
      left join godwit.suppressions s on s.tenant_id = m.tenant_id
           and s.address_hash = godwit.address_hash(m.tenant_id, a.address)
      left join godwit.lists o on o.tenant_id = m.tenant_id and o.id = c.list_id
      left join godwit.subscriptions b on b.tenant_id = m.tenant_id and b.list_id = c.list_id
           and b.contact_id = m.contact_id
      left join godwit.preferences w on w.tenant_id = m.tenant_id
           and w.contact_id = m.contact_id
      left join godwit.experiments x on x.tenant_id = m.tenant_id
           and x.campaign_id = m.campaign_id
     cross join lateral (select
           case when c.state = 'cancelled' and p.id is not null then 'cancelled'
                else godwit.policy_against('campaign', v_channel, p, s.reason, b,
                    o.double_opt_in and c.kind <> 'confirm', w,
                    c.id, p_until)
            end) v(reason)
     cross join lateral godwit.policy_wait(v_hours, v_capped, p.zone, p.phone, m.contact_id) l
     cross join lateral (select greatest(m.first_at, c.resumed_at)) f(at)
     cross join lateral (
        select case when v_open is not null and f.at < p_until
                    then coalesce(sum(upper(o) - lower(o)), interval '0') end
          from unnest(v_open * tstzmultirange(tstzrange(least(f.at, p_until), p_until))) o) h(open)
     where m.qshard = 0 and m.id = any (v_ids)
     order by m.id;
end $$;

-- The same of messages of a transactional campaign: contact_id is the message, person who gets
-- it, at the address that he had when it was asked for; data what its template sees.
create or replace function godwit.campaign_claim_calls(p_host int, c godwit.campaigns, p_n int,
    p_until timestamptz)
returns table (tenant_id int, campaign_id bigint, attempt smallint, contact_id bigint, id bigint,
    first_us bigint, verdict smallint, reason text, email text, phone text, external_id text,
    first_name text, last_name text, zone text, locale text, attributes jsonb, tracking boolean,
    arm int, policy int, until bigint, address text, person bigint, message_id text, data jsonb)
language sql
as $$
    with due as materialized (
        select q.qshard, q.id from godwit.mail_queue q
         where q.qshard = 0 and q.host_id is null and q.tenant_id = c.tenant_id
           and q.campaign_id = -c.id and q.due <= p_until
         order by q.due, q.id limit p_n for update skip locked
    ), mine as (
        update godwit.mail_queue q set host_id = p_host from due
         where q.qshard = due.qshard and q.id = due.id
        returning q.*
    )
    select q.tenant_id, c.id, q.attempt, q.contact_id, q.id,
           godwit.micros(greatest(q.first_at, c.resumed_at)),
           case when v.reason like 'the contact %' then 5::smallint
                when v.reason is not null then 4::smallint end, v.reason,
           m.to_address, p.phone, p.external_id, p.first_name, p.last_name, p.zone, p.locale,
           p.attributes, coalesce(p.tracking, false), null::int, null::int, null::bigint,
           m.to_address, p.id, m.message_id, m.data
      from mine q
      left join godwit.messages m on m.tenant_id = q.tenant_id and m.id = q.contact_id
      left join godwit.contacts p on p.tenant_id = q.tenant_id
           and p.id = godwit.contact_now(q.tenant_id, m.contact_id)
      left join godwit.suppressions s on s.tenant_id = q.tenant_id
           and s.address_hash = godwit.address_hash(q.tenant_id, m.to_address)
     cross join lateral (select case
           when c.state = 'cancelled' and p.id is not null then 'cancelled'
           else godwit.policy_against('transactional', 'email', p, s.reason, null, false, null,
               c.id, p_until) end) v(reason)
     order by q.id
$$;

-- Of these campaigns that run, end or are cancelled, one after the other: who is claimed of one
-- counts for the caps of the next.
create or replace function godwit.campaign_claim(p_host int, p_tenant int[], p_campaign bigint[],
    p_n int[], p_until timestamptz[])
returns table (tenant_id int, campaign_id bigint, attempt smallint, contact_id bigint, id bigint,
    first_us bigint, verdict smallint, reason text, email text, phone text, external_id text,
    first_name text, last_name text, zone text, locale text, attributes jsonb, tracking boolean,
    arm int, policy int, until bigint, address text, person bigint, message_id text, data jsonb)
language plpgsql
as $$
#variable_conflict use_column
declare
    u record;
begin
    for u in
        select c, a.n, a.until
          from unnest(p_tenant, p_campaign, p_n, p_until) a(tenant, campaign, n, until)
          join godwit.campaigns c on c.tenant_id = a.tenant and c.id = a.campaign
           and c.state in ('running', 'finishing', 'cancelled')
         where exists (select from godwit.mail_queue q
                        where q.qshard = 0 and q.host_id is null and q.tenant_id = a.tenant
                          and q.campaign_id = case c.kind when 'transactional' then -a.campaign
                                                          else a.campaign end
                          and q.due <= a.until)
         order by a.tenant, a.campaign
    loop
        if (u.c).kind = 'transactional' then
            return query select * from godwit.campaign_claim_calls(p_host, u.c, u.n, u.until);
        else
            return query select o.*, null::bigint, null::text, null::jsonb
              from godwit.campaign_claim_one(p_host, u.c, u.n, u.until) o;
        end if;
    end loop;
end $$;

revoke execute on function
    godwit.attempts_since(godwit.mail_queue, timestamptz, timestamptz),
    godwit.campaign_claim_one(int, godwit.campaigns, int, timestamptz),
    godwit.campaign_claim_calls(int, godwit.campaigns, int, timestamptz),
    godwit.campaign_claim(int, int[], bigint[], int[], timestamptz[]) from gw_api, gw_search;
