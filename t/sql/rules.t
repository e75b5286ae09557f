#!/usr/bin/perl
# Rules by which campaigns repeat: the examples of RFC 5545 (section 3.8.5.3) in the part of it
# that is known, and what is refused.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;

# the first n days after a local time, as YYYYMMDD
sub days { my ($n, $rule, $start, $zone) = @_;
    return join ' ', map { $_->{day} } @{ $h->rows(q{with recursive o(at) as (
            select godwit.rule_next($1, $2::timestamp, $3, '1990-01-01Z') union all
            select godwit.rule_next($1, $2::timestamp, $3, o.at) from o where o.at is not null)
        select to_char(at at time zone $3, 'YYYYMMDD') as day from o where at is not null limit } . $n, $rule,
        $start =~ s/T?$/T090000/r, $zone // 'America/New_York') } }
sub month { my ($month, @days) = @_; return map { sprintf '%s%02d', $month, $_ } @days }

for ([ 'FREQ=DAILY;COUNT=10', 19970902, month(199709, 2 .. 11) ],
    [ 'FREQ=DAILY;UNTIL=19971224T000000Z', 19970902, month(199709, 2 .. 30), month(199710, 1 .. 31),
        month(199711, 1 .. 30), month(199712, 1 .. 23) ],
    [ 'FREQ=DAILY;INTERVAL=10;COUNT=5', 19970902, month(199709, 2, 12, 22), month(199710, 2, 12) ],
    [ 'FREQ=WEEKLY;COUNT=10', 19970902, month(199709, 2, 9, 16, 23, 30), month(199710, 7, 14, 21, 28), 19971104 ],
    [ 'FREQ=WEEKLY;COUNT=10;BYDAY=TU,TH', 19970902, month(199709, 2, 4, 9, 11, 16, 18, 23, 25, 30), 19971002 ],
    [ 'FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;BYDAY=MO,WE,FR', 19970901, month(199709, 1, 3, 5, 15, 17, 19, 29),
        month(199710, 1, 3, 13, 15, 17, 27, 29, 31), month(199711, 10, 12, 14, 24, 26, 28), month(199712, 8, 10, 12, 22) ],
    [ 'FREQ=WEEKLY;INTERVAL=2;COUNT=8;BYDAY=TU,TH', 19970902, month(199709, 2, 4, 16, 18, 30), month(199710, 2, 14, 16) ],
    [ 'FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU', 19970805, month(199708, 5, 10, 19, 24) ],
    [ 'FREQ=MONTHLY;COUNT=10;BYDAY=1FR', 19970905,
        qw(19970905 19971003 19971107 19971205 19980102 19980206 19980306 19980403 19980501 19980605) ],
    [ 'FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU', 19970907,
        qw(19970907 19970928 19971102 19971130 19980104 19980125 19980301 19980329 19980503 19980531) ],
    [ 'FREQ=MONTHLY;COUNT=6;BYDAY=-2MO', 19970922, qw(19970922 19971020 19971117 19971222 19980119 19980216) ],
    [ 'FREQ=MONTHLY;COUNT=6;BYMONTHDAY=-3', 19970928, qw(19970928 19971029 19971128 19971229 19980129 19980226) ],
    [ 'FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15', 19970902, map { month($_, 2, 15) } 199709 .. 199712, 199801 ],
    [ 'FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1', 19970930,
        qw(19970930 19971001 19971031 19971101 19971130 19971201 19971231 19980101 19980131 19980201) ],
    [ 'FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15', 19970910, month(199709, 10 .. 15), month(199903, 10 .. 13) ],
    [ 'FREQ=MONTHLY;COUNT=5;BYDAY=FR;BYMONTHDAY=13', 19970902, qw(19980213 19980313 19981113 19990813 20001013) ],
    [ 'FREQ=MONTHLY;COUNT=5;BYMONTHDAY=15,30', 20070115, qw(20070115 20070130 20070215 20070315 20070330) ],
    [ 'freq=monthly;count=3', 19970131, qw(19970131 19970331 19970531) ],
    [ 'FREQ=WEEKLY;UNTIL=19970916', 19970902, qw(19970902 19970909 19970916) ],
    [ 'FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=30', 19970201 ])
{
    my ($rule, $start, @want) = @$_;
    is days(@want + 1, $rule, $start), "@want", $rule;
}

# the local time stays, whatever the clocks do
is join(' ', map { $_->{at} } @{ $h->rows(q{select godwit.rule_next('FREQ=DAILY', '2031-03-01T02:30', 'Europe/Vienna', at)::text as at
    from unnest('{2031-03-29T02:00Z,2031-03-30T02:00Z,2031-10-25T12:00Z,2031-10-26T00:40Z}'::timestamptz[]) at}) }),
    '2031-03-30 01:30:00+00 2031-03-31 00:30:00+00 2031-10-26 00:30:00+00 2031-10-27 01:30:00+00', 'and each day has one';

my %base = (name => 'c', list_id => $h->call('lists_create', { name => 'a' })->{id}, from => 'a@example.com', subject => 's', html => 'x');
sub refuses { my ($schedule, $why, @less) = @_;
    my %s = (at => '2031-03-01T09:00', %$schedule);
    delete @s{@less};
    $h->refused('campaigns_create', { %base, schedule => \%s }, 'invalid', 'schedule', $why) }
my $how = 'a rule is like FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;UNTIL=20301231, of FREQ=DAILY, WEEKLY or MONTHLY, '
    . 'INTERVAL, BYDAY, BYMONTHDAY, COUNT and UNTIL';
refuses({ repeat => $_->[0] }, $_->[1]) for (
    (map { [ "FREQ=DAILY;$_", qq("$_" is wrong or stands there twice; $how) ] } qw(WKST=SU INTERVAL=0 BYDAY=XX BYDAY=6MO
        BYMONTHDAY=32 COUNT=1.5 UNTIL=2031 FREQ=DAILY INTERVAL=1=2), ''),
    [ 'COUNT=3', 'the rule has no FREQ' ], [ 'FREQ=DAILY;COUNT=3;UNTIL=20310401', 'the rule has both COUNT and UNTIL' ],
    [ 'FREQ=WEEKLY;BYMONTHDAY=3', 'BYMONTHDAY does not go with FREQ=WEEKLY' ],
    [ 'FREQ=WEEKLY;BYDAY=1MO', 'a number before a day of BYDAY goes with FREQ=MONTHLY alone' ],
    [ 'FREQ=DAILY;UNTIL=20311399', 'UNTIL is no day of the calendar' ]);
refuses({ repeat => 'FREQ=DAILY' }, '"at" is missing', 'at');
refuses({ each_zone => \1, at => '2031-03-01T09:00:00Z' },
    '"at" has a zone, and "each_zone" takes that of each contact; give a local time like 2026-01-31T09:00');
my @brief = map { { days => [$_], from => '08:00', to => '08:10' } } qw(mo mo tu);
refuses({ windows => \@brief, spread => 161 },
    '"spread" is more than the 160 minutes that "windows" are open in eight weeks; make it shorter, or them longer');
$h->call('campaigns_create', { %base, schedule => { windows => \@brief, spread => 160, zone => 'Europe/Vienna' } });
refuses({ windows => [ { from => '08:00', to => '08:00' } ] }, '"from" 08:00 and "to" 08:00 are no hours like 08:00 and 18:00 of one day');
done_testing;
