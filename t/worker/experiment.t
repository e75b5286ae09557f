#!/usr/bin/perl
# A/B: a part of the audience gets variants, the rest the better one, nobody two.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use JSON::PP;
use POSIX qw(strftime);

my $h = Godwit->new;
my $port = $h->sink('--dir', $h->state . '/sink', '--fault', 'dot=451 4.3.0 later,every=9');
$h->configure("smart_host 127.0.0.1:$port;");
$h->nginx;
my $n = 400;
my $list = $h->call('lists_create', { name => 'all' })->{id};
$h->dbh->do(q{insert into godwit.contacts (tenant_id, email, created_at, updated_at)
    select 1, 'p' || i || '@example.com', '2026-01-01Z', '2026-01-01Z' from generate_series(1, ?) i}, undef, $n);
$h->dbh->do(q{insert into godwit.list_members (tenant_id, list_id, contact_id, added_at)
    select 1, 1, id, '2026-01-01Z' from godwit.contacts});

sub bucket { return int(hex(substr sha256_hex("$_[0]:$_[1]"), 0, 8) * 10000 / 2**32) }

# the formula of README, once more
sub part {
    my ($c, $contact) = @_;
    my $at = bucket("$c:part", $contact);
    return $at < 1000 ? 'held' : $at < 5000 ? 'rest' : bucket("$c:variant", $contact) < 5000 ? 'A' : 'B';
}

my %base = (name => 'c', list_id => $list, from => 'Shop <a@example.com>', subject => 'Plain',
    html => '<p>plain <a href="https://a.example/plain">go</a></p>');
my @ab = ({ name => 'A' }, { name => 'B', subject => 'Better {{ contact.email }}', from_name => 'Bea',
    html => '<p>better <a href="https://a.example/better">go</a></p>' });
my $c = $h->call('campaigns_create', { %base, experiment => { variants => \@ab, hold_out => 10, test => 50,
    least => 50, hours => 2, rule => 'fixed' } })->{id};
my ($id) = $c =~ /(\d+)/;
$h->call('campaigns_start', { id => $c });
sub send_now { my (%env) = @_;
    is(($h->godwit({ env => \%env }, 'worker', 'mail', '--once'))[0], $env{GODWIT_CRASH} ? 137 : 0, 'mail') }
sub retried { return $h->value('select count(*) from godwit.mail_queue') }
sub send_all { my $hours = 0;       # who was told to come later does, by the queue
    send_now();
    send_now(GODWIT_CLOCK => strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time + 3600 * $hours))) while retried() && $hours++ < 9 }
sub results { return $h->call('campaigns_experiment', { id => $c }) }

# what each contact must get, and what he got
my %part = map { my ($i) = @$_; ("p$i->{i}" => part($c, "ct_$i->{id}")) } map { [$_] } @{ $h->rows(
    q{select id, substr(split_part(email, '@', 1), 2)::int as i from godwit.contacts}) };
sub got {
    my %got;
    push @{ $got{ ($_->{rcpt}[0] =~ /^(p\d+)/)[0] } }, slurp($_->{file}) =~ /^Subject: Better p/m
        ? (slurp($_->{file}) =~ /^From: Bea </m ? 'B' : 'B of another') : 'A' for $h->messages;
    return { map { $_ => "@{ $got{$_} }" } keys %got };
}
$h->expect(qr/killed|SIGKILL/);
send_now(GODWIT_CRASH => 'after_intent:1');
send_now();
cmp_ok retried(), '>', 9, 'some are to come later';
send_all();
my %want = map { $part{$_} =~ /^[AB]$/ ? ($_ => $part{$_}) : () } keys %part;
is_deeply got(), \%want, 'the test alone has got mail: ' . keys(%want) . ', each his variant';
is results()->{state}, 'sending', 'nobody has looked yet';

# people of B click more; a program clicks on all of A, which counts for nothing
my $spool = 0;
sub person { return (agent => 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0') }
my @of = map { my $v = $_; [ grep { $want{$_} eq $v } sort keys %want ] } qw(A B);
my %contact = map { ("p$_->{i}" => $_->{id}) } @{ $h->rows(
    q{select id, substr(split_part(email, '@', 1), 2)::int as i from godwit.contacts}) };
for my $v (0, 1) {
    for my $who (@{ $of[$v] }) {
        my $human = $v ? $who =~ /[0-4]$/ : $who =~ /1$/;
        $h->dbh->do(q{insert into godwit.engagement (tenant_id, campaign_id, contact_id, clicked_at, class, human)
            values (1, ?, ?, '2026-01-02Z', ?, ?)}, undef, $id, $contact{$who}, $human ? 1 : 5, $human ? 2 : 0)
            if $human || !$v;
    }
}
my @clicks = (scalar grep({ /1$/ } @{ $of[0] }), scalar grep { /[0-4]$/ } @{ $of[1] });
my $r = results();
is_deeply [ map { [ @{$_}{qw(name sent clicks)} ] } @{ $r->{variants} } ],
    [ [ 'A', scalar @{ $of[0] }, $clicks[0] ], [ 'B', scalar @{ $of[1] }, $clicks[1] ] ], 'exact numbers of each';
my ($code, $out) = $h->godwit({ in => encode_json({ method => 'shares', map { ((qw(a b))[$_] =>
    { n => $r->{variants}[$_]{sent}, count => $r->{variants}[$_]{clicks} }) } 0, 1 }) . "\n" }, 'stats');
my $s = decode_json($out);
ok abs($r->{variants}[1]{interval}[$_] - $s->{b}{interval}[$_]) < 1e-9, 'the interval of B' for 0, 1;

# a fixed rule looks at the end alone
sub cron { my ($at) = @_; is(($h->godwit({ env => { GODWIT_CLOCK => $at } }, 'worker', 'cron', '--once'))[0], 0, "cron at $at") }
cron('2031-01-01T00:00:00Z');
is results()->{winner}, undef, 'nothing is decided before its time';
is results()->{state}, 'waiting', 'it waits';
send_now();
is_deeply got(), \%want, 'and so does the rest';
cron('2031-01-01T02:01:00Z');
$r = results();
is_deeply [ @{$r}{qw(state winner decided_by)} ], [ 'decided', 'B', 'rule' ], 'B is better';
($code, $out) = $h->godwit({ in => encode_json($r->{look}{input}) . "\n" }, 'stats');
is_deeply [ map { sprintf '%.9g', $_->{p} } @{ decode_json($out)->{tests} } ],
    [ map { sprintf '%.9g', $_->{p} } @{ $r->{look}{verdict}{tests} } ], 'the numbers it was decided by say so again';
is $h->value(q{select after->'verdict'->>'winner' from godwit.audit a join godwit.audit_values v
    on v.tenant_id = a.tenant_id and v.audit_id = a.id where operation = 'campaigns_decide'}), 1, 'and are in the audit';

# the rest gets it, also after a kill; those held out get nothing
send_now(GODWIT_CRASH => 'before_close');
send_now();
cmp_ok retried(), '>', 9, 'of the rest too';
send_all();
my %all = map { $part{$_} eq 'held' ? () : ($_ => $part{$_} eq 'rest' ? 'B' : $part{$_}) } keys %part;
is_deeply got(), \%all, 'all have one mail, the rest the better one';
my $stats = $h->call('campaigns_stats', { id => $c });
is_deeply [ @{$stats}{qw(state audience sent suppressed)} ], [ 'finished', $n, scalar keys %all, $n - keys %all ],
    'the numbers add up';
is $h->value(q{select count(*) from godwit.sends where reason = 'held out of the experiment'}), $n - keys %all, 'held out';
is_deeply [ map { $_->{sent} } @{ results()->{variants} } ], [ map { scalar @$_ } @of ], 'the rest is not of the test';

# the page of a mail is the recipient's own, and its links lead where they say
for my $who ((grep { $part{$_} eq 'A' } sort keys %part)[0], (grep { $part{$_} eq 'rest' } sort keys %part)[0]) {
    my $word = $all{$who} eq 'B' ? 'better' : 'plain';
    like get($h, '/v/' . token($h, what => 'view', campaign => $id, contact => $contact{$who}))->{body}, qr/<p>$word /, "$who sees $word";
}
is_deeply [ map { $_->{url} } @{ $h->call('campaigns_links', { id => $c })->{items} } ],
    [ map { "https://a.example/$_" } qw(plain better) ], 'links of all variants';
my $in_rest = (grep { $part{$_} eq 'rest' } sort keys %part)[0];
is $h->call('campaigns_why', { id => $c, email => "$in_rest\@example.com" })->{state}, 'sent', 'why finds the rest';

# nothing is known in time: the fall-back; and one that is cancelled meanwhile ends
sub small { my (%e) = @_;
    my $c = $h->call('campaigns_create', { %base, experiment => { variants => [ @ab, { name => 'C', subject => 'Third' } ], %e } })->{id};
    $h->call('campaigns_start', { id => $c });
    send_all();
    return $c }
sub stats { my $s = $h->call('campaigns_stats', { id => $c }); return "$s->{state} $s->{sent} of " . ($s->{sent} + $s->{suppressed}) }
$c = small(test => 10, fallback => 'C', hours => 1);
my $tested = results()->{recipients};
cron("2031-01-02T0$_:0$_:00Z") for 0, 1;
$r = results();
is_deeply [ @{$r}{qw(winner decided_by)} ], [ qw(C fallback) ], 'none is known to be better: the fall-back';
like $r->{look}{verdict}{why}, qr/^not enough data: the smallest variant has \d+ of 500\z/, 'and why';
send_all();
is stats(), "finished $n of $n", 'all have got it';
is scalar(grep { slurp($_->{file}) =~ /^Subject: Third/m } $h->messages), $n - $tested + $r->{variants}[2]{sent}, 'the rest the third';
$c = small(test => 10, hold_out => 10);
$tested = results()->{recipients};
$h->call('campaigns_cancel', { id => $c });
send_now();
is stats(), "cancelled $tested of $n", 'cancelled: the rest gets nothing';
cron("2031-01-0${_}T00:00:00Z") for 3, 5;
is results()->{look}, undef, 'and nobody looks at it';

# ---- a bandit: the rest goes out in turns, each by shares that anybody can work out again
$port = $h->sink('--dir', $h->state . '/sink');
$h->configure("smart_host 127.0.0.1:$port;");
$c = $h->call('campaigns_create', { %base, experiment => { variants => \@ab, hold_out => 10, test => 30, least => 20,
    hours => 10, rule => 'bandit' } })->{id};
($id) = $c =~ /(\d+)/;
$h->call('campaigns_start', { id => $c });
send_now();
my $hour = 0;
for (1 .. 25) {
    # B is what everybody wants
    $h->dbh->do(q{insert into godwit.engagement (tenant_id, campaign_id, contact_id, clicked_at, class, human)
        select 1, s.campaign_id, s.contact_id, '2026-01-02Z', 1, 2 from godwit.sends s
          join godwit.experiments x on x.tenant_id = 1 and x.campaign_id = s.campaign_id
         where s.campaign_id = ? and s.state = 2 and godwit.experiment_arm(x, s.contact_id) = 1 on conflict do nothing}, undef, $id);
    last if results()->{state} eq 'decided';
    cron(sprintf '2031-02-%02dT%02d:%02d:00Z', 1 + int $hour / 24, $hour % 24, $_) for 1, 2;
    $hour += 1;
    send_now();
}
$r = results();
is_deeply [ @{$r}{qw(state winner decided_by)}, scalar @{ $r->{turns} } ], [ 'decided', 'B', 'rule', 10 ], 'ten turns, and B has won';
cmp_ok $r->{turns}[$_]{weights}[1], '>', 9000, "turn $_ is for B" for 0, 9;
cmp_ok $r->{turns}[$_]{weights}[0], '>=', 200, 'and goes on learning' for 0, 9;
for my $turn (0, 5) {
    ($code, $out) = $h->godwit({ in => encode_json($r->{turns}[$turn]{look}{input}) . "\n" }, 'stats');
    is_deeply [ map { int(.5 + 10000 * $_) } @{ decode_json($out)->{shares} } ], $r->{turns}[$turn]{weights}, "turn $turn by its numbers";
}
my %turned = map {
    my $at = bucket("$c:part", "ct_$contact{$_}");
    my @w = $at >= 7000 ? (1, 1) : $at < 1000 ? () : @{ $r->{turns}[int(($at - 1000) * 10 / 6000)]{weights} };
    @w ? ($_ => bucket("$c:variant", "ct_$contact{$_}") * ($w[0] + $w[1]) < $w[0] * 10000 ? 'A' : 'B') : ();
} keys %contact;
is_deeply { map { ($_->{rcpt}[0] =~ /^(p\d+)/)[0] => slurp($_->{file}) =~ /^Subject: Better p/m ? 'B' : 'A' }
    grep { $_->{message_id} =~ /^<gw\.1\.$id\./ } $h->messages }, \%turned, 'who got what, by the formula of README and the weights';
is scalar(grep { $_->{message_id} =~ /^<gw\.1\.$id\./ } $h->messages), scalar keys %turned, 'each once';
is $h->value(q{select count(*) from godwit.audit where operation = 'campaigns_decide' and object = ?}, $c), 10, 'each turn is in the audit';
is $h->call('campaigns_stats', { id => $c })->{state}, 'finished', 'and it ends';
done_testing;
