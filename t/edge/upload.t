#!/usr/bin/perl
# A file as a request's body: to the disk as it comes, named when it is whole,
# imported by the worker; and the reject file back.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Jobs;
use IO::Socket::INET;

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx;
my $files = $h->state . '/files';
sub kept { return map { s{^\Q$files/}{}r } grep { -f } glob "$files/*/*" }
sub send_csv { my ($query, $body, %headers) = @_; return api($h, POST => "/imports$query",
    body => $body, headers => { 'Content-Type' => 'text/csv', %headers }) }

my $r = send_csv('', "email\na\@example.com\n");
is problem($r), '503 busy', 'a machine without a worker';
like $r->{json}{detail}, qr/No worker has run on this machine yet/, 'says so';
$h->godwit(qw(worker jobs --once));
my $list = $h->call('lists_create', { name => 'news' })->{id};

# what is wrong besides the file, before and after it was sent
is problem(send_csv('?list_id=x', 'email')), '422 invalid', 'a wrong parameter';
is problem(send_csv('?list_id=lst_99', 'email')), '404 not_found', 'a list that is not there';
is problem(send_csv('', '')), '400 bad_request', 'no file';
is problem(api($h, POST => '/imports', body => '{}')), '415 unsupported_media_type', 'no CSV';
is problem(send_csv('', 'email', Authorization => 'Bearer x')), '401 unauthorized', 'no key';
is_deeply [ kept() ], [], 'nothing of that is kept';

# a key that only Postgres knows to be wrong
my $gone = key($h);
$h->godwit('key', 'revoke', $gone =~ /_(\d+)_/);
my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port, Timeout => 10);
print $s "POST /api/v1/imports HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
    . "Authorization: Bearer $gone\r\nContent-Length: 1000000\r\n\r\nemail";
like eval { local $SIG{ALRM} = sub { die "late\n" }; alarm 10; scalar <$s> } // $@, qr/ 401 /,
    'a revoked key is refused before the file is there';
alarm 0;
is_deeply [ glob "$files/*/*" ], [], 'which takes no room';
is $h->value('select count(*) from godwit.imports'), 0, 'nor imported';

# there and back
$r = send_csv("?list_id=$list&name=May%20%C3%A4.csv&columns=mail%3Demail",
    "mail,n\nb\@example.com,1\nnone,2\n");
is $r->{status}, 202, 'taken' or diag $r->{body};
my $i = $r->{json};
is $r->{headers}{location}, "/api/v1/operations/$i->{operation}", 'where its operation is';
is "$i->{state} $i->{source}", "queued May \x{e4}.csv", 'it waits';
like +(kept())[0], qr{^up/[0-9a-f]{32}$}, 'the file is kept';
is slurp("$files/" . (kept())[0]), "mail,n\nb\@example.com,1\nnone,2\n", 'as it was sent';
$h->godwit(qw(worker jobs --once));
is_deeply [ @{ api($h, GET => "/operations/$i->{operation}")->{json}{result} }
    {qw(state created rejected)} ], [ 'finished', 1, 1 ], 'and is imported';

$r = api($h, GET => "/imports/$i->{id}/rejects");
like $r->{body}, qr/^line,column,reason,"mail","n"\r\n3,1,"[^"]*","none","2"\r\n$/, 'its reject file';
is $r->{headers}{'content-disposition'}, 'attachment; filename="imp_1-rejects.csv"; '
    . "filename*=UTF-8''imp_1-rejects.csv", 'to be saved' or diag explain $r->{headers};

# other kinds of files, by what the body says it is
for ([ 'application/x-ndjson', qq({"email":"nd\@example.com"}\n) ],
    [ 'text/vcard', "BEGIN:VCARD\r\nVERSION:4.0\r\nEMAIL:vc\@example.com\r\nEND:VCARD\r\n" ]) {
    my $o = send_csv('', $$_[1], 'Content-Type' => $$_[0])->{json};
    $h->godwit(qw(worker jobs --once));
    is api($h, GET => "/imports/$o->{id}")->{json}{created}, 1, $$_[0];
}

# the worker answers within the request
my $role = $h->spawn('worker', 'jobs');
$r = send_csv('', "email\nw\@example.com\n", Prefer => 'wait=10');
is "$r->{status} $r->{json}{state}", '200 done', 'Prefer: wait';
$h->stop($role);

# the same key twice is one import and one file
my @twice = map { send_csv('?name=o', "email\no\@example.com\n", 'Idempotency-Key' => 'k') } 1 .. 2;
is $twice[0]{json}{id}, $twice[1]{json}{id}, 'a repeated request';
is $twice[1]{headers}{'idempotency-replayed'}, 'true', 'is answered with what was kept';
is problem(send_csv('?name=o', 'email', 'Idempotency-Key' => 'k')), '422 idempotency_mismatch',
    'another file under that key';
is $h->value('select count(*) from godwit.imports where source = ?', 'o'), 1, 'one import';

# clients that go, a worker process that is killed
sub half {
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port);
    print $s "POST /api/v1/imports HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
        . "Authorization: Bearer $h->{api_key}\r\nContent-Length: 1000000\r\n\r\n", 'x' x 300000;
    $s->flush;
    wait_for { grep { /^tmp/ } kept() } 5, 'half a file';
    return $s;
}
my $rows = $h->value('select count(*) from godwit.files');
close half();
wait_for { !grep { /^tmp/ } kept() } 5, 'goes with its client';
$s = half();
kill KILL => edge_pids($h);
wait_for { get($h, '/healthz')->{status} == 200 } 10, 'a worker process that was killed comes back';
is scalar(grep { /^tmp/ } kept()), 1, 'and leaves the file';
utime time - 7200, time - 7200, "$files/$_" for grep { /^tmp/ } kept();
$h->godwit(qw(worker cron --once));
is scalar(grep { /^tmp/ } kept()), 0, 'until cron comes';
is $h->value('select count(*) from godwit.files'), $rows, 'no row of all that';
$h->expect(qr/exited on signal 9/);

# nothing to write, and nowhere to write it
is send_csv('', undef)->{status}, 400, 'nothing at all';
chmod 0500, "$files/tmp";
$r = send_csv('', "email\n");
is problem($r), '503 busy', 'a folder that cannot be written';
chmod 0750, "$files/tmp";
$h->expect(qr/cannot make/);

# 64 MB through one worker process of nginx, whose memory stays
my ($pid) = edge_pids($h);
sub memory { return slurp("/proc/$pid/smaps_rollup") =~ /^Pss_Anon:\s+(\d+)/m ? $1 : die }
my $before = memory();
my $line = ('y' x 1023) . "\n";
$s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port);
print $s "POST /api/v1/imports?name=big HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
    . "Connection: close\r\nAuthorization: Bearer $h->{api_key}\r\nContent-Length: 67108864\r\n\r\n";
print $s $line x 64 for 1 .. 1023;
my $most = memory() - $before;
print $s $line x 64;
like do { local $/; <$s> }, qr{^HTTP/1.1 202 }, '64 MB';
cmp_ok $most, '<', 2048, 'while no more than two take memory';
is $h->value(q{select bytes || ' ' || encode(sha256, 'hex') from godwit.files where name = 'big'}),
    '67108864 ' . do { require Digest::SHA; my $d = Digest::SHA->new(256);
        $d->add($line) for 1 .. 65536; $d->hexdigest }, 'whole, and its checksum is right';

done_testing;
