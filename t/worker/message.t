#!/usr/bin/perl
# Mail of the system: sent as it is, whatever marketing may not; its link is
# forgotten when it is final.
use strict;
use warnings;
use MIME::QuotedPrint qw(decode_qp);
use POSIX ();
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
my $port = $h->sink('--dir', $h->state . '/sink',
    '--fault', 'rcpt=550 5.1.1 no such user,to=gone@',
    '--fault', 'rcpt=451 4.7.1 later,to=later@,first=1', '--fault', 'rcpt=451 4.7.1 later,to=end@',
    '--fault', 'dot=drop,to=drop@,first=1');
my $set = "smart_host 127.0.0.1:$port; retry_schedule 1m 5m; retry_lifetime 1s; helo_name mail.example.com;";
$h->configure($set);

my $at = POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime);
$h->dbh->do(q{select set_config('app.tenant', '1', false)});
sub add {
    my ($to, %a) = @_;
    return $h->value('select godwit.message_add(?, ?, ?, ?, ?, ?, ?, ?)',
        exists $a{tenant} ? $a{tenant} : 1, $a{kind} // 'invitation', $to,
        $a{subject} // 'Join Ann & {{ evil }}', $a{text} // "Hello,\n"
        . "{{ base_url }}/app/join#secret-$to\n.\n{{ contact.email }}", $at, $a{html}, $a{from});
}
sub mail { return ($h->godwit({ env => $_[0] // {} }, 'worker', 'mail', '--once'))[0] }
my @words = qw(queued in_flight sent failed suppressed invalid not_rendered uncertain);
sub state_of {
    my ($row) = @{ $h->rows(q{select state, coalesce(text, html, '-') as text
        from godwit.messages where id = ?}, shift) };
    return ($words[$row->{state}], $row->{text});
}
sub mails_to { my $to = shift; return grep { $_->{rcpt}[0] eq $to } $h->messages }

my $id = add('Ann@example.com');
is mail(), 0, 'the role runs once';
is_deeply [ state_of($id) ], [ 'sent', '-' ], 'it is sent, its text forgotten';
is $h->value('select count(*) from godwit.mail_queue'), 0, 'nothing waits';
my ($one) = mails_to('Ann@example.com');
my $raw = slurp($one->{file});
my $text = decode_qp($raw);
like $text, qr{^http://\S+/app/join\#secret-Ann\@example\.com$}m, 'the link, as it is';
unlike $text, qr{/[co]/[\w-]{54}}, 'nothing is tracked';
unlike $raw, qr/List-Unsubscribe/, 'it is no marketing';
like $text, qr/^\{\{ contact\.email \}\}$/m, 'and no template';
is $one->{subject}, 'Join Ann & {{ evil }}', 'nor is the subject';
like $raw, qr/^From: Godwit <no-reply\@mail\.example\.com>\r$/m, 'From has its default';
like $raw, qr/^Auto-Submitted: auto-generated\r$/m, 'no machine answers';
like $raw, qr/^Message-ID: <gw\.m\.1\.[0-9a-f]{32}\@mail\.example\.com>\r$/m, 'Message-ID';
like $raw, qr{^Content-Type: text/plain; charset=utf-8\r$}m, 'text alone is no multipart';

# ---- who gets it, and who does not
$h->configure("$set mail_from 'The House <house\@example.org>';");
$h->call('suppressions_create', { email => "$_\@example.com", reason => $_ })
    for qw(unsubscribe manual complaint hard_bounce);
my %id = map { $_ => add("$_\@example.com") } qw(unsubscribe manual complaint hard_bounce gone later
    drop);
$id{$_} = add("$_\@example.com", tenant => undef, kind => 'password_reset')
    for qw(house complaint_house);
$h->call('suppressions_create', { email => 'complaint_house@example.com', reason => 'complaint' });
$id{bad} = add('a b@example.com');
$id{html} = add('html@example.com', html => '<a href="{{ base_url }}/x">x</a>',
    from => 'Ann <ann@example.net>');
mail();
is_deeply { map { $_ => (state_of($id{$_}))[0] } keys %id }, { unsubscribe => 'sent',
    manual => 'sent', complaint => 'suppressed', hard_bounce => 'suppressed', gone => 'failed',
    later => 'queued', drop => 'uncertain', house => 'sent', complaint_house => 'sent',
    bad => 'invalid', html => 'sent' }, 'everybody has his state';
is_deeply [ map { (state_of($id{$_}))[1] } grep { $_ ne 'later' } keys %id ],
    [ ('-') x 10 ], 'whatever it is, the text is gone';
like((state_of($id{later}))[1], qr/secret-later/, 'but for who is sent it again');
like slurp((mails_to('house@example.com'))[0]{file}),
    qr/^From: The House <house\@example\.org>\r$/m, 'mail_from';
my $html = decode_qp(slurp((mails_to('html@example.com'))[0]{file}));
like $html, qr{^From: Ann <ann\@example\.net>\n.*<a href="http://[^/"]+/x">x</a>}ms,
    'a sender and HTML of its own';
is scalar(mails_to('drop@example.com')), 1, 'what may have arrived is not sent again';

mail();
is scalar(mails_to('later@example.com')), 0, 'a retry waits for its time';
mail({ GODWIT_CLOCK => POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time + 90)) });
is join(' ', state_of($id{later})), 'sent -', 'then it is sent';
is $h->value('select attempts from godwit.messages where id = ?', $id{later}), 2, 'at the second';

# ---- and an end to it, not that of a campaign's mail
$id{end} = add('end@example.com');
mail({ GODWIT_CLOCK => POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time + 3600 * $_)) }) for 0, 71, 73;
is join(' ', (state_of($id{end}))[0], $h->value('select reason from godwit.messages where id = ?', $id{end})),
    'failed no attempt succeeded within message_lifetime', 'somebody is tried for three days';

# ---- what a sandbox writes stays here
my $sandbox = $h->value(q{select auth.tenant_create('play', now(), 'sandbox')});
$id{play} = add('play@example.com', tenant => $sandbox);
mail();
is join(' ', state_of($id{play})), 'sent -', 'a sandbox sees its outcome';
is scalar(mails_to('play@example.com')), 0, 'and nothing has left';

# ---- it is as old as the transaction it belongs to
my $dbh = $h->dbh;
$dbh->begin_work;
add('never@example.com');
$dbh->rollback;
mail();
is scalar(mails_to('never@example.com')), 0, 'a transaction that is undone sends nothing';

is $h->value(q{select count(*) from godwit.messages where text is not null}), 0,
    'no secret is left';

# ---- a complaint that comes while it waits behind another
$port = $h->sink('--dir', $h->state . '/sink', '--fault', 'dot=delay:3000,first=1');
$h->configure("smart_host 127.0.0.1:$port; smtp_connections 1;");
$h->spawn('worker', 'cache');
wait_for { -l $h->state . '/cache/current' } 10;
$h->spawn('worker', 'mail');
my @four = qw(first second angry calm);
@id{@four} = map { add("$_\@example.com") } @four;
wait_for { $h->value('select count(*) from godwit.mail_queue where host_id is not null') == 4 } 10;
$h->call('suppressions_create', { email => 'angry@example.com', reason => 'complaint' });
$h->call('suppressions_create', { email => 'calm@example.com', reason => 'unsubscribe' });
wait_for { $h->value('select count(*) from godwit.mail_queue') == 0 } 15, 'all are settled';
is_deeply { map { $_ => (state_of($id{$_}))[0] } @four }, { first => 'sent',
    second => 'sent', angry => 'suppressed', calm => 'sent' }, 'asked once more before its envelope';

done_testing;
