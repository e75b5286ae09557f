#!/usr/bin/perl
# What servers do: TLS, passwords, refusals, noise, silence, a dead port.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
my $state = $h->state;
my $set = 'smtp_connections 2; mail_window 50; log_level info; retry_schedule 1m;'
    . ' helo_name mail.example.com; mail_window_age 300ms;';

my $list = $h->call('lists_create', { name => 'few' })->{id};
$h->call('lists_add', { id => $list, contact_ids => [ map {
    $h->call('contacts_create', { email => "$_\@example.com" })->{id} } qw(a b c d) ] });

system("openssl req -x509 -newkey rsa:2048 -nodes -days 2"
    . " -keyout $state/keys/tls.key -out $state/keys/tls.crt"
    . ' -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 2> /dev/null');
spew("$state/keys/password", "s3cret\n");
Godwit::Postgres::own(glob "$state/keys/*");
my @tls = ('--tls-cert', "$state/keys/tls.crt", '--tls-key', "$state/keys/tls.key");

sub campaign {
    my $c = $h->call('campaigns_create', { name => 'c', list_id => $list,
        from => 'shop@example.com', subject => 'Hi', html => '<p>Dear</p>', @_ });
    $h->call('campaigns_start', { id => $c->{id} });
    return $c->{id};
}

sub stats { return $h->call('campaigns_stats', { id => $_[0] }) }

# a sink, a configuration, a campaign: its counts as text and what was logged
sub run {
    my ($flags, $conf, %o) = @_;
    my $port = $h->sink('--dir', "$state/sink", @$flags);
    $h->configure('smart_host ' . ($o{host} // '127.0.0.1') . ":$port; $set $conf");
    my $c = campaign(%{ $o{campaign} // {} });
    my $log;
    if ($o{stay}) {             # nothing of it is ever sent
        my $role = $h->spawn({ log => $c }, 'worker', 'mail');
        wait_for { ($log = slurp($h->log_file($c))) =~ /cannot take mail now: .+\n/ } 10;
        $h->call('campaigns_cancel', { id => $c });
        $h->stop($role);
    } else {
        (undef, undef, $log) = $h->godwit({ env => $o{env} // {} }, 'worker', 'mail', '--once');
    }
    my $s = stats($c);
    $h->stop($h->{pids}[-1]);
    return (join(' ', map { "$_=$s->{$_}" } grep { $s->{$_} } qw(queued sent failed
        uncertain)), $log, $c);
}

my ($got, $log, $c);
my $ca = "smtp_ca_file $state/keys/tls.crt;";

# how his only attempt left, as everybody sees it
sub left { my $tls = $h->call('campaigns_why', { id => $_[0], email => 'a@example.com' })->{attempts}[0]{tls};
    return $tls ? join(' ', $tls->{version}, $tls->{cipher}, $tls->{verified} ? 'verified' : 'not verified') : 'in clear' }
my $suite = 'TLSv1.3 TLS_AES_256_GCM_SHA384';

($got, $log, $c) = run([ @tls ], '');
is $got, 'sent=4', 'opportunistic TLS asks for no name';
is left($c), "$suite not verified", 'nor is one believed';
($got, $log, $c) = run([ @tls ], "smtp_tls required; $ca");
is $got, 'sent=4', 'required, with a right certificate';
is left($c), "$suite verified", 'which is kept with the attempt';
is +(run([ @tls, '--implicit-tls' ], "smtp_tls implicit; $ca"))[0], 'sent=4',
    'implicit';

($got, $log, $c) = run([], '');
is $got, 'sent=4', 'in clear';
is left($c), 'in clear', 'as its attempt says';
my ($told, $real) = map { join "\n", sort split /\n/ } $h->value(q{select string_agg(godwit.tls(i)->>'cipher', E'\n')
    from generate_series(0, 65535) i where godwit.tls(i)->>'cipher' !~ '^0x'}),
    qx(openssl ciphers -s -stdname) =~ s/ .*//gmr;
is $told, $real, 'every suite that we offer has its name';
is +(run([], '', host => 'localhost'))[0], 'sent=4', 'by name, whichever address answers';
is +(run([ '--hide', 'PIPELINING' ], ''))[0], 'sent=4', 'without pipelining';
is +(run([ '--hide', 'PIPELINING', '--fault', 'rcpt=550 no,to=b@' ], ''))[0],
    'sent=3 failed=1', 'refused without pipelining';
is +(run([ '--fault', 'ehlo=502 what' ], ''))[0], 'sent=4', 'HELO only';

my $pass = "smtp_user me; smtp_password_file $state/keys/password;";
($got, $log) = run([ '--auth', 'me:s3cret' ], $pass);
is $got, 'sent=4', 'AUTH on this machine in clear';
is +(run([ @tls, '--auth', 'me:s3cret' ], "$pass $ca"))[0], 'sent=4', 'AUTH in TLS';
unlike $log, qr/s3cret|czNjcmV0/, 'the password is not logged';

is +(run([ '--fault', 'mail=421 4.3.2 busy,first=2' ], ''))[0], 'sent=4',
    '421 holds nothing against anybody';
is +(run([ '--fault', 'dot=421 4.3.2 busy,first=1' ], ''))[0], 'sent=4',
    'nor at the dot';
is $h->value('select count(*) from godwit.send_attempts'), 0, 'no attempt was consumed';
my @cut = run([ '--fault', 'rcpt=421 4.7.0 no,to=b@' ], '');
is $cut[0], 'queued=1 sent=3', 'one whose RCPT ends every connection holds up nobody else';
is $h->value('select attempt from godwit.mail_queue where campaign_id = ?', $cut[2] =~ s/cmp_//r),
    0, 'nor is it an attempt';
is +(run([ '--fault', 'dot=421 4.7.0 no,to=b@' ], ''))[0], 'queued=1 sent=3',
    'nor one whose dot does';
is +(run([ '--fault', 'mail=drop,first=1' ], ''))[0], 'sent=4', 'a drop at MAIL';
is +(run([ '--fault', 'data=drop,first=1' ], ''))[0], 'sent=4', 'a drop at DATA';
like +(run([ '--fault', 'rcpt=drop,to=b@' ], ''))[0],
    qr/^queued=1 sent=(?:3|2 uncertain=1)\z/, 'one that breaks every connection holds up nobody else';
is +(run([ '--fault', 'dot=drop_unstored,first=1' ], ''))[0], 'sent=3 uncertain=1',
    'a drop after the dot is uncertain';
is +(run([ '--fault', 'dot=552 5.3.4 big,first=1' ], ''))[0], 'sent=3 failed=1',
    'refused at the dot';
is +(run([ '--fault', 'data=451 4.3.0 no,first=1' ], ''))[0], 'queued=1 sent=3',
    'asked to come later at DATA';
is +(run([ '--fault', 'rcpt=garbage,to=b@' ], ''))[0], 'queued=1 sent=3',
    'garbage is no verdict';
# at once over another connection, or later when the silence was all that it met
like +(run([ '--fault', 'rcpt=delay:1200,to=b@,first=1' ], 'smtp_timeout_mail 300ms;'))[0],
    qr/^(?:sent=4|queued=1 sent=3)\z/, 'silence ends with the time-out';
is +(run([ '--max-size', '100' ], ''))[0], 'failed=4', 'a message over SIZE';
my %umlaut = (campaign => { from => 'jörg@example.com' });
is +(run([], '', %umlaut))[0], 'sent=4', 'a sender beyond ASCII';
is +(run([ '--hide', 'SMTPUTF8' ], '', %umlaut))[0], 'failed=4', 'not where SMTPUTF8 is unknown';


# ---- the start of a dialogue
like +(run([ '--fault', 'connect=delay:20000' ], 'smtp_timeout_greeting 200ms;', stay => 1))[1],
    qr/no reply within the time-out/, 'a greeting has its own time-out';
is +(run([ '--fault', 'ehlo=250 size 100' ], ''))[0], 'failed=4', 'a keyword in any case';
like +(run([ '--fault', 'ehlo=250 AUTH X-PLAIN-CLIENTTOKEN' ], $pass, stay => 1))[1],
    qr/neither AUTH PLAIN nor LOGIN/, 'a mechanism is a whole word';
like +(run([ @tls, '--auth', 'me:s3cret' ], $pass, stay => 1))[1], qr/self-signed certificate/,
    'no password for somebody unknown';

# ---- several smart hosts: the next takes over from one that is dead or refuses
my $dead = free_port();
($got, $log) = run([], '', host => "127.0.0.1:$dead 127.0.0.1");
is $got, 'sent=4', 'one that is dead';
like $log, qr/takes over from 127\.0\.0\.1/, 'which is told';
my $refuses = $h->sink('--dir', "$state/sink", '--fault', 'connect=554 5.7.1 go away');
is +(run([], '', host => "127.0.0.1:$refuses 127.0.0.1"))[0], 'sent=4', 'one that refuses';
my $strict = $h->sink('--dir', "$state/sink", '--auth', 'me:other');
is +(run([ '--auth', 'me:s3cret' ], $pass, host => "127.0.0.1:$dead 127.0.0.1:$strict 127.0.0.1"))[0], 'sent=4',
    'and one after the other';

# ---- a name that nobody knows: the role lives and says it once
$h->configure("smart_host nowhere.invalid:25; $set");
my $waits = campaign();
my $role = $h->spawn({ log => 'mail', env => { RES_OPTIONS => 'timeout:1 attempts:1' } },
    'worker', 'mail');
wait_for { slurp($h->log_file('mail')) =~ /nowhere.invalid cannot take mail now: its name /
    } 15, 'an unknown name is said';
is stats($waits)->{queued}, 4, 'and everybody waits';
is $h->stop($role), 0, 'it ends when asked';

is $h->value('select count(*) from godwit.mail_queue q join godwit.sends s using
    (tenant_id, campaign_id, contact_id) where s.state <> 0'), 0,
    'what is decided is not queued';

done_testing;
