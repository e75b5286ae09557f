#!/usr/bin/perl
# `godwit doctor`: a house that is well, then each fault planted in it and found by its check,
# with a cure.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Zone;
use JSON::PP;

# a file system of our own, for the disk that is full
if (!$ENV{GODWIT_MOUNTS}++ && !system 'unshare -m mount -t tmpfs none /mnt 2>/dev/null') {
    exec 'unshare', '-m', $^X, $0;
}

my $h = Godwit->new;
my $state = $h->state;
my $port = $h->sink;
my $zone = Godwit::Zone->new($h, { 'shop.test A' => ['127.0.0.1'], 'shop.test MX' => ['0 mx.shop.test'],
    '2.0.0.127.in-addr.arpa PTR' => ['mx.shop.test'] });
my $set = 'resolver ' . $zone->server . '; mail_from "Shop <no-reply@shop.test>"; ';
my $sure = "${set}smart_host 127.0.0.1:$port; sending_addresses 127.0.0.2;";
$h->configure($sure);

# what it says: [ check, state, message, cure ] of each line that is not as this
sub doctor {
    my ($only, %env) = @_;
    my ($code, $out, $err) = $h->godwit({ env => \%env }, 'doctor', '--json',
        $only ? ('--only', $only) : ());
    diag $err if $err;
    return ($code, grep { $_->{state} ne 'ok' } map { decode_json($_) } split /\n/, $out);
}

# that is found by its check, and nothing of it when it is undone
sub plant {
    my ($check, $state, $message, $do, $undo, %env) = @_;
    $do->();
    my ($code, @said) = doctor($check, %env);
    my ($it) = grep { $_->{message} =~ $message } @said;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    ok $it && $it->{check} eq $check && $it->{state} eq $state && $code == ($state eq 'fault')
        && length $it->{cure}, "$check: $message" or diag encode_json(\@said);
    $undo->() if $undo;
    (undef, @said) = doctor($check);
    ok !(grep { $_->{message} =~ $message } @said), "$check: and not without it" if $undo;
}

# ---- a house that is well
my $worker = $h->spawn({ log => 'worker' }, 'worker');
$h->nginx;
wait_for { $h->value(q{select to_regclass('godwit.events_default') is not null
    and count(*) > 3 from pg_inherits where inhparent = 'godwit.events'::regclass}) } 20;
wait_for { -e "$state/cache/current" && glob "$state/run/receive.pid" } 10;
my ($code, @said) = doctor();
# the clusters of tests keep nothing over a crash, and links of theirs lead here
is_deeply [ grep { !/^(?:settings|base_url)$/ } map { $_->{check} } @said ], [], 'a house that is well has no fault'
    or diag encode_json(\@said);
like +(grep { $_->{check} eq 'settings' } @said)[0]{message}, qr/fsync of Postgres is off/, 'but fsync is off';
like +(grep { $_->{check} eq 'base_url' } @said)[0]{message}, qr/^links in mails begin with http:\S+, which nobody else reaches/,
    'and nobody else reaches it';
my ($top, $seen);                       # the roles tell of themselves once a second
wait_for { ($top, $seen) = $h->godwit('top', '--once'); $seen =~ /^mail +0 +0 s$/m } 10;
like $seen, qr/^ingest +\d+ +- +\d+ MiB +[012] s\n(?:.*\n)*QUEUE .*\nmail +0 +0 s\n(?:.*\n)*ROUTE .*\nsmart_host +0 +0\n/m,
    'top shows roles, queues and routes';
my ($exit, $out) = $h->godwit('doctor');
like $out, qr/^fault settings: .*; switch it on.*\n(?:.*\n)*28 checks, \d faults, 1 warnings\n\z/, 'for people';
is $exit, 1, 'a fault is told by the exit code';
is +($h->godwit('doctor', '--only', 'nothing'))[0], 2, 'there is no such check';

# ---- this machine
plant(folders => fault => qr{the folder \S+/files is missing}, sub { rename "$state/files", "$state/f" },
    sub { rename "$state/f", "$state/files" });
plant(folders => fault => qr{anybody may write in \S+/journal}, sub { chmod 0777, "$state/journal" },
    sub { chmod 0755, "$state/journal" });
plant(folders => fault => qr{/cache belongs to root, the house to }, sub { chown 0, 0, "$state/cache" },
    sub { Godwit::Postgres::own("$state/cache") }) if $> == 0;
plant(keys => fault => qr{others may read or write the key file \S+/keys/secret}, sub { chmod 0444, "$state/keys/secret" },
    sub { chmod 0400, "$state/keys/secret" });
plant(keys => fault => qr{cannot read \S*.*keys/token|keys/token}, sub { rename "$state/keys/token", "$state/keys/t" },
    sub { rename "$state/keys/t", "$state/keys/token" });
if ($ENV{GODWIT_MOUNTS} == 1) {
    plant(disk => fault => qr{the file system of \S+/files has \d %}, sub {
        system "mount -t tmpfs -o size=100k none $state/files && head -c 99000 /dev/zero > $state/files/x" },
        sub { system "umount $state/files" });
}
my $ingest = slurp("$state/run/ingest.pid") + 0;
plant(worker => fault => qr/the role http does not run/, sub { rename "$state/run/http.pid", "$state/run/h" },
    sub { rename "$state/run/h", "$state/run/http.pid" });
plant(spool => fault => qr/events wait in the spool since 999 s/, sub { kill 'STOP', $ingest;
    spew("$state/run/ingest.metrics", "godwit_ingest_lag_seconds 999.000\n") },
    sub { kill 'CONT', $ingest; wait_for { slurp("$state/run/ingest.metrics") !~ / 999/ } 5 });
plant(spool => warning => qr/spool\/quarantine has 1 segments/, sub { spew("$state/spool/quarantine/x.seg", '') },
    sub { unlink "$state/spool/quarantine/x.seg" });
my $cache = readlink "$state/cache/current";
plant(cache => fault => qr/the edge has no cache/, sub { rename "$state/cache/current", "$state/cache/c" },
    sub { rename "$state/cache/c", "$state/cache/current" });

# ---- Postgres
my $is = $h->{name};
sub sql { my @do = @_; return sub { $h->dbh->do($_) for @do } }
my $conf = slurp("$state/conf/godwit.conf");
plant(database => fault => qr/can not connect to the database as gw_worker/, sub {
    spew("$state/conf/godwit.conf", $conf =~ s/dbname=\w+/dbname=none/r) }, sub { spew("$state/conf/godwit.conf", $conf) });
plant(access => fault => qr/the role gw_edge may not connect/, sql("revoke connect on database $is from gw_edge"),
    sql("grant connect on database $is to gw_edge"));
plant(migrations => fault => qr/behind this program by 1 migrations and 1 files/,
    sql(q{update godwit.schema_version set name = 'x' || name where n = 73}, q{update godwit.schema_files
        set sha256 = 'x' where name = 'functions/ids.sql'}),
    sql(q{update godwit.schema_version set name = substr(name, 2) where n = 73}));
plant(clock => fault => qr/apart/, sub { }, undef, GODWIT_CLOCK => '2040-01-01T00:00:00Z');
plant(vacuum => fault => qr/autovacuum of godwit.lists is off/, sql('alter table godwit.lists set (autovacuum_enabled = false)'),
    sql('alter table godwit.lists reset (autovacuum_enabled)'));
plant(transactions => fault => qr/process \d+ of postgres/, sub { $h->dbh->begin_work; $h->value('select 1') },
    undef, GODWIT_CLOCK => '2040-01-01T00:00:00Z');
$h->dbh->rollback;
plant(partitions => fault => qr/no partition for the next week/, sub { }, undef, GODWIT_CLOCK => '2040-01-01T00:00:00Z');
plant(host => fault => qr/another machine came in as this host/, sql(
    q{update godwit.hosts set boot_id = '00000000-0000-0000-0000-000000000001'}), undef);
plant(rejected => warning => qr/refused 1 events/, sql(q{insert into godwit.event_rejects values
    ('00000000-0000-0000-0000-000000000001', 1, '2026-01-01Z', 'x', '\\x00')}), sql('delete from godwit.event_rejects'));

# ---- work
$h->stop($worker);
plant(queue => fault => qr/1 mails of workspace 1 are due since 2026-01-01/, sql(q{insert into godwit.mail_queue
    (tenant_id, campaign_id, contact_id, attempt, due, first_at, route) values (1, 0, 1, 0, '2026-01-01Z', '2026-01-01Z', 'smart_host')}),
    sql('delete from godwit.mail_queue'));
plant(queue => fault => qr/1 mails of workspace 1 are due since 2026-01-03/, sql(q{with c as (insert into godwit.campaigns
    (tenant_id, name, kind, template_id, template_version, from_address, state, created_at)
    values (1, 'calls', 'transactional', 1, 1, 'a@example.com', 'running', '2026-01-01Z') returning id)
    insert into godwit.mail_queue (tenant_id, campaign_id, contact_id, attempt, due, first_at, route)
    select 1, -id, 1, 0, '2026-01-03Z', '2026-01-03Z', 'smart_host' from c}), sql('delete from godwit.mail_queue', 'delete from godwit.campaigns'));
plant(routes => warning => qr/the route slow of workspace 1 is paused/, sql(q{insert into godwit.routes (tenant_id, name, paused,
    updated_at) values (1, 'slow', true, '2026-01-01Z')}), sql('delete from godwit.routes'));
my $c = $h->call('campaigns_create', { name => 'c', list_id => $h->call('lists_create', { name => 'l' })->{id},
    from => 'a@shop.test', subject => 's', html => '<p>a</p>' })->{id} =~ s/cmp_//r;
plant(campaigns => fault => qr/campaign cmp_$c of workspace 1 waits: the server is away/, sql(qq{update godwit.campaigns set
    state = 'running', problem = 'the server is away' where id = $c}), sql("update godwit.campaigns set state = 'draft' where id = $c"));
my $w = $h->call('webhooks_create', { url => 'https://hooks.example.com/a', events => ['contact.created'] })->{id} =~ s/\w+_//r;
plant(webhooks => warning => qr/webhook wh_$w of workspace 1 fails since 2026-01-01/, sql(qq{update godwit.webhooks set
    failing_since = '2026-01-01Z' where id = $w}), sql("update godwit.webhooks set failing_since = null where id = $w"));
plant(webhooks => fault => qr/was disabled: failing/, sql(qq{update godwit.webhooks set enabled = false, disabled_at =
    '2026-01-01Z', disabled_reason = 'failing' where id = $w}), sql('delete from godwit.webhooks'));
plant(domains => warning => qr/SPF of the domain shop.test \(workspace 1\): there is none/, sql(q{insert into godwit.domains
    (tenant_id, domain, checks, created_at) values (1, 'shop.test', '[{"purpose":"spf","state":"missing","message":"there is none"},
    {"purpose":"dmarc","state":"ok"}]', '2026-01-01Z')}), sql('delete from godwit.domains'));
plant(worker => fault => qr/the worker does not run/, sub { }, undef);

# ---- the world
sub with { my ($conf) = @_; return sub { $h->configure($conf) } }
plant(edge => fault => qr/nginx is not reached at http/, sub { $h->stop($h->{nginx}) }, undef);
my $n = $h->value('select count(*) from pg_stat_activity where datname = current_database()') + 1;
plant(connections => fault => qr/$n of the $n connections that the database may have are taken/,
    sql("alter database $is connection limit $n"), sql("alter database $is connection limit -1"));
plant(mail => fault => qr/no connection to 127.0.0.1 port 1: Connection refused/, with("${set}smart_host 127.0.0.1:1;"), with($sure));
$zone->set('mx.shop.test A' => ['127.0.0.1']);
plant(resolver => fault => qr/the name servers give no answer/, sub { $zone->set('shop.test A' => 'SERVFAIL') },
    sub { $zone->set('shop.test A' => ['127.0.0.1']) });
plant(addresses => warning => qr/mail leaves from 127.0.0.3, which has no name/, with("${set}sending_addresses 127.0.0.3;"), with($sure));
my $pem = "$state/run/receive.pem";
sub certificate { my ($days) = @_; return sub { system "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=mx.shop.test "
    . "-days $days -keyout $pem -out $pem.crt 2> /dev/null && cat $pem.crt >> $pem && chmod 644 $pem" } }
$h->configure("$sure receive_certificate $pem;");
plant(certificate => warning => qr/receive.pem is good for [23] more days/, certificate(3), certificate(100));
plant(certificate => fault => qr/receive.pem has run out/, sub { }, undef, GODWIT_CLOCK => '2090-01-01T00:00:00Z');

# ---- what goes on, once, as a file would have it
spew("$state/run/mail.metrics", qq(godwit_mail_route_connections{route="evil\e[2J"} 7\n));
($top, $seen) = $h->godwit('top', '--once');
like $seen, qr/\Agodwit  \S+Z  Postgres reached  spool \d+\.\d s behind, \d+ segments wait\n\nROLE .*\ncache +-\n/, 'top: the worker is gone';
like $seen, qr/^evil \[2J +7 /m, 'the name of a route';
unlike $seen, qr/\e/, 'and nothing that only a terminal knows';
done_testing;
