#!/usr/bin/perl
# Limits of providers, and replies that are about the way and not the recipient.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Zone;

my $h = Godwit->new;
my $state = $h->state;
my $port = free_port();
my $zone = Godwit::Zone->new($h, { map { ("$_.test MX" => ["10 mx.$_.test"],
    "mx.$_.test A" => ["127.0.0.2"]) } qw(big other) });

# what is written where from, tried from the start
sub shaping {
    spew("$state/conf/shaping.yaml", "version: 1\ndefault: { connections: 20, deliveries: 100,"
        . " opened: 0, rate: 0 }\n" . $_[0]);
    $h->configure('resolver ' . $zone->server . "; smtp_port $port; mail_allow 127.0.0.0/8;"
        . " mail_shaping $state/conf/shaping.yaml; retry_schedule 1h; log_level info;");
}

sub sink_with {
    my $pid = $h->spawn({ log => 'sink' }, 'sink', '--listen', "127.0.0.2:$port", '--dir',
        "$state/sink", @_);
    wait_for { IO::Socket::INET->new(PeerAddr => "127.0.0.2:$port") } 5 or die 'no sink';
    return $pid;
}

my @people = map { $h->call('contacts_create', { email => $_ })->{id} }
    map { ("$_\@big.test", "$_\@other.test") } qw(a b c);
my $list = $h->call('lists_create', { name => 'all' })->{id};
$h->call('lists_add', { id => $list, contact_ids => \@people });

# a campaign through a sink that fails so: its counts, its log
sub run {
    my $sink = sink_with(@_);
    my $c = $h->call('campaigns_create', { name => 'c', list_id => $list,
        from => 'shop@example.com', subject => 'Hi', html => '<p>Dear</p>' })->{id};
    $h->call('campaigns_start', { id => $c });
    my (undef, undef, $log) = $h->godwit('worker', 'mail', '--once');
    my $s = $h->call('campaigns_stats', { id => $c });
    $h->stop($sink);
    return (join(' ', map { "$_=$s->{$_}" } grep { $s->{$_} } qw(queued sent failed)), $log, $c);
}

# when those that are queued are due, in seconds from now, without a name
sub due {
    my ($least, $most) = $h->dbh->selectrow_array('select extract(epoch from min(due) -
        clock_timestamp())::int, extract(epoch from max(due) - clock_timestamp())::int
        from godwit.mail_queue where campaign_id = ?', undef, $_[0] =~ s/cmp_//r);
    return ($least, $most);
}

my $replies = "replies:\n"
    . "  - { name: blocked, match: '^5.*blocked using', suspend: 600 }\n"
    . "  - { name: grey, match: '^4.*greylist', wait: 300 }\n";

shaping($replies);
my ($got, $log, $c) = run('--fault', 'rcpt=550 5.7.1 blocked using list.example,to=big');
is $got, 'queued=3 sent=3', 'who is refused for the way is not lost, other ways are open';
like $log, qr/mx\.big\.test is suspended for 600 s: blocked: 5\.7\.1 blocked using/, 'it is said';
my ($least, $most) = due($c);
ok $least > 500 && $most < 750, 'and the way is tried when it is open again';
is $h->value('select max(attempts) from godwit.sends where campaign_id = ? and state = 0',
    $c =~ s/cmp_//r), 0, 'which was no attempt';

($got, $log, $c) = run('--fault', 'rcpt=451 4.7.1 Greylisted; come again,to=big');
is $got, 'queued=3 sent=3', 'greylisting';
($least, $most) = due($c);
ok $least > 200 && $most < 320, 'waits five minutes, whatever the schedule says';

is +(run('--fault', 'rcpt=550 5.1.1 no such user,to=big'))[0], 'sent=3 failed=3',
    'a refusal that no reply of the table has is the recipient\'s, who is suppressed from now on';

# ---- limits
shaping("providers:\n  p: { mx: [.test], rate: 6 }\n");
my $sink = sink_with();
$c = $h->call('campaigns_create', { name => 'c', list_id => $list, from => 'shop@example.com',
    subject => 'Hi', html => '<p>Dear</p>' })->{id};
$h->call('campaigns_start', { id => $c });
my $role = $h->spawn({ log => 'mail' }, 'worker', 'mail');
my $sent = sub { $h->call('campaigns_stats', { id => $c })->{sent} };
wait_for { $sent->() == 1 } 10, 'six a minute: one goes at once';
shaping("providers:\n  p: { mx: [.test] }\n");
kill 'HUP', $role;
wait_for { $sent->() == 3 } 10, 'a new limit holds from the next reload on';

$h->stop($role);

# ---- a table that is wrong
for ([ "providers:\n  p: { mx: [.test], conections: 2 }\n", 4, '"conections" is nothing' ],
    [ "replies:\n  - { name: x, match: '(', wait: 1 }\n", 4, 'match is no regular expression' ],
    [ "replies:\n  - { name: x, match: 'x' }\n", 4, 'a reply needs name, match and one of' ])
{
    my ($text, $line, $why) = @$_;
    shaping($text);
    my ($code, undef, $err) = $h->godwit('worker', 'mail', '--once');
    like $err, qr/shaping\.yaml:$line: .*\Q$why\E/, "refused: $why";
    $h->expect(qr/\Q$why\E/);
}
done_testing;
