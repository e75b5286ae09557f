#!/usr/bin/perl
# A disk that fails or is slow at the journal: no dot leaves before its record
# is on it, and nobody pays for the wait.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

plan skip_all => 'strace traces nothing here'
    if system 'strace -f -o /dev/null true 2> /dev/null';

my $set = 'smtp_connections 2; mail_window 20; log_level info; smtp_timeout_dot 400ms;';
my $h = Godwit->new(conf => $set);
my $port = $h->sink('--dir', $h->state . '/sink');
$h->configure("smart_host 127.0.0.1:$port; $set");
$h->godwit('worker', 'mail', '--once');         # it has its name now
$h->expect(qr/the journal cannot be written \(Input.output error\): nothing more is sent/);

sub campaign {
    my ($n) = @_;
    my $list = $h->call('lists_create', { name => "first $n" })->{id};
    $h->call('lists_add', { id => $list, contact_ids => [ map {
        $h->call('contacts_create', { email => "$n.$_\@example.com" })->{id} } 1 .. $n ] });
    my $c = $h->call('campaigns_create', { name => 'c', list_id => $list,
        from => 'shop@example.com', subject => 'Hi', html => '<p>Dear</p>' })->{id};
    $h->call('campaigns_start', { id => $c });
    return $c;
}

# strace looks for its program as the user it runs as, who may not see ours
my $program = $h->state . '/run/godwit';
system('cp', Godwit::program(), $program) == 0 or die;

# the role under strace until it ends; its exit code
sub traced {
    my ($fault) = @_;
    my $pid = $h->spawn({ log => 'mail', program => [ qw(strace -f -o /dev/null),
        qw(-e trace=fdatasync -e), "inject=fdatasync:$fault", $program ] },
        qw(worker mail --once));
    wait_for { waitpid($pid, POSIX::WNOHANG()) != 0 } 30, "$fault: it ends";
    my $code = $? >> 8;
    $h->{pids} = [ grep { $_ != $pid } @{ $h->{pids} } ];
    return $code;
}

sub counts {
    my $s = $h->call('campaigns_stats', { id => $_[0] });
    return "$s->{state} $s->{sent} $s->{uncertain}";
}

my $c = campaign(30);
is traced('error=EIO:delay_enter=300000'), 1, 'no sync succeeds';
is scalar $h->messages, 0, 'nothing is sent';
is traced('error=EIO:delay_enter=300000:when=4+'), 1, 'some do';
cmp_ok scalar $h->messages, '<=', 12, 'no more is sent than was on disk';
is(($h->godwit('worker', 'mail', '--once'))[0], 0, 'the disk is well again');
like counts($c), qr/^finished (30 0|29 1|28 2)\z/, 'all had their turn';
my %n;
$n{ $_->{rcpt}[0] }++ for $h->messages;
is_deeply [ grep { $_ > 1 } values %n ], [], 'once';

my $d = campaign(4);
is traced('delay_enter=1000000'), 0, 'each sync takes longer than a reply may';
is counts($d), 'finished 4 0', 'and no connection is given up for it';
unlike slurp($h->log_file('mail')), qr/cannot take mail/, 'nor said to be slow';

done_testing;
