-- Templates that are no mail: an SMS, a template of WhatsApp, a call of a webhook.
alter table godwit.templates
    drop constraint templates_channel_check,
    add constraint templates_channel_check
        check (channel in ('email', 'sms', 'whatsapp', 'webhook'));

alter table godwit.template_versions
    -- {"channel","doc","sms"}, as shm/gw_content.h has doc; null: it is mail. Of
    -- its variants each has {"content": the same} and nothing else.
    add column content jsonb;

-- takes the channel as well
drop function if exists godwit.read_variants(jsonb);
