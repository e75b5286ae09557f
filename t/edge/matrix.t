#!/usr/bin/perl
# Who may do what: every operation of the contract by every role and by keys of
# the same scopes, live and for tests, in a live workspace and in a sandbox. The
# rule in SQL, the matrix of the command line and nginx say the same of each.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Contract;
use Godwit::Objects;
use Godwit::Edge;
use Godwit::People;
use JSON::PP ();

my $h = Godwit->new(conf => 'spool_segment 1m; api_rate_key 100000; api_rate_address 100000; '
    . 'api_rate_tenant 100000;');
my @operations = Godwit::Contract->new->operations;
prepare($h);
$h->value(q{select auth.tenant_create('Box', '2026-01-01Z', 'sandbox')});
my ($clerk) = map { $h->call('roles_create', { name => 'clerk',
    scopes => [ 'lists:write', 'contacts:read' ] }, '--workspace', $_)->{id} } 1, 2;
my %scopes = map { $_->{name} => $_->{scopes} }
    @{ $h->rows('select distinct name, scopes from auth.roles where tenant_id is null or name = ?', 'clerk') };

# each as api() wants it: { name, scopes or undef for no member, user?, how }
my @who;
for my $role (sort keys %scopes) {
    for my $workspace (1, 2) {
        my $email = "$role$workspace\@example.com";
        $h->dbh->do(q{insert into auth.memberships (tenant_id, user_id, role_id, created_at)
            select ?, ?, min(id), '2026-01-01Z' from auth.roles where name = ?
            and coalesce(tenant_id, ?) = ?}, undef, $workspace, person($h, $email), $role, ($workspace) x 2);
        my $cookie = session($h, $email);
        push @who, { name => "$role in ws_$workspace", scopes => $scopes{$role}, user => 1,
            how => sub { by($cookie = alive($h, $cookie, $email), "ws_$workspace") } };
        for my $test (0, 1) {
            my (undef, $key) = $h->godwit(qw(key create --workspace), $workspace,
                $test ? '--test' : (), map { ('--scope', $_) } @{ $scopes{$role} });
            push @who, { name => ($test ? 'test' : 'live') . " key of a $role in ws_$workspace",
                scopes => $scopes{$role}, how => sub { (key => $key =~ s/\s//r) } };
        }
    }
}
person($h, 'stranger@example.com');
my $stranger = session($h, 'stranger@example.com');
# ann is she whose own things the inputs are of
push @who, { name => 'ann', scopes => $scopes{admin}, user => 1,
    how => sub { by(mine($h), 'ws_1') } }, { name => 'a stranger', user => 1, how => sub {
        by($stranger = alive($h, $stranger, 'stranger@example.com'), 'ws_1') } };
$h->nginx;

my (undef, $out) = $h->godwit('roles');
my %matrix = map { my $l = JSON::PP->new->decode($_); $l->{operation} => $l } split /\n/, $out;
is_deeply [ sort keys %matrix ], [ sort map { $_->{id} } @operations ], 'the matrix has every operation';

# what a test key may not besides: change a key that is for more than tests, send what is none
my %besides = (campaigns_send => 1, map { ("keys_$_" => 1) } qw(create update rotate revoke));
my $n = 0;
for my $op (@operations) {
    my (@bad, $done);
    my $in = input($h, $op);
    # what is a person's own is in no workspace
    for my $who ($op->{public} ? { name => 'anybody', how => sub { (key => '') } }
        : grep { !$op->{personal} || $_->{name} !~ / in ws_2$/ } @who) {
        my $may = $op->{public} || ($op->{personal} ? $who->{user} : $who->{scopes}
            && $h->value('select auth.covers(?, ?)', $who->{scopes}, $op->{scope}));
        my ($role) = $who->{name} =~ /^(\w+) in ws_1/;
        $role = $clerk if ($role // '') eq 'clerk';
        push @bad, "the matrix differs of $role" if $role && !!$matrix{ $op->{id} }{$role} != !!$may;
        $h->dbh->do('delete from auth.attempts');       # what may be tried five times
        my $r = send_to($h, $op, $in, $who->{how}->());
        my $is = $r->{status} !~ /^40[13]$/;
        $is ||= $may && $besides{ $op->{id} } && $who->{name} =~ /^test key/;
        # all of a person is told to who may see all of it
        $is ||= $may && $op->{id} eq 'contacts_export' && $who->{name} =~ /clerk/;
        push @bad, "$who->{name}: $r->{status} $r->{body}"
            if !!$is != !!$may || $r->{status} =~ /^(?:0|422|429|5..)$/;
        $done ||= $r->{status} =~ /^2/;
        $n++;
    }
    ok $done, "$op->{id} is done";
    ok !@bad, "$op->{id}: who may and who may not" or diag join "\n", map { substr $_, 0, 400 } @bad;
}
diag "$n requests by ", scalar @who;

# what is new must be in the roles
is_deeply [ grep { $matrix{$_}{scope} && !$matrix{$_}{admin} } sort keys %matrix ],
    [ grep { /^sso_/ && $matrix{$_}{scope} } sort keys %matrix ],
    'an admin can every operation but those that say who comes in as whom';
is_deeply [ grep { ($matrix{$_}{scope} // '') =~ /:write/ && $matrix{$_}{viewer} } sort keys %matrix ], [],
    'a viewer none that changes anything';
done_testing;
