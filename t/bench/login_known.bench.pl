# Does the time of a refusal tell whether there is such an account? Logins with a
# wrong password, of one that is there and one that is not, one after the other;
# the same of links to a new password.
use strict;
use warnings;
use Time::HiRes qw(time);
use Godwit;
use Godwit::Edge;
use Godwit::Login;
use Bench;
use Login;

my $n = $ENV{BENCH_LOGINS} || 120;
my $h = Godwit->new;
my $phc = phc($h, 'lamp river uncle fog');
$h->dbh->do(qq{insert into auth.users (email, name, password, password_at, created_at) select
    'known' || i || '\@example.com', 'X', ?, '2026-01-01Z', '2026-01-01Z' from generate_series(1, ?) i},
    undef, $phc, 10 * $n);
$h->nginx(workers => 1);

my ($from, %ms) = (0);
my %ask = (
    login_known => sub { opened($h, ++$from, $_[0], 'lamp river uncle fox') },
    resets_known => sub { asked($h, ++$from, '/password_resets', { email => $_[0] }) },
);
my %status = (login_known => 401, resets_known => 204);
my %rounds = (login_known => $n, resets_known => 10 * $n);
sub one {
    my ($name, $what, $i) = @_;
    my ($r) = collect(60, $ask{$name}->("$what$i\@example.com"));
    die "$name of $what answers $r->{status}\n" if $r->{status} != $status{$name};
    push @{ $ms{$what} }, 1000 * $r->{seconds};
    return;
}
for my $name (sort keys %ask) {
    one($name, $_, 0) for ('known', 'other') x 2;
    %ms = ();
    for my $i (1 .. $rounds{$name}) {
        one($name, $_, $i) for $i % 2 ? qw(known other) : qw(other known);
    }
    my ($known, $other) = map { median(@{ $ms{$_} }) } qw(known other);
    Bench::row(name => $name, unit => 'ms', ours => $known, peer => $other, rounds => $rounds{$name}, spread => 0,
        ratio => abs($known - $other) / $other, at_most => 0.05);
    say_note(sprintf "$name: ratio is the difference; p90 %.2f and %.2f ms", map { Login::rank(0.9, @{ $ms{$_} }) }
        qw(known other));
}
