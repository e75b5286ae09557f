# Users and their sessions, by SQL: no password is hashed here.
#
#   my $id = person($h, 'ann@example.com', 'admin');    # workspace 1; no role: in none
#   my $id = person($h, 'ann@example.com', 'admin', 2);
#   my $cookie = session($h, 'ann@example.com');
#   api($h, GET => '/me', by($cookie));                 # what is the user's own
#   api($h, GET => '/lists', by($cookie, 'ws_1'));
#   $cookie = alive($h, $cookie, 'ann@example.com');    # another one when it was ended
#   my $token = ticket($h, 'invitation', 'zoe@example.com', 1, 5);  # workspace, role
#   my $token = link_of($h, 'ann@example.com');         # of the last mail to him
package Godwit::People;
use strict;
use warnings;
use Carp qw(croak);
use Exporter qw(import);

our @EXPORT = qw(person session alive by link_of ticket);

# 'seven grey herons fly', as the example of the contract has it
our $password = '$scrypt$ln=15,r=8,p=3$MDEyMzQ1Njc4OWFiY2RlZg'
    . '$5LC0x6xi9YzRUvv0S+fqqcHfRAE1ZLuSLqlnFxojD9w';

sub person {
    my ($h, $email, $role, $workspace) = @_;
    my $id = $h->value(q{insert into auth.users (email, name, password, password_at, created_at)
        values (?, 'Ann', ?, '2026-01-01Z', '2026-01-01Z') on conflict (email)
        do update set password = excluded.password returning id}, $email, $password);
    $h->dbh->do(q{insert into auth.memberships (tenant_id, user_id, role_id, created_at)
        select ?, ?, id, '2026-01-01Z' from auth.roles where name = ?}, undef, $workspace // 1,
        $id, $role) if $role;
    return $id;
}

sub session {
    my ($h, $email) = @_;
    my $dbh = $h->dbh;
    $dbh->begin_work;
    $dbh->do(q{select auth.enter_public('test', '127.0.0.1', clock_timestamp())});
    my ($token) = $dbh->selectrow_array('select token from auth.session_start((select id
        from auth.users where email = ?), ?)', undef, $email, 'test') or croak "no user $email";
    $dbh->commit;
    return "godwit=$token";
}

sub alive {
    my ($h, $cookie, $email) = @_;
    my ($id) = $cookie =~ /gw_sess_(\d+)_/;
    return $h->value('select ended_at is null from auth.sessions where id = ?', $id) ? $cookie : session($h, $email);
}

# the text of a one-time link
sub ticket {
    my ($h, $kind, $email, $workspace, $role) = @_;
    my $dbh = $h->dbh;
    $dbh->begin_work;
    $dbh->do(q{select auth.enter_public('test', null, clock_timestamp())});
    my ($token) = $dbh->selectrow_array(q{select token from auth.ticket_make(?, ?, ?, ?, '1 hour')},
        undef, $kind, $workspace, $role, $email);
    $dbh->commit;
    return $token;
}

sub by {
    my ($cookie, $workspace) = @_;
    return (key => '', headers => { Cookie => $cookie, 'Godwit-Workspace' => $workspace // 'none' });
}

sub link_of {
    my ($h, $email) = @_;
    my $text = $h->value('select text from godwit.messages where to_address = ?
        order by id desc limit 1', $email) // '';
    return $text =~ /#(gw_tick_\w+)/ ? $1 : croak "no link to $email in: $text";
}

1;
