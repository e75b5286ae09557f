#!/usr/bin/perl
# The page of preferences: what it shows, in whose language and colours; a form
# is a durable record, applied once and kept as evidence; GET changes nothing.
use strict;
use warnings;
use utf8;
use Encode qw(decode_utf8);
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m;');
my $news = $h->call('lists_create', { name => 'News & <offers>', public => \1 })->{id};
my $secret = $h->call('lists_create', { name => 'Likely to leave' })->{id};
my $others = $h->call('lists_create', { name => 'Others', public => \1 })->{id};
my %ann = (email => 'ann@example.com', phone => '+49301234');
$h->call('contacts_create', { %ann });
$h->call('contacts_create', { email => 'bob@example.com', locale => 'ar-EG' });
$h->call('lists_add', { id => $_, contact_ids => [ 'ct_1', 'ct_2' ] }) for $news, $secret;
$h->nginx;

sub p { my ($contact) = @_;
    return '/p/' . token($h, what => 'preferences', campaign => 7, contact => $contact) }
sub page { my ($contact, %headers) = @_;
    my $r = http($h, GET => p($contact), headers => \%headers);
    $r->{text} = decode_utf8($r->{body});
    return $r }
sub drain { return ($h->godwit(qw(worker ingest --once)))[0] }
sub shown { return $h->call('contacts_export', { id => 'ct_1' }) }
sub had { return (page(1)->{text} =~ /name="had" value="([^"]*)"/)[0] =~ tr/ /+/r }
sub form { my ($form, %headers) = @_;
    my $r = http($h, POST => p(1) . '?lang=de', body => "had=" . had() . "&$form",
        headers => { 'User-Agent' => 'Form 1', %headers });
    is drain(), 0, 'drained';
    return $r }

# ---- what is shown
my $r = page(1, 'Accept-Language' => 'fr, de;q=0.5, en;q=0.4');
is $r->{status}, 200, 'the page';
like $r->{text}, qr/<html lang="de" dir="ltr">.*<title>Ihre Einstellungen</s, 'in a language that is asked for';
like $r->{text}, qr{a\*\*\*\@example\.com}, 'for an address that is not shown as a whole';
unlike $r->{text}, qr/ann\@example|Likely|Others/, 'nor lists that are none of his business';
like $r->{text}, qr{value="$news" checked><span><bdi>News &amp; &lt;offers&gt;</bdi>}, 'the public list that he is on';
like $r->{text}, qr/name="on" value="$_" checked/, $_ for qw(email sms whatsapp voice);
like page(2, 'Accept-Language' => 'de')->{text}, qr/<html lang="ar" dir="rtl">.*تفضيلاتك/s, 'his own language stands before';
unlike page(2)->{text}, qr/value="sms"/, 'nothing of a telephone that he has not';
like $r->{headers}{'content-security-policy'}, qr/default-src 'none'.*form-action 'self'.*frame-ancestors 'none'/, 'strict';
is_deeply [ @{ $r->{headers} }{qw(cache-control referrer-policy)} ], [ 'no-store, private', 'no-referrer' ], 'kept nowhere';
unlike $r->{text}, qr/<script|\son\w+=|javascript:|https?:/i, 'no script, nothing from elsewhere';
is page(9)->{status}, 404, 'of a stranger there is none';

# ---- for everybody
my @inputs = $r->{text} =~ /<input type="(?:checkbox|radio)"/g;
is scalar(() = $r->{text} =~ m{<label><input [^>]+><span>(?:<bdi>)?[^<\s][^<]*(?:</?bdi>[^<]*)*</span></label>}g), scalar @inputs,
    'each switch has its label';
is scalar(() = $r->{text} =~ /<fieldset>\s*<legend>[^<]+</g), 4, 'each group its name';
is scalar(() = $r->{text} =~ /<h1>/g), 1, 'one heading';
sub light { my ($c) = @_; my ($l, @w) = (0, .2126, .7152, .0722);
    for my $v (map { hex($_) / 255 } $c =~ /([0-9a-f]{2})/gi) {
        $l += shift(@w) * ($v <= .04045 ? $v / 12.92 : (($v + .055) / 1.055) ** 2.4) }
    return $l }
my ($worst) = sort { $a <=> $b } map { my ($on, $back) = map { light($_) } $h->value(
        q{select godwit.brand_shown('x', jsonb_build_object('color', ?::text))->>'on_color'}, $_), $_;
    (($on > $back ? $on : $back) + .05) / (($on < $back ? $on : $back) + .05) }
    map { sprintf '#%06x', $_ * 7919 % 0x1000000 } 1 .. 300;
cmp_ok $worst, '>=', 4.5, 'whatever the colour, its letters can be read';

# ---- its looks
my ($code, $doc) = $h->try('workspaces_update', { id => 'ws_1', brand => { color => 'red;}' } });
like $doc->{error}{message}, qr/color. must match the pattern/, 'no colour but a colour';
$h->call('workspaces_update', { id => 'ws_1', name => 'Shöp <1>', brand => { color => '#FFCC00', address => "1 High St\nLeeds" } });
is_deeply $h->call('workspaces_update', { id => 'ws_1', brand => { address => undef } })->{brand},
    { color => '#FFCC00', address => undef }, 'null empties one';
$h->call('workspaces_update', { id => 'ws_1', brand => { address => "1 High St\nLeeds" } });
$r = page(1);
like $r->{text}, qr/:root\{--act:#FFCC00\}\s+:root\{--on:#000000\}/, 'the brand, with letters that can be read on it';
like $r->{text}, qr{<bdi>Shöp &lt;1&gt;</bdi>.*<footer>.*1 High St\nLeeds}s, 'its name and address';

# ---- a form
is $h->value('select count(*) from godwit.preference_notes') + $h->value('select count(*) from godwit.events'), 0,
    'nobody who looks changes anything';
$r = form('on=email&on=sms&on=voice&pause=30&every=7');
is $r->{status}, 200, 'a form';
like decode_utf8($r->{body}), qr{<html lang="de".*Gespeichert.*href="http://[^"]*/p/}s, 'is answered in its language';
my $now = shown()->{preferences};
is_deeply [ $now->{every_days}, map { "$_->{id} " . ($_->{wanted} ? 1 : 0) } @{ $now->{lists} } ], [ 7, "$news 0" ],
    'a ceiling, and a list less';
is $h->value(q{select extract(day from paused_until - paused_at) from godwit.preferences}), 30, 'for a month';
is_deeply [ map { "$_->{channel} $_->{consent} $_->{source} $_->{object} $_->{address} $_->{text}" } @{ shown()->{consents} } ],
    ['whatsapp revoked mail cmp_7 127.0.0.1 page2.de'], 'consent with its evidence';
is_deeply [ map { @$_{qw(address user_agent words campaign_id)} } @{ $now->{notes} } ],
    [ '127.0.0.1', 'Form 1', "page2.de whatsapp- $news- pause30 every7", 'cmp_7' ], 'and each form with its own';
like page(1)->{text}, qr{value="$news"><span>.*value="7" checked.*Break until <bdi>\d{4}-\d\d-\d\d</bdi>.*End the break}s,
    'the page knows';
is $h->call('contacts_get', { id => 'ct_1' })->{consent}{email}, 'unknown', 'a box that was ticked already is no consent';

form("on=email&on=sms&on=whatsapp&on=voice&on=$news&pause=0&every=0");
$now = shown()->{preferences};
is_deeply [ $now->{paused_until}, $now->{every_days}, $now->{lists}[0]{wanted} ? 1 : 0 ], [ undef, undef, 1 ], 'and back';

$r = http($h, POST => p(1), body => 'all=1', apart => 2);
like $r->{body}, qr/Unsubscribed/, 'no more of anything';
drain();
is_deeply $h->call('contacts_get', { id => 'ct_1' })->{consent},
    { map { $_ => 'revoked' } qw(email sms whatsapp voice) }, 'is all channels';
is $h->value(q{select reason from godwit.suppressions}), 'unsubscribe', 'and the unsubscribe of a mail';
like page(1)->{text}, qr/You get no mail from/, 'as the page says';
form('on=email&pause=keep&every=0');
is $h->call('contacts_get', { id => 'ct_1' })->{consent}{email}, 'granted', 'ticked anew it is';
is post($h, p(1), $_)->{status}, 400, "nothing of ours: $_" for 'on=fax', 'pause=31', 'had=%', '', "on=$news&on=lst_0";
is drain(), 0, 'and nothing is stored';
is $h->value('select count(*) from godwit.preference_notes'), 4, 'of them';

# ---- the other pages
like decode_utf8(http($h, GET => '/u/x', headers => { 'Accept-Language' => 'ar' })->{body}),
    qr/dir="rtl".*هذا الرابط غير صالح/s, 'a refusal too is in a language';
my $u = get($h, '/u/' . token($h, what => 'unsubscribe', campaign => 7, contact => 1))->{body};
like $u, qr/--act:#FFCC00.*High St/s, 'the page of an unsubscribe has the brand too';
like get($h, '/u/' . token($h, what => 'unsubscribe', campaign => 7, contact => 2))->{body}, qr/<html lang="ar"/, 'and his language';
my ($to) = $u =~ m{href="http://[^/]+(/p/[\w-]+)"};
is get($h, $to)->{status}, 200, 'who is about to unsubscribe may choose instead';
done_testing;
