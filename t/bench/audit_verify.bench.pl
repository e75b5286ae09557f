# `godwit audit verify` of a million rows against a COPY of the same two tables
# that only reads them; the goal is 5 s.
use strict;
use warnings;
use Bench;
use Godwit;

my $n = $ENV{BENCH_ROWS} || 1_000_000;
my $h = Godwit->new;
my $dbh = $h->dbh;
$dbh->do(q{select set_config('app.tenant', '1', false)});
$dbh->do(q{insert into godwit.audit (tenant_id, at, operation, object, actor, request_id, address,
    value_hash) select 1, timestamptz '2026-01-01Z' + i * interval '1s', 'contacts_update',
    'ct_' || i, 'key_1', md5(i::text), '127.0.0.1', '' from generate_series(1, ?) i}, undef, $n);
$dbh->do(q{insert into godwit.audit_values select 1, id, jsonb_build_object('first_name', 'Ann',
    'city', 'Town ' || id), jsonb_build_object('first_name', 'Anna', 'city', 'Town ' || id),
    uuid_send(gen_random_uuid()) from godwit.audit});
$dbh->do(q{set session_replication_role = replica; update godwit.audit a set value_hash =
    godwit.audit_value_hash(v.salt, v.before, v.after) from godwit.audit_values v
    where v.audit_id = a.id; set session_replication_role = origin});
my $chain = timed(sub { 1 while $dbh->selectrow_array(
    q{select godwit.audit_chain(10000, '2026-01-01Z')}) });
$dbh->do('vacuum analyze godwit.audit, godwit.audit_values');
say_note(sprintf 'audit_verify: %d rows chained in %.1f s', $n, $chain);

bench(name => 'audit_verify', unit => 's', at_least => 0.2,
    ours => sub { return timed(sub { my ($code, $out) = $h->godwit('audit', 'verify');
        $code == 0 or die "audit verify: $out\n" }) },
    peer => sub { return timed(sub { $dbh->do(q{copy (select a.*, v.before, v.after, v.salt from
        godwit.audit a join godwit.audit_values v on v.tenant_id = a.tenant_id and v.audit_id = a.id
        order by a.tenant_id, a.seq) to '/dev/null'}) }) });
