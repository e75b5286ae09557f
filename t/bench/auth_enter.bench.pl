# What saying who asks adds to an operation: microseconds of a transaction with
# auth.enter_session or auth.enter_key, less those with the bare settings that the
# operation needs. One client, so that it is time and not CPU.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use Godwit;
use Godwit::Edge;
use Bench;
use Api;

my ($h, $key) = Api::house();
my $call = q{api.contacts_get(('{"id":"ct_' || :id || '"}')::jsonb)};
my $token = 'a session';
$h->dbh->do($_) for
    q{insert into auth.users (id, email, created_at) values (7, 'ann@example.com', '2026-01-01Z')},
    q{insert into auth.memberships (tenant_id, user_id, role_id, created_at) values (1, 7, 1, '2026-01-01Z')},
    qq{insert into auth.sessions (id, hash, user_id, created_at, expires_at, verified_at) values (7,
        sha256('$token'), 7, '2026-01-01Z', '2027-01-01Z', '2026-01-01Z')},
    q{insert into auth.session_uses (session_id, at) values (7, '2026-01-02Z')};

sub behind { my ($who) = @_;
    return "\\set id random(1, $Api::N)\n\\startpipeline\nselect $who;\nselect $call;\n\\endpipeline\n" }
my %text = (
    enter_key => Api::transaction($key, $call),
    enter_session => behind(q{auth.enter_session(7::bigint, '\\x} . sha256_hex($token) . q{'::bytea, 1::int,
        E'contacts\\x3aread'::text, 'bench'::text, '127.0.0.1'::inet, '2026-01-02Z'::timestamptz)} =~ s/\n\s+/ /gr),
    none => behind(q{set_config('app.tenant', '1', true), set_config('app.now', '2026-01-02Z', true), }
        . q{set_config('app.actor', 'key_1', true), set_config('app.scopes', '{*}', true)}),
);
sub us { return 1e6 / Api::pgbench($h, 'gw_edge', 1, $text{ $_[0] }) }

my %us;
for my $round (1 .. $ENV{BENCH_ROUNDS} || 5) {
    for my $what ($round % 2 ? sort keys %text : reverse sort keys %text) {
        push @{ $us{$what} }, us($what);
    }
}
for my $what (qw(enter_key enter_session)) {
    my ($ours, $peer) = map { median(@{ $us{$_} }) } $what, 'none';
    Bench::row(name => $what =~ s/^/auth_/r, unit => 'us', ours => $ours, peer => $peer, spread => 0,
        rounds => scalar @{ $us{$what} }, ratio => $ours - $peer, at_most => 100);
}
say_note('auth_enter: ratio is what it adds');
