#!/usr/bin/perl
# An Idempotency-Key: one effect and one answer for one request.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use DBI;
use JSON::PP;

my $h = Godwit->new;
my $json = JSON::PP->new;

sub edge { return DBI->connect('dbi:Pg:' . $h->info, 'gw_edge', '',
    { RaiseError => 1, PrintError => 0, AutoCommit => 0 }) }
my $dbh = edge();
my $now = '2026-01-01T00:00:00Z';

# (state, document or message) of a request in a transaction of its own
sub once {
    my ($key, $operation, $body, %o) = @_;
    my $d = $o{dbh} // $dbh;
    my $text = eval {
        $d->do('select auth.enter(?)', undef, $json->encode({ tenant => $o{tenant} // 1,
            user => 'key_1', scopes => ['*'], now => $o{now} // $now }));
        $d->selectrow_array('select api.once(?, ?, sha256(?::text::bytea), ?)', undef, $key,
            $operation, $o{request} // "$operation $body", $body) };
    my @r = defined $text ? (ok => $json->decode($text)) : ($d->state, $@ =~ s/\n.*//sr);
    $o{open} ? return @r : defined $text ? $d->commit : $d->rollback;
    return @r;
}
sub lists { return $h->value('select count(*) from godwit.lists') }

my $a = '{"name": "a"}';
my ($state, $r) = once('k1', 'lists_create', $a);
ok $state eq 'ok' && $r->{status} == 200 && !$r->{replayed} && $r->{body}{id} eq 'lst_1', 'done';
(undef, my $again) = once('k1', 'lists_create', $a, now => '2026-01-01T20:00:00Z');
is_deeply $again, { %$r, replayed => JSON::PP::true }, 'again is the same answer';
is lists(), 1, 'and no second effect';

is((once('k1', 'lists_create', '{"name": "b"}'))[0], 'GW008', 'another body under the key');
is((once('k1', 'contacts_create', $a, request => "lists_create $a"))[0], 'GW008',
    'another operation');
is((once('k1', 'lists_create', $a, tenant => $h->value(q{select auth.tenant_create('two', now())}),
    ))[1]{body}{id}, 'lst_2', 'another workspace has keys of its own');

(undef, $r) = once('k2', 'lists_create', '{"name": ""}');
is_deeply $r, { status => 422, replayed => JSON::PP::false, body => { sqlstate => 'GW001',
    field => 'name', message => '"name" has 0 characters; 1 to 200 are allowed' } },
    'a refusal is an answer';
(undef, $again) = once('k2', 'lists_create', '{"name": ""}');
is_deeply $again, { %$r, replayed => JSON::PP::true }, 'that is kept';
is((once('k3', 'contacts_get', '{"id": "ct_77"}'))[1]{status}, 404, 'so is 404');
is((once('k7', 'lists_update', '{"id": "lst_1", "name": "x", "_if_match": "y"}'))[1]{status}, 412, 'and 412');

is((once('k4', 'lists_create', $a))[0], 'GW003', 'a conflict is raised');
$h->value(q{update godwit.lists set name = 'b' where name = 'a' returning 1});
is((once('k4', 'lists_create', $a))[1]{status}, 200, 'and may end later');
is((once('k5', 'no_such', '{}'))[0], '42883', 'a fault is raised');
is((once('x' x 256, 'lists_create', $a))[0], 'GW001', 'a key that is too long');

# two at once, the first not committed
my $other = edge();
my $n = lists();
is((once('k6', 'lists_create', '{"name": "c"}', dbh => $other, open => 1))[0], 'ok', 'one runs');
is_deeply [ once('k6', 'lists_create', '{"name": "c"}') ],
    [ 'GW003', 'DBD::Pg::db selectrow_array failed: ERROR:  a request with this Idempotency-Key '
    . 'is under way' ], 'the other is told';
$other->commit;
ok((once('k6', 'lists_create', '{"name": "c"}'))[1]{replayed}, 'and gets the answer later');
is lists(), $n + 1, 'one effect';

# kept for a day
my $kept = sub { $h->value('select count(*) from godwit.idempotency where key = ?', 'k1') };
for (['2026-01-01T23:59:59Z', 2], ['2026-01-02T01:00:01Z', 0]) {
    $h->godwit({ env => { GODWIT_CLOCK => $_->[0] } }, qw(worker cron --once));
    is $kept->(), $_->[1], "kept at $_->[0]: $_->[1]";
}
$_->disconnect for $dbh, $other;

done_testing;
