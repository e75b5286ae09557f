#!/usr/bin/perl
# The supervisor: roles that die come back, and none outlives it.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
my $run = $h->state . '/run';

sub pid { return slurp("$run/$_[0].pid") =~ /^(\d+)\n/ ? $1 : 0 }

# another process than $was (asked once: the file goes before it comes back)
sub renewed { my ($was) = @_; my $is = pid('cron'); return $is && $is != $was }

# not there any more, or only waiting to be reaped
sub gone {
    my ($pid) = @_;
    return slurp("/proc/$pid/stat") !~ /^\d+ \(.*\) [^Z]/;
}

my $top = $h->spawn('worker');
wait_for { pid('worker') == $top && pid('cron') } 5, 'pid files';
my $cron = pid('cron');

my ($code, $out, $err) = $h->godwit('worker');
ok $code == 1 && $err =~ /a supervisor \(pid $top\) already runs on/,
    'a second supervisor is refused';
$h->expect(qr/already runs on/);

kill KILL => $cron;
wait_for { renewed($cron) } 5,
    'a role that was killed is started again';

$cron = pid('cron');
my $since = $h->value('select clock_timestamp()');
kill HUP => $top;
wait_for { renewed($cron) } 5, 'HUP renews the roles';
wait_for { $h->value(q{select count(*) from pg_stat_activity
    where application_name = 'godwit-cron' and datname = current_database()
      and backend_start > ?}, $since) } 5, 'and they have read their file';

my $file = $h->state . '/conf/godwit.conf';
my $good = slurp($file);
$cron = pid('cron');
spew($file, $good =~ s/base_url/base_ulr/r);
kill HUP => $top;
wait_for { slurp($h->log_file) =~ /reload refused.*base_ulr.*:\d+/ } 5,
    'a wrong configuration is refused with its place';
is pid('cron'), $cron, 'and the roles stay';
$h->expect(qr/reload refused/);
spew($file, $good);

kill KILL => $top;
waitpid $top, 0;
wait_for { gone($cron) } 5, 'kill -9 of the supervisor leaves no role';

$top = $h->spawn('worker');
wait_for { pid('worker') == $top && pid('cron') } 5, 'a new one starts';
$cron = pid('cron');
is $h->stop($top), 0, 'TERM ends it with 0';
ok gone($cron) && !-e "$run/worker.pid" && !-e "$run/cron.pid",
    'its roles and pid files have gone';

($code, undef, $err) = $h->godwit('worker', 'nonsense');
ok $code == 2 && $err =~ /roles: .*cron/, 'a wrong role is told';

done_testing;
