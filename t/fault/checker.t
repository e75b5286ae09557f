#!/usr/bin/perl
# The chaos checker finds a deleted row, a doubled row and a doubled message.
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;

my $dir = tempdir(CLEANUP => 1);
my $json = JSON::PP->new->canonical;

sub write_file {
    my ($name, @lines) = @_;
    open my $fh, '>', "$dir/$name" or die "$name: $!";
    print $fh map { "$_\n" } @lines;
    close $fh;
}

# stands for `godwit call OPERATION`: answers from a file, two items a page
write_file('godwit', '#!/usr/bin/perl', 'use JSON::PP;',
    'my $in = decode_json($ARGV[2]); my $at = $in->{cursor} // 0;',
    "open my \$fh, '<', \"$dir/\$ARGV[1].\$ARGV[4]\" or exit !print '{}';",
    'my @all = map { decode_json($_) } <$fh>;',
    'my @page = grep { defined } @all[$at .. $at + 1];',
    'print encode_json({ items => \@page,',
    '    next => $at + 2 < @all ? $at + 2 : undef });');
chmod 0755, "$dir/godwit";

my @to = map { "p$_\@example.com" } 1 .. 5;
my @rows = map { { email => $_, state => 'sent' } } @to;
my @events = map { { kind => 'open', user_agent => "chaos/$_" } } 1 .. 5;
my @index = map { { rcpt => [$_] } } @to;
my @other;          # rows of the second workspace
my @hole;           # who is expected in a black hole

sub check {
    my ($rows, $events, $index) = @_;
    write_file('campaigns_recipients.1', map { $json->encode($_) } @$rows);
    write_file('campaigns_recipients.2', map { $json->encode($_) } @other);
    write_file('events_list.1', map { $json->encode($_) } @$events);
    write_file('index', map { $json->encode($_) } @$index);
    write_file('client', (map { $json->encode({ expect => $_, workspace => 1 }) } @to),
        (map { $json->encode({ expect => $_, workspace => 2, hole => 1 }) } @hole),
        (map { $json->encode({ ack => "$_" }) } 1 .. 5));
    my $out = qx{$^X @{[ dirname(__FILE__) ]}/checker.pl --godwit $dir/godwit \\
        --index $dir/index --client $dir/client --uncertain-max 1 \\
        --campaign 1:cmp_1 --campaign 2:cmp_2};
    my ($last) = $out =~ /^(chaos .*)\n\z/m;
    return ($? >> 8, { ($last // '') =~ /(\w+)=(\d+)/g });
}

my ($code, $r) = check(\@rows, \@events, \@index);
is $code, 0, 'a clean run passes';
is_deeply $r, { kills => 0, seed => 0, messages => 5, sent => 5, lost => 0,
    duplicated => 0, uncertain => 0, uncertain_max => 1, events_acked => 5,
    events_lost => 0, events_duplicated => 0 }, 'and its line is whole';

($code, $r) = check([ @rows[0 .. 3] ], \@events, \@index);
ok $code == 1 && $r->{lost} == 1, 'a deleted row is lost';

($code, $r) = check([ @rows, $rows[2] ], \@events, \@index);
ok $code == 1 && $r->{duplicated} == 1, 'a doubled row is found';

($code, $r) = check(\@rows, \@events, [ @index, $index[1] ]);
ok $code == 1 && $r->{duplicated} == 1, 'a doubled message is found';

($code, $r) = check(\@rows, \@events, [ @index[1 .. 4] ]);
ok $code == 1 && $r->{lost} == 1, 'a message that never arrived is lost';

($code, $r) = check(\@rows, [ @events[1 .. 4] ], \@index);
ok $code == 1 && $r->{events_lost} == 1, 'a deleted event is lost';

($code, $r) = check(\@rows, [ @events, $events[0] ], \@index);
ok $code == 1 && $r->{events_duplicated} == 1, 'a doubled event is found';

@other = ($rows[0]);
($code, $r) = check(\@rows, \@events, \@index);
ok $code == 1 && $r->{duplicated} == 2, 'a row in the other workspace is found';

@hole = ('h@hole.example');
for ([ queued => 0 ], [ failed => 0 ], [ in_flight => 1 ], [ sent => 2 ]) {
    @other = { email => $hole[0], state => $_->[0] };
    ($code, $r) = check(\@rows, \@events, \@index);
    ok $code == !!$_->[1] && $r->{lost} == $_->[1] && $r->{messages} == 5, "in a black hole: $_->[0]";
}
@other = ();
($code, $r) = check(\@rows, \@events, \@index);
ok $code == 1 && $r->{lost} == 1, 'or lost';
@hole = ();

my @held = map { { %$_ } } @rows;
$held[0]{state} = 'uncertain';
($code, $r) = check(\@held, \@events, [ @index[1 .. 4] ]);
ok $code == 0 && $r->{uncertain} == 1, 'one uncertain within the bound passes';
$held[1]{state} = 'uncertain';
($code) = check(\@held, \@events, \@index);
is $code, 1, 'more uncertain than the bound fails';

done_testing;
