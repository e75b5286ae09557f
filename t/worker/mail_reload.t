#!/usr/bin/perl
# A final dot that is answered late: no reload makes it uncertain or holds up
# the others for it, a stop waits for it as long as drain_timeout says.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
my $state = $h->state;
my $list = $h->call('lists_create', { name => 'all' })->{id};
$h->call('lists_add', { id => $list, contact_ids => [ map {
    $h->call('contacts_create', { email => "$_\@example.com" })->{id} } qw(slow a b c) ] });

# a server that keeps the first message and says so this much later
sub server {
    my ($dir, $ms) = @_;
    return $h->sink('--dir', "$state/$dir", $ms ? ('--fault', "dot=delay:$ms,first=1") : ());
}

sub configure {
    my ($port, $more) = @_;
    $h->configure("smart_host 127.0.0.1:$port; smtp_connections 1; log_level info;"
        . " mail_window_age 200ms; $more");
}

sub campaign {
    my $c = $h->call('campaigns_create', { name => 'c', list_id => $list,
        from => 'shop@example.com', subject => 'Hi', html => '<p>Dear</p>' })->{id};
    $h->call('campaigns_start', { id => $c });
    return $c;
}

sub stats { my $s = $h->call('campaigns_stats', { id => $_[0] });
    return "$s->{state} " . join ' ', map { "$_=$s->{$_}" } grep { $s->{$_} }
        qw(queued in_flight sent failed uncertain) }

# who has how many messages of a campaign, at all servers
sub got {
    my $id = $_[0] =~ s/cmp_//r;
    my %n;
    $n{$_}++ for map { /"message_id":"<gw\.1\.$id\..*?"rcpt":\["(\w+)/
        || /"rcpt":\["(\w+).*"message_id":"<gw\.1\.$id\./ ? $1 : () }
        map { split /\n/, slurp($_) } glob "$state/*/index.jsonl";
    return join ' ', map { "$_=$n{$_}" } sort keys %n;
}

sub role { return slurp("$state/run/mail.pid") =~ /^(\d+)/ ? $1 : 0 }
sub logged { my ($re) = @_; return scalar(() = slurp($h->log_file) =~ /$re/g) }

# ---- HUP: the others go to the new server at once, the first keeps its state
configure(server('sink', 4000), 'drain_timeout 100ms;');
my $top = $h->spawn('worker');
my $c = campaign();
wait_for { got($c) eq 'slow=1' } 10, 'a message waits for its reply';
my $mail = role();
configure(server('other', 0), 'drain_timeout 100ms;');
kill HUP => $top;
wait_for { logged('mail: has read its settings anew') } 5, 'a reload';
my $d = campaign();
wait_for { stats($d) eq 'finished sent=4' } 3, 'others do not wait for it';
like stats($c), qr/^running .*(?:in_flight|queued)=/, 'it has no reply yet';
wait_for { stats($c) eq 'finished sent=4' } 10, 'then all are sent';
is got($c), 'a=1 b=1 c=1 slow=1', 'once';
is role(), $mail, 'by the same process';

# ---- settings that are wrong, or cannot change in place
spew("$state/conf/godwit.conf", slurp("$state/conf/godwit.conf")
    =~ s/smtp_connections 1/smtp_tls required; smtp_ca_file \/nowhere/r);
kill HUP => $top;
wait_for { logged('mail: .*smtp_ca_file /nowhere cannot be read|'
    . 'reload refused.*smtp_ca_file /nowhere cannot be read') } 5, 'what cannot be used is refused';
$h->expect(qr/smtp_ca_file \/nowhere cannot be read/);
is role(), $mail, 'and the old settings stay';

configure(server('third', 1500), 'drain_timeout 100ms;');
kill HUP => $top;
wait_for { logged('mail: has read its settings anew') == 2 } 5, 'another reload';
$c = campaign();
wait_for { got($c) eq 'slow=1' } 10, 'a message waits for its reply';
configure(server('fourth', 0), 'drain_timeout 100ms; journal_sync off;');
kill HUP => $top;
wait_for { my $is = role(); $is && $is != $mail } 10, 'a setting that needs a new process';
wait_for { stats($c) eq 'finished sent=4' } 10, 'gets it after the reply';
is got($c), 'a=1 b=1 c=1 slow=1', 'once';

# ---- a stop
configure(server('fifth', 1500), 'drain_timeout 20s;');
kill HUP => $top;
$c = campaign();
wait_for { got($c) eq 'slow=1' } 10, 'a message waits for its reply';
is $h->stop($top), 0, 'a stop waits for it';
like stats($c), qr/^running (?:queued=[23] )sent=[12]\z/, 'it is sent';

configure(server('sixth', 60000), 'drain_timeout 200ms;');
$top = $h->spawn('worker');
my $n = () = got($c) =~ /=/g;
wait_for { $n < (() = got($c) =~ /=/g) } 10, 'another waits longer';
is $h->stop($top), 0, 'a stop does not';
is logged('role mail did not end within drain_timeout; killed'), 1, 'and says so';
configure(server('seventh', 0), '');
$top = $h->spawn('worker');
wait_for { stats($c) eq 'finished sent=3 uncertain=1' } 10, 'that one is uncertain';
is got($c), 'a=1 b=1 c=1 slow=1', 'and never sent twice';
is $h->stop($top), 0, 'the end';

done_testing;
