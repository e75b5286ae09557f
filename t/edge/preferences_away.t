#!/usr/bin/perl
# Postgres is away: the page says so and asks to come again, while a form and an
# unsubscribe are kept and count when it is back.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

delete $ENV{GODWIT_TEST_PG};                    # one that can be stopped
my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->call('contacts_create', { email => "$_\@example.com" }) for qw(ann bob);
$h->nginx;
sub path { my ($what, $contact) = @_;
    return '/' . substr($what, 0, 1) . '/' . token($h, what => $what, campaign => 7, contact => $contact) }
is get($h, path('preferences', 1))->{status}, 200, 'Postgres is there';

$h->dbh;
delete($h->{dbh}{''})->disconnect;
ok $h->postgres->down('fast'), 'and goes';
my $r;
wait_for { $r = get($h, path('preferences', 1)); $r->{status} == 503 } 10, 'the page is not there';
is $r->{headers}{'retry-after'}, 1, 'and asks to come again';
like $r->{body}, qr/does not work just now.*Nothing was changed/s, 'in plain words';
is post($h, path('preferences', 1), 'had=email&on=email&every=7')->{status}, 200, 'a form is kept';
$r = get($h, path('unsubscribe', 2));
like $r->{body}, qr/<button type="submit">Unsubscribe/, 'the way out is there';
is post($h, path('unsubscribe', 2), 'List-Unsubscribe=One-Click')->{status}, 200, 'and is open';

$h->postgres->up;
is +($h->godwit(qw(worker ingest --once)))[0], 0, 'it is back';
is $h->value('select every_days from godwit.preferences where contact_id = 1'), 7, 'the form counts';
is $h->value('select consent_email from godwit.contacts where id = 2'), 2, 'so does the unsubscribe';
done_testing;
