#!/usr/bin/perl
# Double opt-in: asked by mail, confirmed by a button, with proof; who has not
# confirmed gets nothing, whatever else was done to him.
use strict;
use warnings;
use utf8;
use Encode qw(decode);
use MIME::QuotedPrint qw(decode_qp);
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m; spool_keep 0ms;');
my $port = $h->sink('--dir', $h->state . '/sink');
$h->configure("smart_host 127.0.0.1:$port; spool_segment 1m; spool_keep 0ms;");
$h->call('workspaces_update', { id => 'ws_1', name => 'Shop {{ confirm_url }}' });
my $list = $h->call('lists_create', { name => 'News <1>', double_opt_in => \1 })->{id};
my $plain = $h->call('lists_create', { name => 'Plain' })->{id};
my %id = map { $_->[0] => $h->call('contacts_create', { email => "$_->[0]\@example.com", locale => $_->[1] })->{id} }
    [ 'ann', 'de-AT' ], [ 'bob', 'en' ], [ 'eve', 'xx' ];
$h->nginx;

sub ask { my ($who, %more) = @_; return $h->try('lists_subscribe', { id => $list, contact_id => $id{$who}, %more }) }
sub mail { my ($clock) = @_;
    my $n = () = $h->messages;
    is +($h->godwit({ env => { GODWIT_CLOCK => $clock // '' } }, qw(worker mail --once)))[0], 0, 'mail is sent';
    my @all = $h->messages;
    return map { slurp($_->{file}) } @all[ $n .. $#all ] }
sub drain { is +($h->godwit({ env => { GODWIT_CRASH => $_[0] // '' } }, qw(worker ingest --once)))[0],
    $_[0] ? 137 : 0, $_[0] // 'drained' }
sub why { my ($c, $who) = @_; my $w = $h->call('campaigns_why', { id => $c, email => "$who\@example.com" });
    return $w->{reason} // $w->{state} }
sub campaign { my $c = $h->call('campaigns_create', { name => 'c', list_id => $list, from => 'a@example.com',
    subject => 's', html => '<p>x</p>' })->{id};
    $h->call('campaigns_start', { id => $c });
    return $c }

# ---- asked, in his language, and not too often
my (undef, $asked) = ask('ann', from => 'Shop <shop@example.com>');
is "$asked->{state} $asked->{message_id}", 'asked msg_1', 'one is asked';
my ($code, $doc) = ask('ann');
like $doc->{error}{message}, qr/^$id{ann} was asked less than an hour ago/, 'not twice at once';
ask('bob');
$h->call('lists_add', { id => $list, contact_ids => [ $id{eve} ] });
($code, $doc) = $h->try('lists_subscribe', { id => $plain, contact_id => $id{ann} });
like $doc->{error}{message}, qr/^list $plain asks nobody/, 'a list without it asks nobody';
for ([ contact_id => 'ct_999' ], [ from => 'nobody' ]) {
    ($code, $doc) = $h->try('lists_subscribe', { id => $plain, contact_id => $id{ann}, @$_ });
    is $doc->{error}{field}, $_->[0], "what is wrong with $_->[0] is said of it";
}
my %mail = map { /^To: <(\w+)/m => $_ } mail();
is join(' ', sort keys %mail), 'ann bob', 'two mails';
my $text = decode('UTF-8', decode_qp($mail{ann}));
like $text, qr/Sie sollen "News <1>" von Shop \{ \{ confirm_url/, 'in German, and no name is a link';
like $text, qr/News &lt;1&gt;/, 'nor HTML';
like $mail{ann}, qr/^From: Shop <shop\@example.com>/m, 'by who asks';
my ($path) = $text =~ m{https?://[^/\s]+(/s/[\w-]+)};
my $c = campaign();
mail();
is_deeply [ map { why($c, $_) } sort keys %id ], [ ('not confirmed') x 3 ], 'nobody gets anything yet, members included';

# ---- looked at, and confirmed
$h->call('workspaces_update', { id => 'ws_1', brand => { color => '#ffcc00', address => '1 High St' } });
my $r = get($h, $path, 'Accept-Language' => 'en');
is $r->{status}, 200, 'a page';
like decode('UTF-8', $r->{body}), qr{lang="de".*--act:#ffcc00.*<bdi>Shop .*Bestätigen\?.*<bdi>News &lt;1&gt;</bdi>.*1 High St}s,
    'in his language and the brand, with the name of the list';
like $r->{body}, qr{<form method="post"><button type="submit">Ja, das}, 'with a button';
is http($h, HEAD => $path)->{status}, 200, 'for scanners too';
drain();
is $h->value('select count(*) from godwit.preference_notes'), 0, 'which change nothing';
$r = http($h, POST => $path, body => '', headers => { 'User-Agent' => 'Browser 1', 'Accept-Language' => 'de' });
like decode('UTF-8', $r->{body}), qr/<h1>Bestätigt/, 'by the button';
drain($_) for qw(before_commit after_commit);
drain();
is post($h, $path, '')->{status}, 200, 'once more is as good';
drain();
unlike get($h, $path)->{body}, qr/<button/, 'who has confirmed is not asked again';
my $p = $h->call('contacts_export', { id => $id{ann} });
is_deeply [ map { "$_->{channel} $_->{consent} $_->{source} $_->{object} $_->{address} $_->{text}" } @{ $p->{consents} } ],
    [ "email granted double_opt_in $list 127.0.0.1 page2.de" ], 'the proof, once';
is_deeply [ @{ $p->{preferences}{notes}[0] }{qw(address user_agent words)} ],
    [ '127.0.0.1', 'Browser 1', "page2.de $list!" ], 'with his address, his browser and the page';
(undef, $doc) = ask('ann');
is "$doc->{state} " . ($doc->{message_id} // 'none'), 'confirmed none', 'who has confirmed is asked no more';
$c = campaign();
mail();
is_deeply [ map { why($c, $_) } sort keys %id ], [ 'sent', ('not confirmed') x 2 ], 'and gets his mail, he alone';

# ---- too late, another link, an unsubscribe before
my ($late) = ($h->godwit({ env => { GODWIT_CLOCK => '2020-01-01T00:00:00Z' } }, 'token', 'what=confirm', 'message=2'))[1];
chomp $late;
is get($h, "/s/$late")->{status}, 410, 'a link of last month is over';
is post($h, "/s/$late", '')->{status}, 410, 'and changes nothing';
is get($h, '/s/' . token($h, what => 'preferences', contact => 1))->{status}, 404, 'another link opens nothing';
is post($h, '/u/' . token($h, what => 'unsubscribe', campaign => 7, contact => $id{bob} =~ s/\D//gr), '')->{status}, 200,
    'bob is out';
drain();
is post($h, (decode_qp($mail{bob}) =~ m{https?://[^/\s]+(/s/[\w-]+)})[0], '')->{status}, 200, 'and says that he wants it';
drain();
is $h->call('contacts_get', { id => $id{bob} })->{consent}{email} . $h->value('select count(*) from godwit.suppressions'),
    'granted0', 'his last word counts';

# ---- a confirmation and a later unsubscribe, drained at once
sub confirms { my ($message) = @_;
    return sprintf '[{"tenant":1,"message":%d,"at":%d,"address":"::1","agent":"a","words":"page2.en"}]', $message, 1e6 * time + 2e6 }
my $other = $h->dbh->clone;
$h->dbh->begin_work;
$h->dbh->do(q{update godwit.contacts set consent_email = 2, email_wished_at = now() + interval '5 s' where id = ?}, {}, $id{bob} =~ s/\D//gr);
$other->do(sprintf('select godwit.preferences_said(%s, now())', $other->quote(confirms(2))), { pg_async => 1 });
wait_for { $h->dbh('postgres')->selectrow_array(q{select count(*) from pg_stat_activity where pid = ?
    and wait_event_type = 'Lock'}, undef, $other->{pg_pid}) } 5;
$h->dbh->commit;
$other->pg_result;
is $h->call('contacts_get', { id => $id{bob} })->{consent}{email}, 'revoked', 'the later word counts, whichever drain is first';

# ---- another address has proved nothing
my $lena = $h->call('contacts_create', { email => 'lena@example.com', external_id => 'lena' })->{id};
$h->call('lists_subscribe', { id => $list, contact_id => $lena });
my ($asks) = decode_qp((mail())[0]) =~ m{https?://[^/\s]+(/s/[\w-]+)};
$h->call('contacts_update', { id => $lena, email => 'other@example.com' });
is get($h, $asks)->{status}, 410, 'the page of a link to another address says that it counts no more';
post($h, $asks, '');
drain();
is $h->call('contacts_get', { id => $lena })->{consent}{email}, 'unknown', 'asked at one address, nothing is known of another';
$h->call('contacts_update', { id => $lena, email => 'Lena@example.com' });
post($h, $asks, '');
drain();
is $h->call('contacts_get', { id => $lena })->{consent}{email}, 'granted', 'of the same one it is';
sub proved { return $h->value('select count(confirmed_at) from godwit.subscriptions where contact_id = ?', $lena =~ s/\D//gr) }
is proved(), 1, 'it is confirmed';
$h->call('contacts_update', { id => $lena, email => 'LENA@example.com' });
is proved(), 1, 'and stays so, however it is written';
$h->call('contacts_update', { id => $lena, email => 'other@example.com' });
is proved(), 0, 'another address has to be asked anew';
sub import_mail { my ($mail) = @_;
    $h->dbh->do('update godwit.subscriptions set confirmed_at = now() where contact_id = ?', {}, $lena =~ s/\D//gr);
    spew(my $csv = $h->state . '/lena.csv', "external_id,email\nlena,$mail\n");
    is +($h->godwit('import', $csv))[0], 0, "$mail is imported";
    return proved() }
is import_mail('OTHER@example.com'), 1, 'the same address, and it stays confirmed';
is import_mail('third@example.com'), 0, 'another by a file has to be asked anew as well';
$h->call('suppressions_create', { email => 'eve@example.com', reason => 'complaint' });
($code, $doc) = ask('eve');
like $doc->{error}{message}, qr/is suppressed: complaint/, 'who has complained is not asked';
my ($gone) = decode_qp($mail{bob}) =~ m{https?://[^/\s]+(/s/[\w-]+)};
($code, $doc) = $h->try('lists_delete', { id => $list });
is $code, 0, 'a list that nothing needs goes';
$h->dbh->do('update godwit.contacts set email_wished_at = null where id = ?', {}, $id{bob} =~ s/\D//gr);
is post($h, $gone, '')->{status}, 410, 'its links count no more';
drain();
is $h->call('contacts_get', { id => $id{bob} })->{consent}{email}, 'revoked', 'and who confirms it then has said nothing';

# ---- a campaign asks those of a list who have not said
my $l = $h->call('lists_create', { name => 'Asks', double_opt_in => \1 })->{id};
my %c = map { $_ => $h->call('contacts_create', { email => "$_\@a.example.com" })->{id} } qw(new said left lately moves);
$h->call('lists_add', { id => $l, contact_ids => [ values %c ] });
$h->dbh->do(q{insert into godwit.subscriptions (tenant_id, list_id, contact_id, wanted, said_at, confirmed_at, asked_at, asked)
    values (1, ?, ?, true, now(), now(), null, 0), (1, ?, ?, false, now(), null, null, 0),
    (1, ?, ?, null, null, null, now() - interval '20 minutes', 1)}, {}, map { s/\D//gr } map { $l, $c{$_} } qw(said left lately));
my %q = (name => 'q', kind => 'confirm', list_id => $l, from => 'a@example.com', subject => 's', html => '<p>x</p>');
my $q = $h->call('campaigns_create', \%q)->{id};
$h->refused('campaigns_start', { id => $q }, 'conflict', 'id',
    'nothing in it leads to the page where one confirms; add <a href="{{ confirm_url }}">');
$h->call('campaigns_update', { id => $q, html => '<a href="{{ confirm_url }}">yes</a><a href="{{ unsubscribe_url }}">no</a>' });
$h->call('lists_update', { id => $l, double_opt_in => \0 });
$h->refused('campaigns_start', { id => $q }, 'conflict', 'id',
    "list $l asks nobody; set its \"double_opt_in\", or make the campaign a regular one");
$h->call('lists_update', { id => $l, double_opt_in => \1 });
my $try = $h->call('campaigns_clone', { id => $q })->{id};
$h->dbh->do('update godwit.campaigns set test = true where tenant_id = 1 and id = ?', {}, $try =~ s/\D//gr);
$h->call('campaigns_start', { id => $try });        # whom a test would ask has not been asked
$h->call('campaigns_start', { id => $q });
%mail = map { /^To: <(\w+)/m => decode_qp($_) } mail();
is join(' ', sort keys %mail), 'moves new', 'who has said, has left or was asked of late is not asked';
is +($h->try('campaigns_start', { id => $h->call('campaigns_clone', { id => $q })->{id} }))[0], 1, 'nobody twice within the hour';
my %link = map { $_ => $mail{$_} =~ m{<a href="https?://[^/\s]+(/s/[\w-]{54})"} } keys %mail;
like get($h, $link{new})->{body}, qr{<bdi>Asks</bdi>.*<button type="submit">}s, 'his link is a page with a button';
http($h, HEAD => $link{new});
drain();
is $h->value('select count(*) from godwit.subscriptions where list_id = ? and confirmed_at is not null', $l =~ s/\D//gr), 1,
    'which changes nothing';
post($h, $link{new}, '');
drain();
drain();
is_deeply [ map { "$_->{channel} $_->{consent} $_->{source} $_->{object}" } @{ $h->call('contacts_export', { id => $c{new} })->{consents} } ],
    [ "email granted double_opt_in $l" ], 'the button does, with proof, once';
$h->call('contacts_update', { id => $c{moves}, email => 'moved@a.example.com' });
is get($h, $link{moves})->{status}, 410, 'asked at one address, another confirms nothing';
post($h, $link{moves}, '');
drain();
is $h->call('contacts_get', { id => $c{moves} })->{consent}{email}, 'unknown', 'nor by the button';
is get($h, '/s/' . token($h, what => 'confirm', campaign => 1, contact => $c{new} =~ s/\D//gr))->{status}, 410,
    'a campaign that asks nothing is confirmed by nobody';
done_testing;
