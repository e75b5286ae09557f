-- Campaigns that are put away, and those that are shown to anybody.

-- Put one away that is not under way, or take it back.
create or replace function godwit.campaign_archive(p_body jsonb, p_operation text,
    p_at timestamptz)
returns jsonb language plpgsql
as $$
declare
    c godwit.campaigns := godwit.campaign_take_up(p_body);
    v_was timestamptz := c.archived_at;
begin
    if c.finished_at is null and c.state <> 'draft' or (v_was is null) = (p_at is null) then
        raise exception 'campaign % is %', godwit.id_text('cmp', c.id),
            case when (v_was is null) <> (p_at is null)
                then c.state || '; one that is not over is not put away'
                when v_was is null then 'not archived' else 'archived already' end
            using errcode = 'GW003', column = 'id';
    end if;
    update godwit.campaigns set archived_at = p_at
     where tenant_id = c.tenant_id and id = c.id returning * into c;
    perform godwit.changed(c.tenant_id, 'campaign', c.id::text, auth.now());
    perform godwit.audit(p_operation, godwit.id_text('cmp', c.id),
        jsonb_build_object('archived_at', v_was), jsonb_build_object('archived_at', p_at));
    return godwit.campaign_json(c);
end $$;

create or replace function api.campaigns_archive(p_body jsonb)
returns jsonb language sql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.campaign_archive(p_body, 'campaigns_archive', auth.now()) $$;

create or replace function api.campaigns_unarchive(p_body jsonb)
returns jsonb language sql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.campaign_archive(p_body, 'campaigns_unarchive', null) $$;

-- Show one to anybody under that title, once it is finished; null: no more. GW003 for what is no
-- mail.
create or replace function godwit.campaign_publish(c godwit.campaigns, p_operation text,
    p_title text)
returns jsonb language plpgsql
as $$
declare
    v_was text := c.public_title;
    v_channel text := godwit.campaign_channel(c);
begin
    if p_title is not null and v_channel <> 'email' then
        raise exception 'campaign % is for %; only mail has a page for anybody',
            godwit.id_text('cmp', c.id), v_channel using errcode = 'GW003', column = 'id';
    end if;
    update godwit.campaigns set public_title = p_title
     where tenant_id = c.tenant_id and id = c.id returning * into c;
    perform godwit.audit(p_operation, godwit.id_text('cmp', c.id),
        jsonb_build_object('public_title', v_was), jsonb_build_object('public_title', p_title));
    return godwit.campaign_json(c);
end $$;

create or replace function api.campaigns_publish(p_body jsonb)
returns jsonb language sql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.campaign_publish(godwit.campaign_take_up(p_body, array['title']),
             'campaigns_publish', godwit.read_line(p_body, 'title', 1, 200, true)) $$;

create or replace function api.campaigns_unpublish(p_body jsonb)
returns jsonb language sql
security definer set search_path = pg_catalog, godwit, pg_temp
as $$ select godwit.campaign_publish(godwit.campaign_take_up(p_body), 'campaigns_unpublish',
             null) $$;
