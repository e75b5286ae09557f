# The listeners of `receive` to strangers: STARTTLS, never a login, bounds of size, recipients,
# connections and time.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use lib 't/lib';
use Godwit;
use Time::HiRes qw(time);

my $in = free_port();
my $h = Godwit->new;
my $state = $h->state;
my $pem = "$state/keys/receive.pem";
system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=mx.example.com -keyout $pem -out $pem.crt "
    . "2>/dev/null && cat $pem.crt >> $pem && chmod 644 $pem") == 0 or die 'no certificate';
my $conf = "receive_smtp 127.0.0.1:$in; bounce_domain back.example.com; receive_addresses shop\@example.com;";
$h->configure("$conf receive_certificate $pem;");
my $role = $h->spawn('worker', 'receive');

sub smtp { return IO::Socket::INET->new(PeerAddr => "127.0.0.1:$in") }
sub answer { my ($s) = @_;
    my ($line, @all) = ('-');
    push @all, $line = <$s> // '' while $line =~ /^(?:\d{3})?-/;
    return join '', @all }
sub say_to { my ($s, @lines) = @_;
    return map { print $s "$_\r\n"; answer($s) } @lines }
# what an SMTP client hears inside of TLS
sub tls {
    my ($version, @lines) = @_;
    spew("$state/lines", join '', map { "$_\n" } @lines);
    return split /\n/, qx{/usr/bin/python3 t/worker/python/starttls.py $in $pem.crt $version < $state/lines};
}

wait_for { smtp() } 5, 'it listens';
my $s = smtp();
like answer($s), qr/^220 /, 'it greets';
my ($hello) = say_to($s, 'EHLO x');
like $hello, qr/^250-STARTTLS\r$/m, 'it offers STARTTLS';
unlike $hello, qr/AUTH/, 'and no login';
like +(say_to($s, 'AUTH PLAIN AGEAYg=='))[0], qr/^5/, 'nor takes one';

# what a man in the middle puts behind STARTTLS is not said inside
my ($version, @said) = tls('any', 'MAIL FROM:<>', 'EHLO x', 'STARTTLS', 'MAIL FROM:<>',
    'RCPT TO:<shop@example.com>', 'DATA', "From: a\@example.org\\r\\nX: " . join("\\r\\n ", ('y' x 900) x 50)
    . "\\r\\nAuto-Submitted: yes\\r\\n\\r\\nx\\r\\n.", 'QUIT');
like $version, qr/^TLSv1\.[23]$/, 'a handshake with its certificate';
is_deeply [ map { substr $_, 0, 3 } @said ], [ qw(503 250 503 250 250 354 250 221) ],
    'everything begins anew inside, and mail is taken';
unlike $said[1], qr/STARTTLS/, 'it is not offered twice';
is +(tls('TLSv1_2', 'EHLO x'))[0], 'TLSv1.2', 'TLS 1.2 is enough';
is +(tls('TLSv1_1', 'EHLO x'))[0], 'refused', 'TLS 1.1 is not';

# bounds
$s = smtp();
answer($s);
say_to($s, 'EHLO x', 'MAIL FROM:<>');
is_deeply [ map { substr $_, 0, 3 } say_to($s, ('RCPT TO:<shop@example.com>') x 21) ], [ (250) x 20, 452 ],
    '20 recipients of a mail';
say_to($s, 'DATA');
print $s(('x' x 998 . "\r\n") x 1050) for 1 .. 10;
like +(say_to($s, '.'))[0], qr/^552 5\.3\.4 /, '10 MiB';

my @many = map { smtp() } 1 .. 30;
is_deeply [ map { substr answer($_), 0, 3 } @many ], [ (220) x 23, (421) x 7 ], '24 sessions of one host';
$_->close for @many, $s;
$h->stop($role);

$h->configure("$conf receive_timeout 200ms;");
$role = $h->spawn('worker', 'receive');
wait_for { smtp() } 5, 'it listens';
$s = smtp();
answer($s);
unlike +(say_to($s, 'EHLO x'))[0], qr/STARTTLS/, 'without a certificate no STARTTLS is offered';
like +(say_to($s, 'STARTTLS'))[0], qr/^503 /, 'nor begun';
like answer($s), qr/^421 /, 'who says nothing is late';
is answer($s), '', 'and gone';
$s = smtp();
answer($s);
my ($end, $line) = (time + 10);
print $s 'x' and select undef, undef, undef, 0.05 while time < $end && !IO::Select->new($s)->can_read(0);
like answer($s), qr/^421 /, 'so is who says a byte now and then for ten times as long';
$h->stop($role);

# one file for all recipients of receive_addresses
$h->configure($conf);
$role = $h->spawn({ env => { GODWIT_CRASH => 'receive_after_keep:2' } }, 'worker', 'receive');
wait_for { smtp() } 5, 'it listens';
$s = smtp();
answer($s);
is_deeply [ map { substr $_, 0, 3 } (say_to($s, 'EHLO x', 'MAIL FROM:<>', ('RCPT TO:<shop@example.com>') x 5, 'DATA',
    "From: a\@example.org\r\nAuto-Submitted: yes\r\n\r\nx\r\n.", 'NOOP'))[ -2, -1 ] ], [ 250, 250 ],
    'a mail to five of them is kept once';
$h->stop($role);

$h->configure("$conf receive_certificate $pem.crt; receive_key /none.pem;");
my ($code, undef, $err) = $h->godwit('worker', 'receive', '--once');
like "$code $err", qr{^1 .*directive "receive_key": /none\.pem: No such file}s, 'a key that is not there';
$h->expect(qr/receive_key/);
done_testing;
