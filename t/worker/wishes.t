#!/usr/bin/perl
# The last thing a person says about mail counts: by whatever campaign, in one
# batch or in several, drained in whatever order; and however late.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m; spool_keep 0ms;');
my $spool = $h->state . '/spool';
$h->call('contacts_create', { email => "p$_\@example.com" }) for 1 .. 5;

sub say_it {
    my ($contact, $campaign, $wants) = @_;
    my $what = $wants ? 'preferences' : 'unsubscribe';
    my $path = '/' . substr($what, 0, 1) . '/' . token($h, what => $what,
        campaign => $campaign, contact => $contact);
    is post($h, $path, $wants ? 'subscribe=1' : '')->{status}, 200, "$what of $contact";
}

sub drain { return ($h->godwit({ env => $_[0] // {} }, qw(worker ingest --once)))[0] }

sub wants {
    my ($contact) = @_;
    my $consent = $h->call('contacts_get', { id => "ct_$contact" })->{consent}{email};
    return $consent . ' ' . $h->value(q{select count(*) from godwit.suppressions
        where contact_id = ?}, $contact);
}

# in one batch
$h->dbh->do('delete from godwit.change_log');
$h->nginx;
say_it(1, 8, 1), say_it(1, 7, 0);
say_it(2, 7, 0), say_it(2, 8, 1);
is drain(), 0, 'a drain';
is wants(1), 'revoked 1', 'out after in';
is wants(2), 'granted 0', 'in after out';
is $h->value(q{select count(*) from godwit.change_log where kind = 'contact'}), 0, 'of whom no segment asks nothing is told';
$h->stop($h->{nginx}, 'QUIT');
drain() for 1 .. 2;

# in two segments, the later drained first
for my $last (0, 1) {
    my $contact = 3 + $last;
    $h->nginx;
    say_it($contact, 7, !$last);
    $h->stop($h->{nginx}, 'QUIT');
    my ($early) = glob "$spool/*.seg";
    rename $early, "$early.later" or die $!;
    $h->nginx;
    say_it($contact, 8, $last);
    $h->stop($h->{nginx}, 'QUIT');
    drain() for 1 .. 2;
    my $was = wants($contact);
    is $was, $last ? 'granted 0' : 'revoked 1', 'the last word';
    rename "$early.later", $early or die $!;
    drain() for 1 .. 2;
    is wants($contact), $was, 'stays when the first comes';
}
is $h->value('select sum(unsubscribes) from godwit.campaign_totals'), 4,
    'each unsubscribe is counted';

# two hours late
my $role = $h->spawn(qw(worker cache));
wait_for { -l $h->state . '/cache/current' } 10;
$h->nginx;
say_it(5, 7, 0);
my @t = gmtime(time + 7200);
my $later = sprintf '%04d-%02d-%02dT%02d:%02d:%02dZ', $t[5] + 1900, $t[4] + 1, @t[ 3, 2, 1, 0 ];
$h->dbh->do('delete from godwit.change_log');
$h->call('segments_create', { name => 'x', predicate => { consent => 'email', is => 'revoked' } });
is drain({ GODWIT_CLOCK => $later }), 0, 'a drain, late';
is +($h->godwit({ env => { GODWIT_CLOCK => $later } }, qw(worker cron --once)))[0], 0,
    'what is old in the feed goes';
is $h->value(q{select string_agg(kind, ' ' order by kind) from godwit.change_log}), 'contact suppression',
    'not the unsubscribe, which a segment asks for';
my $hash = $h->value(q{select encode(address_hash, 'hex') from godwit.suppressions
    where contact_id = 5});
wait_for { ($h->godwit('cache', 'get', 'suppression', 1, $hash))[1] =~ /^u/ } 5,
    'it reaches the cache';

done_testing;
