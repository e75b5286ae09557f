# What persons answer: each answer to our mail is a message of its contact's conversation, once,
# also when the role is killed in between; what programs answer opens none.
use strict;
use warnings;
use IO::Socket::UNIX;
use lib 't/lib';
use Godwit;
use Godwit::Jobs;
use Godwit::People;

my $h = Godwit->new;
my $socket = $h->state . '/run/lmtp';
my $port = $h->sink('--dir', $h->state . '/sink');
$h->configure("smart_host 127.0.0.1:$port; bounce_domain back.example.com; reply_domain talk.example.com;
    receive_lmtp unix:$socket;
    receive_addresses shop\@example.com answers.example.com;");
$h->call('webhooks_create', { url => 'https://hooks.example.com/', events => ['message.received'] });
my $list = $h->call('lists_create', { name => 'all' })->{id};
my %id = map { $_ => $h->call('contacts_create', { email => "$_\@example.org" })->{id} } qw(ann bob cyd);
$h->call('lists_add', { id => $list, contact_ids => [ values %id ] });
my $campaign = $h->call('campaigns_create', { name => 'c', list_id => $list,
    from => 'Shop <shop@example.com>', subject => 'News', html => '<p>h</p>' })->{id};
$h->call('campaigns_start', { id => $campaign });
is +($h->godwit('worker', 'mail', '--once'))[0], 0, 'sent';
my (%from, %mid, %reply);
for ($h->messages) {
    my ($who) = $_->{rcpt}[0] =~ /^(\w+)@/;
    @from{$who} = $_->{mail_from};
    my $shown = join '', $h->godwit('sink', 'show', $_->{n}, '--dir', $h->state . '/sink');
    ($mid{$who}) = $shown =~ /^Message-ID: (<[^>]+>)/m;
    like $shown, qr/^Feedback-ID: $campaign:ws_1:campaign:godwit\r?$/m, 'whose mail the figures of complaints are about' if $who eq 'ann';
    ($reply{$who}) = $shown =~ /^Reply-To: Shop\s+<(\w{64}\@talk\.example\.com)>/m;
}
like $mid{ann}, qr/^<gw\.1\.\d+\.\d+\.[0-9a-f]{16}\@example\.com>$/, 'a Message-ID';

my $n = 0;
sub mail {
    my ($who, $head, $body) = @_;
    return "From: \"\u$who\" <$who\@example.org>\nMessage-ID: <" . ++$n . "\@example.org>\n"
        . "Subject: =?utf-8?q?Re:_N=C3=A9ws?=\n$head\n\n$body\n.";
}
sub bring {
    my ($to, $mail, $wait) = @_;
    my $s = IO::Socket::UNIX->new(Peer => $socket) or return '';
    my $line = <$s>;
    for ('LHLO x', 'MAIL FROM:<ann@example.org>', "RCPT TO:<$to>", 'DATA', $mail) {
        print $s s/\n/\r\n/gr . "\r\n";
        do { $line = <$s> // '' } while $line =~ /^\d{3}-/;
        last if $line !~ /^[23]/;
    }
    return $line =~ s/\r\n//r;
}
sub kept { return scalar grep { m{/[0-9a-f]{64}$} } glob $h->state . '/receive/*' }
sub talks { return join ' ', map { my $c = $_; my ($who) = grep { $id{$_} eq $c->{contact_id} } keys %id;
    "$who:$c->{state}:$c->{last_inbound_seq}" } @{ $h->call('conversations_list', {})->{items} } }
sub role { my ($env) = @_;
    my $r = $h->spawn({ env => $env // {} }, 'worker', 'receive');
    wait_for { IO::Socket::UNIX->new(Peer => $socket) } 5, 'it listens';
    return $r }

my $first = mail('ann', "In-Reply-To: $mid{ann}", "Do you have it in bl\xC3\xBCe?\n> News\n");
my $role = role({ GODWIT_CRASH => 'receive_after_commit' });
is bring('SHOP@Example.com', $first), '250 2.0.0 it is kept', 'an answer to the address of the sender';
wait_for { talks() } 5, 'it is told';
wait_for { !IO::Socket::UNIX->new(Peer => $socket) } 5, 'killed there';
$h->stop($role, 'KILL');
is kept(), 1, 'before the mail was removed';
is talks(), 'ann:open:1', 'a conversation is open';
$role = role();
wait_for { !kept() } 5, 'again after kill -9';
bring('shop@example.com', $first);
bring('x@answers.example.com', $first);
wait_for { !kept() } 5, 'the same mail again, and to another address';
is talks(), 'ann:open:1', 'is there once';

my ($talk) = @{ $h->call('conversations_list', { contact_id => $id{ann} })->{items} };
my ($m) = @{ $h->call('messages_list', { conversation_id => $talk->{id} })->{items} };
is_deeply { map { $_ => $m->{$_} } qw(kind state email from subject seq campaign_id) },
    { kind => 'reply', state => 'received', email => 'SHOP@Example.com', from => 'ann@example.org',
      subject => "Re: N\xE9ws", seq => 1, campaign_id => $campaign }, 'its message';
is_deeply [ @{ $h->call('messages_get', { id => $m->{id} }) }{qw(text text_cut attachments)} ],
    [ "Do you have it in bl\xFCe?\n> News", JSON::PP::false, [] ], 'with what was written';

# closed, and one more: to the return path, in HTML, with a file
is $h->call('conversations_update', { id => $talk->{id}, state => 'closed' })->{state}, 'closed', 'closed';
is talks(), 'ann:closed:1', 'it is closed';
my $member = 'user_' . person($h, 'boss@example.com', 'agent');
is $h->call('conversations_update', { id => $talk->{id}, owner => $member })->{owner}, $member, 'it has an owner';
is +($h->try('conversations_update', { id => $talk->{id}, owner => 'user_99' }))[1]{error}{message},
    'there is no member user_99', 'who is a member';
my $audited = sub { $h->value('select count(*) from godwit.audit') };
my $before = $audited->();
$h->call('conversations_update', { id => $talk->{id}, @$_ }) for [ state => 'closed' ], [ owner => $member ];
is $audited->(), $before, 'the same again changes nothing';
$h->call('members_delete', { id => $member });
is $h->call('conversations_get', { id => $talk->{id} })->{owner}, undef, 'who has left owns none';
bring($from{ann}, mail('ann', "References: <x\@y> $mid{ann}\nContent-Type: multipart/mixed; boundary=b",
    "--b\nContent-Type: text/html; charset=iso-8859-1\n\n<head><title>no</title><style>p{}</style></head>"
    . "<p>One &amp; two<br>thr\xE9e</p><script>no</script>\n"
    . "--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename*=utf-8''%e2%82%ac%00.pdf\n"
    . "Content-Transfer-Encoding: base64\n\naGVsbG8=\n--b--"));
wait_for { talks() eq 'ann:open:2' } 5, 'the next one opens it again';
my (undef, $more) = @{ $h->call('messages_list', { conversation_id => $talk->{id} })->{items} };
is_deeply [ @{ $h->call('messages_get', { id => $more->{id} }) }{qw(text attachments)} ],
    [ "One & two\nthr\xE9e", [ { name => "\x{20AC}.pdf", type => 'application/pdf', bytes => 5, file_id => 'file_1' } ] ],
    'its text and what came beside it';
my $file = $h->call('files_get', { id => 'file_1' });
is_deeply [ @$file{qw(name type bytes state)} ], [ "\x{20AC}.pdf", 'application/pdf', 5, 'ready' ], 'which is a file';
my $path = sub { $h->state . '/files/' . $h->value('select path from godwit.files order by id desc limit 1') };
is slurp($path->()), 'hello', 'with its bytes';
my $beside = sub { $h->value(q{select godwit.reply_files(1, jsonb_build_array(jsonb_build_object('name', '', 'type', 'text/html',
    'bytes', 5, 'host', 1, 'path', 'up/x', 'sha256', '00', 'quota', ?::bigint)), clock_timestamp())->0->>'file'}, $_[0]) };
is $beside->(9), undef, 'a workspace without room keeps its name alone';
is_deeply [ @{ $h->call('files_get', { id => 'file_' . $beside->(10) }) }{qw(name type)} ],
    [ 'file', 'application/octet-stream' ], 'what no upload may be is any bytes';
is_deeply $h->dbh->selectcol_arrayref(q{select concat_ws(' ', type, data->>'conversation_id', data->>'seq',
    data->>'opened') from godwit.webhook_deliveries order by id}), [ map { "message.received $talk->{id} $_ true" } 1, 2 ],
    'webhooks are told of each';

# what opens none
my ($wrong) = map { s/\.[0-9a-f]{16}\@/.0123456789abcdef@/r } $mid{bob};
for ([ 'an automatic reply', "In-Reply-To: $mid{bob}\nAuto-Submitted: auto-replied", '250' ],
    [ 'a note of absence', "In-Reply-To: $mid{bob}\nX-Autoreply: yes\nPrecedence: bulk", '250' ],
    [ 'a Message-ID that we never made', "In-Reply-To: $wrong", '250' ],
    [ 'one that names no mail of ours', 'In-Reply-To: <a@b>', '250' ],
    [ 'one that answers nothing', 'X-Mailer: x', '250' ])
{
    my ($what, $head, $said) = @$_;
    is substr(bring('shop@example.com', mail('bob', $head, 'User unknown')), 0, 3), $said, $what;
}
is substr(bring('other@example.com', ''), 0, 3), '550', 'and an address that is not named';
wait_for { !kept() } 5, 'all is done with';
is talks(), 'ann:open:2', 'no conversation but the one';

# where nothing but answers go: a letter of a person that names no mail
is substr(bring($reply{bob}, mail('bob', $$_[0], 'User unknown')), 0, 3), '250', $$_[1] for
    [ "Auto-Submitted: auto-replied", 'an automatic reply there' ], [ 'Precedence: list', 'mail of a list there' ];
is substr(bring(($reply{bob} =~ s/talk/back/r), mail('bob', '', 'Hello')), 0, 3), '550', 'of that domain alone';
wait_for { !kept() } 5, 'all is done with';
is talks(), 'ann:open:2', 'opens none';
my $fresh = mail('ann', 'X-Mailer: x', 'By the way') =~ s/^Subject: .*$/Subject: Opening hours/mr;
is substr(bring(uc $reply{ann}, $fresh), 0, 3), '250', 'a letter';
wait_for { talks() eq 'ann:open:3' } 5, 'it is in her conversation';

# a long one, by somebody who has come for somebody
bring('shop@example.com', mail('cyd', "In-Reply-To: $mid{bob}", "x\xE2\x82\xAC" x 30000));
wait_for { talks() eq 'ann:open:3 bob:open:1' } 5, 'the conversation is of him who got the mail';
my ($long) = @{ $h->call('messages_list', { kind => 'reply', sort => '-id' })->{items} };
$long = $h->call('messages_get', { id => $long->{id} });
ok $long->{text_cut} && $long->{text} =~ /^(?:x\x{20AC})*x?$/, 'cut between characters';

# a mail of the system, to one who is a contact
$h->dbh->do(q{select set_config('app.tenant', '1', false)});
$h->value(q{select godwit.message_add(1, 'invitation', 'cyd@example.org', 'Come', 'Hello', clock_timestamp(), null,
    'shop@example.com')});
is +($h->godwit('worker', 'mail', '--once'))[0], 0, 'it is sent';
my ($inv) = map { /^Message-ID: (<[^>]+>)/m } join '',
    $h->godwit('sink', 'show', ($h->messages)[-1]{n}, '--dir', $h->state . '/sink');
like $inv, qr/^<gw\.m\.1\.[0-9a-f]{32}\@/, 'its Message-ID names the workspace';
bring('shop@example.com', mail('cyd', "In-Reply-To: $inv", 'I come'));
wait_for { talks() =~ /cyd:open:1/ } 5, 'an answer to it';

# a person's export has it, an erasure takes it
my $e = $h->call('contacts_export', { id => $id{cyd} });
is_deeply [ scalar @{ $e->{conversations} }, map { $_->{text} // '' } @{ $e->{messages} } ],
    [ 1, $long->{text}, '', 'I come' ], 'the export has what was written, to others as well';
$h->dbh->do($_) for q{insert into godwit.messages (tenant_id, kind, to_address, from_address, subject, message_id,
    test, state, created_at, at) select 1, 'invitation', 'o' || n || '@example.org', 'shop@example.com', '', 'o' || n, false, 2,
    clock_timestamp(), clock_timestamp() from generate_series(1, 1000) n}, 'analyze godwit.messages', 'begin',
    'set local enable_seqscan = off', 'set local role gw_worker';
$h->value('select godwit.contact_erase(1, ?, 0, clock_timestamp())', $id{cyd} =~ s/\D//gr);
cmp_ok $h->value(q{select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables where relname = 'messages'}), '<', 100,
    'which reads what is his alone';
$h->dbh->do('rollback');
$h->call('contacts_erase', { id => $id{cyd} });
$h->godwit(qw(worker jobs --once));
is $h->value(q{select count(*) from godwit.messages where from_address like 'cyd@%' or to_address like 'cyd@%'}), 0,
    'an erasure takes it';
is talks(), 'ann:open:3 bob:open:1', 'with the conversation';
is substr(bring($_, mail('cyd', "In-Reply-To: $mid{cyd}", 'again')), 0, 3), $_ eq $from{cyd} ? '550' : '250', 'who writes then is nobody'
    for 'shop@example.com', $from{cyd};
is kept(), 0, 'and nothing of it is kept';

# a place of what is gone is given to no other
$h->dbh->do('delete from godwit.messages where seq = 2');
bring('shop@example.com', mail('ann', "In-Reply-To: $mid{ann}\nContent-Type: multipart/mixed; boundary=b",
    "--b\n\na third\n--b\nContent-Type: image/png\n\nthe picture\n--b--"));
wait_for { talks() =~ /ann:open:4/ } 5, 'the next place';

# an erasure takes what came beside it
my $picture = $path->();
is slurp($picture), 'the picture', 'a picture';
$h->call('contacts_erase', { id => $id{ann} });
$h->godwit('worker', $_, '--once') for qw(jobs cron);
ok !-e $picture, 'goes with the person';
done_testing;
