#!/usr/bin/perl
# The role cron: files without a row, rows without a file, and those whose
# time is over.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Jobs;

my $h = Godwit->new;
$h->godwit(qw(worker cron --once));
my $files = $h->state . '/files';
mkdir "$files/$_" for qw(tmp up);
my ($host) = $h->value('select id from godwit.hosts');
my $now = time;

# path, age in seconds, does a row know it, does it stay
my @file = (['up/whole', 7200, 1, 1], ['up/lost', 7200, 0, 0], ['up/young', 60, 0, 1],
    ['tmp/0000000001', 7200, 0, 0], ['tmp/0000000002', 60, 0, 1], ['mine.csv', 999999, 0, 1],
    ['import-1-7-rejects.csv', 7200, 0, 0], ['import-1-1-rejects.csv', 7200, 0, 1],
    ['import-1-2-rejects.csv', 7200, 0, 0], ['up/over', 60, 1, 0]);
sub row { $h->dbh->do(q{insert into godwit.files (tenant_id, host_id, bytes, type, path, state,
    created_at, expires_at) values (1, ?, 1, 'text/csv', ?, 'ready', '2026-01-01Z', ?)}, undef, @_) }
for (@file) {
    my ($path, $age, $known) = @$_;
    spew("$files/$path", 'x');
    utime $now - $age, $now - $age, "$files/$path";
    row($host, $path, $path eq 'up/over' ? '2026-01-02Z' : undef) if $known;
}
Godwit::Postgres::own($files, "$files/tmp", "$files/up", glob "$files/*/*");
row($host, 'up/gone', undef);
row($host + 1, 'up/elsewhere', '2026-01-02Z');
$h->dbh->do(q{insert into godwit.imports (tenant_id, state, source, fingerprint, mapping,
    reject_file, started_at, finished_at) values (1, 'finished', 'x', 'x', '[]', 'x', now(), now()),
    (1, 'finished', 'x', 'x', '[]', 'x', now(), now() - interval '91 days')});

my (undef, undef, $err) = $h->godwit(qw(worker cron --once));
is_deeply [ map { $_->[0] } grep { -e "$files/$_->[0]" } @file ],
    [ map { $_->[0] } grep { $_->[3] } @file ], 'what nobody wants has gone';
is $h->value(q{select string_agg(path, ' ' order by path) from godwit.files
    where state = 'deleted'}), 'up/gone up/over', 'and so have rows';
like $err, qr{ERROR .*up/gone is gone: file \d+ of workspace 1}, 'a file that was lost is told';
my ($code, $doc) = $h->try('files_get', { id => 'file_' . $h->value(q{select id from godwit.files
    where path = 'up/over'}) });
is $doc->{error}{code}, "not_found", "what has gone is not shown" or diag explain $doc;

# operations are kept for a month
$h->dbh->do(q{insert into godwit.operations (tenant_id, kind, state, lease_until, created_at,
    finished_at) select 1, 'x', 'done', now(), now(), now() - d * interval '1 day'
    from (values (29), (31)) v(d)});
$h->godwit(qw(worker cron --once));
is $h->value(q{select count(*) from godwit.operations}), 1, 'operations have their time too';

done_testing;
