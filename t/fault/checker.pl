#!/usr/bin/perl
# The checker of a chaos run: does the ledger agree with what arrived?
# It reads the sinks' indexes, the client's log, campaigns_recipients and
# events_list, nothing else, and prints the last line of `make chaos`. Who is
# expected in a black hole can have nothing and counts beside the others: he is
# queued, failed or uncertain, and nothing else.
use strict;
use warnings;
use Getopt::Long;
use JSON::PP;

my %o = (kills => 0, seed => 0, 'uncertain-max' => 0, godwit => 'build/godwit');
my (@indexes, @campaigns);
GetOptions(\%o, 'kills=i', 'seed=i', 'uncertain-max=i', 'godwit=s', 'client=s',
    'index=s' => \@indexes, 'campaign=s' => \@campaigns)
    && @indexes && @campaigns && $o{client} && !grep { !/^\d+:cmp_\d+\z/ } @campaigns
    or die "usage: checker.pl --index FILE... --campaign WORKSPACE:ID...\n"
    . "    --client FILE [--godwit PATH] [--kills N] [--seed N]\n"
    . "    [--uncertain-max N]\n";

my $json = JSON::PP->new->utf8;
my %shown;

sub fault {
    my ($kind, $text) = @_;
    my $n = ++$shown{$kind};
    print "checker: $kind: $text\n" if $n <= 10;
    print "checker: $kind: ... and more\n" if $n == 11;
    return 1;
}

# every line of an NDJSON file; a torn last line is not a line yet
sub lines {
    my ($file, $call) = @_;
    open my $fh, '<', $file or die "checker: $file: $!\n";
    while (my $line = <$fh>) {
        last if $line !~ /\n\z/;
        $call->($json->decode($line));
    }
}

# every item of a listing operation, page by page
sub pages {
    my ($workspace, $operation, $input, $call) = @_;
    my $cursor;
    do {
        my $body = $json->encode({ %$input, limit => 1000,
            defined $cursor ? (cursor => $cursor) : () });
        open my $fh, '-|', $o{godwit}, 'call', $operation, $body,
            '--workspace', $workspace or die "checker: $o{godwit}: $!\n";
        my $text = do { local $/; <$fh> };
        close $fh or die "checker: $operation: " . ($text // '') . "\n";
        my $page = $json->decode($text);
        $call->($_) for @{ $page->{items} };
        $cursor = $page->{next};
    } while (defined $cursor);
}

my (%expect, %hole, %ack, %arrived, %row, %seen);

# an address belongs to one workspace: a row in another's is nobody's
lines($o{client}, sub {
    my ($l) = @_;
    my $of = $l->{hole} ? \%hole : \%expect;
    $of->{ lc $l->{expect} } = $l->{workspace} if defined $l->{expect};
    $ack{ $l->{ack} } = 1 if defined $l->{ack};
});

for (@indexes) {
    lines($_, sub { $arrived{ lc $_ }++ for @{ $_[0]{rcpt} } });
}

for (@campaigns) {
    my ($workspace, $id) = split /:/;
    pages($workspace, 'campaigns_recipients', { id => $id }, sub {
        my ($r) = @_;
        my $row = $row{ lc($r->{email} // '') } //= {};
        $row->{n}++;
        $row->{state} = $r->{state};
        $row->{in}{$workspace} = 1;
    });
    pages($workspace, 'events_list', { campaign_id => $id }, sub {
        my ($e) = @_;
        $seen{$1}++ if ($e->{user_agent} // '') =~ m{^chaos/(\S+)};
    });
}

my ($sent, $lost, $doubled, $uncertain, %held) = (0, 0, 0, 0);

for my $to (sort keys %expect, sort keys %hole) {
    my $state = $row{$to} ? $row{$to}{state} : 'no row';
    $held{$state}++ if $hole{$to};
    $sent += $state eq 'sent' && !$hole{$to};
    $uncertain += $state eq 'uncertain';
    $lost += fault('lost', "$to: $state")
        if $state !~ ($hole{$to} ? qr/^(?:queued|failed|uncertain)$/ : qr/^(?:sent|uncertain)$/);
    $lost += fault('lost', "$to: sent, but no sink has a message")
        if $state eq 'sent' && !$arrived{$to};
}

for my $to (sort keys %row) {
    $doubled += fault('duplicated', "$to: $row{$to}{n} rows")
        if $row{$to}{n} > 1;
    my $of = $expect{$to} // $hole{$to} // 0;
    $doubled += fault('duplicated', "$to: a row for nobody of the audience")
        if grep { $_ != $of } keys %{ $row{$to}{in} };
}

for my $to (sort keys %arrived) {
    $doubled += fault('duplicated', "$to: $arrived{$to} messages")
        if $arrived{$to} > 1;
    $doubled += fault('duplicated', "$to: a message for nobody")
        if !$expect{$to};
}

my $events_lost = grep { !$seen{$_} && fault('event lost', $_) } sort keys %ack;
my $events_doubled =
    grep { $seen{$_} > 1 && fault('event duplicated', $_) } sort keys %seen;

print 'checker: in the black hole: ', join(', ', map { "$held{$_} $_" } sort keys %held), "\n"
    if %held;
printf "chaos kills=%d seed=%d messages=%d sent=%d lost=%d duplicated=%d "
    . "uncertain=%d uncertain_max=%d events_acked=%d events_lost=%d "
    . "events_duplicated=%d\n", $o{kills}, $o{seed}, scalar keys %expect, $sent,
    $lost, $doubled, $uncertain, $o{'uncertain-max'}, scalar keys %ack,
    $events_lost, $events_doubled;

exit($lost || $doubled || $events_lost || $events_doubled
        || $uncertain > $o{'uncertain-max'} ? 1 : 0);
