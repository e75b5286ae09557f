#!/usr/bin/perl
# Operations: claimed, run, ended once, whatever is killed.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Jobs;

my $h = Godwit->new;
my @once = qw(worker jobs --once);
is +($h->godwit(@once))[0], 0, 'nothing to do';
my $list = $h->call('lists_create', { name => 'news' })->{id};

my $i = import_upload($h, "mail,first_name\na\@example.com,Ann\nnone,\n", list_id => $list,
    columns => 'mail=email', name => 'may.csv');
my $o = operation($h, $i->{operation});
is "$i->{state} $o->{state} $o->{kind} $o->{object}", "queued queued imports_run $i->{id}",
    'an import is queued with its operation';
ok !exists $o->{input}, 'whose input is its own affair';
is +($h->godwit(@once))[0], 0, 'the role runs it';
$o = operation($h, $i->{operation});
is_deeply [ @$o{qw(state attempts error cancelling)}, $o->{progress}{done} ],
    [ 'done', 1, undef, JSON::PP::false, $o->{progress}{total} ], 'it is done';
is_deeply { map { $_ => $o->{result}{$_} } qw(id state source rows created rejected) },
    { id => $i->{id}, state => 'finished', source => 'may.csv', rows => 2, created => 1,
    rejected => 1 }, 'with the import as its result';
is_deeply $h->call('imports_get', { id => $i->{id} }), $o->{result}, 'which says the same';
is $h->call('lists_list')->{items}[0]{members}, 1, 'the list has the contact';
is enter($h, 'imports_rejects', { id => $i->{id} })->{path}, 'import-1-1-rejects.csv',
    'and the refused row is in a file';
is join(',', map { $_->{id} } @{ $h->call('operations_list', { kind => 'imports_run',
    state => 'done' })->{items} }), $o->{id}, 'operations are listed';
is_deeply $h->call('operations_list', { state => 'failed' })->{items}, [], 'by their state';
my ($code, $doc) = $h->try('operations_cancel', { id => $o->{id} });
is $doc->{error}{code}, 'conflict', 'what is done cannot be cancelled';
($code, $doc) = $h->try('imports_create', {});
like $doc->{error}{message}, qr/^imports_create goes through HTTP alone/, 'an import needs HTTP';

# a file that cannot be imported: one sentence, once
$i = import_upload($h, "a,b\n1,2\n", name => 'x.csv');
$h->godwit(@once);
$o = operation($h, $i->{operation});
is "$o->{state} $o->{error}{code} $o->{error}{message}", 'failed invalid x.csv:1: no column is '
    . 'email or external_id; name one with the parameter columns COLUMN=email', 'says why';
is $h->call('imports_get', { id => $i->{id} })->{error}, $o->{error}{message}, 'also there';
$i = import_upload($h, "email\nb\@example.com\n");
unlink $h->state . "/files/up-$h->{uploads}.csv";
$h->godwit(@once);
is operation($h, $i->{operation})->{error}{message},
    'the file of this import is gone; send it again', 'a file that is gone';
$i = import_upload($h, "email\nb\@example.com\n", list_id => $list);
$h->dbh->do('delete from godwit.lists');
$h->godwit(@once);
is operation($h, $i->{operation})->{error}{message}, 'the list of this import has been deleted',
    'a list that is gone';

# cancelled while it waits
$i = import_upload($h, "email\nc\@example.com\n");
is $h->call('imports_cancel', { id => $i->{id} })->{state}, 'cancelled', 'one that waits';
is $h->call('imports_cancel', { id => $i->{id} })->{state}, 'cancelled', 'twice is once';
$h->godwit(@once);
is $h->value(q{select count(*) from godwit.contacts where email = 'c@example.com'}), 0,
    'is not run';

# each step, broken off there
my $n = 0;
for my $point (qw(jobs_after_claim import_after_copy import_before_commit import_after_commit
    jobs_before_end jobs_after_end)) {
    $n++;
    $i = import_upload($h, join '', "email,n\n", map { "k$n-$_\@example.com,$_\n" } 1 .. 10100);
    ($code) = $h->godwit({ env => { GODWIT_CRASH => $point } }, @once);
    is $code, $point eq 'jobs_after_claim' ? 137 : 0, "killed at $point";
    $h->godwit(@once) if $code;
    $o = operation($h, $i->{operation});
    is_deeply [ $o->{state}, $o->{attempts}, @{ $o->{result} }{qw(rows created updated)} ],
        [ 'done', $point eq 'jobs_after_end' ? 1 : 2, 10100, 10100, 0 ], 'done once';
}

# one that kills its process again and again is given up
$i = import_upload($h, "email\nd\@example.com\n");
$h->godwit({ env => { GODWIT_CRASH => 'jobs_after_claim' } }, @once) for 1 .. 5;
my (undef, undef, $err) = $h->godwit(@once);
is operation($h, $i->{operation})->{error}{message},
    q{the work was broken off 5 times; the worker's log says why}, 'five times, then it failed';
like $err, qr/ERROR jobs.*broken off 5 times/, 'and the log has it';

done_testing;
