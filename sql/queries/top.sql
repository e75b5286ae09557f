-- `godwit top`: campaigns under way, of all workspaces.
-- name: top_campaigns
select c.name, k.sent + k.failed + k.suppressed + k.invalid + k.not_rendered + k.uncertain,
       k.audience, c.state
  from godwit.campaigns c
  join godwit.campaign_cursors k on k.tenant_id = c.tenant_id and k.campaign_id = c.id
 where c.started_at is not null and c.finished_at is null
 order by c.started_at desc, c.tenant_id, c.id limit 10;
