#!/usr/bin/perl
# The package on a bare machine: installed, set up, served over TLS, upgraded
# under load, purged. Every unit runs under that machine's systemd.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Bare;

my $why = Godwit::Bare::unable();
plan skip_all => $why if $why;

my $root = Godwit::root();
my $deb = qx(cd $root && sh dev/app && sh dev/deb);
is $?, 0, 'make deb' or BAIL_OUT('no package');
chomp $deb;
my $dir = File::Temp::tempdir(CLEANUP => 1);

SKIP: {
    skip 'the app is changed', 1 if system 'git', '-C', $root, 'diff', '--quiet', 'HEAD', '--', 'html';
    my $release = qx(cd $root && make -s dist) =~ s/\n\z//r;
    is qx(tar -C $dir -xzf $root/$release && cd $dir/godwit-* && sh dev/app 2>&1; ls -d html/node_modules 2>&1),
        "ls: cannot access 'html/node_modules': No such file or directory\n", 'the release needs no Node';
}

# the next release: the same under another version, as long as there is no tag
sub next_release {
    my $tree = "$dir/next";
    system("dpkg-deb -R $root/$deb $tree && sed -i 's/^Version: .*/Version: 99/' $tree/DEBIAN/control"
        . " && dpkg-deb --root-owner-group -Zgzip -b $tree $dir/next.deb > /dev/null") == 0 or die;
    return "$dir/next.deb";
}

my $m = Godwit::Bare->new;
$m->put("$root/$deb", '/root/godwit.deb');
$m->put(next_release(), '/root/next.deb');

# ------------------------------------------------------------ installed, set up
$m->does(qw(apt-get install -qy --no-install-recommends /root/godwit.deb));
is $m->sh('systemctl is-active godwit-edge godwit-worker; true'), "inactive\ninactive",
    'nothing begins before it is set up';
my ($code, $out) = $m->run('godwit-setup', 'news.example.com');
is "$code $out", "1 godwit-setup: URL is what links in mails begin with: https://news.example.com\n",
    'what is no URL is refused';
is $m->sh('systemctl is-active godwit-edge; true'), 'inactive', 'and nothing has begun';
like $m->does('godwit-setup', 'https://news.example.com'),
    qr{^https://news\.example\.com/app/\S+#\S+$}m, 'the first owner has a link';
wait_for { ($m->run(qw(curl -fsS http://127.0.0.1:8080/readyz)))[0] == 0 } 20, 'ready'
    or diag($m->sh('curl -s http://127.0.0.1:8080/readyz; tail -5 /var/log/godwit/nginx.log;'
        . ' journalctl -u godwit-edge -u godwit-worker | tail -20'));
like $m->does(qw(curl -fsS http://127.0.0.1:8080/app/)), qr/<script/, 'the app, without Node';

sub users {
    return $m->sh('cat /sys/fs/cgroup/system.slice/godwit-[ew]*/cgroup.procs 2> /dev/null'
        . ' | xargs -r ps -o user:20= -p | sort -u');
}
is users(), "gw_edge\ngw_worker", 'who runs what: nobody is root';
for ([ gw_edge => 'keys/secret' ], [ gw_edge => 'receive' ], [ gw_owner => 'keys/token' ]) {
    my ($user, $file) = @$_;
    isnt +($m->run(qw(setpriv --init-groups), "--reuid=$user", "--regid=$user", qw(ls),
        "/var/lib/godwit/$file/."))[0], 0, "$user does not see $file";
}
for my $unit (qw(edge worker)) {
    my ($exposure) = qx(systemd-analyze security --offline=true --threshold=20 \\
        $root/debian/godwit.godwit-$unit.service 2>&1) =~ /exposure level .*: ([\d.]+ \w+)/;
    is $?, 0, "godwit-$unit is shut in: $exposure";
    diag("systemd-analyze security: godwit-$unit $exposure");
}

# ------------------------------------------------------------------------- TLS
sub certificate {
    my ($name) = @_;
    $m->sh("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
        . " -keyout /root/$name.key -out /root/$name.pem -subj /CN=$name"
        . " -addext subjectAltName=DNS:news.example.com 2> /dev/null");
}
certificate($_) for qw(one two);
($code, $out) = $m->run(qw(godwit-setup tls /root/one.pem /root/two.key));
is "$code $out", "1 godwit-setup: /root/two.key is not the key of /root/one.pem\n",
    'a key of another certificate is refused';
is join('', $m->files('/etc/godwit/server.d -type f')), '', 'and nothing is changed';
$m->does(qw(godwit-setup tls /root/one.pem /root/one.key));

sub tls {
    my ($path, @words) = @_;
    return ($m->run(qw(curl -sS --max-time 10 --resolve news.example.com:443:127.0.0.1 --cacert
        /root/both.pem), @words, "https://news.example.com$path"))[1];
}
$m->sh('cat /root/one.pem /root/two.pem > /root/both.pem');
wait_for { tls('/healthz', '-o', '/dev/null', '-w', '%{http_version} %{http_code}') eq '2 200' } 10,
    'TLS, HTTP/2' or diag($m->sh('tail -5 /var/log/godwit/nginx.log; journalctl -u godwit-edge | tail'));
like tls('/healthz', '-D', '-'), qr/strict-transport-security: max-age=31536000/, 'for a year';
is $m->sh(q(curl -sS -o /dev/null -w '%{http_code} %{redirect_url}' -H 'Host: news.example.com' http://127.0.0.1/app/)), '301 https://news.example.com/app/', 'http leads to https';
sub subject { return $m->sh('openssl s_client -connect 127.0.0.1:443 < /dev/null 2> /dev/null'
    . ' | openssl x509 -noout -subject') }
is subject(), 'subject=CN = one', 'the certificate of the file';
$m->sh('cp /root/two.key /etc/godwit/tls/key.pem; cp /root/two.pem /etc/godwit/tls/cert.pem');
wait_for { subject() eq 'subject=CN = two' } 15, 'a new one is taken by itself';

# ------------------------------------------------------------------------- seen
$m->sh('mkdir /etc/prometheus; echo scrape_configs: > /etc/prometheus/prometheus.yml');
$m->sh('cat /usr/share/doc/godwit/prometheus.yml >> /etc/prometheus/prometheus.yml');
my ($target) = $m->file('/etc/prometheus/prometheus.yml') =~ /targets: \['([\d.:]+)'\]/;
like $m->does('curl', '-fsS', "http://$target/metrics"), qr/^godwit_\w+.* \d+$/m, 'what Prometheus is told to ask';
is users(), "gw_edge\ngw_worker", 'on ports below 1024, nobody is root';

# what the edge writes the worker reads, and the other way
my $key = $m->does(qw(godwit key create --workspace 1 --scope *));
my $list = $m->does(qw(godwit call lists_create {"name":"all"})) =~ /"id": "(\w+)"/ ? $1 : '';
$m->sh('printf "email\nann@example.com\n" > /root/a.csv');
like $m->does('curl', '-fsS', "http://127.0.0.1:8080/api/v1/imports?list_id=$list&name=a.csv", '-H', "Authorization: Bearer $key",
    '-H', 'Content-Type: text/csv', '-H', 'Prefer: wait=20', '--data-binary', '@/root/a.csv'), qr/"state": ?"done"/,
    'a file comes in by the edge, and the worker takes it';
my (undef, $faults) = $m->run(qw(godwit doctor));
is join("\n", grep { /^fault/ && !/^fault (?:edge|resolver)/ } split /\n/, $faults), '',
    'the doctor finds nothing but a network that is not there';
$m->does(qw(godwit backup /var/lib/godwit/backup));

# lost but for its keys, and restored
$m->does(qw(systemctl stop godwit-edge godwit-worker));
$m->sh('cd /var/lib/godwit && rm -rf cache/* && find run spool journal files receive -type f -delete');
$m->sh(q(runuser -u postgres -- psql -qX -c 'drop database godwit' -c 'create database godwit owner gw_owner'));
like $m->does(qw(godwit restore /var/lib/godwit/backup)), qr/ is restored, as of /, 'a backup is restored';
is $m->sh('find /var/lib/godwit -user gw_owner -o -user root'), '', '... and all of it is the worker\'s';
$m->does(qw(godwit migrate));
$m->does(qw(systemctl start godwit-edge godwit-worker));
wait_for { ($m->run(qw(curl -fsS http://127.0.0.1:8080/readyz)))[0] == 0 } 20, '... which goes on';

# --------------------------------------------------- upgraded, both under load
my $open = $m->does(qw(godwit token what=open tenant=1 contact=1 campaign=1));
spew("$dir/load.pl", <<'END');
use strict; use warnings; use IO::Socket::INET;
my ($key, $open, $file) = @ARGV;
my ($on, $n) = (1, 0);
$SIG{TERM} = sub { $on = 0 };
open my $log, '>', $file or die;
sub ask {
    my ($head, $body) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1:8080', Timeout => 10) or return 0;
    print $s "$head HTTP/1.1\r\nHost: x\r\nConnection: close\r\n",
        length $body ? ("Authorization: Bearer $key\r\nContent-Type: application/json\r\n",
            'Content-Length: ', length $body, "\r\n") : (), "\r\n$body";
    my $reply = do { local $/; <$s> } // '';
    return $reply =~ m{^HTTP/1.1 (\d+)} ? $1 : 0;
}
while ($on) {
    print $log 'list ', ask('POST /api/v1/lists', '{"name":"n' . $n++ . '"}'), "\n";
    print $log 'open ', ask("GET /o/$open", ''), "\n";
}
close $log;
END
my $load = $m->begin($^X, "$dir/load.pl", $key, $open, "$dir/load.log");
my %before = map { $_ => $m->does(qw(systemctl show -p MainPID --value), "godwit-$_") } qw(edge worker);
wait_for { -s "$dir/load.log" } 10;
$m->sh('runuser -u postgres -- psql -qX -d godwit -c "drop owned by gw_backup; drop role gw_backup"');
$m->does(qw(apt-get install -qy --no-install-recommends /root/next.deb));
is db("select count(*) from pg_roles where rolname = 'gw_backup'"), 1, 'a role that is new is made';
wait_for { $m->does(qw(systemctl show -p MainPID --value), 'godwit-edge') ne $before{edge} } 10;
isnt $m->does(qw(systemctl show -p MainPID --value), "godwit-$_"), $before{$_},
    "the $_ is another" for qw(edge worker);
is $m->sh('systemctl is-active godwit-edge godwit-worker'), "active\nactive", 'and active';
$m->does('/usr/lib/godwit/edge', 'reload');
wait_for { ($m->run(qw(curl -fsS http://127.0.0.1:8080/readyz)))[0] == 0 } 10;
kill TERM => $load;
waitpid $load, 0;
my %seen;
$seen{$_}++ for split /\n/, slurp("$dir/load.log");
is join(', ', grep { !/^(?:list 201|open 200)$/ } sort keys %seen), '', 'no request has failed';
sub db { my ($sql) = @_; return $m->sh(qq(runuser -u postgres -- psql -qAtX -d godwit -c "$sql")) }
is db('select count(*) from godwit.lists'), $seen{'list 201'} + 1, "all $seen{'list 201'} lists are there";
wait_for { db('select count(*) from godwit.events') == $seen{'open 200'} } 20,
    "all $seen{'open 200'} opens are there, once"
    or is db('select count(*) from godwit.events'), $seen{'open 200'};

# --------------------------------------------------- the log, another nginx
$m->does(qw(logrotate -f /etc/logrotate.d/godwit));
wait_for {
    $m->sh('curl -s http://127.0.0.1:8080/docs/ > /dev/null');
    $m->file('/var/log/godwit/access.log') =~ m{GET /docs/};
} 10, 'a new log is written to';
mkdir "$dir/$_" for qw(other other/DEBIAN);
spew("$dir/other/DEBIAN/control", "Package: nginx\nVersion: 9.0\nArchitecture: all\n"
    . "Maintainer: t <t\@t>\nProvides: nginx-abi-9.0.0-1\nDescription: another\n");
system("dpkg-deb --root-owner-group -b $dir/other $dir/other.deb > /dev/null") == 0 or die;
$m->put("$dir/other.deb", '/root/other.deb');
($code, $out) = $m->run(qw(apt-get install -qy --no-remove /root/other.deb));
like "$code $out", qr/^100 .*godwit.*remove/s, 'a nginx that the module does not fit is refused';

# ------------------------------------------------------------------------ purge
$m->does(qw(apt-get purge -qy godwit));
is users(), '', 'no process is left';
is join(' ', grep { !m{^/(?:root|proc|sys)/} } $m->files('/etc /usr /var /run -iname "*godwit*"'
    . ' -not -path "/var/cache/*" -not -path "/var/lib/dpkg/*"')), '', 'no file is left';
is $m->sh('getent passwd | grep ^gw_; getent group | grep -E "^(gw_|godwit)"; true'), '',
    'no user is left';
like db('select count(*) from godwit.lists'), qr/^\d+$/, 'the database stays';
$m->stop;
done_testing;
