#!/usr/bin/perl
# Suppressions out of a file: the second operation of the role jobs, by the
# machinery of imports.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Jobs;

my $h = Godwit->new(conf => 'spool_segment 1m;');
my @once = qw(worker jobs --once);
$h->godwit(@once);
$h->call('suppressions_create', { email => 'old@example.com', reason => 'complaint' });
$h->call('contacts_create', { email => 'ann@example.com', consent => { email => 'granted' } });

my $i = upload($h, 'suppressions_import', "mail,plan,reason\nAnn\@Example.com,gold,\nold\@example.com,,manual\n"
    . "bob\@example.com,, Hard_Bounce \nann\@example.com,,complaint\nx\@example.com,,=bored\nno address,,\n,,\n",
    columns => 'mail=email', reason => 'unsubscribe', name => 'old-tool.csv');
my $o = operation($h, $i->{operation});
is "$i->{state} $i->{kind} $o->{kind} $o->{object}", "queued suppressions suppressions_import $i->{id}",
    'an import of another kind is queued';
$h->godwit(@once);
$o = operation($h, $i->{operation});
is_deeply { map { $_ => $o->{result}{$_} } qw(state source rows created updated rejected) },
    { state => 'finished', source => 'old-tool.csv', rows => 7, created => 2, updated => 2, rejected => 3 },
    'and done' or diag explain $o;
is_deeply { map { $_->{email} => $_->{reason} } @{ $h->call('suppressions_list')->{items} } },
    { 'old@example.com' => 'complaint', 'ann@example.com' => 'unsubscribe', 'bob@example.com' => 'hard_bounce' },
    'each address once, as it was said first, and one that was there as it was';
is $h->value(q{select count(*) from godwit.contacts}), 1, 'nobody becomes a contact';
is $h->value(q{select count(*) from godwit.change_log where kind = 'suppression'}), 3, 'and the edge is told';
is_deeply [ map { $_->{id} } @{ $h->call('imports_list', { kind => 'suppressions' })->{items} } ], [ $i->{id} ],
    'it is listed by its kind';
is_deeply $h->call('imports_list', { kind => 'contacts' })->{items}, [], 'and not by another';

# what was refused, over HTTP; mended, it is taken
$h->nginx;
my $r = api($h, GET => "/imports/$i->{id}/rejects");
is $r->{body} =~ s/\r//gr, <<'END', 'each refused row with its reason';
line,column,reason,"mail","plan","reason"
7,1,"this is no e-mail address","no address","",""
8,1,"the row has no email and no external_id","","",""
6,1,"the reason is unsubscribe, complaint, hard_bounce or manual","x@example.com","","'=bored"
END
$r = api($h, POST => '/suppressions/import?columns=mail%3Demail', headers => { 'Content-Type' => 'text/csv' },
    body => $r->{body} =~ s/no address/y\@example.com/r =~ s/'=bored/manual/r);
is "$r->{status} $r->{json}{kind}", '202 suppressions', 'sent again' or diag $r->{body};
$h->godwit(@once);
is_deeply [ @{ $h->call('imports_get', { id => $r->{json}{id} }) }{qw(rows created updated rejected)} ],
    [ 3, 2, 0, 1 ], 'the mended ones are taken';
$r = api($h, POST => '/suppressions/import', headers => { 'Content-Type' => 'text/csv' },
    body => "external_id\n7\n", key => key($h, 'contacts:write'));
is problem($r), '403 forbidden', 'which needs its own scope';
is problem(api($h, POST => '/suppressions/import?reason=bored', headers => { 'Content-Type' => 'text/csv' },
    body => "email\n")), '422 invalid', 'and a reason that is one';
$i = upload($h, 'suppressions_import', "external_id\n7\n");
$h->godwit(@once);
is_deeply [ @{ $h->call('imports_get', { id => $i->{id} }) }{qw(rows created updated rejected)} ],
    [ 1, 0, 0, 1 ], 'who has no address cannot be suppressed';

# each step, broken off there
my $n = 0;
for my $point (qw(jobs_after_claim import_after_copy import_before_commit import_after_commit
    jobs_before_end jobs_after_end)) {
    $n++;
    my $before = $h->value(q{select count(*) from godwit.change_log where kind = 'suppression'});
    $i = upload($h, 'suppressions_import', join '', "email\n", map { "k$n-$_\@example.com\n" } 1 .. 10100);
    my ($code) = $h->godwit({ env => { GODWIT_CRASH => $point } }, @once);
    is $code, $point eq 'jobs_after_claim' ? 137 : 0, "killed at $point";
    $h->godwit(@once) if $code;
    $o = operation($h, $i->{operation});
    is_deeply [ $o->{state}, @{ $o->{result} }{qw(rows created updated)},
        $h->value(q{select count(*) from godwit.change_log where kind = 'suppression'}) - $before ],
        [ 'done', 10100, 10100, 0, 10100 ], 'done once, and told once';
}

done_testing;
