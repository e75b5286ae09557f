#!/usr/bin/perl
# A transactional campaign: each message is asked for by itself, goes out at once by the rules of
# what somebody waits for, and exactly once, whoever is killed.
use strict;
use warnings;
use MIME::QuotedPrint qw(decode_qp);
use Time::HiRes qw(time);
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
my $port = $h->sink('--dir', $h->state . '/sink', '--fault', 'rcpt=451 4.7.1 later,to=later@,first=1',
    '--fault', 'rcpt=550 5.1.1 no such user,to=gone@');
$h->configure("smart_host 127.0.0.1:$port; retry_schedule 1s; log_level info;");

sub mails { my $to = shift; return grep { $_->{rcpt}[0] eq "$to\@example.com" } $h->messages }
sub raw { return slurp((mails(shift))[0]{file}) }
sub said { my %a = @_; my $m = $h->call('messages_get', { id => $a{id} }); return "$m->{state} " . ($m->{reason} // '-') }
sub once { my %env = @_; return ($h->godwit({ env => \%env }, 'worker', 'mail', '--once'))[0] }

# ---- what it is, and is not
my $list = $h->call('lists_create', { name => 'l' })->{id};
my %base = (name => 'Order', kind => 'transactional', from => 'Shop <shop@example.com>',
    subject => 'Order {{ data.order }}', html => '<p>{{ contact.first_name }}: {% for i in data.items %}{{ i }}'
    . '{{ data.currency }};{% endfor %}</p><a href="https://x.example/">x</a>|{{ view_url }}|');
$h->refused('campaigns_create', { %base, list_id => $list }, 'invalid', 'list_id',
    'a transactional campaign has no "list_id": campaigns_send says who gets a message, and each goes at once');
$h->refused('campaigns_create', { %base, kind => 'regular' }, 'invalid', 'list_id', '"list_id" is missing');
my $c = $h->call('campaigns_create', \%base);
is_deeply [ @$c{qw(kind list_id state)} ], [ 'transactional', undef, 'draft' ], 'a draft without a list';
is_deeply [ grep { $_->{level} eq 'blocker' || $_->{code} =~ /unknown_var|unsubscribe/ }
    @{ $h->call('campaigns_preflight', { id => $c->{id} })->{findings} } ], [], 'nothing stands against it';
my %to = (id => $c->{id}, email => 'new@example.com');
$h->refused('campaigns_send', \%to, 'conflict', 'id', "campaign $c->{id} is draft; only one that is running or "
    . 'paused takes messages');
$h->call('campaigns_start', { id => $c->{id} });

# ---- whom it may be asked for
my %ct = map { $_->[0] => $h->call('contacts_create', { email => "$_->[0]\@example.com", first_name => ucfirst $_->[0],
    external_id => "x-$_->[0]" })->{id} } map { [ $_ ] } qw(ann unsubscribe complaint);
$h->call('suppressions_create', { email => "$_\@example.com", reason => $_ }) for qw(unsubscribe complaint);
$h->refused('campaigns_send', { id => $c->{id} }, 'invalid', 'email',
    'name exactly one of "contact_id", "email" and "external_id"');
$h->refused('campaigns_send', { %to, external_id => 'x-ann' }, 'invalid', 'email',
    'name exactly one of "contact_id", "email" and "external_id"');
$h->refused('campaigns_send', { id => $c->{id}, external_id => 'x-no' }, 'not_found', 'external_id',
    'there is no contact with the external id x-no');
my %data = (data => { order => 'A-17', currency => ' EUR', items => [ 1, 2 ] });
my %m = (ann => $h->call('campaigns_send', { id => $c->{id}, contact_id => $ct{ann}, %data }),
    again => $h->call('campaigns_send', { id => $c->{id}, external_id => 'x-ann', %data }),
    (map { $_ => $h->call('campaigns_send', { id => $c->{id}, email => "$_\@example.com", %data }) }
        qw(unsubscribe complaint new later gone)));
is_deeply [ @{ $m{ann} }{qw(campaign_id contact_id email state)} ], [ $c->{id}, $ct{ann}, 'ann@example.com', 'queued' ],
    'the answer says who gets it';
is once(), 0, 'the role runs once';
is_deeply { map { $_ => said(%{ $m{$_} }) } keys %m }, { (map { $_ => 'sent -' } qw(ann again unsubscribe new)),
    complaint => 'suppressed complaint', later => 'queued the server asked to try later', gone => 'failed the address is dead: userunknown' },
    'each has his state';
is scalar(mails('ann')), 2, 'whoever is asked for twice gets two';
my $text = decode_qp(raw('ann'));
like $text, qr{Ann: 1 EUR;2 EUR;</p>}, 'data and the contact are what the template sees';
like $text, qr{/c/[\w-]{54}"}, 'links are tracked';
like $text, qr{\|\|}, 'there is no page of it';
unlike $text, qr/^List-Unsubscribe/m, 'it is no marketing';
is((mails('ann'))[0]{subject}, 'Order A-17', 'the subject too');
is $h->value('select count(*) from godwit.messages where data is not null'), 1, 'data are kept for who comes later';
wait_for { once(); said(%{ $m{later} }) eq 'sent -' } 10, 'who was put off gets it';
is_deeply { map { $_ => 0 + $h->call('campaigns_stats', { id => $c->{id} })->{$_} } qw(audience queued sent failed suppressed) },
    { audience => 7, queued => 0, sent => 5, failed => 1, suppressed => 1 }, 'its numbers';
is_deeply [ map { $_->{contact_id} } @{ $h->call('messages_list', { campaign_id => $c->{id}, contact_id => $ct{ann} })->{items} } ],
    [ $ct{ann}, $ct{ann} ], 'its log';
is $h->call('campaigns_get', { id => $c->{id} })->{state}, 'running', 'it is never at its end';
$h->call('analytics_refresh', {});
$h->godwit(qw(worker jobs --once));
my $rolled = $h->call('campaigns_report', { id => $c->{id} });
is_deeply [ @{ $rolled->{total} }{qw(sent failed)}, map { $_->{sent} } grep { $_->{sent} } @{ $rolled->{days} } ], [ 5, 1, 5 ],
    'its roll-ups have them';
is_deeply [ map { $_->{data}{name} } @{ $h->call('contacts_timeline', { id => $ct{ann}, kind => 'message' })->{items} } ],
    [ 'Order', 'Order' ], 'and the timeline, by its name';

# ---- killed, asked for again, exactly once
for my $point (qw(after_announce after_dot after_reply)) {
    my $m = $h->call('campaigns_send', { id => $c->{id}, email => "$point\@example.com" });
    is once(GODWIT_CRASH => $point), 137, "killed $point";
    once();
    is said(%$m), $point =~ /dot|reply/ ? 'uncertain the sender was killed between the final dot and its reply'
        : 'sent -', "$point: known";
    is scalar(mails($point)), 1, "$point: and not twice";
}

# ---- how long somebody waits, while another campaign goes on
$h->call('lists_add', { id => $list, contact_ids => [ map { $h->call('contacts_create', { email => "m$_\@example.com" })->{id} }
    1 .. 60 ] });
my $mass = $h->call('campaigns_create', { name => 'm', list_id => $list, from => 'a@example.com', subject => 's',
    html => 'x', rate => 20 })->{id};
$h->call('campaigns_start', { id => $mass });
$h->spawn({ log => 'mail' }, 'worker', 'mail');
wait_for { $h->call('campaigns_stats', { id => $mass })->{sent} + mails('m1') } 10, 'the other has begun';
my @took;
for my $n (1 .. 12) {
    my $begin = time;
    $h->call('campaigns_send', { id => $c->{id}, email => "ann\@example.com", data => { order => "t$n" } });
    wait_for { grep { $_->{subject} eq "Order t$n" } mails('ann') } 5, "message $n";
    push @took, time - $begin;
}
@took = sort { $a <=> $b } @took;
cmp_ok $took[10], '<', 1, sprintf 'from the call to the wire: median %.0f ms, worst but one %.0f ms', map { 1000 * $_ } @took[5, 10];

# ---- a pause holds, a cancel ends
$h->call('campaigns_pause', { id => $c->{id} });
my $held = $h->call('campaigns_send', { id => $c->{id}, email => 'held@example.com' });
wait_for { $h->call('campaigns_stats', { id => $mass })->{state} eq 'finished' } 15, 'the other ends';
is said(%$held), 'queued -', 'a pause holds what was asked for';
$h->call('campaigns_resume', { id => $c->{id} });
wait_for { said(%$held) eq 'sent -' } 5, 'until it is resumed';
$h->call('campaigns_pause', { id => $c->{id} });
$held = $h->call('campaigns_send', { id => $c->{id}, email => 'never@example.com' });
$h->call('campaigns_cancel', { id => $c->{id} });
wait_for { said(%$held) eq 'suppressed cancelled' } 5, 'cancelled, it sends no more';
wait_for { $h->call('campaigns_get', { id => $c->{id} })->{finished_at} } 5, 'and is over';
$h->refused('campaigns_send', \%to, 'conflict', 'id', "campaign $c->{id} is cancelled; only one that is running or "
    . 'paused takes messages');

# ---- its links are for where it went: of another address they begin nothing
sub elsewhere { return $h->value(q{select auth.track_preferences(1, ?, ?, ?)->>'elsewhere'},
    (map { s/\D//gr } $ct{unsubscribe}, $c->{id}), 60 + int time) }
is elsewhere(), 'false', 'where he is reached now';
$h->call('contacts_update', { id => $ct{unsubscribe}, email => 'moved@example.com' });
is elsewhere(), 'true', 'and where he was';

# ---- who is erased is gone from its log, also where he waits
$c = $h->call('campaigns_create', \%base)->{id};
$h->call("campaigns_$_", { id => $c }) for qw(start pause);
$h->call('campaigns_send', { id => $c, contact_id => $ct{ann} });
is scalar(grep { ($_->{contact_id} // '') eq $ct{ann} } @{ $h->call('contacts_export', { id => $ct{ann} })->{messages} }), 15,
    'he is told of all of them';

# ---- after a restore it may have been sent: nobody waits for ever
$h->dbh->begin_work;
$h->value(q{select set_config('app.tenant', '1', true)});
$h->value('select godwit.restore_tenant((select name from godwit.hosts), now(), now())');
is_deeply $h->rows('select state, data from godwit.messages where campaign_id = ?', $c =~ s/\D//gr),
    [ { state => 7, data => undef } ], 'restored, it is uncertain';
is $h->value('select uncertain from godwit.campaign_cursors where campaign_id = ?', $c =~ s/\D//gr), 1, 'and counted';
$h->dbh->rollback;

$h->call('contacts_erase', { id => $ct{ann} });
$h->godwit(qw(worker jobs --once));
is $h->value('select count(*) from godwit.messages where contact_id = ?', $ct{ann} =~ s/ct_//r), 0, 'no message is left';
is $h->value('select count(*) from godwit.mail_queue where campaign_id < 0'), 0, 'none waits';

done_testing;
