#!/usr/bin/perl
# kill -9 of the mail role at each of its steps: nothing is lost or doubled,
# and uncertain only where the final dot may have left.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $set = 'smtp_connections 2; mail_window 20; log_level info;';
my $h = Godwit->new(conf => $set);
# at its full pace a window is through before the one ahead is asked for
my $port = $h->sink('--dir', $h->state . '/sink', '--fault', 'dot=delay:3');
$h->configure("smart_host 127.0.0.1:$port; $set");

my $list = $h->call('lists_create', { name => 'all' })->{id};
$h->call('lists_add', { id => $list, contact_ids => [ map {
    $h->call('contacts_create', { email => "$_\@example.com" })->{id}
} map { "p$_" } 1 .. 60 ] });

sub campaign {
    my $c = $h->call('campaigns_create', { name => 'c', list_id => $list,
        from => 'shop@example.com', subject => 'Hi', html => '<p>Dear</p>' });
    $h->call('campaigns_start', { id => $c->{id} });
    return $c->{id};
}

sub mail { return ($h->godwit({ env => $_[0] // {} }, 'worker', 'mail', '--once'))[0] }

# where, and whether a dot may have left without its reply being on disk
my @points = (
    [ 'after_intent', 0 ], [ 'after_ahead', 1 ], [ 'after_ahead:2', 1 ],
    [ 'before_journal', 0 ], [ 'after_announce', 0 ], [ 'after_announce:9', 1 ],
    [ 'before_journal:9', 1 ], [ 'after_journal', 1 ], [ 'after_journal:9', 1 ],
    [ 'after_dot', 1 ], [ 'after_dot:15', 1 ], [ 'after_reply', 1 ],
    # the window ahead is on its way meanwhile; nothing is at the last
    [ 'after_reply:30', 1 ], [ 'before_close', 1 ], [ 'before_close:2', 1 ],
    [ 'after_close', 1 ], [ 'after_close:3', 0 ],
);

for (@points) {
    my ($point, $window) = @$_;
    my $c = campaign();
    my $seen = $h->messages;
    is mail({ GODWIT_CRASH => $point }), 137, "$point: killed";
    is mail({ GODWIT_CRASH => 'during_recovery' }), 137, 'and during recovery';
    is mail(), 0, "$point: the next life goes on";

    my $s = $h->call('campaigns_stats', { id => $c });
    is "$s->{state} $s->{queued} $s->{in_flight}", 'finished 0 0', "$point: finished";
    is $s->{sent} + $s->{uncertain}, 60, "$point: everybody once";
    cmp_ok $s->{uncertain}, '<=', $window ? 2 : 0, "$point: uncertain at most";

    my @got = ($h->messages)[$seen .. $h->messages - 1];
    my %n;
    $n{ $_->{rcpt}[0] }++ for @got;
    is_deeply [ grep { $n{$_} > 1 } keys %n ], [], "$point: nobody twice";
    cmp_ok scalar(@got), '>=', $s->{sent}, "$point: what is called sent was sent";
    is $h->value(q{select count(*) from (select state, count(*) from godwit.sends
        where campaign_id = ? group by 1) x, godwit.campaign_cursors k
        where k.campaign_id = ? and case state when 2 then sent when 7 then uncertain
        else 0 end <> count}, map { s/cmp_//r } $c, $c), 0, "$point: counters = rows";
    is $h->value('select count(*) from godwit.mail_queue'), 0, "$point: no queue row";
    is $h->value('select sum(quantity) from godwit.usage where effect_key = ?', $c), 60, "$point: its use";
}

# ---- a refusal that only the journal knows of: the address gets no more
$h->configure('smart_host 127.0.0.1:' . $h->sink('--dir', $h->state . '/sink', '--fault',
    'rcpt=550 5.1.1 user unknown,to=p1@', '--fault', 'rcpt=550 5.7.1 not today,to=p2@') . "; $set");
my $refused = campaign();
is mail({ GODWIT_CRASH => 'before_close' }), 137, 'killed before its ledger';
is mail(), 0, 'the next life goes on';
is join(',', @{ $h->dbh->selectcol_arrayref(q{select address || ' ' || reason from godwit.suppressions}) }),
    'p1@example.com hard_bounce', 'who is dead is suppressed, who was refused for another reason is not';
is $h->call('campaigns_why', { id => $refused, email => 'p2@example.com' })->{state}, 'failed', 'he has failed';
$h->dbh->do('delete from godwit.suppressions');
$h->configure("smart_host 127.0.0.1:$port; $set");

# ---- the machine went down: what was not synced may be gone, a head tells the boot
for my $point (qw(after_announce after_announce:9 after_dot:9)) {
    my $c = campaign();
    my $seen = $h->messages;
    is mail({ GODWIT_CRASH => $point }), 137, "$point: killed";
    my $dump = ($h->godwit('journal', 'dump'))[1];
    my %open = map { $_ => 1 } $dump =~ /"D",.*"contact":"(ct_\d+)"/g;
    delete @open{ $dump =~ /"A",.*"contact":"(ct_\d+)"/g };
    my $boot = slurp('/proc/sys/kernel/random/boot_id') =~ s/\n//r;
    like $dump, qr/\A\{"kind":"B","at":"[^"]+","boot":"$boot"\}$/m, 'the head has the boot';
    for my $file (glob $h->state . '/journal/*.log') {
        (my $bytes = slurp($file)) =~ s/\A.{40}$boot//s or fail 'no head';
        spew($file, $bytes);
    }
    is mail(), 0, 'the next life goes on';
    my $s = $h->call('campaigns_stats', { id => $c });
    is "$s->{state} $s->{uncertain}", 'finished ' . keys %open,
        "$point: after a power cut an envelope is uncertain";
    cmp_ok keys %open, '<=', 6, 'three a connection at most';
    my %n;
    $n{ $_->{rcpt}[0] }++ for ($h->messages)[$seen .. $h->messages - 1];
    is_deeply [ grep { $n{$_} > 1 } keys %n ], [], "$point: nobody twice";
    cmp_ok keys %n, '>=', $s->{sent}, 'what is called sent was sent';
}

# ---- what a server asked for before the kill stays an attempt
$port = $h->sink('--dir', $h->state . '/sink', '--fault', 'dot=451 4.3.0 later,to=p2@,first=1');
$h->configure("smart_host 127.0.0.1:$port; $set retry_schedule 1h;");
my $c = campaign();
is mail({ GODWIT_CRASH => 'before_close' }), 137, 'killed after a 451';
my ($dump) = ($h->godwit('journal', 'dump'))[1];
my ($who) = $h->value(q{select 'ct_' || id from godwit.contacts where email = 'p2@example.com'});
like $dump, qr/^\{"kind":"D","tenant":1,"campaign":"\Q$c\E","contact":"\Q$who\E","attempt":1,/m,
    'the journal has its dot';
like $dump, qr/^\{"kind":"A",.*"contact":"\Q$who\E",.*"code":451,"reply":"4.3.0 later"\}$/m,
    'and the reply';
is mail(), 0, 'the next life goes on';
my $why = $h->call('campaigns_why', { id => $c, email => 'p2@example.com' });
is join(' ', $why->{state}, map { $_->{code} } @{ $why->{attempts} }), 'queued 451',
    'the attempt is known';
is $h->value('select min(attempt) from godwit.mail_queue'), 1, 'and counts';
$h->call('campaigns_cancel', { id => $c });
mail();

# ---- so does what it said of a dead address
$port = $h->sink('--dir', $h->state . '/sink', '--fault', 'rcpt=550 5.1.1 no such user,to=p3@');
$h->configure("smart_host 127.0.0.1:$port; $set");
$c = campaign();
is mail({ GODWIT_CRASH => 'before_close' }), 137, 'killed after a 550';
is mail(), 0, 'the next life goes on';
is $h->call('campaigns_why', { id => $c, email => 'p3@example.com' })->{reason}, 'the address is dead: userunknown',
    'the journal tells why';
is_deeply [ map { "$_->{email} $_->{reason}" } @{ $h->call('suppressions_list', {})->{items} } ],
    ['p3@example.com hard_bounce'], 'and nobody writes there again';

is_deeply [ grep { /[.]log\z/ } glob $h->state . '/journal/*' ], [],
    'a clean end leaves no journal';

done_testing;
