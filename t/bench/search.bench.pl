# Contacts searched for as people do it, ROWS of them: p95 of a mix of questions,
# each as an operation is called, against 50 ms.
use strict;
use warnings;
use Bench;
use Segments;
use Godwit;
use JSON::PP;

my $n = $ENV{ROWS} || 1_000_000;
my $json = JSON::PP->new->canonical;
my $h = Godwit->new;

# names of syllables, some very common; addresses of which two in five are of one house
my $syllable = q{(array['ba','ren','to','mi','kal','su','dor','vel','ni','ro','sch','ter','lan','ge','mo','win'])};
sub syllables { my ($i, @d) = @_; return join ' || ', map { "$syllable\[$i / $_ % 16 + 1]" } @d }
my $s = timed(sub { $h->dbh->do($_) for
    "insert into godwit.contacts (tenant_id, email, external_id, first_name, last_name, created_at, updated_at)
        select 1, lower(f || '.' || l) || i || '\@' || case when i % 5 < 2 then 'gmail.com'
                else 'shop' || i % 1000 || '.example' end, 'crm-' || i, f, l, '2026-01-01Z', '2026-01-01Z'
          from (select i, initcap(" . syllables('(i % 701)', 1, 16) . ") as f,
                       initcap(" . syllables('(i * 7919::bigint % 40009)', 1, 16, 256) . ") as l
                  from generate_series(1, $n) i) r",
    'vacuum analyze godwit.contacts', 'checkpoint' });
say_note(sprintf 'search: ROWS=%d contacts, made in %.0f s', $n, $s);

# one letter of it is another
sub wrong { my ($t, $i) = @_; substr $t, 1 + $i % (length($t) - 2), 1, 'x'; return $t }
my %ask = (
    letters => sub { substr $_[0]{last_name}, 0, 1 + $_[1] % 3 },
    prefix => sub { substr $_[0]{last_name}, 0, 4 },
    name => sub { $_[0]{last_name} },
    names => sub { "$_[0]{first_name} $_[0]{last_name}" },
    address => sub { $_[0]{email} },
    typing => sub { substr $_[0]{email}, 0, 12 },
    house => sub { $_[0]{email} =~ s/.*@//r },
    number => sub { $_[0]{external_id} },
    wrong_name => sub { wrong($_[0]{last_name}, $_[1]) },
    wrong_names => sub { wrong($_[0]{first_name}, $_[1]) . ' ' . wrong($_[0]{last_name}, $_[1]) },
    wrong_address => sub { wrong($_[0]{email}, $_[1]) },
    nobody => sub { "qqwwrty$_[1]" },
);
my @people = @{ $h->rows("select email, external_id, first_name, last_name from godwit.contacts
    where id in (select 1 + i * 7919::bigint % $n from generate_series(1, 40) i) order by id") };

my $dbh = $h->dbh('gw_edge');
sub ask {
    my ($text) = @_;
    return 1000 * timed(sub {
        $dbh->begin_work;
        $dbh->do('select auth.enter(?)', undef, $json->encode({ tenant => 1, user => 'key_1', scopes => ['*'],
            now => '2026-07-01T00:00:00Z' }));
        $dbh->selectrow_array('select api.contacts_list(?)', undef, $json->encode({ q => $text }));
        $dbh->commit });
}

sub p95 { my @ms = sort { $a <=> $b } @_; return $ms[ int(@ms * 0.95) ] }
my (%ms, @round);
for my $round (0 .. 2) {                # the first warms
    my @all;
    for my $kind (sort keys %ask) {
        my @now = map { ask($ask{$kind}->($people[$_], $_)) } 0 .. $#people;
        push @all, @now;
        push @{ $ms{$kind} }, @now if $round;
    }
    push @round, p95(@all) if $round;
}
say_note(sprintf 'search %-13s median %5.1f p95 %5.1f ms', $_, median(@{ $ms{$_} }), p95(@{ $ms{$_} })) for sort keys %ms;
my $all = p95(map { @$_ } values %ms);
Bench::row(name => 'search', unit => 'ms', ours => $all, peer => 50, ratio => $all / 50, at_most => 1,
    rounds => scalar @round, spread => abs($round[0] - $round[1]) / $all);
