-- What the gateway asks of every operation: entity tags, preconditions.

-- The entity tag of a document: base64url of the first 12 bytes of SHA-256 of
-- its text, as the edge makes it of the bytes it sends.
create or replace function godwit.etag(p_doc jsonb)
returns text language sql immutable parallel safe
as $$ select godwit.b64url(substr(sha256(convert_to(p_doc::text, 'UTF8')), 1, 12)) $$;

-- GW006 unless the If-Match of the request (`_if_match`: a tag without its
-- quotes, several apart by commas, or *) is the tag of the document as a GET
-- shows it. Called with the row locked, so that no update is lost.
create or replace function godwit.match(p_body jsonb, p_doc jsonb)
returns void language plpgsql
as $$
declare
    v text := p_body->>'_if_match';
begin
    if v is not null and v <> '*'
        and godwit.etag(p_doc) <> all (regexp_split_to_array(v, '[\s",]+'))
    then
        raise exception 'the object has changed since it was read; get it again'
            using errcode = 'GW006';
    end if;
end $$;

-- RFC 7386: what a merge patch makes of a value. Null removes a member.
create or replace function godwit.merge_patch(p_target jsonb, p_patch jsonb)
returns jsonb language sql immutable parallel safe
as $$ select case when jsonb_typeof(p_patch) is distinct from 'object' then p_patch
    else coalesce((select jsonb_object_agg(k, v) from (
            select t.key as k, t.value as v
              from jsonb_each(case when jsonb_typeof(p_target) = 'object' then p_target
                                   else '{}' end) t
             where not p_patch ? t.key
             union all
            select p.key, case when jsonb_typeof(p.value) = 'object'
                               then godwit.merge_patch(case when jsonb_typeof(p_target) = 'object'
                                                            then p_target->p.key end, p.value)
                               else p.value end
              from jsonb_each(p_patch) p where p.value <> 'null') m), '{}') end $$;
