#!/usr/bin/perl
# Users from the command line: made, listed, disabled, and the links by which
# they come in; the matrix of roles.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::People;
use JSON::PP;

my $h = Godwit->new;
my $json = JSON::PP->new->utf8;
sub user { my ($code, $out, $err) = $h->godwit('user', @_);
    return $code ? "$code $err" : $out }
sub token { return $_[0] =~ m{\Ahttp://127\.0\.0\.1:\d+/app/(\w+)#(gw_tick_\w{39,60})\n\z} ? ($1, $2) : $_[0] }
my $password = 'forty two white geese';

# the first owner, and no other
my ($page, $token) = token(user(qw(link --owner --first)));
is $page, 'invitation', 'a link for the first owner';
my (undef, $latest) = token(user(qw(link --owner --first)));
my ($code, $doc) = $h->try('invitations_accept', { token => $token, email => 'ann@example.com', new_password => $password });
is $doc->{error}{field}, 'token', 'another takes its place';
($code, $doc) = $h->try('invitations_accept', { token => $latest, new_password => $password });
is $doc->{error}{message}, '"email" is missing', 'who comes says who he is';
is $h->call('invitations_accept', { token => $latest, email => 'Ann@example.com', new_password => $password })->{role},
    'owner', 'the owner';
is user(qw(link --owner --first)), '', 'there is no other first one';
is +(token(user(qw(link --owner))))[0], 'invitation', 'but a rescue there is';

# others
($page, $token) = token(user(qw(create --email Bob@example.com --name Bob --workspace 1 --role agent)));
is $page, 'password', 'who is made gets a link to a password';
$h->call('password_resets_complete', { token => $token, new_password => $password });
is $h->call('sessions_create', { email => 'bob@example.com', password => $password })->{user}, 'user_2', 'and comes in';
is_deeply [ map { my $u = $json->decode($_); "@$u{qw(id email state)} " . $json->encode($u->{workspaces}) }
    split /\n/, user('list') ], [ 'user_1 ann@example.com active {"ws_1":"owner"}',
    'user_2 bob@example.com active {"ws_1":"agent"}' ], 'a list of them';
is user(qw(disable --email bob@example.com)), "bob\@example.com is disabled\n", 'one is disabled';
is $h->value('select count(*) from auth.sessions where user_id = 2 and ended_at is null'), 0, 'his sessions are over';
($code, $doc) = $h->try('sessions_create', { email => 'bob@example.com', password => $password });
is $doc->{error}{code}, 'unauthorized', 'and he begins none';
is user(qw(enable --email bob@example.com)), "bob\@example.com is enabled\n", 'then not';
is +(token(user(qw(link --email bob@example.com))))[0], 'password', 'who has forgotten gets a link';
is_deeply $h->dbh->selectcol_arrayref(q{select operation || ' ' || actor from godwit.audit where operation ~ '^user' order by id}),
    [ ('user_link cli') x 3, map { "user_$_ cli" } qw(create disable enable link) ], 'all of it is audited';

like user(@{ $_->[0] }), qr/^$_->[1]/, "not $_->[1]" for
    [ [qw(create --email bob@example.com)], '1 user: there is a user bob@example.com already' ],
    [ [qw(create --email bob)], '1 user: "email" is not an e-mail address' ],
    [ [qw(create --email z@example.com --workspace 1 --role boss)], '1 user: there is no role "boss"; the roles are owner' ],
    [ [qw(create --email z@example.com --role agent)], '2 usage' ],
    [ [qw(link --owner --workspace 9)], '1 user: there is no workspace 9' ],
    [ [qw(link --email nobody@example.com)], '1 user: there is no user nobody@example.com' ],
    [ [qw(link)], '2 usage' ], [ [qw(link --owner --email z@example.com)], '2 usage' ], [ [], '2 usage' ];
is $h->value('select count(*) from auth.users'), 2, 'and nothing is made';

# the matrix; roles of a workspace have their ids, so that no name is taken for a word of ours
$h->call('roles_create', { name => 'operation', scopes => ['lists:write'] });
my %line = map { my $l = $json->decode($_); $l->{operation} => $l } split /\n/, ($h->godwit('roles'))[1];
is_deeply [ map { $line{lists_create}{$_} ? 1 : 0 } qw(owner admin manager agent viewer role_100) ], [ 1, 1, 1, 0, 0, 1 ],
    'who may make a list';
is_deeply [ @{ $line{me_get} }{qw(scope for viewer)} ], [ undef, 'the user himself', JSON::PP::true ], 'what is one\'s own';
is +($h->godwit(qw(roles --workspace x)))[0], 2, 'a workspace is a number';
done_testing;
