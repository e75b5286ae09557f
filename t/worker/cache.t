#!/usr/bin/perl
# The cache: made at the start, follows the feed, late commits included, made
# whole again after damage and kill -9; one writer a house.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'log_level info;');
my $dir = $h->state . '/cache';

sub once { return ($h->godwit({ env => $_[0] // {} }, qw(worker cache --once)))[0] }

sub held {
    my ($code, $out, $err) = $h->godwit('cache', 'get', @_);
    chomp $out;
    return $code ? undef : $out;
}

sub link_row {
    my ($dbh, $index, $url) = @_;
    $dbh->do(q{insert into godwit.links (tenant_id, campaign_id, index, url,
        fixed) values (1, 7, ?, ?, true)}, undef, $index, $url);
    $dbh->do(q{insert into godwit.change_log (tenant_id, kind, key, at)
        values (1, 'link', ?, '2031-01-01Z')}, undef, "7.$index");
}

my ($code, undef, $err) = $h->godwit('cache', 'stat');
is $code, 1, 'no cache yet';
like $err, qr/there is none yet/, 'and it says so';
like +($h->godwit(qw(cache get link 1 7 70000)))[2], qr/expected `cache stat`/,
    'a key that is none';

link_row($h->dbh, 0, 'https://shop.example/');
$h->dbh->do(q{insert into godwit.links (tenant_id, campaign_id, index, url,
    fixed) select 1, 8, i, 'https://shop.example/' || i, i % 2 = 0
    from generate_series(0, 30000) i});
is once(), 0, 'a generation';
is held(qw(link 1 7 0)), 'https://shop.example/', 'has the link';
is sprintf('%o', (stat "$dir/current/lock.mdb")[2] & 0777), '660',
    'a reader of the group finds a slot';
is held(qw(link 1 8 30000)), 'https://shop.example/30000', 'and the last page';
is held(qw(link 1 8 1)), undef, 'not one that holds Liquid';

# a change whose id comes before others and whose commit comes after
my $late = DBI->connect('dbi:Pg:' . $h->info, 'postgres', '',
    { RaiseError => 1, AutoCommit => 0 });
link_row($late, 1, 'https://late.example/');
my $role = $h->spawn(qw(worker cache));
wait_for { slurp($h->log_file) =~ /a new cache: 15002 links/ } 10,
    'the role makes a generation';
link_row($h->dbh, 2, 'https://early.example/');
wait_for { held(qw(link 1 7 2)) } 5, 'a change arrives';
is held(qw(link 1 7 1)), undef, 'one that is not committed does not';
$late->commit;
wait_for { (held(qw(link 1 7 1)) // '') eq 'https://late.example/' } 5,
    'a late commit arrives';
$late->disconnect;

$h->call('suppressions_create', { email => 'No@Example.com' });
my $hash = $h->value(q{select encode(address_hash, 'hex')
    from godwit.suppressions});
wait_for { (held('suppression', 1, $hash) // '') eq 'm' } 5,
    'a suppression arrives';
$h->dbh->do(q{delete from godwit.suppressions});
$h->dbh->do(q{insert into godwit.change_log (tenant_id, kind, key, at)
    values (1, 'suppression', ?, '2031-01-01Z')}, undef, $hash);
wait_for { !defined held('suppression', 1, $hash) } 5, 'and goes';

# nonsense in the feed stops nothing
$h->dbh->do(q{insert into godwit.change_log (tenant_id, kind, key, at)
    select 1, k, v, '2031-01-01Z' from (values ('link', 'x.y'), ('link', '7'),
    ('suppression', 'zz'), ('weather', 'rain'), ('link', '9999999999.1')) t(k, v)});
link_row($h->dbh, 3, 'https://next.example/');
wait_for { held(qw(link 1 7 3)) } 5, 'a change after nonsense arrives';

# the connection breaks
$h->dbh->do(q{select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'godwit-cache'});
link_row($h->dbh, 4, 'https://again.example/');
wait_for { held(qw(link 1 7 4)) } 5, 'a change after a broken connection';

$h->expect(qr/a house has one/);
is once(), 1, 'a second writer is refused';

# the edge uses it
$h->nginx;
my $path = '/c/' . token($h, what => 'click', campaign => 7, contact => 1,
    link => 4);
is get($h, $path)->{headers}{location}, 'https://again.example/', 'a click';
like get($h, '/metrics')->{body}, qr/^godwit_cache_hits_total 1$/m,
    'is a hit';

# kill -9 leaves the old one; damage is gone after the next start
is $h->stop($role, 'KILL'), 137, 'killed';
my $was = readlink "$dir/current";
is once({ GODWIT_CRASH => 'cache_before_publish' }), 137, 'killed in a build';
is readlink "$dir/current", $was, 'the old generation still serves';
is held(qw(link 1 7 4)), 'https://again.example/', 'and answers';
is once({ GODWIT_CRASH => 'cache_after_publish' }), 137, 'killed after it';
isnt readlink "$dir/current", $was, 'the new one serves';
is scalar(my @all = glob "$dir/*-*"), 1, 'older ones have gone';
spew("$dir/" . readlink("$dir/current") . '/data.mdb', 'x' x 8192);
is held(qw(link 1 7 4)), undef, 'a damaged file is no cache';
is once(), 0, 'the next start';
is held(qw(link 1 7 4)), 'https://again.example/', 'makes a whole one';
wait_for { get($h, $path)->{status} == 302
    && get($h, '/metrics')->{body} =~ /^godwit_cache_hits_total [2-9]/m } 5,
    'and the edge moves over';

done_testing;
