#!/usr/bin/perl
# From an empty workspace to the first own campaign, by keyboard alone; then two
# people and a bad day: the same edited twice, a session that has ended, nginx
# reloaded, no network, and somebody who may only look.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Browser;
use Godwit::Edge;
use Godwit::Login;
use Godwit::People;
use Godwit::Zone;

chromium();
my $h = Godwit->new(conf => 'spool_segment 1m;');
my $zone = Godwit::Zone->new($h, {});
my $sink = $h->sink;
$h->configure('resolver ' . $zone->server . "; smart_host 127.0.0.1:$sink; drain_interval 50ms;");
$h->nginx(app => 1);
my (undef, $link) = $h->godwit(qw(user link --owner --workspace 1));
$h->godwit(qw(worker jobs --once));
$h->spawn('worker', $_) for qw(cache ingest mail jobs secrets segments);
wait_for { -l $h->state . '/cache/current' } 10;

# what a person does at the desk of his DNS
sub publish {
    my ($domain) = @{ $h->call('domains_list')->{items} };
    $zone->set('books.test MX' => ['1 mx.books.test']);
    for (grep { $_->{purpose} eq 'dkim' } @{ $domain->{records} }) {
        $zone->set("$_->{name} TXT" => [ join ' ', map { qq("$_") } @{ $_->{strings} } ]);
    }
}

chomp $link;
journey($h, 'setup.mjs', env => { GODWIT_LINK => $link }, do => { publish => \&publish });
wait_for { grep { $_->{rcpt}[0] eq 'bea@example.com' } $h->messages } 10, 'the first campaign has arrived';

my %new = (password => 'forty two white geese');
user($h, 'ben@example.com', %new, role => 'manager');
user($h, 'vic@example.com', %new, role => 'viewer');
# another workspace, with more of them than anybody reads
$h->value(q{select auth.tenant_create('Many', now())});
person($h, 'ann@example.com', 'owner', 2);
$h->dbh->do($_) for
    q{insert into godwit.contacts (tenant_id, email, first_name, consent_email, created_at, updated_at)
      select 2, 'm' || i || '@example.com', 'M' || i, (i % 10 = 0)::int, now(), now() from generate_series(1, 20000) i},
    'analyze godwit.contacts';
journey($h, 'people.mjs', do => { reload => sub { kill 'HUP', $h->{nginx} } });
done_testing;
