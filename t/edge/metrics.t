#!/usr/bin/perl
# /metrics is what Prometheus reads: the edge's counters, and what each role of
# the worker tells of itself, without asking Postgres.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use JSON::PP ();

# the text format, strictly: HELP and TYPE once and first, the lines of a name
# together, numbers, no line twice. { 'name{labels}' => value }
sub metrics {
    my $text = get($_[0], '/metrics')->{body};
    my (%seen, %value, $name, $type);
    for (split /(?<=\n)/, $text) {
        if (/\A# HELP ([a-z0-9_]+) [ -~]+\n\z/) {
            die "again: $_" if $seen{$1}++;
            ($name, $type) = ($1, undef);
        } elsif (/\A# TYPE ([a-z0-9_]+) (counter|gauge)\n\z/) {
            die "not its place: $_" if $1 ne $name || defined $type;
            $type = $2;
            die "a counter is a _total: $_" if ($type eq 'counter') != ($name =~ /_total\z/);
        } elsif (/\A(([a-z0-9_]+)(?:\{[a-z_]+="[^"\\\n]*"\})?) ([0-9]+(?:[.][0-9]+)?)\n\z/) {
            die "not its place: $_" if $2 ne $name || !defined $type;
            die "twice: $_" if exists $value{$1};
            $value{$1} = $3;
        } else {
            die "no line of metrics: $_";
        }
    }
    return \%value;
}

my $h = Godwit->new(conf => 'drain_interval 20ms;');
my $port = $h->sink('--dir', $h->state . '/sink', '--fault', 'rcpt=550 5.1.1 no,to=b@');
$h->configure("smart_host 127.0.0.1:$port; drain_interval 20ms;");
$h->nginx;
my $m = metrics($h);
is $m->{godwit_opens_total}, 0, 'without a worker: the counters of the edge';
is_deeply [ grep { /role/ } keys %$m ], [], 'and no role';

my $mail = $h->spawn({ log => 'mail' }, 'worker', 'mail');
my ($ingest, $cron) = map { $h->spawn({ log => $_ }, 'worker', $_) } qw(ingest cron);
my $list = $h->call('lists_create', { name => 'all' })->{id};
$h->call('lists_add', { id => $list, contact_ids => [ map {
    $h->call('contacts_create', { email => "$_\@example.com" })->{id} } qw(a b c) ] });
my $c = $h->call('campaigns_create', { name => 'c', list_id => $list, from => 'shop@example.com', subject => 'Hi',
    html => '<p>Dear</p>' })->{id};
$h->call('campaigns_start', { id => $c });
my %want = ('outcomes_total{state="sent"}' => 2, 'outcomes_total{state="failed"}' => 1, ready => 0, in_flight => 0,
    database_up => 1);
wait_for { $m = metrics($h); !grep { ($m->{"godwit_mail_$_"} // -1) != $want{$_} } keys %want } 10,
    'two are sent, one has failed, none is left';
ok exists $m->{'godwit_mail_route_connections{route="smart_host"}'}, 'its route';
wait_for { $m = metrics($h); exists $m->{'godwit_ingest_lag_seconds'} && exists $m->{'godwit_cron_queue_rows{queue="mail"}'} } 10,
    'the others tell too';
is_deeply [ sort map { /\Agodwit_role_age_seconds\{role="(.*)"\}/ } keys %$m ], [qw(cron ingest mail)], 'each by its name';
cmp_ok $m->{'godwit_role_age_seconds{role="ingest"}'}, '<', 5, 'just now';

# ---- conf.d/monitoring names what there is
my %is = map { (s/\{.*//r) => 1 } keys %$m;
my ($told) = get($h, '/metrics')->{body};
my %said = map { /^\| `(\w+)` \| (\w+) \|/ ? ($1 => $2) : () } split /\n/, slurp('conf.d/monitoring/METRICS.md');
is_deeply \%said, { $told =~ /^# TYPE (\w+) (\w+)$/mg }, 'METRICS.md has each with its type, and no other';
my $board = JSON::PP->new->decode(slurp('conf.d/monitoring/dashboard.json'));
my %asks = (rule => [ slurp('conf.d/monitoring/alerts.yml') =~ /^ +expr: (.*)$/mg ],
    panel => [ map { $_->{expr} } map { @{ $_->{targets} } } @{ $board->{panels} } ]);
for my $what (sort keys %asks) {
    cmp_ok @{ $asks{$what} }, '>', 14, "there are expressions of each $what";
    is_deeply [ grep { !$is{$_} } map { /\b(godwit_\w+)/g } @{ $asks{$what} } ], [], "and each $what asks for what is told";
}
SKIP: {
    my ($promtool) = grep { -x } map { "$_/promtool" } split /:/, $ENV{PATH};
    skip 'no promtool here', 1 if !$promtool;
    is system("$promtool check rules conf.d/monitoring/alerts.yml > /dev/null"), 0, 'promtool takes the rules';
}

# ---- what is no role's is not served, whatever lies there
spew($h->state . "/run/$_", "godwit_evil 1\n") for '../evil.metrics', 'Evil.metrics', 'evil.metrics.new', "x\ny.metrics";
spew($h->state . '/run/torn.metrics', 'godwit_torn');
spew($h->state . '/run/long.metrics', "godwit_long 1\n" x 5000);
symlink '/dev/zero', $h->state . '/run/zero.metrics';
mkdir $h->state . '/run/dir.metrics';
is_deeply [ grep { /evil|torn|long|zero|dir/ } keys %{ metrics($h) } ], [], 'nothing else';

is $h->stop($mail), 0, 'a role ends';
is_deeply [ grep { /godwit_mail|mail"/ } grep { !/queue/ } keys %{ metrics($h) } ], [], 'and tells no more';
$h->stop($ingest, 'KILL');
my $old = time - 100;
utime $old, $old, $h->state . '/run/ingest.metrics';
cmp_ok metrics($h)->{'godwit_role_age_seconds{role="ingest"}'}, '>', 90, 'one that was killed grows old';
done_testing;
