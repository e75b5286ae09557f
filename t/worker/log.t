#!/usr/bin/perl
# Logs for machines: an object a line of worker and edge; the id of a request is in the access log,
# in what the worker says of its work, and in the name by which Postgres knows that.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use JSON::PP;

my $h = Godwit->new(conf => 'log_form json;');
my $log = $h->state . '/log';
$h->nginx(more => "access_log $log/access.json godwit_json;\n");
$h->spawn({ log => 'jobs' }, 'worker', 'jobs');
my $evil = "a\"\\\n{{";
my $r = api($h, POST => '/imports?name=x.csv', body => "first_name\nAnn\n",
    headers => { 'Content-Type' => 'text/csv', 'X-Request-Id' => 'from-us.1', Prefer => 'wait=10' });
is $r->{headers}{'x-request-id'}, 'from-us.1', 'a request with an id of ours';
sub lines { return map { decode_json($_) } split /\n/, slurp("$log/$_[0]") }
my $l;
wait_for { ($l) = grep { ($_->{request_id} // '') eq 'from-us.1' } lines('jobs.log') } 10, 'the worker names it'
    or diag slurp("$log/jobs.log");
is "$l->{level} $l->{role}", 'INFO jobs', 'and itself';
like $l->{message}, qr/^operation \d+ of workspace 1 failed: /, 'and what became of it';
wait_for { ($l) = grep { $_->{request_id} eq 'from-us.1' } lines('access.json') } 5, 'the edge names it';
is "$l->{method} $l->{path} $l->{status}", 'POST /api/v1/imports 200', 'and what was asked' or diag encode_json($l);

# while its work waits for a table
$h->dbh->begin_work;
$h->dbh->do('lock table godwit.contacts in exclusive mode');
api($h, POST => '/imports?name=y.csv', body => "email\na\@example.com\n",
    headers => { 'Content-Type' => 'text/csv', 'X-Request-Id' => 'from-us.2' });
# a transaction sees those of its beginning
wait_for { ($h->dbh('gw_backup')->selectrow_array(q{select count(*) from pg_stat_activity
    where application_name = 'godwit-jobs from-us.2'}))[0] } 10, 'Postgres knows for whom it works';
$h->dbh->rollback;

get($h, '/c/secret?"\\x', Referer => $evil);
wait_for { ($l) = grep { $_->{path} eq '/c/' } lines('access.json') } 5, 'no link, whatever stands in it';
done_testing;
