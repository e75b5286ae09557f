#!/usr/bin/perl
# A person is looked for in files as he stands there: across the borders of what
# is read at a time, and not by a name so short that it stands anywhere.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Jobs;

my $h = Godwit->new;
$h->godwit(qw(worker jobs --once));
my $ed = $h->call('contacts_create', { email => 'edward@example.com', first_name => 'Ed' })->{id};
my $csv = "email,first_name\n";
$csv .= sprintf "p%06d\@example.com,P\n", $_ for 1 .. 47_000;
$csv .= 'q' x (1024 * 1024 - 6 - 15 - length $csv) . "\@example.com,Q\n";
is length $csv, 1024 * 1024 - 6, 'six bytes of him stand before the border';
import_upload($h, "${csv}edward\@example.com,E\n");
import_upload($h, "email,first_name\nbob\@example.com,Ed\nno,Ed\n");
# kinds of files in which he may stand so that no search finds him
upload($h, 'imports_create', qq({"email":"edward\\u0040example.com"}\n), type => 'application/x-ndjson');
upload($h, 'imports_create', "BEGIN:VCARD\nVERSION:4.0\nEMAIL:edw\n ard\@example.com\nEND:VCARD\n", type => 'text/vcard');
$h->godwit(qw(worker jobs --once));
my @file = map { $h->state . "/files/up-$_.csv" } 1 .. 4;
is scalar(grep { -e } @file), 4, 'four files';
my $o = $h->call('contacts_erase', { id => $ed })->{operation};
$h->godwit(qw(worker jobs --once));
is operation($h, $o)->{state}, 'done', 'he is erased';
is_deeply [ map { -e $_ ? 1 : 0 } @file ], [ 0, 1, 0, 0 ],
    'with the files that he stands in, or may, and no other';
done_testing;
