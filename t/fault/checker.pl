#!/usr/bin/perl
# The checker of a chaos run: does the ledger agree with what arrived?
# It reads the sink's index, the client's log, campaigns_recipients and
# events_list, nothing else, and prints the last line of `make chaos`.
use strict;
use warnings;
use Getopt::Long;
use JSON::PP;

my %o = (kills => 0, seed => 0, campaign => 'cmp_1', workspace => 1,
    'uncertain-max' => 0, godwit => 'build/godwit');
GetOptions(\%o, 'kills=i', 'seed=i', 'campaign=s', 'workspace=i',
    'uncertain-max=i', 'godwit=s', 'index=s', 'client=s')
    && $o{index} && $o{client}
    or die "usage: checker.pl --index FILE --client FILE [--godwit PATH]\n"
    . "    [--campaign ID] [--workspace N] [--kills N] [--seed N]\n"
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
    my ($operation, $input, $call) = @_;
    my $cursor;
    do {
        my $body = $json->encode({ %$input, limit => 1000,
            defined $cursor ? (cursor => $cursor) : () });
        open my $fh, '-|', $o{godwit}, 'call', $operation, $body,
            '--workspace', $o{workspace} or die "checker: $o{godwit}: $!\n";
        my $text = do { local $/; <$fh> };
        close $fh or die "checker: $operation: " . ($text // '') . "\n";
        my $page = $json->decode($text);
        $call->($_) for @{ $page->{items} };
        $cursor = $page->{next};
    } while (defined $cursor);
}

my (%expect, %ack, %arrived, %row, %seen);

lines($o{client}, sub {
    my ($l) = @_;
    $expect{ lc $l->{expect} } = 1 if defined $l->{expect};
    $ack{ $l->{ack} } = 1 if defined $l->{ack};
});

lines($o{index}, sub { $arrived{ lc $_ }++ for @{ $_[0]{rcpt} } });

pages('campaigns_recipients', { id => $o{campaign} }, sub {
    my ($r) = @_;
    my $to = lc($r->{email} // '');
    $row{$to}{n}++;
    $row{$to}{state} = $r->{state};
});

pages('events_list', { campaign_id => $o{campaign} }, sub {
    my ($e) = @_;
    $seen{$1}++ if ($e->{user_agent} // '') =~ m{^chaos/(\S+)};
});

my ($sent, $lost, $doubled, $uncertain) = (0, 0, 0, 0);

for my $to (sort keys %expect) {
    my $state = $row{$to} ? $row{$to}{state} : 'no row';
    $sent += $state eq 'sent';
    $uncertain += $state eq 'uncertain';
    $lost += fault('lost', "$to: $state")
        if $state ne 'sent' && $state ne 'uncertain';
    $lost += fault('lost', "$to: sent, but the sink has no message")
        if $state eq 'sent' && !$arrived{$to};
}

for my $to (sort keys %row) {
    $doubled += fault('duplicated', "$to: $row{$to}{n} rows")
        if $row{$to}{n} > 1;
    $doubled += fault('duplicated', "$to: a row for nobody of the audience")
        if !$expect{$to};
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

printf "chaos kills=%d seed=%d messages=%d sent=%d lost=%d duplicated=%d "
    . "uncertain=%d uncertain_max=%d events_acked=%d events_lost=%d "
    . "events_duplicated=%d\n", $o{kills}, $o{seed}, scalar keys %expect, $sent,
    $lost, $doubled, $uncertain, $o{'uncertain-max'}, scalar keys %ack,
    $events_lost, $events_doubled;

exit($lost || $doubled || $events_lost || $events_doubled
        || $uncertain > $o{'uncertain-max'} ? 1 : 0);
