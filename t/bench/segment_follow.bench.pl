# From the commit of an event until the segment has who did it, while 2,000 a
# second come: below 2 s.
use strict;
use warnings;
use Bench;
use Godwit;
use Segments;
use Time::HiRes qw(sleep time);

my ($h, $n) = Segments::house();
$h->call('segments_create', { name => $_->[0], predicate => $_->[1] }) for
    [ 'Signed', { event => 'signup' } ],
    [ 'Buyers', { event => 'purchase', op => 'at_least', times => 2, within => '30d' } ],
    [ 'Gold', { attribute => 'plan', op => 'is', value => 'gold' } ];
$h->spawn('worker', 'segments');
my $t = timed(sub { wait_for { !$h->value('select count(*) from godwit.segments where counted_at is null') } 900 });
say_note(sprintf 'segment_follow: 3 segments looked at in %.0f s', $t);

my ($at, @lag, %due) = (0);
my $end = time + 20;
while (time < $end || %due) {
    my $began = time;
    if ($began < $end) {
        my ($first, $last) = ($at + 1, $at + 200);
        $at = $last;
        $h->dbh->begin_work;
        $h->dbh->do(q{insert into godwit.tracked (tenant_id, at, contact_id, kind, name, properties, source_id,
            received_at) select 1, clock_timestamp(), i, 1, 'signup', '{}', 1, clock_timestamp()
            from generate_series(?::int, ?::int) i}, undef, $first, $last);
        $h->dbh->do(q{insert into godwit.change_log (tenant_id, kind, key, at) select 1, 'contact', i,
            clock_timestamp() from generate_series(?::int, ?::int) i}, undef, $first, $last);
        $h->dbh->commit;
        $due{$last} = time;
    }
    for (sort { $a <=> $b } keys %due) {
        last if !$h->value('select count(*) from godwit.segment_members where segment_id = 1 and contact_id = ?', $_);
        push @lag, time - delete $due{$_};
    }
    die "not followed\n" if time > $end + 60;
    my $rest = 0.1 - (time - $began);
    sleep($rest) if $rest > 0;
}
@lag = sort { $a <=> $b } @lag;
printf '{"bench":"segment_follow","ours":%.3f,"unit":"s","at_most":2,"ok":%s}' . "\n", $lag[-1],
    $lag[-1] < 2 ? 'true' : 'false';
say_note(sprintf 'segment_follow: median %.2f s, p95 %.2f s, most %.2f s of %d batches', median(@lag),
    $lag[ int(@lag * 0.95) ], $lag[-1], scalar @lag);
