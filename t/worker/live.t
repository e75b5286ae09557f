#!/usr/bin/perl
# What happens reaches who listens: sending, opens and clicks, imports, and the
# end of them. Nothing waits for it, and without the edge nothing is amiss.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Jobs;
use Godwit::Live;
use Time::HiRes qw(time);

my $h = Godwit->new;
my $port = $h->sink;
$h->configure("smart_host 127.0.0.1:$port; drain_interval 50ms;");
my $list = $h->call('lists_create', { name => 'all' })->{id};
my @ids = map { $h->call('contacts_create', { email => "p$_\@example.com" })->{id} } 1 .. 5;
$h->call('lists_add', { id => $list, contact_ids => \@ids });
my $c = $h->call('campaigns_create', { name => 'c', list_id => $list, from => 'shop@example.com',
    subject => 'Hi', html => '<p>Dear</p>' })->{id};
$h->godwit(qw(worker jobs --once));
$h->spawn('worker', $_) for qw(cache ingest mail jobs);
wait_for { -l $h->state . '/cache/current' } 10;
$h->nginx;
my $s = Godwit::Live->socket($h, '', Authorization => 'Bearer ' . key($h));
is $s->event->{type}, 'live.open', 'a browser listens';

# the sum of what is told until it is as it should be
my %sum;
sub until_told(&) {
    my ($enough) = @_;
    until ($enough->()) {
        my $e = $s->event or return 0;
        $sum{ $e->{topic} }{ $e->{type} } //= {};
        my $d = $sum{ $e->{topic} }{ $e->{type} };
        $d->{times}++;
        $d->{$_} = $e->{type} =~ /^(?:import|operation)\.progress/ ? $e->{data}{$_} : ($d->{$_} // 0) + $e->{data}{$_}
            for keys %{ $e->{data} };
        $d->{at} = $e->{at};
    }
    return 1;
}
my $topic = "campaign:$c";

$h->call('campaigns_start', { id => $c });
ok until_told { ($sum{$topic}{'campaign.progress'}{sent} // 0) == 5 }, 'five are sent';
ok until_told { ($sum{$topic}{'campaign.sent'}{sent} // 0) == 5 }, 'and that is stored';
# begin and end may be one word: a feed that is read twice in between is luck
ok until_told { $sum{$topic}{'campaign.changed'} }, 'it began';
wait_for { $h->call('campaigns_get', { id => $c })->{state} eq 'finished' } 10, 'and ended';
is_deeply { %{ $sum{$topic}{'campaign.sent'} }, times => 0, at => 0 },
    { (map { $_ => 0 } qw(queued in_flight failed suppressed invalid not_rendered uncertain times at)), sent => 5 },
    'all that is said of it';

my ($campaign) = $c =~ /(\d+)/;
my $pixel = '/o/' . token($h, what => 'open', campaign => $campaign, contact => $ids[0] =~ s/\D//gr);
for my $opens (3, 6) {                  # the second time it has told something just before
    my $begun = time;
    get($h, $pixel) for 1 .. 3;
    ok until_told { ($sum{$topic}{'campaign.engaged'}{opens} // 0) == $opens }, "$opens opens";
    cmp_ok time - $begun, '<', 5, 'soon';
}
is $sum{$topic}{'campaign.engaged'}{unique_opens}, 1, 'of one person';
is $h->value('select opens from godwit.campaign_totals where campaign_id = ?', $campaign), 6, 'as Postgres has it';

my $i = import_upload($h, "email\n" . join '', map { "i$_\@example.com\n" } 1 .. 10);
ok until_told { $sum{"import:$i->{id}"}{'import.changed'}
    && $sum{"operation:$i->{operation}"}{'operation.changed'} }, 'an import ends';
is operation($h, $i->{operation})->{state}, 'done', 'as it is told';
ok $sum{"import:$i->{id}"}{'import.progress'}, 'with its progress';
is_deeply [ grep { !/^(?:campaign|import|operation):/ } keys %sum ], [], 'topics';

# the edge goes: nobody is told, nothing waits
$h->stop($h->{nginx}, 'QUIT');
$i = import_upload($h, "email\nlast\@example.com\n");
wait_for { operation($h, $i->{operation})->{state} eq 'done' } 5, 'work goes on without an edge';
done_testing;
