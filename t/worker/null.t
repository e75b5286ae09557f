#!/usr/bin/perl
# Cursor, lanes, journal and ledger without SMTP: the channel null answers as
# each address says, that of SMS and WhatsApp too. No database lets a template have it by itself.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $set = 'mail_window 50; mail_window_age 300ms; retry_schedule 1s; retry_lifetime 3s; webhook_retry_schedule 1s; webhook_retry_lifetime 3s; log_level info;';
my $h = Godwit->new(conf => $set);

# lists of so many; what the code of the n-th of twenty is
sub people { my ($n, $codes) = @_;
    my $list = $h->call('lists_create', { name => "$n $codes" })->{id};
    $h->dbh->do(q{with p as (insert into godwit.contacts (tenant_id, email, created_at, updated_at)
        select 1, 'p' || ? || '.' || i || coalesce('+' || (?::jsonb->>(i % 20)::text), '') || '@example.com',
            '2026-01-01Z', '2026-01-01Z' from generate_series(1, ?::int) i returning id)
        insert into godwit.list_members select 1, ?, id, '2026-01-01Z' from p}, undef, $n, $codes, $n,
        $list =~ s/lst_//r);
    return $list }
my $some = people(200, '{"1":"550","2":"451","3":"000"}');
my $all = people(120, '{}');

ok !eval { $h->dbh->do(q{insert into godwit.templates (tenant_id, channel, version, created_at, updated_at)
    values (1, 'null', 1, '2026-01-01Z', '2026-01-01Z')}) }, 'no template has the channel null';
like $@, qr/templates_channel_check/, 'for a check forbids it';
$h->dbh->do('alter table godwit.templates drop constraint templates_channel_check');

sub campaign { my ($list, %with) = @_;
    my $channel = delete $with{channel} // 'null';
    my $c = $h->call('campaigns_create', { name => 'c', list_id => $list, from => 'shop@example.com',
        subject => 'Hi', html => '<p>Dear</p>', %with })->{id};
    $h->dbh->do('update godwit.templates t set channel = ? from godwit.campaigns c
        where c.id = ? and t.tenant_id = c.tenant_id and t.id = c.template_id', undef, $channel, $c =~ s/cmp_//r);
    $h->call('campaigns_start', { id => $c });
    return $c }
sub stats { return $h->call('campaigns_stats', { id => $_[0] }) }
sub why { return $h->call('campaigns_why', { id => $_[0], email => "$_[1]\@example.com" }) }
my @states = qw(queued in_flight sent failed suppressed invalid not_rendered uncertain);
sub told { my $s = stats($_[0]); return join ' ', map { "$_ $s->{$_}" } grep { $s->{$_} } @states }

# ---- its life
my $role = $h->spawn({ log => 'mail' }, 'worker', 'mail');
my $c = campaign($some);
wait_for { stats($c)->{state} eq 'finished' } 15, 'a campaign goes its way';
is told($c), 'sent 170 failed 20 uncertain 10', 'everybody has the outcome of his address';
is why($c, 'p200.1+550')->{state}, 'failed', 'who was refused has failed';
my $w = why($c, 'p200.2+451');
cmp_ok @{ $w->{attempts} }, '>', 1, 'who was asked to try later was tried again';
is $w->{reason}, 'no attempt succeeded within retry_lifetime', 'as long as that lasts';

my $slow = campaign($all, rate => 10);
wait_for { stats($slow)->{sent} > 5 } 5, 'a slow one is on its way';
$h->call('campaigns_pause', { id => $slow });
my $at = -1;
wait_for { my $was = $at; $at = stats($slow)->{sent}; select undef, undef, undef, 0.4; $was == $at } 5,
    'a pause stops it';
cmp_ok $at, '<', 120, 'in its middle';
$h->call('campaigns_resume', { id => $slow });
wait_for { stats($slow)->{sent} > $at } 5, 'it goes on';
$h->call('campaigns_cancel', { id => $slow });
wait_for { my $s = stats($slow); $s->{queued} + $s->{in_flight} == 0 && $s->{suppressed} } 5,
    'cancelled, the rest passes';
is stats($slow)->{sent} + stats($slow)->{suppressed}, 120, 'and everybody has his state';

my $odd = campaign($all, channel => 'pigeon');
wait_for { ($h->call('campaigns_get', { id => $odd })->{problem} // '') eq 'this program has no channel "pigeon"' } 5,
    'a channel that nobody knows is a problem of its campaign';
$h->expect(qr/this program has no channel "pigeon"/);
$h->call('campaigns_cancel', { id => $odd });
wait_for { stats($odd)->{suppressed} == 120 } 5, 'which can be cancelled';

# ---- SMS and WhatsApp have all but a provider, for which it stands
$h->dbh->do('create or replace function godwit.channel_missing(p_channel text) returns text language sql as $$ select null::text $$');
my @who = ([ yes => '+491512340001' ], [ none => '+491512340002', consent => {} ], [ stopped => '+491512340003', consent =>
    { sms => 'revoked', whatsapp => 'revoked' } ], [ listed => '+491512340004' ], [ nowhere => undef ],
    [ refused => '+491510000550' ], [ later => '+491510000451' ]);
my $phones = $h->call('lists_create', { name => 'phones' })->{id};
my %is;
for (@who) {
    my ($name, $phone, %with) = @$_;
    my $id = $h->call('contacts_create', { first_name => $name, external_id => $name, defined $phone ? (phone => $phone) : (),
        consent => { sms => 'granted', whatsapp => 'granted' }, %with })->{id};
    $is{$id} = $name;
    $h->dbh->do('insert into godwit.list_members values (1, ?, ?, ?)', undef, $phones =~ s/lst_//r, $id =~ s/ct_//r, '2026-01-01Z');
}
$h->call('suppressions_create', { phone => '+491512340004', reason => 'do_not_call' });
my ($nowhere) = grep { $is{$_} eq 'nowhere' } keys %is;
$h->call('identities_add', { id => $nowhere, kind => 'whatsapp', value => '491512340009' });
sub texts { my ($channel, $content) = @_;
    my $t = $h->call('templates_create', { name => $channel . ++$h->{names}, channel => $channel, content => $content })->{id};
    $h->call('templates_publish', { id => $t, version => 1 });
    my $id = $h->call('campaigns_create', { name => 'c', list_id => $phones, template_id => $t })->{id};
    $h->call('campaigns_start', { id => $id });
    return $id }
sub log_of { return { map { ($is{ $_->{contact_id} } => join ' ', $_->{state}, $_->{reason} // (), $_->{state} eq 'sent' ? $_->{reply} : ()) }
    @{ $h->call('sends_list', { campaign_id => $_[0] })->{items} } } }
$c = texts(sms => { text => 'Hi {{ contact.first_name }}' });
my $wa = texts(whatsapp => { name => 'a', language => 'en', category => 'utility',
    components => [ { type => 'body', text => 'Hi {{1}}' } ], parameters => { body => ['{{ contact.first_name }}'] } });
wait_for { stats($_)->{state} eq 'finished' } 15, 'it goes its way' for $c, $wa;
my %both = (yes => 'sent {"text":"Hi yes"}', none => 'suppressed no consent was given', stopped => 'suppressed consent is revoked',
    listed => 'suppressed do not call', nowhere => 'invalid the contact has no telephone number',
    later => 'failed no attempt succeeded within webhook_retry_lifetime');
my $sms = log_of($c);
like delete $sms->{refused}, qr/^failed it was refused: /, 'a number that is refused';
is_deeply $sms, \%both, 'an SMS: consent, do-not-call, numbers, attempts and text';
$wa = log_of($wa);
is_deeply [ map { s/"body":\["(\w+)"\].*/$1/r =~ s/.*\{//r } @$wa{qw(yes nowhere)} ], [ 'yes', 'nowhere' ], 'WhatsApp: also by an id of its own';
is_deeply [ @$wa{qw(none stopped listed)} ], [ @both{qw(none stopped listed)} ], 'and with its own consent';
$h->call('policy_update', { zones => ['UTC'], quiet_hours => { sms => { from => '00:00', to => '23:59' } } });
$c = texts(sms => { text => 'Hi' });
$wa = texts(whatsapp => { name => 'a', language => 'en', category => 'utility', components => [ { type => 'body', text => 'Hi' } ], parameters => {} });
wait_for { stats($wa)->{state} eq 'finished' } 15;
is_deeply [ log_of($c)->{yes}, log_of($wa)->{yes} =~ /^(sent)/ ], [ 'queued quiet hours', 'sent' ], 'quiet hours are those of the channel';
$h->call('campaigns_cancel', { id => $c });
is $h->stop($role), 0, 'the role ends when asked';

# ---- kill -9: whose T is there without an A is uncertain, nobody is sent to twice
for my $point (qw(after_intent before_journal after_announce:2 after_journal after_journal:2
    after_reply:70 before_close:2 after_close)) {
    my $id = campaign($all);
    is +($h->godwit({ env => { GODWIT_CRASH => $point } }, qw(worker mail --once)))[0], 137, "$point: killed";
    my $dump = ($h->godwit('journal', 'dump'))[1];
    my %open = map { $_ => 1 } $dump =~ /"T",.*"contact":"ct_(\d+)"/g;
    delete @open{ $dump =~ /"A",.*"contact":"ct_(\d+)"/g };
    is +($h->godwit(qw(worker mail --once)))[0], 0, 'the next life goes on';
    my $n = keys %open;
    is told($id), 'sent ' . (120 - $n) . ($n ? " uncertain $n" : ''), "$point: everybody once";
    is_deeply [ sort @{ $h->dbh->selectcol_arrayref('select contact_id from godwit.sends
        where campaign_id = ? and state = 7', undef, $id =~ s/cmp_//r) } ], [ sort keys %open ], "$point: and none again";
}
is_deeply [ grep { /[.]log\z/ } glob $h->state . '/journal/*' ], [], 'a clean end leaves no journal';

done_testing;
