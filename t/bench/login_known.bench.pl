# Does the time of a refusal tell whether there is such an account? Logins with a
# wrong password, of one that is there and one that is not, one after the other.
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
    undef, $phc, $n);
$h->nginx(workers => 1);

my ($from, %ms) = (0);
sub one {
    my ($what, $i) = @_;
    my ($r) = collect(60, opened($h, ++$from, "$what$i\@example.com", 'lamp river uncle fox'));
    die "$what answers $r->{status}\n" if $r->{status} != 401;
    push @{ $ms{$what} }, 1000 * $r->{seconds};
    return;
}
one($_, 0) for ('known', 'other') x 2;
%ms = ();
for my $i (1 .. $n) {
    one($_, $i) for $i % 2 ? qw(known other) : qw(other known);
}
my ($known, $other) = map { median(@{ $ms{$_} }) } qw(known other);
Bench::row(name => 'login_known', unit => 'ms', ours => $known, peer => $other, rounds => $n, spread => 0,
    ratio => abs($known - $other) / $other, at_most => 0.05);
say_note(sprintf 'login_known: ratio is the difference; p90 %.1f and %.1f ms', Login::rank(0.9, @{ $ms{known} }),
    Login::rank(0.9, @{ $ms{other} }));
