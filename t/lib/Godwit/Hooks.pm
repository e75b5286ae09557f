# Webhooks out: a strict receiver on loopback that misbehaves on demand.
#
#   my $h = Godwit->new(conf => 'webhook_allow 127.0.0.0/8;');
#   my $r = receiver($h);                     # a process of its own
#   my $w = webhook($h, url => "$r->{url}/a", events => ['contact.created']);
#   my $r = receiver($h, of => 'gw');         # the same of campaigns, by any method
#   my @got = $r->got;                        # {path, method, id, time, signatures, body, at, text,
#                                             # headers, connection}
#   $r->answers('/a', '429 retry-after=2', '200');    # then the last, for ever
#
# What it answers by path: a status, and words: retry-after=N, location=URL,
# hang, reset, drip, huge, wait=MS. A request that breaks the rules of Standard
# Webhooks is noted with `wrong`.
package Godwit::Hooks;
use strict;
use warnings;
use Carp qw(croak);
use Digest::SHA qw(hmac_sha256_base64);
use Exporter qw(import);
use IO::Select;
use IO::Socket::IP;
use JSON::PP ();
use MIME::Base64 qw(decode_base64);
use Socket qw(SOL_SOCKET SO_LINGER);
use Time::HiRes qw(time);

use Godwit ();

our @EXPORT = qw(receiver webhook delivery signed_by killed);

my $json = JSON::PP->new->utf8->canonical;

sub receiver {
    my ($h, %o) = @_;
    my $name = 'receiver' . ++$h->{receivers};
    my $dir = $h->state . "/$name";
    mkdir $dir;
    my $listen = IO::Socket::IP->new(Listen => 1024, LocalHost => $o{address} // '127.0.0.1',
        LocalPort => $o{port} // 0, ReuseAddr => 1, Blocking => 0) or croak "no port: $!";
    my $port = $listen->sockport;
    my $pid = fork // croak "fork: $!";
    if (!$pid) {
        open STDERR, '>>', $h->log_file($name);
        eval { serve($dir, $listen, $o{of} // 'evt'); 1 } or print STDERR "ERROR $@";
        POSIX::_exit(0);
    }
    close $listen;
    push @{ $h->{pids} }, $pid;
    $h->{words}{$pid} = $name;
    return bless { dir => $dir, port => $port, pid => $pid,
        url => 'http://' . ($o{address} // '127.0.0.1') . ":$port" }, __PACKAGE__;
}

sub answers {
    my ($r, $path, @words) = @_;
    Godwit::spew("$r->{dir}/new", join "\n", @words);
    rename "$r->{dir}/new", "$r->{dir}/" . $path =~ tr{/}{_}r or croak "rename: $!";
    return;
}

# every request, or those of a path
sub got {
    my ($r, $path) = @_;
    return grep { !$path || $_->{path} eq $path } map { $json->decode($_) }
        split /\n/, Godwit::slurp("$r->{dir}/got");
}

# ------------------------------------------------------------------ the server

sub note {
    my ($log, $c, $head, $body, $of) = @_;
    my ($line, @headers) = split /\r\n/, $head;
    my %h = map { my ($k, $v) = split /:\s*/, $_, 2; (lc $k => $v) } @headers;
    my $events = $of eq 'evt';
    my ($method, $path) = $line =~ ($events ? qr{^(POST) (/\S*) HTTP/1\.1$} : qr{^([A-Z]+) (/\S*) HTTP/1\.1$});
    my $doc = eval { $json->decode($body) } // {};
    my @wrong = grep { defined } $path ? undef : 'request line',
        ($h{'content-type'} // '') eq (length $body ? 'application/json' : '') ? undef : 'content-type',
        ($h{'webhook-id'} // '') =~ ($events ? qr/^evt_\d+$/ : qr/^(?:gw_\d+_\d+_\d+_[0-9a-f]{16}|test_op_\d+)$/)
            ? undef : 'webhook-id',
        $events || ($h{'idempotency-key'} // '') eq $h{'webhook-id'} ? undef : 'idempotency-key',
        abs(($h{'webhook-timestamp'} // 0) - time) < 300 ? undef : 'webhook-timestamp',
        ($h{'webhook-signature'} // '') =~ m{^v1,[\w+/]{43}=( v1,[\w+/]{43}=)*$} ? undef : 'webhook-signature',
        !$events || join(',', sort keys %$doc) eq 'data,timestamp,type' ? undef : 'body';
    syswrite $log, $json->encode({ path => $path, method => $method, connection => $c->{n}, id => $h{'webhook-id'}, at => time,
        time => $h{'webhook-timestamp'}, signatures => $h{'webhook-signature'}, body => $doc,
        text => $body, headers => \%h, (@wrong ? (wrong => "@wrong") : ()) }) . "\n";
    return $path // '/';
}

# the next answer of a path: the first line, which goes when others follow
sub next_answer {
    my ($dir, $path) = @_;
    my $file = "$dir/" . $path =~ tr{/}{_}r;
    my @lines = split /\n/, Godwit::slurp($file);
    Godwit::spew($file, join "\n", @lines[1 .. $#lines]) if @lines > 1;
    return $lines[0] // '200';
}

sub reply {
    my ($c, $answer) = @_;
    my ($status, @words) = split / /, $answer;
    my %w = map { my ($k, $v) = split /=/, $_, 2; ($k => $v // 1) } @words;
    return 'hang' if $w{hang};
    if ($w{reset}) {
        setsockopt $c->{sock}, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0);
        return 'close';
    }
    my $body = $w{huge} ? 'x' x 1_000_000 : "answer $status\0\xff";
    $c->{out} = "HTTP/1.1 $status X\r\n" . ($w{'retry-after'} ? "Retry-After: $w{'retry-after'}\r\n" : '')
        . ($w{location} ? "Location: $w{location}\r\n" : '')
        . ($w{long} ? "X-Long: " . 'y' x 70_000 . "\r\n" : '')
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
    $c->{drip} = $w{drip};
    $c->{due} = time + $w{wait} / 1000 if $w{wait};
    return 'go';
}

sub serve {
    my ($dir, $listen, $of) = @_;
    open my $log, '>>', "$dir/got" or die "$dir/got: $!";
    my (%c, $stop, $connections);
    local $SIG{TERM} = sub { $stop = 1 };
    local $SIG{PIPE} = 'IGNORE';
    my $in = IO::Select->new($listen);
    until ($stop) {
        my $slow = grep { $_->{due} || $_->{drip} } values %c;
        for my $s ($in->can_read($slow ? 0.005 : 0.2)) {
            if ($s == $listen) {
                while (my $new = $listen->accept) {
                    $new->blocking(0);
                    setsockopt $new, Socket::IPPROTO_TCP(), Socket::TCP_NODELAY(), 1;
                    $in->add($new);
                    $c{$new} = { sock => $new, in => '', out => '', n => ++$connections };
                }
                next;
            }
            my $c = $c{$s};
            if (!sysread $s, $c->{in}, 65536, length $c->{in}) {
                $in->remove($s);
                delete $c{$s};
                next;
            }
            while ($c->{in} =~ /\A(.*?)\r\n\r\n/s) {
                my ($head, $n) = ($1, 0);
                $n = $1 if $head =~ /^content-length:\s*(\d+)/im;
                my $all = length($head) + 4 + $n;
                last if length $c->{in} < $all;
                my $body = substr $c->{in}, length($head) + 4, $n;
                substr $c->{in}, 0, $all, '';
                my $what = reply($c, next_answer($dir, note($log, $c, $head, $body, $of)));
                if ($what eq 'close') { $in->remove($s); delete $c{$s}; close $s; last }
            }
        }
        for my $c (grep { length $_->{out} } values %c) {
            next if $c->{due} && $c->{due} > time;
            delete $c->{due};
            my $n = syswrite $c->{sock}, $c->{out}, $c->{drip} ? 1 : 1 << 20;
            substr $c->{out}, 0, $n // 0, '';
            $c->{drip} = 0 if !length $c->{out};
        }
    }
}

# ------------------------------------------------------------------ our side

# make one: its document, with the secret
sub webhook {
    my ($h, %o) = @_;
    return $h->call( 'webhooks_create', { events => ['contact.created'], %o });
}

sub delivery { my ($h, $id) = @_; return $h->call('deliveries_get', { id => $id }) }

# how many of its signatures are of this secret
sub signed_by {
    my ($got, $secret) = @_;
    my $key = decode_base64($secret =~ s/^whsec_//r);
    my $mine = 'v1,' . hmac_sha256_base64("$got->{id}.$got->{time}.$got->{text}", $key) . '=';
    return scalar grep { $_ eq $mine } split / /, $got->{signatures};
}

# So many events while the worker is killed again and again: how many requests
# came. Each event has come at least once, under one id, with one body, and
# Postgres knows that it was delivered.
sub killed {
    my ($h, $n, $kills) = @_;
    my $r = receiver($h);
    webhook($h, url => "$r->{url}/$_", events => ['contact.created']) for 'a', 'b';
    $h->dbh->do(q{select godwit.emit(1, 'contact.created', jsonb_build_object('n', n),
        clock_timestamp()) from generate_series(1, ?) n}, undef, $n / 2);
    my $sent = sub { -s "$r->{dir}/got" // 0 };
    my $worker;
    for my $k (1 .. $kills) {
        my ($was, $more) = ($sent->(), $n * 700 / ($kills + 2));
        $worker = $h->spawn('worker', 'http');
        # more often than wait_for looks: it could all be over by then
        my $until = time + 60;
        select undef, undef, undef, 0.001 until $sent->() > $was + $more || time > $until;
        $h->stop($worker, 'KILL');
    }
    $worker = $h->spawn('worker', 'http');
    Godwit::wait_for { !$h->value(q{select count(*) from godwit.webhook_deliveries
        where state <> 'delivered'}) } 120;
    $h->stop($worker);
    my @got = $r->got;
    my (%came, %body);
    for my $g (@got) {
        $came{"$g->{path} $g->{body}{data}{n}"}{ $g->{id} }++;
        $body{ $g->{id} }{ $g->{text} }++;
    }
    Godwit::is(scalar keys %came, $n, "each of $n deliveries came, of "
        . @got . ' requests');
    Godwit::is(scalar(grep { keys %$_ > 1 } values %came, values %body), 0, 'under one id, with one body');
    Godwit::is(scalar(keys %body), $n / 2, 'which both endpoints got');
    Godwit::is($h->value(q{select count(*) from godwit.webhook_deliveries where state = 'delivered'}), $n,
        'and Postgres knows it');
    return scalar @got;
}

1;
