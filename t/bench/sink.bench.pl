# smtp-source into godwit sink, which keeps each message, against smtp-source
# into smtp-sink, which keeps none.
use strict;
use warnings;
use Bench;
use Godwit;
use Smtp;

my $n = $ENV{BENCH_ROWS} || 20_000;
my %mail = (n => $n, bytes => 4096, connections => 16);
my $h = Godwit->new;
my %port = (ours => $h->sink, peer => smtp_sink($h));
my %pid = (ours => $h->{pids}[0], peer => $h->{pids}[1]);
my %cpu;

sub rate {
    my ($who) = @_;
    my $before = cpu_us($pid{$who});
    my $s = timed(sub { smtp_source($port{$who}, %mail) });
    push @{ $cpu{$who} }, (cpu_us($pid{$who}) - $before) / $n;
    return $n / $s;
}

my $kept = sub { return (stat $h->state . '/sink/index.jsonl')[7] // 0 };
bench(name => 'sink', unit => 'messages/s', at_least => 0.5, higher => 1,
    ours => sub {
        my $size = $kept->();
        my $rate = rate('ours');
        $kept->() - $size > 100 * $n or die "not every message is in the index\n";
        return $rate;
    },
    peer => sub { rate('peer') });
say_note(sprintf 'sink: CPU a message: ours %.1f us, peer %.1f us', map { median(@{ $cpu{$_} }) } qw(ours peer));
