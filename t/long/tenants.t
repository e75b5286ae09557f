#!/usr/bin/perl
# Ten thousand requests with something of another workspace in them: ids in
# path, body and query, its cursors, tags and Idempotency-Keys. None tells
# anything of it and none changes anything. GODWIT_SEED makes a run again.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Contract;
use Godwit::Edge;
use Godwit::Tenants;

my $seed = srand($ENV{GODWIT_SEED} // time);
my $probes = $ENV{GODWIT_PROBES} // 10_000;
my $contract = Godwit::Contract->new;
my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx;
my ($mine, $other) = two($h, 12);
my @recorded = walk($mine, $contract);
my @pids = edge_pids($h);

# what the other was told: tags, cursors, and keys that it has used
my (@tags, @cursors, @keys);
for my $op (grep { $_->{scope} && $_->{method} eq 'GET' } $contract->operations) {
    my %takes = map { $_->{name} => 1 } @{ $op->{params} };
    my $in = foreign(input($mine, $op), $other);
    my $r = send_to($other, $op, { %$in, query => { %{ $in->{query} }, $takes{limit} ? (limit => 1) : () } });
    push @tags, $r->{headers}{etag} // ();
    push @cursors, $r->{json}{next} // () if ref $r->{json} eq 'HASH';
}
for my $n (1 .. 20) {
    push @keys, "key $n";
    api($other, POST => '/lists', json => { name => "zebra of $n" }, headers => { 'Idempotency-Key' => "key $n" });
}
cmp_ok $_->[0], '>=', $_->[1], "$_->[0] $_->[2] of the other" for [ scalar @tags, 20, 'tags' ],
    [ scalar @cursors, 5, 'cursors' ];

sub any { return $_[ rand @_ ] }
sub header { my ($name, @of) = @_; return sub { ($_[0], headers => { $name => any(@of) }) } }
sub query { my ($name, @of) = @_;
    return sub { my ($in, $op) = @_;
        return +{ %$in, query => { %{ $in->{query} }, $name => any(@of) } }
            if $name =~ /^_/ || grep { $_->{name} eq $name } @{ $op->{params} };
        return $in } }
my @ways = ((sub { $_[0] }) x 4, header('If-Match', @tags), header('If-None-Match', @tags),
    header('Idempotency-Key', @keys), header('Range', 'bytes=0-'), query('cursor', @cursors),
    query('q', 'zebra'), query('email', $other->{email}), query('_tenant', 2),
    (map { my $kind = $_; query({ lst => 'list_id', cmp => 'campaign_id', ct => 'contact_id' }->{$kind},
        @{ $other->{ids}{$kind} }) } qw(lst cmp ct)));

# One request; what is wrong with its answer. A path that names what the asker
# does not own is a 404, unless something else is wrong with the request too.
my %status;
sub probe {
    my ($who, $owner, $op, $in, %how) = @_;
    my $r = send_to($who, $op, $in, %how);
    my $where = "$op->{id} " . url($op, $in) . join ' ', '', map { %$_ } values %how;
    $status{ $r->{status} }++;
    my $named = grep { $owner->{owns}{$_} } values %{ $in->{path} };
    return ($named && $r->{status} !~ /^4/ || $r->{status} !~ /^[234]/ ? "$where: $r->{status} $r->{body}" : (),
        map { "$where tells $_" } leaks($r, $owner, $in));
}
$other->{owns} = { map { $_ => 1 } map { @$_ } values %{ $other->{ids} } };

my $before = whole($other);
my @leaks;
for (1 .. $probes) {
    my ($op, $in) = @{ any(@recorded) };
    my $with = foreign($in, $other);
    $with->{path} = $in->{path} if rand() < 0.2;        # mine, with something of the other's
    push @leaks, probe($mine, $other, $op, any(@ways)->($with, $op));
}
is_deeply \@leaks, [], "seed $seed: no leak";
is_deeply whole($other), $before, 'nothing of the other has changed';
is $h->value("select count(*) from godwit.$_->[0] a join godwit.$_->[1] b on b.id = a.$_->[2]
    where a.tenant_id = 1 and b.tenant_id = 2"), 0, "no $_->[0] with $_->[1] of the other"
    for [qw(list_members contacts contact_id)], [qw(list_members lists list_id)],
    [qw(campaigns lists list_id)], [qw(imports lists list_id)];
diag sprintf '%d probes, %d leaks (%s)', $probes, scalar @leaks,
    join ' ', map { "$status{$_} x $_" } sort keys %status;
is_deeply [ edge_pids($h) ], \@pids, 'the same processes';
done_testing;
