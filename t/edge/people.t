#!/usr/bin/perl
# People by HTTP: who invites whom, who comes in, what ends it, and that the
# last owner stays.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::People;

my $h = Godwit->new(conf => 'spool_segment 1m;');
my %id = map { $_ => person($h, "$_\@example.com", /^o/ ? 'owner' : $_) } qw(oscar admin viewer);
my %cookie = map { $_ => session($h, "$_\@example.com") } keys %id;
$h->nginx;

# a request in workspace 1: status and sentence, or the document
sub ask {
    my ($who, $method, $path, $json) = @_;
    my $r = api($h, $method, $path, by($cookie{$who}, 'ws_1'), defined $json ? (json => $json) : ());
    return $r->{status} < 300 ? $r->{json} // $r->{status} : "$r->{status} $r->{json}{detail}";
}
sub me { my ($cookie) = @_; return api($h, GET => '/me', by($cookie))->{status} }
sub log_in { my ($email, $password) = @_;
    again();
    return api($h, POST => '/sessions', key => '', json => { email => $email, password => $password }) }
# what has failed before does not count
sub again { $h->dbh->do('delete from auth.attempts') }
sub take { my (%body) = @_; again(); return api($h, POST => '/invitations/accept', key => '', json => \%body) }
my ($old, $new) = ('seven grey herons fly', 'forty two white geese');

# ------------------------------------------------------- who gives what he has
my $more = qr/^403 the role has a scope that you do not have: /;
like ask(admin => POST => '/invitations', { email => 'z@example.com', role => 'owner' }), qr/$more\*/,
    'an admin invites no owner';
like ask(admin => POST => '/roles', { name => 'All', scopes => ['*'] }), qr/$more\*/, 'makes no role that can all';
like ask(admin => PATCH => "/members/user_$id{viewer}", { role => 'owner' }), qr/$more\*/, 'makes no owner';
like ask(admin => DELETE => "/members/user_$id{oscar}"), qr/$more\*/, 'and removes none';
my $role = ask(admin => POST => '/roles', { name => 'Host', scopes => [ 'members:write', 'lists:write' ] })->{id};
is ask(admin => PATCH => "/members/user_$id{viewer}", { role => 'HOST' })->{role}, 'Host', 'a role of one\'s own';
like ask(viewer => POST => '/invitations', { email => 'z@example.com', role => 'agent' }),
    qr/$more(?!members|lists)/, 'who has it gives no more than it';
like ask(admin => DELETE => "/roles/$role"), qr/^409 somebody has this role/, 'which stays while he has it';
is ref ask(viewer => POST => '/lists', { name => 'a' }), 'HASH', 'he can what it says';
ask(admin => PATCH => "/roles/$role", { scopes => ['members:read'] });
like ask(viewer => POST => '/lists', { name => 'b' }), qr/^403 the role Host does not have the scope lists:write/,
    'and not what it says no more';

# ------------------------------------------------------------------- invitations
my $inv = ask(admin => POST => '/invitations', { email => 'Zoe@Example.com', role => 'viewer' });
is_deeply [ @$inv{qw(email role state created_by token)} ],
    [ 'zoe@example.com', 'viewer', 'open', "user_$id{admin}", undef ], 'an invitation, by mail alone';
my $first = link_of($h, 'zoe@example.com');
ask(admin => POST => '/invitations', { email => 'zoe@example.com', role => 'viewer' });
my $token = link_of($h, 'zoe@example.com');
is problem(take(token => $_->[0], new_password => $new, @$_[ 1 .. $#$_ ])), '422 invalid', $_->[-1] for
    [ $first, name => 'one that another has replaced' ],
    [ substr($token, 0, -1) . 'x', name => 'one with another end' ],
    [ $token, email => 'eve@example.com', name => 'one for another address' ];
is problem(take(token => $token, new_password => 'password1')), '422 invalid', 'with a password as all have it';
my $zoe = take(token => $token, name => 'Zoe', new_password => $new)->{json};
is_deeply [ @$zoe{qw(email name role workspace)} ], [ 'zoe@example.com', 'Zoe', 'viewer', 'ws_1' ], 'a member';
is problem(take(token => $token, new_password => $new)), '422 invalid', 'a link is good once';
is problem(log_in('zoe@example.com', $old)), '401 unauthorized', 'a wrong password';
is log_in('ZOE@example.com', $new)->{status}, 201, 'the right one';
like ask(admin => POST => '/invitations', { email => 'zoe@example.com', role => 'agent' }),
    qr/^409 zoe\@example.com is a member already/, 'she is there';

again();
ask(admin => POST => '/invitations', { email => 'eve@example.com', role => 'agent' }) for 1 .. 5;
like ask(admin => POST => '/invitations', { email => 'eve@example.com', role => 'agent' }),
    qr/^429 eve\@example.com was invited five times/, 'nobody is sent mail without end';
$h->call('invitations_delete', { id => $_->{id} }) for grep { $_->{email} eq 'eve@example.com' }
    @{ $h->call('invitations_list', {})->{items} };

# who has an account comes in by his own session alone
$h->value(q{select auth.tenant_create('Two', '2026-01-01Z')});
my $second = ticket($h, 'invitation', 'zoe@example.com', 2, 4);
is problem(take(token => $second, new_password => $new)), '409 conflict', 'nobody becomes another by a link';
my $hers = session($h, 'zoe@example.com');
is problem(api($h, POST => '/invitations/accept', by($cookie{admin}), json => { token => $second })),
    '403 forbidden', 'nor by his own session';
is api($h, POST => '/invitations/accept', by($hers), json => { token => $second })->{json}{role}, 'agent',
    'she comes in';
is_deeply [ map { "$_->{id} $_->{role}" } @{ api($h, GET => '/me', by($hers))->{json}{workspaces} } ],
    [ 'ws_1 viewer', 'ws_2 agent' ], 'with another role in the other';
is problem(api($h, GET => '/lists', by($cookie{admin}, 'ws_2'))), '403 forbidden', 'where nobody else is';

# ---------------------------------------------------------------- the last owner
my $alone = qr/^409 the workspace would be without an owner/;
like ask(oscar => PATCH => "/members/user_$id{oscar}", { role => 'admin' }), $alone, 'is not demoted';
like ask(oscar => DELETE => "/members/user_$id{oscar}"), $alone, 'not removed';
like ask(oscar => POST => '/me/leave', { workspace => 'ws_1' }), $alone, 'and does not leave';

# two who demote each other: the second sees what the first has done
$id{olga} = person($h, 'olga@example.com', 'owner');
$cookie{olga} = session($h, 'olga@example.com');
my $dbh = $h->dbh;
$dbh->begin_work;
$dbh->do(q{select pg_advisory_xact_lock(hashtextextended('members', 1))});
my @both = map { my ($who, $whom) = @$_;
    open my $out, '-|' or do {
        print ask($who => PATCH => "/members/user_$id{$whom}", { role => 'admin' }) =~ /^(\d+)/ ? $1 : 200;
        require POSIX; POSIX::_exit(0);
    };
    $out } [ qw(oscar olga) ], [ qw(olga oscar) ];
my $waiting = q{select count(*) from pg_locks where locktype = 'advisory' and not granted
    and database = (select oid from pg_database where datname = current_database())};
my $watch = $h->dbh('postgres');
wait_for { $watch->selectrow_array($waiting) == 2 } 10, 'both wait';
$dbh->commit;
is join(' ', sort map { my $s = readline $_; close $_; $s } @both), '200 409', 'one of two goes through';
is $h->value('select count(*) from auth.memberships where tenant_id = 1 and role_id = 1'), 1, 'one is left';

# ------------------------------------------------------------ what ends a session
again();
my ($one, $two) = map { session($h, 'admin@example.com') } 1 .. 2;
is problem(api($h, POST => '/me/password', by($one), json => { password => $new, new_password => $new })),
    '422 invalid', 'the old password is asked for';
my $r = api($h, POST => '/me/password', by($one), json => { password => $old, new_password => $new });
is $r->{status}, 204, 'a new password';
is me($one) . ' ' . me($two), '401 401', 'ends all sessions';
like $r->{headers}{'set-cookie'}, qr/^godwit=; .*Max-Age=0/, 'and takes the cookie';
again();
$one = session($h, 'admin@example.com');
$h->godwit(qw(user disable --email admin@example.com));
is me($one), 401, 'a user who is disabled has none';
is problem(log_in('admin@example.com', $new)), '401 unauthorized', 'and begins none';
$h->godwit(qw(user enable --email admin@example.com));
is me($one), 401, 'what has ended stays so';

# --------------------------------------------------------------- who has forgotten
my @tables = qw(auth.forgotten auth.tickets auth.attempts godwit.messages godwit.mail_queue godwit.audit);
sub rows { return { map { $_ => $h->value("select count(*) from $_") } @tables } }
my ($known, $unknown) = map { again();
    my $before = rows();
    my $r = api($h, POST => '/password_resets', key => '', json => { email => $_ });
    delete @{ $r->{headers} }{qw(date x-request-id)};
    my $after = rows();
    $r->{made} = { map { $_ => $after->{$_} - $before->{$_} } @tables };
    $r } 'admin@example.com', 'nobody@example.com';
is_deeply $known, $unknown, 'the answer is the same for whom we do not know, and what it makes';
is $known->{made}{'auth.forgotten'}, 1, 'a row for the worker';
$h->godwit(qw(worker cron --once));
is $h->value(q{select string_agg(to_address, ' ') from godwit.messages where kind = 'password_reset'}),
    'admin@example.com', 'who gets no mail';
api($h, POST => '/password_resets', key => '', json => { email => 'viewer@example.com' }) for 1 .. 6;
$h->godwit(qw(worker cron --once));
is $h->value(q{select count(*) from godwit.messages where to_address = 'viewer@example.com'}), 4,
    'one network asks five times in all';
is $h->value('select count(*) from auth.forgotten'), 0, 'nothing is kept of who has asked';
again();
api($h, POST => '/password_resets', key => '', json => { email => 'viewer@example.com' });
$h->dbh->do(q{update auth.forgotten set at = at - interval '61 minutes'});
$h->godwit(qw(worker cron --once));
is $h->value(q{select count(*) from godwit.messages where to_address = 'viewer@example.com'}), 4,
    'what waited for an hour is too old';
$one = session($h, 'admin@example.com');
again();
my %body = (token => link_of($h, 'admin@example.com'), new_password => $old);
is api($h, POST => '/password_resets/complete', key => '', json => \%body)->{status}, 204, 'a link to a new one';
is me($one), 401, 'ends all sessions';
is problem(api($h, POST => '/password_resets/complete', key => '', json => \%body)), '422 invalid', 'once';
is log_in('admin@example.com', $old)->{status}, 201, 'it is good';
$h->dbh->do(q{update auth.users set password = null where email = 'viewer@example.com'});
again();
my $none = api($h, POST => '/me/password', by(session($h, 'viewer@example.com')), json => { password => $old,
    new_password => $new });
is "$none->{status} $none->{json}{detail}", '409 you have no password; ask for a link to one first', 'who has none';
done_testing;
