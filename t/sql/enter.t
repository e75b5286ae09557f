#!/usr/bin/perl
# Whoever enters says all there is to say: no setting is left as it was, on a
# connection that is new or after any other in the same transaction.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::People;

my $h = Godwit->new;
person($h, 'ann@example.com', 'owner');
my ($one, $bound) = map { session($h, 'ann@example.com') =~ /gw_sess_(\d+)/ } 1 .. 2;
$h->dbh->do('update auth.sessions set tenant_id = 1 where id = ?', undef, $bound);
my %key = map { $_ => $h->call('keys_create', { scopes => ['*'], test => $_ })->{id} =~ s/key_//r }
    map { $_ ? JSON::PP::true : JSON::PP::false } 0, 1;
my $at = q{clock_timestamp()};
sub session_of { return "auth.enter_session($_[0], (select hash from auth.sessions where id = $_[0]), 1,"
    . " '', 's', '127.0.0.2', $at)" }
my %enter = (
    command => qq{auth.enter(jsonb_build_object('tenant', 1, 'email', 'ann\@example.com', 'now', $at))},
    (map { ("key test $_" => "auth.enter_key($key{$_}, (select hash from auth.keys where id = $key{$_}),"
        . " '', 'k', '127.0.0.1', $at)") } keys %key),
    session => session_of($one), bound => session_of($bound),
    public => qq{auth.enter_public(null, null, $at)},
);
my %setting = map { map { ($_ => 1) } slurp($_) =~ /'app\.(\w+)'/g } glob 'sql/*/*.sql';
cmp_ok scalar(keys %setting), '>', 8, 'settings there are';

# what they are after these, on a connection of its own
sub after_all {
    my $dbh = $h->postgres->connect($h->{name});
    $dbh->begin_work;
    $dbh->do("select $enter{$_}") for @_;
    my %is = map { $_ => $dbh->selectrow_array(q{select current_setting(?, true)}, undef, "app.$_") }
        grep { $_ ne 'now' } keys %setting;
    $dbh->rollback;
    $dbh->disconnect;
    return \%is;
}
for my $b (sort keys %enter) {
    my $alone = after_all($b);
    is join(' ', sort grep { !defined $alone->{$_} } keys %$alone), '', "$b: all are set";
    is_deeply after_all($_, $b), $alone, "$b after $_" for sort keys %enter;
}
done_testing;
