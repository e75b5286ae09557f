#!/usr/bin/perl
# A new key for secrets: killed anywhere, every secret still opens, the next
# rotation or cron goes on, and an old version stays while anything uses it.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Probe;

my $h = Godwit->new(conf => 'spool_segment 1m;');
probes($h);
$h->nginx;
sub cron { return ($h->godwit(qw(worker cron --once)))[0] }
sub versions { return join ' ', map { "$_->{v}:$_->{n}" } @{ $h->rows(q{select
    version || case when key_version is null then 'e' else '' end as v, count(*) as n
    from godwit.secret group by 1 order by 1}) } }
sub file { return join ' ', slurp($h->state . '/keys/secret') =~ /^(\d+) /mg }
sub rotate { my ($crash, %env) = @_;
    my ($code, $out, $err) = $h->godwit({ env => { %env, $crash ? (GODWIT_CRASH => $crash) : () } },
        qw(key rotate));
    return $code ? $code == 137 ? 'killed' : $err : $out }

is probe($h, secret => "secret $_")->{status}, 200, "secret $_" for 1 .. 3;
cron();
probe($h, secret => 'secret 4');
is versions(), '1:3 1e:1', 'three are bound, one just came';

# ---- killed after the version was added, at the first, at the third, at the end
my $held = slurp($h->state . '/keys/secret.pub');
is rotate('rotate_added'), 'killed', 'killed: the version is there';
is file(), '1 2', 'both';
isnt slurp($h->state . '/keys/secret.pub'), $held, 'edges seal with the new one';
probe($h, secret => 'secret 5');
is rotate('secret_before_key'), 'killed', 'killed before its first key';
is rotate('secret_before_bind:2'), 'killed', 'killed before the second secret';
is rotate('secret_after_bind:2'), 'killed', 'killed after the third';
like versions(), qr{\A1e?:1 2:3 2e:1\z}, 'nothing is lost';
is rotate(), "went on with version 2; sealed anew: 1; in the key file: 1 2\n", 'then to its end';
is versions(), '2:4 2e:1', 'all of the new one';
is $h->value('select count(*) from godwit.secret_keys where version = 1'), 0, 'no key of the old';
is cron(), 0, 'cron';
is versions(), '2:5', 'and what came meanwhile';

# ---- an old version stays an hour, and as long as anything is of it
is rotate(), "made version 3; sealed anew: 5; in the key file: 1 2 3\n", 'too early to drop any';
is rotate(undef, GODWIT_CLOCK => '2040-01-01T00:00:00Z'),
    "made version 4; sealed anew: 5; in the key file: 3 4\n", 'later those that nothing uses';
Godwit::spew($h->state . '/keys/secret.pub', $held);    # an edge that was away a long time
probe($h, secret => 'secret 6');
$h->expect(qr/does not open: version 1 is not in the key file/);
is cron(), 0, 'cron';
is versions(), '1e:1 4:5', 'what is of no version that is there waits';

# ---- cron goes on, too
is +($h->godwit(qw(key secret init)))[0], 0, 'the public key again';
is rotate('rotate_added'), 'killed', 'killed once more';
is cron(), 0, 'cron';
is versions(), '1e:1 5:5', 'has sealed all anew';
done_testing;
