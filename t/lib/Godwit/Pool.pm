# Any SQL behind a request: `any($h)` gives the functions behind /p/ (quick) and
# /v/ (slow) a table to look their statement up in, by the token's contact.
package Godwit::Pool;
use strict;
use warnings;
use Exporter qw(import);
use Godwit::Edge;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(time);

our @EXPORT = qw(any quick slow ask answer status yes running backends);

my (%id, %path);

sub any {
    my ($h) = @_;
    $h->dbh->do(q{create table public.pool_sql(id bigint primary key, sql text);
        grant all on public.pool_sql to public; grant usage on schema public to public;
        create function public.pool_fail(state text) returns text language plpgsql as
        $$ begin raise 'a failure' using errcode = state; end $$});
    my $body = q{language plpgsql as $$ declare v text;
        begin execute (select sql from public.pool_sql where id = p_contact) into v;
        return %s; end $$};
    $h->dbh->do('create or replace function auth.track_preferences(p_tenant int, '
        . 'p_contact bigint, p_campaign bigint, p_at bigint) returns json '
        . sprintf $body, q{json_build_object('subscribed', v::boolean)});
    $h->dbh->do('create or replace function auth.track_view(p_tenant int, '
        . 'p_campaign bigint, p_contact bigint) returns json '
        . sprintf $body, q{json_build_object('html_tracked', v, 'data', '{}'::json)});
}

# the path that runs a statement: the quick answers yes or no, the slow a text
sub path {
    my ($h, $kind, $sql) = @_;
    my $id = $id{$h}{$sql} //= do {
        my $n = 1 + keys %{ $id{$h} // {} };
        $h->dbh->do('insert into public.pool_sql values (?, ?)', undef, $n, $sql);
        $n };
    return $path{$h}{$kind}{$sql} //= '/' . substr($kind, 0, 1) . '/'
        . token($h, what => $kind, campaign => 7, contact => $id);
}
sub quick { return path($_[0], 'preferences', $_[1]) }
sub slow { return path($_[0], 'view', $_[1]) }

# a request under way, and its reply: status and body
sub ask {
    my ($h, @paths) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port)
        or die "no connection: $!";
    print $s map { "GET $paths[$_] HTTP/1.1\r\nHost: h\r\n"
        . ($_ == $#paths ? "Connection: close\r\n" : '') . "\r\n" } 0 .. $#paths;
    $s->flush;
    return $s;
}
sub answer {
    my ($s) = @_;
    my $text = do { local $/; <$s> } // '';
    return map { my ($head, $body) = split /\r\n\r\n/, $_, 2;
        my ($status) = $head =~ m{^HTTP/1\.1 (\d+)};
        { status => $status // 0, head => $head, body => $body // '' } }
        split m{(?=HTTP/1\.1 \d\d\d )}, $text;
}
sub status { return join ' ', map { $_->{status} } answer($_[0]) }
sub yes { return $_[0]{body} =~ /You get mail from/ ? 1 : 0 }

# statements that the edge has under way: all, or those that match
sub running {
    my ($h, $like) = @_;
    return $h->value(q{select count(*) from pg_stat_activity where datname =
        current_database() and application_name = 'godwit-edge' and state = 'active'
        and query like ?}, $like // '%');
}
sub backends {
    my ($h) = @_;
    return join ' ', sort @{ $h->dbh->selectcol_arrayref(q{select pid from
        pg_stat_activity where datname = current_database()
        and application_name = 'godwit-edge'}) };
}

1;
