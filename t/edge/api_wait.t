#!/usr/bin/perl
# Work of the worker: 202 with its place, or the end of it for who waits.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Live;
use IO::Select;
use Time::HiRes qw(time);

my $h = Godwit->new(conf => 'spool_segment 1m;');
spew($h->state . '/contract/work.yaml', <<'YAML');
openapi: 3.1.0
info: { title: Work, version: "1" }
paths:
  /api/v1/work:
    post:
      operationId: test_work
      summary: Begin some work
      x-scope: lists:write
      x-worker: true
      responses: { "202": { description: Begun. } }
YAML
$h->dbh->do(q{create function api.test_work(p jsonb) returns jsonb language sql security definer
    set search_path = pg_catalog, godwit, pg_temp as $$ select jsonb_build_object('operation',
        godwit.operation_json(godwit.operation_start('test', 'x', '{}', null))) $$});
$h->dbh->do('grant execute on function api.test_work(jsonb) to gw_edge');
my $key = key($h, 'lists:write');           # it may begin and see that, no more
$h->nginx;

sub ask { my ($seconds) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port);
    print $s "POST /api/v1/work HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        . "Authorization: Bearer $key\r\nPrefer: wait=$seconds\r\n\r\n";
    return $s }
sub rest { my ($s) = @_; local $/; return <$s> // '' }
sub waits { return get($h, '/metrics')->{body} =~ /^godwit_api_waits_total (\d+)/m ? $1 : -1 }
sub end { $h->dbh->do("update godwit.operations set state = 'done', finished_at = created_at
    where state = 'queued'") }

my $r = api($h, POST => '/work', key => $key);
is $r->{status}, 202, 'accepted' or diag $r->{body};
is $r->{headers}{location}, "/api/v1/operations/$r->{json}{operation}{id}", 'where it will be';
ok !$r->{headers}{'preference-applied'}, 'nobody has waited';
is api($h, GET => $r->{headers}{location})->{json}{state}, 'queued', 'and there it is';

my $s = ask(20);
wait_for { waits() == 1 } 5, 'one waits';
my $id = $h->value('select max(id) from godwit.operations');
end();
my $text = rest($s);
like $text, qr/ 200 OK.*\r\nPreference-Applied: wait=20\r\n.*"id": "op_$id".*/s, 'its end';
like $text, qr/"state": "done"/, 'as the document';

like rest(ask(1)), qr/ 202 .*\r\nLocation: /s, 'not in time: 202';
my $waited = waits();
for my $odd (0, 'x', '', -1, '9' x 20) {
    like rest(ask($odd)), qr/ 202 /, "wait=$odd";
}
is waits(), $waited, 'nobody waits for these';

# more than is allowed is twenty; one that runs has not ended
end();
$s = ask(99);
wait_for { waits() == $waited + 1 } 5, 'another waits';
$h->dbh->do(q{update godwit.operations set state = 'running' where state = 'queued'});
my $was = asked();
wait_for { asked() > $was + 1 } 5, 'asks while it runs';
$h->dbh->do(q{update godwit.operations set state = 'queued' where state = 'running'});
end();
like rest($s), qr/\r\nPreference-Applied: wait=20\r\n.*"state": "done"/s, 'and has its end';

# who is told of it asks at once, and not four times a second
$s = ask(20);
wait_for { waits() == $waited + 2 } 5, 'one waits to be told';
my $of = { tenant => 1, topic => 'operation:op_' . $h->value('select max(id) from godwit.operations'),
    type => 'operation.changed' };
($was, my $began) = (asked(), time);
wait_for { publish($h, $of); asked() > $was + 20 } 10, 'asks as often as he is told';
cmp_ok time - $began, '<', 4, 'which alone would take five seconds';
end();
publish($h, $of);
like rest($s), qr/"state": "done"/, 'and has his end';

# what was read in vain is not kept until the end
my ($edge) = edge_pids($h);
sub asked { return get($h, '/metrics')->{body} =~ /^godwit_db_queries_total (\d+)/m ? $1 : -1 }
sub memory { return slurp("/proc/$edge/smaps_rollup") =~ /^Pss_Anon:\s+(\d+)/m ? $1 : die }
my $least = memory();
my @all = map { ask(20) } 1 .. 10;
wait_for { $h->value(q{select count(*) from godwit.operations where state = 'queued'}) >= 10 } 5;
$h->dbh->do(q{update godwit.operations set progress = jsonb_build_object('done', repeat('x', 200000))
    where state = 'queued'});
my $asked = asked();
wait_for { asked() >= $asked + 100 } 20, 'ten ask ten times each';
SKIP: {
    skip 'a sanitizer keeps what is free', 1 if $ENV{GODWIT_NGINX};
    cmp_ok memory() - $least, '<', 10000, 'and of 200 kB a time little is there';
}
end();
like rest($_), qr/ 200 /, 'before they end' for @all;

# who goes takes nothing along; who waits is answered by a process that quits
my $before = waits();
$s = ask(20);
wait_for { waits() == $before + 1 } 5, 'one waits and goes';
close $s;
my $n = -1;
wait_for { my $last = $n; $n = asked(); select undef, undef, undef, 0.6; $n == $last } 5,
    'nobody asks for him';

# the 202 stays true when Postgres does not say more
$s = ask(20);
wait_for { waits() == $before + 2 } 5, 'another waits';
$h->dbh->do('alter function api.operations_get(jsonb) rename to gone');
ok +IO::Select->new($s)->can_read(5), 'an error is answered at once';
like rest($s), qr/ 202 /, 'but is no end';
$h->dbh->do('alter function api.gone(jsonb) rename to operations_get');
$h->expect(qr/operations_get/);

$s = ask(20);
wait_for { waits() == $before + 3 } 5, 'one more waits';
my @pids = edge_pids($h);
kill HUP => $h->{nginx};
ok +IO::Select->new($s)->can_read(5), 'a reload lets it go';
like rest($s), qr/ 202 /, 'with what is true';
wait_for { my @now = edge_pids($h); @now == 1 && $now[0] != $pids[0] } 10, 'and nothing stays';
done_testing;
