#!/usr/bin/perl
# A campaign whose template is a webhook's: one signed request a recipient, once,
# whatever the endpoint does and whoever is killed.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Hooks;

my $h = Godwit->new(conf => 'webhook_allow 127.0.0.0/8; mail_window 50; mail_window_age 300ms; '
    . 'webhook_retry_schedule 1s; webhook_retry_lifetime 4s; log_level info;');
my $r = receiver($h, of => 'gw');
my $w = webhook($h, url => "$r->{url}/", headers => { 'X-Own' => 'yes' }, secret_headers => 'Authorization: Bearer s3');

sub people { my ($n, $name) = @_;
    my $list = $h->call('lists_create', { name => $name })->{id};
    $h->dbh->do(q{with p as (insert into godwit.contacts (tenant_id, email, first_name, created_at, updated_at)
        select 1, ? || i || '@example.com', 'Ann "' || i || '"' || chr(10) || chr(92), '2026-01-01Z', '2026-01-01Z'
          from generate_series(1, ?::int) i returning id)
        insert into godwit.list_members select 1, ?, id, '2026-01-01Z' from p}, undef, $name, $n, $list =~ s/lst_//r);
    return $list }
sub template { my (%content) = @_;
    my $t = $h->call('templates_create', { name => 't' . ++$h->{names}, channel => 'webhook', content => \%content });
    $h->call('templates_publish', { id => $t->{id}, version => 1 });
    return $t->{id} }
sub campaign { my ($list, $path, %with) = @_;
    my $content = delete $with{content} // {};
    my $c = $h->call('campaigns_create', { name => 'c', list_id => $list, template_id => template(
        url => "$r->{url}$path", webhook => $w->{id}, body => { to => '{{ contact.email }}',
            name => '{{ contact.first_name }}', n => 1 }, %$content), %with })->{id};
    $h->call('campaigns_start', { id => $c });
    return $c }
sub refused { my ($code, $doc) = $h->try(@_); return "$doc->{error}{message}" }
sub stats { return $h->call('campaigns_stats', { id => $_[0] }) }
my @states = qw(queued in_flight sent failed suppressed invalid not_rendered uncertain);
sub told { my $s = stats($_[0]); return join ' ', map { "$_ $s->{$_}" } grep { $s->{$_} } @states }
sub finished { my ($c) = @_; wait_for { stats($c)->{state} eq 'finished' } 20, "$c is finished" }
sub why { return $h->call('campaigns_why', { id => $_[0], email => "$_[1]\@example.com" }) }

# ---- one request each
my $some = people(60, 'some');
my $role = $h->spawn({ log => 'mail' }, 'worker', 'mail');
my $c = campaign($some, '/a/{{ contact.id }}', content => { headers => { 'X-Name' => '{{ contact.email }}', 'X-None' => '{{ contact.locale }}' } });
finished($c);
is told($c), 'sent 60', 'everybody is told of';
my @got = grep { $_->{path} =~ m{^/a/} } $r->got;
is_deeply [ scalar @got, [ grep { $_->{wrong} } @got ] ], [ 60, [] ], 'by one request each, as Standard Webhooks want it';
is scalar(grep { signed_by($_, $w->{secret}) } @got), 60, 'signed by the webhook';
my ($one) = grep { $_->{body}{to} eq 'some7@example.com' } @got;
is_deeply [ $one->{body}{name}, $one->{method}, @{ $one->{headers} }{qw(x-name x-none x-own authorization)} ],
    [ qq{Ann "7"\n\\}, 'POST', 'some7@example.com', undef, 'yes', 'Bearer s3' ], 'with what it says, and the headers of both';
is why($c, 'some7')->{message_id}, $one->{id}, 'its id is in the log';
cmp_ok scalar(keys %{ { map { $_->{connection} => 1 } @got } }), '<=', 16, 'over few connections';

is refused('campaigns_publish', { id => $c, title => 'May' }), "campaign $c is for webhook; only mail has a page for anybody",
    'it has no page';

# ---- what is answered
$r->answers('/b', '429 retry-after=2', '503', '200');
my $few = people(1, 'few');
$c = campaign($few, '/b');
finished($c);
my @b = $r->got('/b');
is_deeply [ told($c), scalar @b, scalar keys %{ { map { $_->{id} => 1 } @b } } ], [ 'sent 1', 3, 1 ],
    'who is asked to come later does so, under the same id and key';
cmp_ok $b[1]{at} - $b[0]{at}, '>', 1.9, 'not before Retry-After';
is_deeply [ map { "$_->{code} $_->{reply}" =~ s/: .*//r } @{ why($c, 'few1')->{attempts} } ], [ '450 HTTP 429', '450 HTTP 503', '200 HTTP 200' ],
    'each attempt is in the log';
my %ends = ('404' => 'it was refused: HTTP 404', "302 location=$r->{url}/a" => 'it was refused: HTTP 302',
    '500' => 'no attempt succeeded within webhook_retry_lifetime', 'reset reset' => 'no attempt succeeded within webhook_retry_lifetime');
my %of = map { my $path = '/c' . substr $_, 0, 3; $r->answers($path, $_); ($_ => campaign($few, $path)) } sort keys %ends;
for my $answer (sort keys %ends) {
    finished($of{$answer});
    is_deeply [ told($of{$answer}), why($of{$answer}, 'few1')->{reason} ], [ 'failed 1', $ends{$answer} ], "$answer: failed";
}
is scalar(grep { $_->{path} eq '/a' } $r->got), 0, 'a redirect is not followed';

# ---- who gets it
$h->call('suppressions_create', { email => 'some1@example.com', reason => 'complaint' });
$h->call('suppressions_create', { email => 'some2@example.com', reason => 'hard_bounce' });
$h->call('policy_update', { caps => [ { channel => 'webhook', count => 2, days => 1 } ] });
$c = campaign($some, '/d');
wait_for { stats($c)->{sent} == 59 } 15;
is_deeply [ why($c, 'some1')->{reason}, told($c) ], [ 'complaint', 'sent 59 suppressed 1' ],
    'not who complained; a dead address does not matter';
$c = campaign($some, '/d');
wait_for { stats($c)->{queued} == 59 } 10, 'a cap of its own';
is why($c, 'some3')->{reason}, 'frequency cap', 'puts off';
my $s = $h->call('policy_simulate', { contact_id => 'ct_3', campaign_id => $c });
is_deeply [ @$s{qw(channel verdict reason)}, map { $_->{message} } @{ $s->{steps} }[ 0, 2 ] ], [ 'webhook', 'later', 'frequency cap',
    'A webhook needs no address of the contact.', 'No consent is asked for a webhook.' ], 'as the simulator says';
$h->call('campaigns_cancel', { id => $c });
$h->call('policy_update', { caps => [] });

# ---- where it may not go
my $odd = $h->call('lists_create', { name => 'odd' })->{id};
for ([ one => '../up' ], [ two => '%2E%2e/up' ], [ three => 'fine' ]) {
    my $id = $h->call('contacts_create', { external_id => $_->[0], attributes => { way => $_->[1] } })->{id};
    $h->dbh->do('insert into godwit.list_members values (1, ?, ?, ?)', undef, $odd =~ s/lst_//r, $id =~ s/ct_//r, '2026-01-01Z');
}
$c = campaign($odd, '/odd/{{ contact.way }}/x');
finished($c);
is told($c), 'sent 1 not_rendered 2', 'nobody leads it elsewhere; who has no address is told of as well';
is scalar(grep { $_->{path} =~ /up/ } $r->got), 0, 'and nothing was asked there';

# ---- its pace
my $all = people(120, 'all');
$h->call('webhooks_update', { id => $w->{id}, rate => 20 });
my $slow = campaign($all, '/slow', rate => 1000);
wait_for { stats($slow)->{sent} > 5 } 5;
$h->call('campaigns_pause', { id => $slow });
my $at = -1;
wait_for { my $was = $at; $at = stats($slow)->{sent}; select undef, undef, undef, 0.4; $was == $at } 5, 'a pause stops it';
cmp_ok $at, '<', 120, 'in its middle, since it is no faster than its webhook';
$h->call('webhooks_update', { id => $w->{id}, enabled => \0, rate => undef });
$h->call('campaigns_update', { id => $slow, rate => undef });
$h->call('campaigns_resume', { id => $slow });
wait_for { ($h->call('campaigns_get', { id => $slow })->{problem} // '') =~ /is disabled/ } 5, 'while its webhook is disabled';
$at = stats($slow)->{sent};
$h->call('webhooks_update', { id => $w->{id}, enabled => \1, url => "$r->{url}/elsewhere" });
wait_for { ($h->call('campaigns_get', { id => $slow })->{problem} // '') =~ /^it goes to / } 5, 'or leads elsewhere';
$h->call('webhooks_update', { id => $w->{id}, url => "$r->{url}/" });
finished($slow);
is told($slow), 'sent 120', 'it waits';
is scalar(keys %{ { map { $_->{id} => 1 } $r->got('/slow') } }), 120, 'nobody twice';
is $h->stop($role), 0, 'the role ends when asked';

# ---- kill -9: never twice; who may have been told of is uncertain
for my $point (qw(before_journal after_journal:2 after_dot:2 after_reply:70)) {
    my $id = campaign($all, "/$point");
    is +($h->godwit({ env => { GODWIT_CRASH => $point } }, qw(worker mail --once)))[0], 137, "$point: killed";
    is +($h->godwit(qw(worker mail --once)))[0], 0, 'the next life goes on';
    my $s = stats($id);
    my %n = map { $_->{id} => 1 } my @all = $r->got("/$point");
    is @all - keys %n, 0, "$point: nobody twice";
    is $s->{sent} + $s->{uncertain}, 120, 'everybody has his state' or diag told($id);
    cmp_ok $s->{sent}, '<=', scalar @all, 'who is sent has been told of';
    cmp_ok $s->{uncertain}, '<=', 16, 'few are uncertain';
}

# ---- what stands against one, at its creation or before its start
for my $channel (qw(sms whatsapp)) {
    my $t = $h->call('templates_create', { name => $channel, channel => $channel, content => $channel eq 'sms' ? { text => 'Hi' }
        : { name => 'a', language => 'en', category => 'utility', components => [ { type => 'body', text => 'Hi' } ], parameters => {} } });
    $h->call('templates_publish', { id => $t->{id}, version => 1 });
    like refused('campaigns_create', { name => 'x', list_id => $few, template_id => $t->{id} }),
        qr/^template $t->{id}: there is no provider for \w+ in this release/, "$channel: no provider";
}
is refused('campaigns_create', { name => 'x', kind => 'transactional', template_id => template(url => "$r->{url}/") }),
    'a campaign of the kind transactional is mail, and this is for webhook', 'nor is each kind for webhooks';
sub blocked { my (%content) = @_;
    my $id = $h->call('campaigns_create', { name => 'x', list_id => $few, template_id => template(url => "$r->{url}/", %content) })->{id};
    my $f = $h->call('campaigns_preflight', { id => $id })->{findings};
    like refused('campaigns_start', { id => $id }), qr/webhook/, 'it does not start';
    return join ' ', map { $_->{code} } grep { $_->{level} eq 'blocker' } @$f }
is blocked(), 'webhook_missing', 'without a webhook';
is blocked(webhook => 'wh_99'), 'webhook_missing', 'with one that is not there';
is blocked(webhook => $w->{id}, url => 'https://other.example/'), 'webhook_url', 'of another host';
my $below = webhook($h, url => "$r->{url}/below");
is blocked(webhook => $below->{id}, url => "$r->{url}/$_"), 'webhook_url', "/$_ is not /below" for 'belows', 'other', '';
ok $h->value('select bool_and(godwit.url_within(u, b)) from unnest(?::text[], ?::text[]) a(u, b)',
    [ 'https://a.example', 'https://A.example:443/x', 'https://a.example/b/{{ c }}', 'https://a.example/b?c', 'https://a.example/b/' ],
    [ 'https://a.example', 'https://a.example', 'https://a.example/b', 'https://a.example/b', 'https://a.example/b/' ]), 'what is within';
is_deeply [ map { $_->{wrong} // () } $r->got ], [], 'no request broke a rule';

# ---- a sandbox
$h->dbh->do(q{update auth.tenants set kind = 'sandbox' where id = 1});
$c = campaign($few, '/sandbox');
is +($h->godwit(qw(worker mail --once)))[0], 0, 'of a sandbox';
is_deeply [ told($c), scalar $r->got('/sandbox') ], [ 'sent 1', 0 ], 'nothing leaves this house';
done_testing;
