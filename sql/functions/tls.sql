-- How mail has left.

-- What the number of an attempt says: in its low 16 bits the cipher suite as
-- TLS numbers it, then 4 of the protocol's minor version (3: TLS 1.2), then
-- whether the certificate was checked and is right for the host's name.
create or replace function godwit.tls(p_tls int)
returns jsonb language sql immutable parallel safe
as $$
    select case when p_tls is not null then jsonb_build_object(
        'version', format('TLSv1.%s', (p_tls >> 16 & 15) - 1),
        'cipher', coalesce((select 'TLS_' || s.name from (values
            ('1301', 'AES_128_GCM_SHA256'), ('1302', 'AES_256_GCM_SHA384'),
            ('1303', 'CHACHA20_POLY1305_SHA256'),
            ('002f', 'RSA_WITH_AES_128_CBC_SHA'), ('0035', 'RSA_WITH_AES_256_CBC_SHA'),
            ('003c', 'RSA_WITH_AES_128_CBC_SHA256'), ('003d', 'RSA_WITH_AES_256_CBC_SHA256'),
            ('009c', 'RSA_WITH_AES_128_GCM_SHA256'), ('009d', 'RSA_WITH_AES_256_GCM_SHA384'),
            ('0033', 'DHE_RSA_WITH_AES_128_CBC_SHA'), ('0039', 'DHE_RSA_WITH_AES_256_CBC_SHA'),
            ('0067', 'DHE_RSA_WITH_AES_128_CBC_SHA256'),
            ('006b', 'DHE_RSA_WITH_AES_256_CBC_SHA256'),
            ('009e', 'DHE_RSA_WITH_AES_128_GCM_SHA256'),
            ('009f', 'DHE_RSA_WITH_AES_256_GCM_SHA384'),
            ('ccaa', 'DHE_RSA_WITH_CHACHA20_POLY1305_SHA256'),
            ('c009', 'ECDHE_ECDSA_WITH_AES_128_CBC_SHA'),
            ('c00a', 'ECDHE_ECDSA_WITH_AES_256_CBC_SHA'),
            ('c013', 'ECDHE_RSA_WITH_AES_128_CBC_SHA'),
            ('c014', 'ECDHE_RSA_WITH_AES_256_CBC_SHA'),
            ('c023', 'ECDHE_ECDSA_WITH_AES_128_CBC_SHA256'),
            ('c024', 'ECDHE_ECDSA_WITH_AES_256_CBC_SHA384'),
            ('c027', 'ECDHE_RSA_WITH_AES_128_CBC_SHA256'),
            ('c028', 'ECDHE_RSA_WITH_AES_256_CBC_SHA384'),
            ('c02b', 'ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'),
            ('c02c', 'ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'),
            ('c02f', 'ECDHE_RSA_WITH_AES_128_GCM_SHA256'),
            ('c030', 'ECDHE_RSA_WITH_AES_256_GCM_SHA384'),
            ('cca8', 'ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256'),
            ('cca9', 'ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256')) s(id, name)
             where s.id = lpad(to_hex(p_tls & 65535), 4, '0')),
            '0x' || lpad(to_hex(p_tls & 65535), 4, '0')),
        'verified', p_tls >> 20 & 1 = 1) end
$$;
