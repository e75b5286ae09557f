# What comes back: each mail has a return path of its own; a bounce there makes a sent recipient
# failed and a dead address suppressed, once, also when the role is killed in between.
use strict;
use warnings;
use IO::Socket::INET;
use IO::Socket::UNIX;
use lib 't/lib';
use Godwit;

my ($in, $state) = (free_port());
my $h = Godwit->new;
my $port = $h->sink('--dir', $h->state . '/sink', '--fault', 'rcpt=550 5.1.1 no such user,to=gone@',
    '--fault', 'rcpt=554 5.7.1 blocked by our list,to=block@');
my $socket = $h->state . '/run/lmtp';
$h->configure("smart_host 127.0.0.1:$port; bounce_domain back.example.com;
    receive_smtp 127.0.0.1:$in; receive_lmtp unix:$socket; receive_addresses fbl\@example.com;");

my $list = $h->call('lists_create', { name => 'all' })->{id};
my @who = qw(dead full loud fine away late gone block);
my %id = map { $_ => $h->call('contacts_create', { email => "$_\@example.org" })->{id} } @who;
$h->call('lists_add', { id => $list, contact_ids => [ values %id ] });
my $campaign = $h->call('campaigns_create', { name => 'c', list_id => $list,
    from => 'shop@example.com', subject => 's', html => '<p>h</p></body>' })->{id};
$h->call('campaigns_start', { id => $campaign });
is +($h->godwit('worker', 'mail', '--once'))[0], 0, 'sent';

is stopped(), 'gone@example.org hard_bounce', 'whom the server refuses as unknown is stopped at once';
is_deeply [ map { $h->call('campaigns_why', { id => $campaign, email => "$_\@example.org" })->{reason} } qw(gone block) ],
    [ 'the address is dead: userunknown', 'the server refused it: blocked' ], 'and why';
$h->call('suppressions_delete', { id => $h->call('suppressions_list', {})->{items}[0]{id} });

my %from = map { $_->{rcpt}[0] =~ /^(\w+)@/ => $_->{mail_from} } $h->messages;
like $from{dead}, qr/^[a-z2-7]{64}\@back\.example\.com$/, 'a return path of his own';
my ($code, $out) = $h->godwit('token', $from{dead} =~ /^(\w+)/);
like $out, qr/^what=return tenant=1 campaign=\d+ contact=\d+ /, 'names him';
is +($h->godwit('token', uc $1))[1], $out, 'in capitals too' if $from{dead} =~ /^(\w+)/;

sub talk {
    my ($s, @lines) = @_;
    my @said = scalar <$s>;
    for (@lines) {
        print $s s/\n/\r\n/gr . "\r\n";
        my $line;
        do { $line = <$s> // '' } while $line =~ /^\d{3}-/;
        push @said, $line =~ s/\r\n//r;
    }
    return @said;
}
sub smtp { return IO::Socket::INET->new(PeerAddr => "127.0.0.1:$in") }

sub report {
    my ($to, $action, $status, $said) = @_;
    return <<"END" . '.';
From: MAILER-DAEMON\@mx.example.org
To: $from{$to}
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; boundary=b

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; $to\@example.org
Action: $action
Status: $status
Diagnostic-Code: smtp; $said
--b--
END
}

sub bring {
    my ($to, $mail) = @_;
    return (talk(smtp(), 'EHLO x', 'MAIL FROM:<>', "RCPT TO:<\U$from{$to}\E>", 'DATA', $mail))[-1];
}
sub stats { my $s = $h->call('campaigns_stats', { id => $campaign }); return "$s->{sent} $s->{failed}" }
sub kept { return scalar grep { m{/[0-9a-f]{64}$} } glob $h->state . '/receive/*' }
sub stopped { return join ' ', map { "$_->{email} $_->{reason}" } @{ $h->call('suppressions_list', {})->{items} } }

my %dead = (to => 'dead', mail => report('dead', 'failed', '5.1.1', '550 5.1.1 User unknown'));
my $role = $h->spawn({ env => { GODWIT_CRASH => 'receive_after_commit' } }, 'worker', 'receive');
wait_for { smtp() } 5, 'it listens';
is bring(@dead{qw(to mail)}), '250 2.0.0 it is kept', 'a bounce is kept';
wait_for { stopped() } 5, 'and told';
wait_for { !smtp() } 5, 'killed there';
$h->stop($role, 'KILL');
is kept(), 1, 'before the mail was removed';
is stats(), '5 3', 'sent became failed';
is stopped(), 'dead@example.org hard_bounce', 'nobody writes there again';
$role = $h->spawn('worker', 'receive');
wait_for { smtp() } 5, 'again after kill -9';
is bring(@dead{qw(to mail)}), '250 2.0.0 it is kept', 'the same mail once more';

bring('full', report('full', 'failed', '5.2.2', "552 5.2.2 Mailbox full $_")) for 1, 2;
wait_for { $h->value(q{select count(*) from godwit.bounces where class = 'mailboxfull'}) == 2 } 5, 'twice full';
is $h->value('select count(*) from godwit.bounces'), 3, 'the bounce before is there once';
is stats(), '4 4', 'nobody is counted twice';
is $h->value('select returned from godwit.campaign_cursors'), 3, 'and each that came back is one more for the roll-ups';
is stopped(), 'dead@example.org hard_bounce', 'twice is not yet enough';
bring('full', report('full', 'failed', '5.2.2', '552 5.2.2 Mailbox full'));
wait_for { stopped() =~ /full\@example.org hard_bounce/ } 5, 'the third time within 14 days is';

# who writes to the address of List-Unsubscribe
my ($mail) = grep { $_->{rcpt}[0] =~ /^fine@/ } $h->messages;
my (undef, $raw) = $h->godwit('sink', 'show', $mail->{n}, '--dir', $h->state . '/sink');
my ($to) = $raw =~ /^List-Unsubscribe: <http[^>]+>,\r?\n <mailto:(\w{64}\@back\.example\.com)>/m;
ok $to, 'an address to unsubscribe at' or diag $raw;
like +(talk(smtp(), 'EHLO x', 'MAIL FROM:<fine@example.org>', "RCPT TO:<$to>", 'DATA',
    "From: fine\@example.org\nSubject: unsubscribe\n\nplease\n."))[-1], qr/^250 /, 'is taken';
wait_for { !kept() } 5, 'and done';
is +($h->godwit('worker', 'ingest', '--once'))[0], 0, 'the drain sees it';
like stopped(), qr/fine\@example.org unsubscribe/, 'and stops mail';

bring('late', report('late', 'delayed', '4.4.1', '450 try later'));
bring('away', "From: away\@example.org\nSubject: Automatic reply: s\nAuto-Submitted: auto-replied\n\nUser unknown\n.");
my $lmtp = IO::Socket::UNIX->new(Peer => $socket);
my @said = talk($lmtp, 'LHLO x', 'MAIL FROM:<>', "RCPT TO:<$from{loud}>", 'DATA',
    "From: loop\@example.org\nContent-Type: multipart/report; boundary=b\n\n--b\n"
    . "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n--b--\n.");
is $said[-1], '250 2.0.0 it is kept', 'a complaint by LMTP';
wait_for { stopped() =~ /loud\@example.org complaint/ } 5, 'stops mail at once';
wait_for { !kept() } 5, 'all is taken';
is stats(), '4 4', 'a delay, an absence and a complaint are no failure';
unlike stopped(), qr/late|away/, 'and the first two stop nobody';

# a late bounce of an address that was mended since says nothing of the new one
$h->call('contacts_update', { id => $id{late}, email => 'better@example.org' });
bring('late', report('late', 'failed', '5.1.1', '550 5.1.1 User unknown'));
wait_for { !kept() } 5, 'it is taken';
is stats(), '3 5', 'the mail has failed';
unlike stopped(), qr/better/, 'but nobody is stopped';

bring('fine', report('fine', 'failed', '5.0.0', 'closed') =~ s/Diagnostic.*\n//r);
wait_for { !kept() } 5, 'one without a reply is taken';
my $fine = $h->call('campaigns_why', { id => $campaign, email => 'fine@example.org' });
is_deeply [ @$fine{qw(state reason)}, map { $_->{code} // '' } @{ $fine->{attempts} } ],
    [ 'failed', 'it came back: undefined', '250', '' ], 'what was said to the attempt is told beside what came back';

# one that names another than him, to whom his mail may be forwarded, proves nothing at once
bring('away', report('away', 'failed', '5.1.1', '550 5.1.1 User unknown') =~ s/: rfc822; away/: rfc822; else/r);
wait_for { !kept() } 5, 'it is taken';
unlike stopped(), qr/away/, 'and stops nobody';
bring('away', report('away', 'failed', '5.1.1', '550 5.1.1 User unknown') =~ s/: rfc822; away(.*)/: rfc822; else$1\nOriginal-Recipient: rfc822; Away$1/r);
wait_for { stopped() =~ /away\@example.org hard_bounce/ } 5, 'unless he is named beside';

# a report of a feedback loop has an address of its own: the mail that it returns tells of whom
my ($block) = grep { $_->{rcpt}[0] =~ /^late@/ } $h->messages;
my ($mid) = ($h->godwit('sink', 'show', $block->{n}, '--dir', $h->state . '/sink'))[1] =~ /^Message-ID: (\S+)/m;
sub loop { return talk(smtp(), 'EHLO x', 'MAIL FROM:<>', 'RCPT TO:<fbl@example.com>', 'DATA',
    "From: loop\@example.org\nContent-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/feedback-report\n\n"
    . "Feedback-Type: $_[1]\n\n--b\nContent-Type: message/rfc822\n\nMessage-ID: $_[0]\nTo: redacted\n\nx\n--b--\n.") }
loop($mid =~ s/[0-9a-f]{16}@/0123456789abcdef@/r, 'abuse');
loop($mid, 'virus');
wait_for { !kept() } 5, 'reports that are false, or of a virus';
unlike stopped(), qr/better/, 'stop nobody';
like +(loop($mid, 'abuse'))[-1], qr/^250 /, 'a complaint';
wait_for { stopped() =~ /better\@example.org complaint/ } 5, 'stops mail by the Message-ID';

# a domain that mail is sent from may have a return path of its own
my $own = $h->call('domains_create', { domain => 'example.com' })->{id};
$h->refused('domains_update', { id => $own, bounce_domain => $_ }, 'invalid', 'bounce_domain',
    '"bounce_domain" is example.com or one below it, such as bounce.example.com, or null')
    for 'notexample.com', 'b_.example.com', 'example.org';
is $h->call('domains_update', { id => $own, bounce_domain => 'Back.Example.com' })->{bounce_domain},
    'back.example.com', 'in lower case';
is $h->call('domains_update', { id => $own, bounce_domain => 'own.example.com' })->{bounce_domain}, 'own.example.com', 'it is told';
my $other = $h->call('lists_create', { name => 'own' })->{id};
$h->call('lists_add', { id => $other, contact_ids => [ $h->call('contacts_create', { email => 'own@example.org' })->{id} ] });
$h->call('campaigns_start', { id => $h->call('campaigns_create', { name => 'c', list_id => $other,
    from => 'shop@example.com', subject => 's', html => '<p>h</p></body>' })->{id} });
is +($h->godwit('worker', 'mail', '--once'))[0], 0, 'sent';
($from{own}) = map { $_->{mail_from} } grep { $_->{rcpt}[0] =~ /^own@/ } $h->messages;
like $from{own}, qr/^[a-z2-7]{64}\@own\.example\.com$/, 'it has';
like +(bring('own', report('own', 'failed', '5.1.1', '550 5.1.1 User unknown'))), qr/^250 /, 'what comes back there';
wait_for { stopped() =~ /own\@example.org hard_bounce/ } 5, 'is known';

@said = talk(smtp(), 'MAIL FROM:<>', 'EHLO x', 'DATA', 'MAIL FROM:<>', 'RCPT TO:<postmaster@back.example.com>',
    'RCPT TO:<' . $from{fine} =~ s/^./_/r . '>', 'NONSENSE', 'x' x 1900);
is_deeply [ map { substr $_, 0, 3 } @said ], [ qw(220 503 250 503 250 550 550 500 500) ], 'what is refused';
like +(talk(smtp(), 'x' x 3000))[-1], qr/^500 /, 'a line that is too long';
done_testing;
