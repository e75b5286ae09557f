#!/usr/bin/perl
# The rules of a workspace, by versions, and the simulator: it says of everybody what a campaign
# makes of him.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use JSON::PP ();

my $h = Godwit->new;

# ---- rules
my %night = (from => '21:00', to => '08:00');
sub wrong { my ($operation, $body, $field, $why, $name) = @_;
    my ($exit, $doc) = $h->try($operation, $body);
    is "$exit $doc->{error}{code} $doc->{error}{field}", "1 invalid $field", $name;
    like $doc->{error}{message}, $why, "$name: why" }
wrong(policy_update => { quiet_hours => { fax => \%night } }, 'quiet_hours', qr/quiet_hours/, 'no such channel');
wrong(policy_update => { quiet_hours => { email => { from => '21:00', to => $_ } } }, 'quiet_hours', qr/quiet.hours/, "to $_")
    for '21:00', '24:00', '8:00';
wrong(policy_update => { quiet_hours => { sms => { from => '21:00' } } }, 'quiet_hours', qr/to/, 'no end');
wrong(policy_update => { quiet_hours => { email => \%night } }, 'zones', qr/^quiet hours need "zones"/, 'whose zone is not known');
wrong(policy_update => { zones => ['Mars/Phobos'] }, 'zones', qr/^"Mars\/Phobos" is not a time zone/, 'nowhere');
wrong(policy_update => { quiet_hours => { email => { from => '17:00', to => '09:00' } }, zones => [qw(Europe/Berlin Pacific/Auckland)] },
    'zones', qr/^by the quiet hours of email it is always quiet in one of Europe/, 'never day in both');
wrong(policy_update => { caps => [$_] }, 'caps', qr/caps/, 'caps ' . JSON::PP->new->canonical->encode($_)) for { channel => 'fax', count => 1, days => 1 },
    map { { channel => 'email', count => 3, days => 7, %$_ } } { count => 0 }, { count => '3' }, { days => 91 }, { days => 1.5 },
    { category => '' }, { category => 7 }, { more => 1 };
wrong(policy_update => { zones_by_number => { $_->[0] => $_->[1] } }, 'zones_by_number', $_->[2], "number $_->[0]")
    for [ 49 => ['Europe/Berlin'], qr/^"49" is not the beginning/ ], [ '+49' => [], qr/names no time zone/ ], [ '+49' => ['x'], qr/is not a time zone/ ];
is $h->call('policy_get', {})->{version}, 0, 'what is wrong changes nothing';
is $h->call('policy_update', { quiet_hours => { email => \%night, sms => \%night }, zones => ['Europe/Berlin'] })->{version}, 1, 'the first';
my $now = $h->call('policy_update', { quiet_hours => { sms => undef }, caps => [ { channel => 'email', count => 1, days => 7 } ] });
is_deeply [ @$now{qw(version quiet_hours zones)} ], [ 2, { email => \%night }, ['Europe/Berlin'] ], 'what is not there stays';
is_deeply $now->{caps}, [ { channel => 'email', category => undef, count => 1, days => 7 } ], 'a cap of all';
is_deeply $h->call('policy_get', {}), $now, 'that holds';
is_deeply [ sort keys %{ $h->call('policy_get', { version => 1 })->{quiet_hours} } ], [qw(email sms)], 'what held before';
is +($h->ask('policy_get', { version => 3 }))[0], 'GW002', 'there is no later one';
is +($h->ask('policy_update', { zones => [], _if_match => '"x"' }))[0], 'GW006', 'who has not seen it changes nothing';

# ---- of everybody the simulator says what the campaign makes of him
my @said = ({}, { zone => 'America/New_York' }, { consent => { email => 'granted' } }, { consent => { email => 'revoked' } }, { phone => '+491701234567' });
my (@ids, $n);
for my $said (@said) {
    for my $more (qw(plain complaint manual paused left capped)) {
        my $id = $h->call('contacts_create', { ++$n && !$said->{phone} ? (email => "p$n\@example.com") : (), %$said })->{id};
        push @ids, $id;
        my $no = $id =~ s/\D//gr;
        $h->call('suppressions_create', { email => "p$n\@example.com", reason => $more }) if $more =~ /complaint|manual/;
        $h->dbh->do(q{insert into godwit.preferences (tenant_id, contact_id, paused_until) values (1, ?, '2026-12-01Z')}, undef, $no) if $more eq 'paused';
        $h->dbh->do(q{insert into godwit.subscriptions (tenant_id, list_id, contact_id, wanted, said_at) values (1, 1, ?, false, '2026-01-01Z')}, undef, $no)
            if $more eq 'left';
        $h->dbh->do(q{insert into godwit.sends (tenant_id, campaign_id, contact_id, at, state) values (1, 1, ?, '2026-03-01T12:00:00Z', 2)}, undef, $no)
            if $more eq 'capped';
    }
}
my $list = $h->call('lists_create', { name => 'all' })->{id};
my @campaign = map { $h->call('campaigns_create', { name => 'c', list_id => $list, from => 'a@example.com', subject => 's', html => '<p>x</p>' })->{id} } 1, 2;
$h->call('lists_add', { id => $list, contact_ids => [ $ids[-1] ] });
$h->call('campaigns_start', { id => $campaign[0] });
$h->dbh->do('update godwit.campaign_cursors set pos = audience, intent_end = audience');
$h->call('lists_add', { id => $list, contact_ids => \@ids });
$h->call('campaigns_start', { id => $campaign[1] });
my %seen;
for my $at ('2026-03-05T12:00:00Z', '2026-03-05T22:00:00Z', '2026-03-06T02:00:00Z') {
    $h->dbh->begin_work;
    my %is = map { ("ct_$_->{contact_id}" => join ' ', $_->{verdict} ? 'refuse' : defined $_->{verdict} ? 'later' : 'send', $_->{reason} // ()) }
        @{ $h->rows(q{select contact_id, verdict, reason from godwit.campaign_take(1, 2, 1, 0, null, 100, ?, ?)}, $at, $at) };
    $h->dbh->rollback;
    my %says = map { my $s = $h->call('policy_simulate', { contact_id => $_, at => $at, campaign_id => $campaign[1] });
        ($_ => join ' ', $s->{verdict}, $s->{reason} // ()) } @ids;
    is_deeply \%says, \%is, "of all at $at";
    $seen{$_} = 1 for values %is;
}
is_deeply [ sort keys %seen ], [ 'later frequency cap', 'later quiet hours', map({ "refuse $_" } 'complaint', 'consent is revoked', 'left the list',
    'manual', 'paused', 'the contact has no e-mail address'), 'send' ], 'all that can be';

# ---- its steps
my $who = $h->call('contacts_create', { phone => '+49 170 1234567', consent => { voice => 'granted' }, zone => 'Europe/Berlin' })->{id};
sub ask { return $h->call('policy_simulate', { contact_id => $who, channel => 'voice', at => '2026-03-05T12:00:00Z', @_ }) }
is ask()->{verdict}, 'send', 'he may be called';
is ask(channel => 'sms')->{reason}, 'no consent was given', 'and not be texted, which he has not agreed to';
my $sup = $h->call('suppressions_create', { phone => '+49 (170) 123 45 67' });
is_deeply [ @$sup{qw(email phone reason)} ], [ undef, '+491701234567', 'do_not_call' ], 'the do-not-call list';
is_deeply [ map { $_->{id} } @{ $h->call('suppressions_list', { phone => '0049 170 1234567' })->{items} } ], [ $sup->{id} ], 'is found by the number';
my $s = ask();
is_deeply [ @$s{qw(verdict reason message)} ], [ 'refuse', 'do not call', 'The number is on the do-not-call list.' ], 'he is on it';
is_deeply [ map { $_->{step} } @{ $s->{steps} } ], [qw(address suppression consent opt_out dnc quiet_hours frequency_cap quota sandbox)], 'all steps, in their order';
is_deeply [ map { $_->{verdict} } @{ ask(kind => 'reply')->{steps} } ], [ qw(pass pass exempt exempt exempt exempt exempt exempt pass) ], 'what an answer is exempt from';
is_deeply [ map { $_->{verdict} } @{ ask(kind => 'transactional')->{steps} } ], [ qw(pass pass pass exempt exempt exempt exempt exempt pass) ], 'and what else is none of marketing';
is ask(kind => 'transactional')->{message}, 'Nothing is against it.', 'in a sentence';
wrong('suppressions_create', { phone => '+491701234567', email => 'a@example.com' }, 'phone', qr/one at a time/, 'one or the other');
wrong('suppressions_create', { email => 'a@example.com', reason => 'do_not_call' }, 'reason', qr/is not one of/, 'an address is not called');

# ---- where he may be, by his number
$h->call('policy_update', { quiet_hours => { voice => \%night }, zones_by_number => { '+49' => [qw(Europe/Berlin America/New_York)], '+4930' => ['Europe/Berlin'] } });
sub quiet { return join ' ', map { join '+', @{ $_->{data}{zones} }, $_->{verdict}, $_->{data}{known_by} // () }
    grep { $_->{step} eq 'quiet_hours' } @{ ask(@_)->{steps} } }
is quiet(), 'Europe/Berlin+pass+zone', 'his zone tells most';
$h->call('contacts_update', { id => $who, zone => undef });
is quiet(), 'Europe/Berlin+America/New_York+later+number', 'then his number: it is seven in New York';
$h->call('contacts_update', { id => $who, phone => '+4930123456' });
is quiet(), 'Europe/Berlin+pass+number', 'the longer prefix';
$h->call('contacts_update', { id => $who, phone => '+33123456789' });
is quiet(), 'Europe/Berlin+pass', 'else what the workspace says';

$h->godwit(qw(quota set --metric messages --hard 0));
($s) = grep { $_->{step} eq 'quota' } @{ ask(channel => 'email', contact_id => $ids[0])->{steps} };
is_deeply [ @$s{qw(verdict message)} ], [ 'later', '0 of 0 messages of this month are used.' ], 'the quota';
$h->dbh->do(q{update auth.tenants set kind = 'sandbox' where id = 1});
is ask(channel => 'email', contact_id => $ids[0])->{verdict}, 'stays', 'of a sandbox nothing leaves';

# ---- what counts for a cap
my ($who1, $twin) = map { $h->call('contacts_create', { email => "$_\@example.com" })->{id} =~ s/\D//gr } qw(cap twin);
sub sent { my ($state, $id, $at) = @_;
    return sprintf q{insert into godwit.sends (tenant_id, campaign_id, contact_id, at, state) values (1, 1, %d, '%s', %d)}, $id // $who1,
        $at // '2026-03-01Z', $state }
my $queue = qq{insert into godwit.mail_queue (tenant_id, campaign_id, contact_id, attempt, due, first_at, route, host_id)
    values (1, 1, $who1, 1, '2026-03-05Z', '2026-03-05Z', 'smart_host', %s)};
for ([ 'sent', 1, sent(2) ], [ 'on its way', 1, sent(1) ], [ 'uncertain', 1, sent(7) ], [ 'failed', 0, sent(3) ], [ 'suppressed', 0, sent(4) ],
    [ 'long ago', 0, sent(2, $who1, '2026-02-26T11:00Z') ], [ 'a test', 0, sent(2), 'update godwit.campaigns set test = true where id = 1' ],
    [ 'to who he was before a merge', 1, sent(2, $twin), "insert into godwit.contact_alias values (1, $twin, $who1)" ],
    [ 'to another', 0, sent(2, $twin) ], [ 'another attempt is made', 1, sprintf $queue, 1 ], [ 'one waits', 0, sprintf $queue, 'null' ]) {
    my ($what, $counts, @do) = @$_;
    $h->dbh->begin_work;
    $h->dbh->do($_) for @do;
    is $h->value(q{select string_agg((godwit.policy_capped(r, 'email', null, null, i, '2026-03-05T12:00Z')->>? is not null)
            ::text, ' ') from godwit.policy_of(1) r, (values (array[?::bigint]), (array[?, 1000000])) u(i)}, ($who1) x 3),
        join(' ', ($counts ? 'true' : 'false') x 2), "of a cap, of him and of many: $what";
    $h->dbh->rollback;
}

sub until_ { my ($caps, @do) = @_;
    $h->dbh->begin_work;
    $h->dbh->do($_) for @do;
    my $at = $h->value(q{select to_char(godwit.instant_of(godwit.policy_capped(jsonb_populate_record(r, jsonb_build_object('caps', ?::jsonb)),
        'email', null, null, array[?::bigint], '2026-03-05T12:00Z')->?) at time zone 'UTC', 'MM-DD HH24:MI') from godwit.policy_of(1) r},
        '[' . join(',', map { qq({"channel":"email","count":$_->[0],"days":$_->[1]}) } @$caps) . ']', $who1, $who1);
    $h->dbh->rollback;
    return $at }
my $old = sent(2, $who1, '2026-03-02T08:00Z');
is until_([ [ 1, 7 ] ], $old), '03-09 08:00', 'who has had one waits until it is long ago';
is until_([ [ 1, 7 ] ], sent(1, $who1, '2026-03-05T11:59Z')), '03-05 12:01', 'who may be getting one is asked again in a minute';
is until_([ [ 2, 7 ] ], $old, sprintf $queue, 1), '03-05 12:01', 'so is who may be getting the last that he may have';
is until_([ [ 2, 7 ], [ 1, 4 ] ], $old, sprintf $queue, 1), '03-05 12:01', 'by each cap';
is until_([ [ 3, 7 ] ], $old, sprintf $queue, 1), undef, 'who has had less than a cap allows has not had enough';
is until_([ [ 1, 7 ], [ 1, 14 ] ], $old), '03-16 08:00', 'of two caps the later time';

# ---- two who ask at once
$h->dbh->do(q{update auth.tenants set kind = 'live' where id = 1});
$h->dbh->do('delete from godwit.entitlement');
my @two = map { my $c = $h->call('campaigns_create', { name => 'c', list_id => $list, from => 'a@example.com', subject => 's', html => '<p>x</p>' })->{id};
    $h->call('campaigns_start', { id => $c }); $c =~ s/\D//gr } 1, 2;
my $take = q{select count(*) filter (where verdict is null), count(*) filter (where reason = 'frequency cap') from
    godwit.campaign_take(1, %d, 1, 0, null, 100, '2026-03-12T12:00:00Z', '2026-03-12T12:00:00Z')};
my $other = $h->dbh->clone;
$h->dbh->begin_work;
my ($first) = $h->dbh->selectrow_array(sprintf $take, $two[0]);
my $second = $other->prepare(sprintf($take, $two[1]), { pg_async => 1 });
$second->execute;
wait_for { $h->dbh('postgres')->selectrow_array(q{select count(*) from pg_stat_activity where pid = ? and wait_event = 'advisory'}, undef, $other->{pg_pid}) } 5,
    'the second waits';
$h->dbh->commit;
$other->pg_result;
is_deeply $second->fetchrow_arrayref, [ 0, $first ], 'nobody whom the first has taken gets the second';
cmp_ok $first, '>', 5, 'who are some';
done_testing;
