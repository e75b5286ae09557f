#!/usr/bin/perl
# kill -9 of the mail role while it sends messages: none is lost or doubled,
# uncertain only where the final dot may have left; and a journal with a hole.
use strict;
use warnings;
use POSIX ();
use lib 't/lib';
use Godwit;

my $set = 'smtp_connections 2; log_level info; retry_schedule 1s;';
my $h = Godwit->new(conf => $set);
my $port = $h->sink('--dir', $h->state . '/sink', '--fault', 'dot=delay:3');
$h->configure("smart_host 127.0.0.1:$port; $set");

$h->dbh->do(q{select set_config('app.tenant', '1', false)});
sub add {
    my ($tenant, @names) = @_;
    my $now = POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime);
    return map { $h->value(q{select godwit.message_add(?, 'invitation', ?, 'Hi', 'secret', ?)},
        $tenant, "$_\@example.com", $now) } @names;
}
sub mail { return ($h->godwit({ env => $_[0] // {} }, 'worker', 'mail', '--once'))[0] }
sub states { return { map { @$_ } @{ $h->dbh->selectall_arrayref(
    'select state, count(*) from godwit.messages group by 1') } } }

# each message once in the catcher, as the states say; what is over is removed
sub settled {
    my ($point, $seen, $all, $most) = @_;
    my $n = states();
    is +($n->{2} // 0) + ($n->{7} // 0), $all, "$point: all are sent or uncertain";
    cmp_ok $n->{7} // 0, '<=', $most, "$point: uncertain at most";
    my %got;
    $got{ $_->{rcpt}[0] }++ for ($h->messages)[$seen .. $h->messages - 1];
    is_deeply [ grep { $got{$_} > 1 } keys %got ], [], "$point: nobody twice";
    cmp_ok keys %got, '>=', $n->{2} // 0, "$point: what is called sent was sent";
    is $h->value(q{select count(*) from godwit.mail_queue})
        + $h->value('select count(*) from godwit.messages where text is not null'), 0,
        "$point: nothing waits, no text is left";
    $h->dbh->do('delete from godwit.messages');
}

my @points = ([ 'after_announce', 0 ], [ 'before_journal', 0 ], [ 'after_journal', 2 ],
    [ 'after_dot', 2 ], [ 'after_dot:9', 2 ], [ 'after_reply', 2 ], [ 'after_reply:15', 2 ]);
for (@points) {
    my ($point, $most) = @$_;
    my $seen = $h->messages;
    add(1, map { "p$_" } 1 .. 15);
    add(undef, map { "h$_" } 1 .. 5);
    is mail({ GODWIT_CRASH => $point }), 137, "$point: killed";
    my (undef, $dump) = $h->godwit('journal', 'dump');
    like $dump, qr/^\{"kind":"D","tenant":[01],"message":"msg_\d+","attempt":1,/m,
        "$point: the journal names messages";
    is mail({ GODWIT_CRASH => 'during_recovery' }), 137, 'and during recovery';
    is mail(), 0, "$point: the next life goes on";
    settled($point, $seen, 20, $most);
}

# ---- a hole in the journal: who was claimed may have been sent to
my $seen = $h->messages;
add(1, map { "p$_" } 1 .. 20);
is mail({ GODWIT_CRASH => 'after_reply:9' }), 137, 'killed';
my ($file) = glob $h->state . '/journal/*.log';
my $bytes = slurp($file);
substr($bytes, 76 + 40, 20) = "\xff" x 20;
spew($file, $bytes);
$h->expect(qr/is damaged/);
is mail(), 0, 'the next life goes on';
my $n = states();
cmp_ok $n->{7}, '>', 2, 'a damaged journal leaves doubts';
settled('a hole', $seen, 20, 20);

done_testing;
