# A campaign to n recipients that is paused, resumed, edited and killed in its middle, and one that
# is cancelled there: everybody once, with the state and the reason that are his.
package Godwit::Kills;
use strict;
use warnings;
use Exporter qw(import);
use Test::More;
use Time::HiRes qw(time);

our @EXPORT = qw(lives);
my ($h, $role, $kills);

# what becomes of a recipient: by his number, else he is sent to
my @fate = ([ suppressed => 'manual' ], [ suppressed => 'consent is revoked' ], [ invalid => 'the contact has no e-mail address' ],
    [ failed => 'the address is dead: userunknown' ], [ failed => 'the server refused it: blocked' ],
    [ not_rendered => qr/divided by 0/ ], [ sent => undef ]);
my %of = (3 => 0, 13 => 1, 23 => 2, 33 => 3, 43 => 4, 53 => 5, 63 => 6);
sub fate { my ($n) = @_; return defined $of{ $n % 70 } ? $fate[ $of{ $n % 70 } ] : $fate[-1] }

sub born { $role = $h->spawn({ log => 'mail' }, qw(worker mail)); return }
# as the kernel would end it, at any moment; it lives again
sub killed { $h->stop($role, 'KILL'); $kills++; born(); return }
sub stats { return $h->call('campaigns_stats', { id => $_[0] }) }

sub people {
    my ($n) = @_;
    $h->call('lists_create', { name => 'all' });
    $h->dbh->do(q{insert into godwit.contacts (tenant_id, email, consent_email, attributes, created_at, updated_at)
        select 1, case i % 70 when 23 then null when 33 then 'gone' when 43 then 'block' when 63 then 'late' else 'p' end
            || i || '@example.com', case i % 70 when 13 then 2 else 0 end,
            jsonb_build_object('n', i, 'bad', i % 70 = 53), '2026-01-01Z', '2026-01-01Z' from generate_series(1, ?) i}, undef, $n);
    $h->dbh->do(q{insert into godwit.list_members (tenant_id, list_id, contact_id, added_at)
        select 1, 1, id, '2026-01-01Z' from godwit.contacts});
    $h->dbh->do(q{insert into godwit.suppressions (tenant_id, address_hash, address, reason, created_at)
        select 1, godwit.address_hash(1, email), email, 'manual', '2026-01-01Z' from godwit.contacts
         where (attributes->>'n')::int % 70 = 3});
    return;
}

sub campaign {
    my ($rate) = @_;
    my $id = $h->call('campaigns_create', { name => 'c', list_id => 'lst_1', from => 'a@shop.example', rate => $rate,
        subject => 'Number {{ contact.attributes.n }}', auto_pause => { bounces => undef, errors => undef },
        html => '<p>{% if contact.attributes.bad %}{{ 1 | divided_by: 0 }}'
            . '{% endif %}{{ contact.attributes.n }}</p>' })->{id};
    $h->call('campaigns_start', { id => $id });
    return $id;
}

# until such a share of all has its state
sub until_share {
    my ($id, $n, $share) = @_;
    return Godwit::wait_for(sub { my $s = stats($id); $n - $s->{queued} - $s->{in_flight} >= $share * $n }, 60 + $n / 200,
        "$share of it");
}

# Mails of a campaign by recipient, as the sink has them.
sub got {
    my ($id) = @_;
    my ($no) = $id =~ /(\d+)/;
    my %got;
    $got{ $_->{rcpt}[0] }++ for grep { $_->{message_id} =~ /^<gw\.1\.$no\./ } $h->messages;
    return \%got;
}

# Everybody of the list has one row, of the state and reason that are his, and who is called sent
# has one mail. $cancelled: who was not reached has that reason.
sub everybody {
    my ($id, $n, $cancelled) = @_;
    my ($no) = $id =~ /(\d+)/;
    my $got = got($id);
    my $rows = $h->rows(q{select (p.attributes->>'n')::int as n, p.email, godwit.state_name(s.state) as state, s.reason
        from godwit.contacts p left join godwit.sends s on s.tenant_id = 1 and s.campaign_id = ? and s.contact_id = p.id}, $no);
    my (%count, @wrong);
    for my $r (@$rows) {
        my ($state, $reason) = ($r->{state} // 'none', $r->{reason} // '');
        my $mails = $got->{ $r->{email} // '' } // 0;
        my ($want, $why) = @{ fate($r->{n}) };
        $count{$state}++;
        my $right = $state eq $want && (ref $why ? $reason =~ $why : $reason eq ($why // ''));
        $right = 1 if $cancelled && $state eq 'suppressed' && $reason eq 'cancelled';
        $right = $mails <= 1 if $state eq 'uncertain' && $want eq 'sent';
        push @wrong, "$r->{n}: $state $reason, $mails mails" if !$right || $state ne 'uncertain' && $mails != ($state eq 'sent');
    }
    is_deeply [ @wrong[ 0 .. ($#wrong > 9 ? 9 : $#wrong) ] ], [], 'everybody once, state and reason right';
    my $s = stats($id);
    is_deeply { map { $_ => $s->{$_} } grep { $s->{$_} } qw(queued in_flight sent failed suppressed invalid not_rendered uncertain) },
        \%count, 'and the numbers are the rows';
    return $s;
}

# The whole of it in a house, with n recipients by so many connections; how often the role was killed.
sub lives {
    ($h, my ($n, $connections, $set)) = @_;
    $kills = 0;
    my $port = $h->sink('--dir', $h->state . '/sink', '--fault', 'rcpt=550 5.1.1 no such user,to=gone', '--fault',
        'rcpt=554 5.7.1 blocked by our list,to=block', '--fault', 'dot=451 4.3.0 later,to=late,first=5');
    $h->configure("smart_host 127.0.0.1:$port; log_level info; retry_schedule 1s 1s 1s 1s 1s 1s 1s 1s;
        smtp_connections $connections; $set");
    people($n);
    born();

    my $c = campaign(int($n / 4));
    until_share($c, $n, .1);
    killed();
    until_share($c, $n, .25);
    my $p = $h->call('campaigns_pause', { id => $c, reason => 'the shop is closed' });
    is_deeply [ $p->{state}, $p->{paused}{reason} ], [ 'paused', 'the shop is closed' ], 'paused, and why';
    killed();
    Godwit::wait_for(sub { my $s = stats($c); !$s->{in_flight} }, 20, 'what was on its way comes to its end');
    my $at = keys %{ got($c) };
    $h->refused('campaigns_update', { id => $c, subject => 'Another' }, 'conflict', 'id',
        "campaign $c is paused; only a draft can be changed");
    is $h->call('campaigns_update', { id => $c, rate => int($n / 2) })->{rate}, int($n / 2), 'its pace is edited';
    killed();
    is +(keys %{ got($c) }) . ' ' . stats($c)->{state}, "$at paused", 'through two lives nobody gets a mail meanwhile';
    $h->call('campaigns_resume', { id => $c });
    until_share($c, $n, .5);
    $h->call('campaigns_pause', { id => $c });
    killed();
    $h->call('campaigns_resume', { id => $c });
    until_share($c, $n, .7);
    killed();
    killed();
    Godwit::wait_for(sub { stats($c)->{state} eq 'finished' }, 60 + $n / 200, 'it finishes');
    my $s = everybody($c, $n);
    cmp_ok $s->{uncertain}, '<=', 3 * $connections * $kills, 'uncertain are at most the envelopes of the connections that were killed';

    # one that is cancelled: what was on the wire keeps its state
    $h->dbh->do(q{delete from godwit.suppressions where reason = 'hard_bounce'});
    $c = campaign(int($n / 4));
    until_share($c, $n, .2);
    killed();
    until_share($c, $n, .4);
    $h->call('campaigns_cancel', { id => $c });
    killed();
    Godwit::wait_for(sub { my $s = stats($c); !$s->{queued} && !$s->{in_flight} }, 60 + $n / 200, 'the rest passes');
    $s = everybody($c, $n, 1);
    is $s->{state}, 'cancelled', 'it is cancelled';
    cmp_ok $s->{sent}, '<', .9 * $n, 'in its middle';
    is $h->value(q{select count(*) from godwit.sends where campaign_id = ? and reason = 'cancelled'}, $c =~ s/cmp_//r),
        $n - $s->{sent} - $s->{uncertain} - $s->{failed} - $s->{invalid} - $s->{not_rendered}
        - $h->value(q{select count(*) from godwit.sends where campaign_id = ? and state = 4 and reason <> 'cancelled'}, $c =~ s/cmp_//r),
        'who was not reached says so';
    is $h->value('select count(*) from godwit.mail_queue'), 0, 'nothing waits';
    $h->stop($role);
    return $kills;
}

1;
