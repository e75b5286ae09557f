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
$h->godwit(qw(worker jobs --once));
my @file = map { $h->state . "/files/up-$_.csv" } 1, 2;
is scalar(grep { -e } @file), 2, 'two files';
my $o = $h->call('contacts_erase', { id => $ed })->{operation};
$h->godwit(qw(worker jobs --once));
is operation($h, $o)->{state}, 'done', 'he is erased';
is_deeply [ map { -e $_ ? 1 : 0 } @file ], [ 0, 1 ], 'with the file that he stands in, and no other';
done_testing;
