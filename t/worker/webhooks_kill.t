#!/usr/bin/perl
# The worker is killed while it delivers: nothing is lost, ids stay.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Hooks;

my $h = Godwit->new(conf => 'webhook_allow 127.0.0.0/8;');
my $requests = killed($h, 600, 5);
ok $requests < 1200, 'few come twice' or diag $requests;

# at each step between an answer and its place in Postgres
for my $point (qw(hooks_after_answer hooks_before_tell hooks_after_tell)) {
    my $r = receiver($h);
    my $w = webhook($h, url => "$r->{url}/$point");
    my $id = $h->call('webhooks_test', { id => $w->{id} })->{id};
    is +($h->godwit({ env => { GODWIT_CRASH => $point } }, 'worker', 'http'))[0], 137, "$point: it dies";
    is +($h->godwit('worker', 'http', '--once'))[0], 0, 'another goes on';
    is delivery($h, $id)->{state}, 'delivered', 'and delivers it';
    is scalar(map { $_->{id} } $r->got), $point eq 'hooks_after_tell' ? 1 : 2, 'once more when nobody knew';
}

# a refusal of Postgres that passes: what is known is told again, and nothing sent
my $r = receiver($h);
my $w = webhook($h, url => "$r->{url}/told");
$h->expect(qr/hooks_tell: /);
$h->dbh->do(q{create function godwit.full() returns trigger language plpgsql as $$ begin
    raise exception 'the disk is full' using errcode = '53100'; end $$});
$h->dbh->do('create trigger full_now before insert on godwit.webhook_attempts
    for each row execute function godwit.full()');
my $worker = $h->spawn('worker', 'http');
my $id = $h->call('webhooks_test', { id => $w->{id} })->{id};
wait_for { slurp($h->log_file) =~ /the disk is full/ } 5, 'Postgres refuses a result';
$h->dbh->do('drop trigger full_now on godwit.webhook_attempts');
wait_for { delivery($h, $id)->{state} eq 'delivered' } 10, 'it is told later';
is scalar($r->got), 1, 'and was sent once';
done_testing;
