# A workspace with many contacts who did much, for the benches of segments.
package Segments;
use strict;
use warnings;
BEGIN { $ENV{GODWIT_TEST_PG_OPTIONS} = '-c shared_buffers=1GB -c max_wal_size=8GB' }
use Godwit;
use Bench;

our $NOW = '2026-07-01T00:00:00Z';

# ($house, contacts): ROWS contacts, a million when it is not set, 20 events each
sub house {
    my $n = $ENV{ROWS} || 1_000_000;
    my $h = Godwit->new;
    my $t = timed(sub { $h->dbh->do($_) for
        qq{insert into godwit.contacts (tenant_id, email, first_name, zone, consent_email, tags, attributes,
            created_at, updated_at) select 1, 'p' || i || '\@example.com', 'Ann', 'Europe/Lisbon', i % 3,
            case when i % 7 = 0 then '{vip}'::text[] end, jsonb_build_object('plan', (array['free', 'gold',
                'silver'])[i % 3 + 1], 'orders', i % 50, 'city', 'Town ' || i % 1000,
                'latitude', 38 + i % 1000 / 100.0, 'longitude', -9 + i % 700 / 100.0),
            timestamptz '$NOW' - i % 1000 * interval '1 day', '$NOW' from generate_series(1, $n) i},
        qq{insert into godwit.tracked (tenant_id, at, contact_id, kind, name, properties, source_id, received_at)
            select 1, timestamptz '$NOW' - (i * 7 + e * 17) % 365 * interval '1 day', i, 1,
                (array['purchase', 'login', 'page', 'search'])[(i + e) % 4 + 1],
                jsonb_build_object('total', (i * 31 + e) % 500), 1, '$NOW'
            from generate_series(1, $n) i, generate_series(1, 20) e},
        'vacuum analyze godwit.contacts', 'vacuum analyze godwit.tracked', 'checkpoint' });
    say_note(sprintf 'segments: ROWS=%d contacts, %d events, made in %.0f s', $n, $n * 20, $t);
    return ($h, $n);
}

1;
