-- The policy, explained: each of its steps with what it says of one contact, by the functions of
-- policy.sql.

-- What a step has looked at, in a sentence. d: its data; p_verdict pass, refuse, later, stays.
create or replace function godwit.policy_english(p_step text, p_kind text, p_verdict text, d jsonb)
returns text language sql stable
as $$ select case p_verdict when 'exempt' then format('This is not asked of %s.',
        case p_kind when 'reply' then 'a reply' else 'a transactional message' end)
    else case p_step
    when 'address' then case p_verdict when 'pass' then coalesce('It goes to '
            || (d->>'address') || '.', 'A webhook needs no address of the contact.')
        else 'The contact has no address on this channel.' end
    when 'suppression' then case when d->>'reason' is null then 'The address is not suppressed.'
        when p_verdict = 'pass' then format('The address is suppressed (%s), which does not '
            'stop this.', d->>'reason')
        else format('The address is suppressed: %s.', d->>'reason') end
    when 'consent' then case when d->>'consent' is null then 'No consent is asked for a webhook.'
        when p_verdict = 'pass' then format('The consent for this channel '
            'is %s, which does not stop this.', d->>'consent')
        when d->>'consent' = 'revoked' then 'The consent for this channel is revoked.'
        else 'This channel needs consent, and none is known.' end
    when 'opt_out' then case d->>'reason'
        when 'left the list' then 'The contact has left the list.'
        when 'not confirmed' then 'The list asks to be confirmed, and the contact has not done so.'
        when 'paused' then format('The contact has paused mail until %s.', d->>'paused_until')
        when 'frequency' then format('The contact wants one mail in %s days, and %s had the turn '
            'on %s.', d->>'every_days', d->>'turn_campaign_id', d->>'turn_at')
        else 'The contact has chosen nothing that is against it.' end
    when 'dnc' then case when p_verdict <> 'pass' then 'The number is on the do-not-call list.'
        when d->>'phone' is null then 'No telephone number is used.'
        else 'The number is not on the do-not-call list.' end
    when 'quiet_hours' then case when d->>'from' is null
            then 'There are no quiet hours on this channel.'
        else format('Quiet hours are %s to %s in %s%s%s.', d->>'from', d->>'to',
            (select string_agg(z, ', ') from jsonb_array_elements_text(d->'zones') z),
            case d->>'known_by' when 'zone' then ''
                 when 'number' then ', where such a number may be'
                 else ', where a contact may be whose zone is not known' end,
            case p_verdict when 'pass' then '; it is quiet again on ' || (d->>'until')
                 else '; it is quiet until ' || (d->>'until') end) end
    when 'frequency_cap' then case when d->'caps' = '[]' then 'No cap counts this.'
        when p_verdict = 'pass' then format('No cap is reached: %s within the days that caps '
            'count.', jsonb_array_length(d->'had'))
        else format('A cap is reached; the next may go on %s.', d->>'until') end
    when 'quota' then case when d->>'hard' is null then 'There is no limit of messages.'
        else format('%s of %s messages of this %s are used.', d->>'used', d->>'hard',
            d->>'period') end
    else case p_verdict when 'pass' then 'It leaves this house.'
        else 'It is a test, or of a sandbox: it counts as sent, and nothing leaves this house.' end
    end end $$;

-- p_reason: why a step says no, null: it does not; p_later: it only puts off, until then.
create or replace function godwit.policy_step(p_step text, p_kind text, p_reason text,
    p_later timestamptz, d jsonb)
returns jsonb language sql stable
as $$ select jsonb_build_object('step', p_step, 'verdict', v,
             'reason', case when v <> 'exempt' then p_reason end, 'data', d,
             'message', godwit.policy_english(p_step, p_kind, v,
                 d || jsonb_build_object('reason', coalesce(p_reason, d->>'reason'))))
        from (select case when godwit.policy_exempt(p_step, p_kind) then 'exempt'
                when p_reason is null then 'pass'
                when p_step = 'sandbox' then 'stays'
                when p_later is null then 'refuse' else 'later' end) u(v) $$;

create or replace function godwit.instant_of(p_micros jsonb)
returns timestamptz language sql immutable parallel safe
as $$ select to_timestamp((p_micros#>>'{}')::numeric / 1000000) $$;

-- Steps that refuse.
create or replace function godwit.policy_refusals(p_kind text, p_channel text,
    p godwit.contacts, c godwit.campaigns, p_at timestamptz)
returns jsonb language plpgsql stable
as $$
declare
    v_address text := godwit.channel_address(p_channel, p);
    v_phone text := case when godwit.channel_calls(p_channel) then v_address end;
    s godwit.suppressions;
    b godwit.subscriptions;
    w godwit.preferences;
    v_asks boolean := (select l.double_opt_in and c.kind <> 'confirm' from godwit.lists l
                        where l.tenant_id = p.tenant_id and l.id = c.list_id);
    v_found jsonb;
begin
    select * into s from godwit.suppressions u where u.tenant_id = p.tenant_id
       and u.address_hash = godwit.address_hash(p.tenant_id, v_address);
    select * into b from godwit.subscriptions u where u.tenant_id = p.tenant_id
       and u.list_id = c.list_id and u.contact_id = p.id;
    select * into w from godwit.preferences u
     where u.tenant_id = p.tenant_id and u.contact_id = p.id;
    v_found := jsonb_build_object('suppression_id', godwit.id_text('sup', s.id),
        'reason', s.reason, 'since', s.created_at);
    return jsonb_build_array(
        godwit.policy_step('address', p_kind, godwit.policy_address(p_channel, p), null,
            jsonb_build_object('address', case when p_channel <> 'webhook' then v_address end)),
        godwit.policy_step('suppression', p_kind,
            godwit.policy_suppressed(p_kind, p_channel, s.reason), null,
            case when s.reason = 'do_not_call' then '{}' else v_found end),
        godwit.policy_step('consent', p_kind, godwit.policy_consent(p_kind, p_channel, p), null,
            jsonb_build_object('consent', case when p_channel <> 'webhook' then (array['unknown',
                'granted', 'revoked'])[godwit.policy_said(p_channel, p) + 1] end)),
        godwit.policy_step('opt_out', p_kind,
            godwit.policy_opted_out(p_kind, b, v_asks, w, c.id, p_at), null,
            jsonb_build_object('list_id', godwit.id_text('lst', c.list_id), 'wanted', b.wanted,
                'double_opt_in', v_asks, 'confirmed_at', b.confirmed_at,
                'paused_until', w.paused_until, 'every_days', w.every_days,
                'turn_campaign_id', godwit.id_text('cmp', w.turn_campaign),
                'turn_at', w.turn_at)),
        godwit.policy_step('dnc', p_kind, godwit.policy_dnc(p_kind, p_channel, s.reason), null,
            jsonb_build_object('phone', v_phone)
                || case when s.reason = 'do_not_call' then v_found else '{}' end));
end $$;

-- Quiet hours and caps.
create or replace function godwit.policy_delays(p_kind text, p_channel text,
    p godwit.contacts, c godwit.campaigns, r godwit.policy_rules, p_at timestamptz)
returns jsonb language plpgsql
as $$
declare
    v_hours jsonb := godwit.policy_quiet(r, p_channel, array[p.id], p_at);
    v_capped jsonb := godwit.policy_capped(r, p_channel, c.id, c.category, array[p.id], p_at);
    v_caps jsonb;
    v_had jsonb;
    v_place text := (select k.place from godwit.policy_place(v_hours, p.zone, p.phone) k);
    h jsonb := v_hours->v_place;
begin
    select coalesce(jsonb_agg(jsonb_build_object('category', k.category, 'count', k.most,
            'days', extract(day from k.span)) order by k.n), '[]')
      into v_caps from godwit.policy_caps(r, p_channel, c.category) k;
    select coalesce(jsonb_agg(jsonb_build_object('campaign_id', godwit.id_text('cmp',
            d.campaign_id), 'category', d.category, 'at', d.at, 'under_way', d.under_way)
            order by d.at desc), '[]')
      into v_had from godwit.policy_had(p.tenant_id, c.id, p_channel, array[p.id],
        (select max(span) from godwit.policy_caps(r, p_channel, c.category)), p_at) d
     where v_caps <> '[]';
    return jsonb_build_array(
        godwit.policy_step('quiet_hours', p_kind, case when h ? 'later' then 'quiet hours' end,
            godwit.instant_of(h->'later'),
            coalesce(r.quiet_hours->p_channel, '{}') || case when v_hours is null then '{}'
                else jsonb_build_object('known_by', case when v_place = '' then null
                        when v_place = p.zone then 'zone' else 'number' end,
                    'zones', case when v_place = '' then to_jsonb(r.zones)
                        when v_place = p.zone then jsonb_build_array(p.zone)
                        else r.zones_by_number->v_place end,
                    'until', godwit.instant_of(coalesce(h->'later', h->'until'))) end),
        godwit.policy_step('frequency_cap', p_kind,
            case when v_capped is not null then 'frequency cap' end,
            godwit.instant_of(v_capped->p.id::text),
            jsonb_build_object('category', c.category, 'caps', v_caps, 'had', v_had,
                'until', godwit.instant_of(v_capped->p.id::text))));
end $$;

-- The quota of messages, and whether anything leaves.
create or replace function godwit.policy_limits(p_kind text, p_tenant int, c godwit.campaigns,
    p_at timestamptz)
returns jsonb language plpgsql stable
as $$
declare
    e godwit.entitlement;
    v_used bigint;
    v_test boolean;
    v_until timestamptz;
begin
    select c.test is true or t.kind = 'sandbox' into v_test from auth.tenants t
     where t.id = p_tenant;
    select * into e from godwit.entitlement
     where tenant_id = p_tenant and metric = 'messages' and not v_test;
    if found then
        v_used := godwit.quota_used(p_tenant, 'messages', godwit.quota_since(e.period, p_at), p_at);
        v_until := godwit.quota_since(e.period, p_at) + ('1 ' || e.period)::interval;
    end if;
    return jsonb_build_array(
        godwit.policy_step('quota', p_kind, case when v_used >= e.hard
                then 'the quota of messages is used up' end, v_until,
            jsonb_build_object('used', v_used, 'hard', e.hard, 'period', e.period,
                'until', v_until)),
        godwit.policy_step('sandbox', p_kind, case when v_test then 'a test' end, null,
            jsonb_build_object('test', v_test)));
end $$;

-- {"policy","verdict","reason","until","message","steps"}: what the first step that says no
-- decides. send: nothing is against it; stays: nor, but it leaves this house not.
create or replace function godwit.policy_trace(p_kind text, p_channel text, p godwit.contacts,
    c godwit.campaigns, p_at timestamptz)
returns jsonb language plpgsql
as $$
declare
    r godwit.policy_rules;
    v_steps jsonb;
    d jsonb;
begin
    select * into r from godwit.policy_of(p.tenant_id);
    v_steps := godwit.policy_refusals(p_kind, p_channel, p, c, p_at)
        || godwit.policy_delays(p_kind, p_channel, p, c, r, p_at)
        || godwit.policy_limits(p_kind, p.tenant_id, c, p_at);
    select s into d from jsonb_array_elements(v_steps) with ordinality u(s, n)
     where s->>'verdict' in ('refuse', 'later', 'stays') order by n limit 1;
    return jsonb_build_object('policy', r.version, 'verdict', coalesce(d->>'verdict', 'send'),
        'reason', d->>'reason',
        'until', case d->>'verdict' when 'later' then d#>'{data,until}' end,
        'message', coalesce(d->>'message', 'Nothing is against it.'), 'steps', v_steps);
end $$;
