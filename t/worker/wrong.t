# Wrong input: one clear sentence that names the place, and nothing changes.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
my $state = $h->state;
my $conf = "$state/conf/wrong.conf";
my $nginx = "$state/conf/wrong-nginx.conf";
my $module = $ENV{GODWIT_MODULE} // Godwit::root() . '/build/ngx_http_godwit_module.so';
system('cp', $module, "$state/run/module.so") == 0 or die;
spew($nginx, "load_module $state/run/module.so;\nthread_pool godwit_auth threads=1 max_queue=64; "
    . "pid $state/run/n.pid;\nerror_log $state/log/n.txt;\n"
    . "include $conf;\nevents { }\nhttp { access_log off; server { listen 127.0.0.1:" . $h->port . "; }\n"
    . join('', map { "${_}_temp_path $state/run/$_; " } qw(client_body proxy fastcgi uwsgi scgi)) . "}\n");

my $head = "godwit {\n state $state;\n base_url http://a;\n database \"host=/no dbname=x\";\n";

sub files { return join "\n", map { "$_ " . (-s $_ // '') } sort glob "$state/* $state/*/*" }

# -- a mistake in godwit.conf: nginx -t and the worker say the same
sub nginx_t {
    my $pid = open my $fh, '-|';
    if (!$pid) {
        open STDERR, '>&', \*STDOUT;
        exec Godwit::Postgres::user(), '/usr/sbin/nginx', '-t', '-q', '-c', $nginx, '-p', $state,
            '-e', 'stderr';
    }
    my ($line) = grep { /\[emerg\]/ } <$fh>;
    return ($line // '') =~ s/^.*?\[emerg\] (?:[\d#]+: )?//r;
}

for ([ "spool_segmen 1m;\n}", 'unknown directive "spool_segmen"; did you mean "spool_segment"?', 5 ],
    [ "spool_sync 5;\n}", 'directive "spool_sync": "5" is not a time such as 50ms, 5s, 10m, 3d, from 1ms to 60000ms', 5 ],
    [ "drain_batch 0;\n}", 'directive "drain_batch": "0" is not a number from 1 to 100000', 5 ],
    [ "smtp_tls perhaps;\n}", 'directive "smtp_tls": "perhaps" is not one of off, opportunistic, required, implicit', 5 ],
    [ "drain_batch 1 2;\n}", 'directive "drain_batch" takes one value, not 2', 5 ],
    [ "base_url http://b;\n}", 'directive "base_url" stands twice', 5 ],
    [ "spool_sync 5s\n}", 'unexpected "}"', 6 ],
    [ "spool_sync 5s {\n}", 'unexpected "{"', 5 ],
    [ "spool_sync 5s;\n", 'unexpected end of file, expecting "}"', 6 ],
    [ "spool_sync 5s", 'unexpected end of file, expecting ";" or "}"', 5 ])
{
    my ($text, $sentence, $line) = @$_;
    spew($conf, "$head$text");
    my $want = "$sentence in $conf:$line\n";
    my $before = files();
    my ($code, $out, $err) = $h->godwit('-c', $conf, 'worker');
    is "$code $err", "2 godwit: $want", "the worker: $sentence";
    is nginx_t(), $want, '... and nginx -t';
    is files(), $before, '... and nothing changes';
}

# -- what no single value shows: nginx adds the line of the end
my $form = 'is not of the form \\"host=/run/postgresql dbname=NAME\\"' =~ s/\\//gr;
for ([ 'spool_segment 100000', '"spool_segment" is not a multiple of 4096 bytes' ],
    [ 'database postgresql://db/x', qq("database" $form) ],
    [ 'database x', qq("database" $form) ],
    [ q(database "dbname='x"), '"database" has a quote that is not closed' ],
    [ 'database "host=db dbname=x"', '"database" names a host to look up; give its address, as '
        . 'hostaddr=ADDRESS beside it where TLS needs the name' ],
    [ q(database "dbname = x host = '/no,db'"), '"database" names a host to look up; give its '
        . 'address, as hostaddr=ADDRESS beside it where TLS needs the name' ],
    [ 'database "host=db hostaddr=127.0.0.9 dbname=x"', undef ],
    [ 'database "host=/no,127.0.0.9,::1 dbname=x"', undef ])
{
    my ($line, $sentence) = @$_;
    spew($conf, "godwit {\nstate $state;\n$line;\n}");
    my $want = defined $sentence ? "directive $sentence in $conf" : '';
    is nginx_t() =~ s/:4\n\z//r, $want, "$line: nginx -t";
    my $err = ($h->godwit('-c', $conf, 'worker', 'nothing'))[2];
    $want = 'worker: there is no role "nothing"' if !$want;
    like $err, qr/^godwit: \Q$want\E/, '... and the worker';
}

# -- directives outside the block
spew($conf, '');
my $http = slurp($nginx);
for ([ 'godwit_track open', 'directive "godwit_track" needs a block "godwit { }" beside "http { }"' ],
    [ 'godwit_status x', qq(directive "godwit_status" takes one of healthz, readyz, metrics, not "x" in $nginx:6) ])
{
    my ($line, $sentence) = @$_;
    spew($nginx, $http =~ s/(?=listen)/location \/ { $line; } /r);
    is nginx_t(), "$sentence\n", "nginx -t: $line";
}
spew($nginx, $http);

# -- the state folder
for my $n (2000, 240) {
    spew($conf, "${head}log_level " . 'x' x $n . ";\n}");
    my $want = 'directive "log_level": "' . ($n > 240 ? 'x' x 60 . '...' : 'x' x $n)
        . "\" is not one of error, warn, info, debug in $conf:5\n";
    is(($h->godwit('-c', $conf, 'worker'))[2], "godwit: $want", "a value of $n bytes");
    is nginx_t(), $want, '... and nginx -t';
}
for ([ 'state', 'a/b' ], [ 'state', '/tmp/' . 'x' x 200 ]) {
    spew($conf, "godwit {\n $_->[0] $_->[1];\n}");
    my $want = "directive \"state\": \"$_->[1]\" is not an absolute path of at most 200 bytes "
        . "without \\ and \" in $conf:2\n";
    is(($h->godwit('-c', $conf, 'worker'))[2], "godwit: $want", 'a state path of ' . length($_->[1]) . ' bytes');
    is nginx_t(), $want, '... and nginx -t';
}
mkdir "$state/closed", 0555;
mkdir "$state/closed/run", 0555;
spew($conf, $head =~ s/state \S+;/state $state\/closed;/r . '}');
my ($code, $out, $err) = $h->godwit('-c', $conf, 'worker');
is $code, 1, 'a state folder that cannot be written';
like $err, qr{^\S+ ERROR \S+ can not write \Q$state\E/closed/run/\S+: Permission denied; make the state folder writable for this user\n\z}, '... says so';

# -- Postgres is away
spew($conf, "$head}");
($code, $out, $err) = $h->godwit('-c', $conf, qw(call lists_list));
is $code, 3, 'call: exit 3 without Postgres';
like $out, qr{^\{"error":\{"code":"database","message":"can not connect to the database as gw_edge: [^"]*\\"/no/}, '... names the socket';
($code, $out, $err) = $h->godwit('-c', $conf, 'migrate');
is $code, 3, 'migrate';
like $err, qr/can not connect to the database as gw_owner: .*"\/no\//, '... names it';
($code, $out, $err) = $h->godwit('-c', $conf, qw(worker ingest --once));
like $err, qr/can not connect to the database as gw_worker: .*; events wait in the spool$/, 'a role says it and what follows';

# -- words: exit code, sentence
spew("$state/files/text", "this is no segment\n" x 10);
mkdir "$state/cache/bad-1";
spew("$state/cache/bad-1/data.mdb", "nothing of the kind\n" x 4096);
symlink 'bad-1', "$state/cache/current";
my ($good) = ($h->godwit('token', 'what=open', 'tenant=1', 'campaign=1', 'contact=1'))[1] =~ /(\S+)/;
(my $tampered = $good) =~ s/^(.{20})(.)/$1 . ($2 eq 'A' ? 'B' : 'A')/e;
my $f = "$state/files/text";
for ([ 2, 'nothing', 'godwit: there is no command "nothing"; `godwit --help` lists them' ],
    [ 2, '-c', 'godwit: -c needs the path of a godwit.conf' ],
    [ 2, '-c /no call lists_list', '{"error":{"code":"usage","message":"can not read /no: No such file or directory; name the file with -c, or the house with GODWIT_STATE"}}' ],
    [ 2, '-c /no migrate', 'godwit: can not read /no: No such file or directory; name the file with -c, or the house with GODWIT_STATE' ],
    [ 2, 'worker nothing', 'godwit: worker: there is no role "nothing"; usage: godwit worker [ROLE [--once]]; roles: cache ingest mail cron jobs segments http receive' ],
    [ 2, 'call', '{"error":{"code":"usage","message":"usage: godwit call OPERATION [JSON|-] [--workspace ID] [--user EMAIL]"}}' ],
    [ 2, 'call nothing', '{"error":{"code":"usage","message":"there is no operation \"nothing\""}}' ],
    [ 2, 'call lists_list {} --work 1', '{"error":{"code":"usage","message":"there is no option \"--work\""}}' ],
    [ 2, 'call lists_list {} --workspace x', '{"error":{"code":"usage","message":"--workspace takes a number from 1"}}' ],
    [ 2, 'call lists_list {} {}', '{"error":{"code":"usage","message":"one word too many: \"{}\""}}' ],
    [ 1, 'call lists_list {', '{"error":{"code":"invalid","message":"the JSON text: string or \'}\' expected near end of file, line 1, column 1"}}' ],
    [ 1, 'call lists_list []', '{"error":{"code":"invalid","message":"the input must be a JSON object"}}' ],
    [ 2, 'migrate nothing', 'usage: godwit migrate [--roles]' ],
    [ 2, 'journal nothing', 'usage: godwit journal dump' ],
    [ 2, 'key nothing', qr/^usage: godwit key create / ],
    [ 2, 'key create', qr/^usage: godwit key create / ],
    [ 2, 'key token', qr/^usage: godwit key create / ],
    [ 1, 'key create --scope contacts', qr/^key: "scopes.0" is none of its \d+ words; near it: contacts:\*, contacts:read, contacts:write\n\z/ ],
    [ 1, 'key create --scope * --workspace 9', 'key: there is no workspace 9' ],
    [ 1, 'key create --scope * --expires 90', 'key: --expires takes a number and d, h or m, as 90d' ],
    [ 1, 'key revoke 9', 'key: there is no key key_9' ],
    [ 1, 'key revoke x', 'key: a key is named by its id, as key_1; `godwit key list` shows them' ],
    [ 2, 'liquid nothing', 'liquid: takes no words; JSON lines come on standard input' ],
    [ 2, 'schema nothing', 'schema: takes no words; JSON lines come on standard input' ],
    [ 2, 'import', qr/^import: no file is named$/ ],
    [ 2, 'import x --nothing', qr/^import: "--nothing" is not known; write godwit import FILE/ ],
    [ 1, 'import /no.csv', 'import: /no.csv cannot be opened: No such file or directory' ],
    [ 2, 'token nothing=1', qr/^token: "nothing=1" is not what=/ ],
    [ 1, "token $tampered", 'token: not signed by a key of this house' ],
    [ 1, 'token abc', 'token: not signed by a key of this house' ],
    [ 2, 'spool', 'spool: expected `spool dump FILE`' ],
    [ 1, 'spool dump /no', 'spool: /no cannot be read: No such file or directory' ],
    [ 1, "spool dump $f", "spool: $f is no spool segment" ],
    [ 2, 'cache nothing', qr/^cache: expected `cache stat`, `cache get link/ ],
    [ 1, 'cache stat', qr/^cache: \S/ ],
    [ 2, 'sink nothing', qr/^usage: godwit sink/ ],
    [ 2, 'sink', qr/^usage: godwit sink --listen/ ],
    [ 2, 'sink --nothing', q{sink: unrecognized option '--nothing'} ],
    [ 2, 'sink --max-size x', 'sink: --max-size "x" is not a number' ],
    [ 2, 'sink --tls-cert x', 'sink: --tls-cert and --tls-key go together' ],
    [ 2, 'sink --fault nothing', qr/^sink: \S.*nothing/ ],
    [ 1, 'sink --listen 127.0.0.1:99999', 'sink: --listen "127.0.0.1:99999" is not HOST:PORT, the port from 0 (any) to 65535' ],
    [ 1, 'sink show 1', qr/^sink: (?:no message 1 in|cannot open) \S+index\.jsonl/ ])
{
    my ($want, $words, $sentence) = @$_;
    my $before = files() =~ s{^\S+/(?:cache/current|sink).*\n}{}gmr;
    my ($code, $out, $err) = $h->godwit(split ' ', $words);
    my $said = $out . $err;
    is $code, $want, "$words: exit $want";
    ref $sentence ? like $said, $sentence, '... its sentence' : is $said, "$sentence\n", '... its sentence';
    is files() =~ s{^\S+/(?:cache/current|sink).*\n}{}gmr, $before, '... nothing changes';
}

# -- ports
my $taken = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1);
my $port = $taken->sockport;
is(($h->godwit('sink', '--listen', "127.0.0.1:$port"))[2],
    "sink: cannot listen on 127.0.0.1:$port: Address already in use\n", 'the sink: a port that is taken');

# -- a journal that is gone
rename "$state/journal", "$state/journal.away";
is_deeply [ ($h->godwit(qw(journal dump)))[ 0, 2 ] ],
    [ 1, 'godwit: the journal in the state folder cannot be read: '
    . "No such file or directory\n" ], 'journal dump';
done_testing;
