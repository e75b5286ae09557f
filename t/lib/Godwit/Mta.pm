# A real MTA, Postfix or OpenSMTPD, for one domain on loopback. Its Debian package
# is unpacked into build/ and laid over / in a mount namespace of its own, where
# its paths and users are what it expects; nothing is installed.
#
#   my $why = Godwit::Mta::unable() and plan skip_all => $why;
#   my $mta = Godwit::Mta->new($h, 'postfix', domain => 'a.example', listen => '127.0.0.2',
#       port => $port, back => '127.0.0.1:4000', ca => $ca, people => [qw(ok1 slow1 late1)]);
#   $mta->said          # its log: { 'slow1@a.example' => { later => 1, id => '4CX', end => 'sent' } }
#   $mta->returned      # to whom it has brought bounces, sorted, by its log
#   $mta->boxes         # what it has delivered: { 'ok1@a.example' => ['<message-id>'] }
#
# said: how often it was deferred, the id in its queue and the return path (from) when it was
# accepted, its end: sent, bounced or refused.
#
# It takes mail over TLS only. Who begins with `slow` is deferred once, who begins with
# `late` is accepted and bounced, who is not of its people is refused. Its bounces
# go to `back`.
package Godwit::Mta;
use strict;
use warnings;
use Cwd qw(abs_path);
use Godwit;

my %mtas = (
    postfix => { packages => [qw(postfix libdb5.3 libicu72 libnsl2 libsasl2-2)],
        users => [qw(postfix postdrop)],
        # as `postfix start-fg` would, which is a shell that leaves master behind
        run => 'chown postfix /var/lib/postfix && postfix check'
            . ' && exec /usr/lib/postfix/sbin/master -d -s',
        files => \&postfix, words => {
            taken => qr/qmgr\[\d+\]: (?<id>\w+): from=<(?<from>[^>]+)>/,
            end => qr/pipe\[\d+\]: (?<id>\w+): to=<(?<to>[^>]+)>.* status=(?<end>\w+)/,
            no => qr/NOQUEUE: reject: RCPT from \S+ (?<code>\d+) .* to=<(?<to>[^>]+)>/,
            back => qr/smtp\[\d+\]: \w+: to=<(?<to>[^>]+)>.* status=sent/,
            tls => qr/TLS connection established/ } },
    opensmtpd => { packages => [qw(opensmtpd libdb5.3 libevent-2.1-7)],
        users => [qw(opensmtpd opensmtpq)], run => 'LD_PRELOAD=DIR/key.so OPENSMTPD_KEY=DIR/key exec smtpd -d',
        files => \&opensmtpd, words => {
            taken => qr/smtp envelope evpid=(?<id>\w{8})\w+ from=<(?<from>[^>]+)>/,
            end => qr/mda delivery evpid=(?<id>\w{8})\w+ .*rcpt=<(?<to>[^>]+)>.* result=(?<end>\w+)/,
            no => qr/failed-command command="RCPT TO:<(?<to>[^>]+)>.*" result="(?<code>\d+)/,
            back => qr/mta delivery evpid=\w+ from=<> to=<(?<to>[^>]+)>.* result="?Ok/,
            tls => qr/smtp tls ciphers=/ } });

# sh DIR/house DIR WORDS: the words with DIR's trees over /
my $house = <<'END';
set -eu
dir=$1; shift
mount -t tmpfs tmpfs "$dir/over"
mkdir "$dir/over/up" "$dir/over/work" "$dir/over/top"
mount -t overlay overlay "$dir/over/top" \
    -o "lowerdir=/,upperdir=$dir/over/up,workdir=$dir/over/work"
top=$dir/over/top
for d in dev proc; do mount --rbind "/$d" "$top/$d"; done
# tar, as a folder /lib of a package may be a link here
for t in $(cat "$dir/trees") "$dir/etc"; do
    tar -C "$t" -c . | tar -C "$top" -x --keep-directory-symlink --no-overwrite-dir
done
cat "$dir/passwd" >> "$top/etc/passwd"
cat "$dir/group" >> "$top/etc/group"
mkdir -p "$top$dir" "$top/run"
mount --bind "$dir" "$top$dir"
exec chroot "$top" "$@"
END

# the mailbox of everybody: $1 is the recipient, the mail comes in
my $box = <<'END';
#!/bin/sh
umask 022
case $1 in
late*) echo 'nobody of that name is here'; exit 67 ;;
esac
exec cat > "$(mktemp "DIR/box/$1.XXXXXX")"
END

# defers once: a policy server of Postfix, a filter of OpenSMTPD
my $slow = <<'END';
use strict;
use Fcntl;
$| = 1;
my $later = '450 4.2.1 this mailbox is locked for a moment';
sub later { $_[0] =~ /^slow/ && sysopen(my $fh, "DIR/seen/$_[0]", O_CREAT | O_EXCL | O_WRONLY) }
if ($ARGV[0] eq 'policy') {
    while (<STDIN>) {
        my $to = /^recipient=(\S+)/ ? $1 : next;
        while (<STDIN>) { last if $_ eq "\n" }
        print 'action=', later($to) ? $later : 'dunno', "\n\n";
    }
}
while (<STDIN>) {
    chomp;
    print "register|filter|smtp-in|rcpt-to\nregister|ready\n" if $_ eq 'config|ready';
    my @f = split /\|/;
    print join('|', 'filter-result', @f[5, 6], later($f[7]) ? ('reject', $later) : 'proceed'), "\n"
        if $f[0] eq 'filter';
}
END

# why there can be none here, or nothing
sub unable {
    return 'needs root, for a mount namespace' if $> != 0;
    my $out = qx{unshare -m sh -c 'd=\$(mktemp -d) && mount -t tmpfs tmpfs \$d && mkdir \$d/u \$d/w \$d/t &&
        mount -t overlay overlay -o lowerdir=/,upperdir=\$d/u,workdir=\$d/w \$d/t' 2>&1};
    return "no overlay in a mount namespace here: $out" if $?;
    for my $package (map { @{ $_->{packages} } } values %mtas) {
        $out = qx{dev/unpack $package 2>&1};
        return $out if $?;
    }
    return;
}

sub new {
    my ($class, $h, $name, %a) = @_;
    my $mta = $mtas{$name};
    my $self = bless { %a, mta => $mta, log => $h->log_file($name),
        dir => $h->state . "/$name" }, $class;
    my $dir = $self->{dir};
    mkdir $_ for $dir, map { "$dir/$_" } qw(over etc etc/etc box seen);
    chmod 0777, "$dir/box", "$dir/seen";
    my $id = 64000;
    my @users = map { [ $_, ++$id ] } @{ $mta->{users} }, 'box';
    my %file = (trees => join("\n", map { abs_path("build/debian/$_") } @{ $mta->{packages} }),
        passwd => join('', map { "$_->[0]:x:$_->[1]:$_->[1]::/:/bin/false\n" } @users),
        group => join('', map { "$_->[0]:x:$_->[1]:\n" } @users),
        house => $house, mailbox => $box, slow => $slow, 'etc/etc/resolv.conf' => "lookup file\n",
        people => join('', map { "$_\@$a{domain} box\n" } @{ $a{people} }),
        $mta->{files}->($self));
    spew("$dir/$_", $file{$_} =~ s/\bDIR\b/$dir/gr) for sort keys %file;
    chmod 0755, "$dir/mailbox";
    $self->certify;
    $h->spawn({ log => $name, root => 1, program => [ 'setsid', 'unshare', '-m', 'sh',
        "$dir/house", $dir, 'sh', '-c',
        $mta->{run} =~ s/\bDIR\b/$dir/gr ] });
    wait_for { IO::Socket::INET->new(PeerAddr => "$a{listen}:$a{port}") } 20
        or die "$name does not start: " . slurp($self->{log});
    return $self;
}

# the lines of its log that say so
sub lines {
    my ($self, $what) = @_;
    return map { $_ =~ $self->{mta}{words}{$what} ? { %+ } : () } split /\n/, slurp($self->{log});
}

sub said {
    my ($self) = @_;
    my %from = map { $_->{id} => $_->{from} } $self->lines('taken');
    my %said;
    for my $l ($self->lines('no')) {
        $l->{code} =~ /^4/ ? $said{ $l->{to} }{later}++ : ($said{ $l->{to} }{end} = 'refused');
    }
    for my $l ($self->lines('end')) {
        my $s = $said{ $l->{to} } //= {};
        die "$l->{to} has two ends\n" if $s->{end};
        @$s{qw(id from end)} = ($l->{id}, $from{ $l->{id} },
            $l->{end} =~ /^(?:sent|Ok)$/ ? 'sent' : 'bounced');
    }
    return \%said;
}

sub returned { return [ sort map { $_->{to} } $_[0]->lines('back') ] }
sub tls { return scalar $_[0]->lines('tls') }

sub boxes {
    my ($self) = @_;
    my %boxes;
    for (glob "$self->{dir}/box/*") {
        my ($to) = m{/([^/]+)\.\w{6}$};
        push @{ $boxes{$to} }, slurp($_) =~ /^Message-ID: (\S+)/mi;
    }
    return \%boxes;
}

# a certificate of the CA: ca => [ file of the certificate, file of the key ]
sub certify {
    my ($self) = @_;
    my ($dir, $crt, $key) = ($self->{dir}, @{ $self->{ca} });
    spew("$dir/name", "subjectAltName=DNS:mx.$self->{domain}\n");
    system("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $dir/key -subj /CN=mx.$self->{domain}"
        . " 2> /dev/null | openssl x509 -req -CA $crt -CAkey $key -CAcreateserial -days 2"
        . " -extfile $dir/name -out $dir/crt 2> /dev/null") == 0 or die "no certificate\n";
    chmod 0600, "$dir/key";
}

sub postfix {
    my ($a) = @_;
    my $share = 'build/debian/postfix/usr/share/postfix';
    # Debian's own, with nothing in a chroot of its own
    my $master = slurp("$share/master.cf.dist") =~ s/^((?:[\w-]+\s+){4})y/$1n/gmr
        =~ s/^smtp(\s+inet.*)/$a->{listen}:$a->{port}$1/mr;
    mkdir "$a->{dir}/etc/etc/postfix";
    return ('etc/etc/postfix/dynamicmaps.cf' => slurp("$share/dynamicmaps.cf"),
        'etc/etc/postfix/master.cf' => "$master
box unix - n n - - pipe flags=R user=box argv=DIR/mailbox \${recipient}
slow unix - n n - 0 spawn user=box argv=$^X DIR/slow policy
", 'etc/etc/postfix/main.cf' => "compatibility_level = 3.6
maillog_file = /dev/stdout
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.$a->{domain}
mydestination =
alias_maps =
local_recipient_maps =
mynetworks =
virtual_mailbox_domains = $a->{domain}
virtual_mailbox_maps = texthash:DIR/people
virtual_transport = box
box_destination_recipient_limit = 1
relayhost = [@{[ $a->{back} =~ s/:/]:/r ]}
smtpd_recipient_restrictions = check_policy_service unix:private/slow
smtpd_tls_security_level = encrypt
smtpd_tls_loglevel = 1
smtpd_tls_cert_file = DIR/crt
smtpd_tls_key_file = DIR/key
");
}

sub opensmtpd {
    my ($a) = @_;
    system(qw(cc -shared -fPIC -D_GNU_SOURCE -o), "$a->{dir}/key.so", 't/long/opensmtpd_key.c') == 0
        or die "t/long/opensmtpd_key.c cannot be compiled\n";
    return ('etc/etc/smtpd.conf' => qq{pki own cert "DIR/crt"
pki own key "DIR/key"
table people file:DIR/people
filter slow proc-exec "$^X DIR/slow filter"
listen on $a->{listen} port $a->{port} tls-require pki own hostname mx.$a->{domain} filter slow
action box mda "DIR/mailbox %{rcpt}" virtual <people>
action back relay host smtp+notls://$a->{back}
match from any for domain $a->{domain} action box
match from local for any action back
});
}

1;
