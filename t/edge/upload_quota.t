#!/usr/bin/perl
# What a workspace may keep of files: said before a file is sent, and held when
# several come at once; what goes makes room.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Jobs;
use IO::Socket::INET;

my $h = Godwit->new(conf => 'spool_segment 1m; files_quota 1k;');
$h->nginx;
$h->godwit(qw(worker jobs --once));
my $key = key($h);
my $other = key($h, '*', $h->value(q{insert into auth.tenants (name, hash_ipad, hash_opad,
    created_at) select 'other', hash_ipad, hash_opad, created_at from auth.tenants where id = 1
    returning id}));
sub files { return scalar grep { -f } glob $h->state . '/files/{up,tmp}/*' }
sub csv { my ($n) = @_; return "email\n" . 'x' x ($n - 6) }
sub send_csv { my ($n, %a) = @_; return api($h, POST => '/imports', body => csv($n), key => $key,
    headers => { 'Content-Type' => 'text/csv' }, %a) }
sub start { my ($more) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port, Timeout => 10);
    print $s "POST /api/v1/imports HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
        . "Connection: close\r\nAuthorization: Bearer $key\r\n$more\r\n\r\n";
    return $s }
sub line { my ($s) = @_; local $SIG{ALRM} = sub { die "late\n" };
    return eval { alarm 10; my $l = <$s>; alarm 0; $l } // $@ }

is send_csv(600)->{status}, 202, 'there is room';
is api($h, GET => '/status', key => $key)->{json}{files}{bytes}, 600, 'the status says how much is kept';
like line(start('Content-Length: 600')), qr/ 507 /, 'no room: said before the file is sent';
my $r = send_csv(600);
is problem($r), '507 no_room', 'a problem';
like $r->{json}{detail}, qr/keeps 600 bytes of files and may keep 1024 bytes: .* for 600 bytes more.*files_quota/,
    'with use, limit and cure';
is send_csv(600, key => $other)->{status}, 202, 'another workspace has room of its own';
is files(), 2, 'nothing of it is kept';

# several at once, none of which says how large it is
my @s = map { start("Transfer-Encoding: chunked\r\nExpect: 100-continue\r\nIdempotency-Key: s$_") } 1 .. 3;
like line($_), qr/ 100 /, 'there is room for a little' for @s;
line($_) for @s;
print $_ sprintf("%x\r\n%s\r\n0\r\n\r\n", 300, csv(300)) for @s;
is join(' ', sort map { line($_) =~ / (\d+) / } @s), '202 507 507', 'one of three comes in';
is files(), 3, 'nothing is left of the others';
is send_csv(125)->{status}, 507, 'a byte too many';

# what goes makes room
$h->dbh->do(q{update godwit.files set expires_at = created_at where bytes = 600});
$h->godwit(qw(worker cron --once));
is send_csv(600)->{status}, 202, 'there is room again';

# a request that is repeated is the same under another setting
my @once = (headers => { 'Content-Type' => 'text/csv', 'Idempotency-Key' => 'k' });
is send_csv(50, @once)->{status}, 202, 'once';
my $conf = $h->state . '/conf/godwit.conf';
spew($conf, slurp($conf) =~ s/files_quota 1k/files_quota 0/r);
my ($was) = edge_pids($h);
kill HUP => $h->{nginx};
wait_for { my @now = edge_pids($h); 1 == @now && $now[0] != $was } 10, 'a reload';
is send_csv(50, @once)->{headers}{'idempotency-replayed'}, 'true', 'its answer is given again';
is send_csv(5000)->{status}, 202, '0: any';
done_testing;
