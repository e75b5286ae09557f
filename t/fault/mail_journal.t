#!/usr/bin/perl
# A journal that was damaged between two lives of the mail role: whoever may
# have been sent to is uncertain, nobody gets a second copy, the file is kept.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $set = 'smtp_connections 2; mail_window 20; log_level info; retry_schedule 1s;';
my $h = Godwit->new(conf => $set);
my $port = $h->sink('--dir', $h->state . '/sink', '--fault', 'dot=delay:3',
    '--fault', 'dot=451 4.3.0 later,to=p7@,first=1');
$h->configure("smart_host 127.0.0.1:$port; $set");
my $journal = $h->state . '/journal';

my $list = $h->call('lists_create', { name => 'all' })->{id};
$h->call('lists_add', { id => $list, contact_ids => [ map {
    $h->call('contacts_create', { email => "$_\@example.com" })->{id}
} map { "p$_" } 1 .. 60 ] });

sub mail { return $h->godwit({ env => $_[0] // {} }, 'worker', 'mail', '--once') }

# a campaign that is killed at this point: its id, its file, what it says
sub killed {
    my ($point) = @_;
    my $c = $h->call('campaigns_create', { name => 'c', list_id => $list,
        from => 'shop@example.com', subject => 'Hi', html => '<p>Dear</p>' })->{id};
    $h->call('campaigns_start', { id => $c });
    is +(mail({ GODWIT_CRASH => $point }))[0], 137, "$point: killed";
    my ($file) = glob "$journal/*.log";
    return ($c, $file, slurp($file));
}

# where the records of a kind begin
sub places {
    my ($bytes, $kind) = @_;
    my ($at, @places) = (0);
    while ($at + 40 <= length $bytes && substr($bytes, $at, 4) ne "\0\0\0\0") {
        push @places, $at if substr($bytes, $at + 4, 1) eq $kind;
        $at += 40 + unpack 'v', substr $bytes, $at + 8, 2;
    }
    push @places, $at if $kind eq 'end';
    return @places;
}

# the next lives go to the end: nobody twice, all have their state
sub ends {
    my ($c, $what) = @_;
    my $s;
    wait_for { mail(); $s = $h->call('campaigns_stats', { id => $c });
        $s->{state} eq 'finished' } 15, "$what: it ends";
    my $id = $c =~ s/cmp_//r;
    my %n;
    $n{ $_->{rcpt}[0] }++ for grep { $_->{message_id} =~ /^<gw\.1\.$id\./ } $h->messages;
    is_deeply [ grep { $n{$_} > 1 } keys %n ], [], "$what: nobody has a second copy";
    cmp_ok keys %n, '>=', $s->{sent}, "$what: what is called sent was sent";
    is $s->{sent} + $s->{uncertain}, 60, "$what: everybody has his state";
    is $h->value('select count(*) from godwit.sends where campaign_id = ? and state = 7', $id),
        $s->{uncertain}, "$what: the counter is right";
    return $s;
}

# ---- a record of each kind in the middle, and both of a recipient
for my $kind ('D', 'T', 'A', 'DT') {
    my ($c, $file, $bytes) = killed('after_reply:9');
    for (split //, $kind) {
        my @places = places($bytes, $_);
        substr($bytes, $places[ @places / 2 ] + 26, 1) ^= "\x10";
    }
    spew($file, $bytes);
    my ($code, $out, $err) = $h->godwit('journal', 'dump');
    my ($name) = $file =~ m{([^/]+)\z};
    like "$code $err", qr/^1 godwit: journal\/\Q$name\E is damaged: \d+ bytes from byte \d+ on /,
        "$kind: the dump says where";
    like $out, qr/^\{"kind":"hole","file":"\Q$name\E","offset":\d+,"bytes":\d+\}$/m, 'in its lines too';
    is +(mail({ GODWIT_CRASH => 'during_recovery' }))[0], 137, 'killed during recovery';
    ($code, $out, $err) = mail();
    like $err, qr/ERROR .*journal\/\Q$name\E is damaged: \d+ bytes from byte \d+/, 'so does the role';
    is slurp((glob "$journal/quarantine/" . $name =~ s/[.]log/-*.log/r)[-1]), $bytes,
        'the file is in quarantine as it was';
    my $s = ends($c, $kind);
    cmp_ok $s->{uncertain}, '>=', 20, "$kind: the open intent is uncertain";
    cmp_ok $s->{sent}, '>=', 20, "$kind: the rest is sent";
}

# ---- the tail: what a kill leaves is no damage, anything else is
my %tail = (
    cut     => sub { substr $_[0], 0, (places($_[0], 'end'))[0] + 25 },
    zeros   => sub { substr($_[0], 0, (places($_[0], 'end'))[0]) . "\0" x 5000 },
    garbage => sub { substr($_[0], 0, (places($_[0], 'end'))[0]) . 'garbage' x 9 },
);
for my $tail (sort keys %tail) {
    my ($c, $file, $bytes) = killed('after_reply:9');
    $bytes .= pack('VCC', 1, ord 'D', 1) . "\1" x 20 if $tail eq 'cut';
    spew($file, $tail{$tail}->($bytes));
    my ($code) = $h->godwit('journal', 'dump');
    is $code, $tail eq 'garbage' ? 1 : 0, "$tail: damage or not";
    my $s = ends($c, "$tail tail");
    ok $tail eq 'garbage' ? $s->{uncertain} >= 20 : $s->{uncertain} <= 2, "$tail: uncertain";
}

# ---- a foreign file, a claim of the queue
my ($c, $file) = killed('after_reply:9');
my $foreign = "$journal/00000fff.log";
spew($foreign, "#!/bin/sh\n");
ok ends($c, 'a foreign file')->{uncertain} >= 20, 'is damage';
ok !-e $foreign, 'and has gone';

$port = $h->sink('--dir', $h->state . '/sink', '--fault', 'dot=451 4.3.0 later,first=60');
$h->configure("smart_host 127.0.0.1:$port; $set");
my $d = $h->call('campaigns_create', { name => 'c', list_id => $list,
    from => 'shop@example.com', subject => 'Hi', html => '<p>Dear</p>' })->{id};
$h->call('campaigns_start', { id => $d });
wait_for { mail(); $h->value('select count(*) from godwit.mail_queue') == 60 } 10, 'all wait';
$h->dbh->do(q{update godwit.mail_queue set due = '2000-01-01Z'});
is +(mail({ GODWIT_CRASH => 'after_reply:9' }))[0], 137, 'killed at a retry';
($file) = glob "$journal/*.log";
my $bytes = slurp($file);
substr($bytes, (places($bytes, 'T'))[2] + 26, 1) ^= "\x10";
spew($file, $bytes);
my $s = ends($d, 'a claim');
cmp_ok $s->{uncertain}, '>', 0, 'what was claimed is uncertain';

# ---- what cannot be read at all
mkdir "$journal/00000ffe.log";
my ($code, undef, $err) = $h->godwit('journal', 'dump');
like "$code $err", qr/^1 godwit: journal\/00000ffe.log .* cannot be read: Is a directory/, 'is told';
my $role = $h->spawn({ log => 'mail' }, 'worker', 'mail');
wait_for { slurp($h->log_file('mail')) =~ /00000ffe.log cannot be read .*nothing is sent/ } 5,
    'and nothing is sent';
rmdir "$journal/00000ffe.log";
my $e = $h->call('campaigns_create', { name => 'c', list_id => $list,
    from => 'shop@example.com', subject => 'Hi', html => '<p>Dear</p>' })->{id};
$h->call('campaigns_start', { id => $e });
wait_for { $h->call('campaigns_stats', { id => $e })->{state} eq 'finished' } 15,
    'until it can';
is $h->stop($role), 0, 'the role ends';
$h->expect(qr/00000ffe.log cannot be read/);

done_testing;
