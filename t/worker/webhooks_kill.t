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
done_testing;
