#!/usr/bin/perl
# Campaigns: a draft is changed and deleted, one that was started is not; links
# and their clicks, the ledger, events.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
sub error { my (undef, $doc) = $h->try(@_); return @{ $doc->{error} }{qw(code field message)} }

my @list = map { $h->call('lists_create', { name => $_ })->{id} } 'a', 'b';
my @ct = map { $h->call('contacts_create', { email => "p$_\@example.com" })->{id} } 1 .. 3;
$h->call('lists_add', { id => $list[1], contact_ids => \@ct });
my $html = '<a href="https://example.com/1">1</a><a href="https://example.com/{{ contact.id }}">2</a>';
my $id = $h->call('campaigns_create', { name => 'c', list_id => $list[0], rate => 5,
    from => 'Shop <a@example.com>', subject => 's', html => 'x' })->{id};
my $c = $h->call('campaigns_update', { id => $id, name => 'd', list_id => $list[1], html => $html,
    rate => undef });
is_deeply [ @$c{qw(name list_id from subject html rate state)} ],
    [ 'd', $list[1], 'Shop <a@example.com>', 's', $html, undef, 'draft' ], 'a draft changes';
is_deeply [ error('campaigns_update', { id => $id, list_id => 'lst_9' }) ],
    [ 'not_found', 'list_id', 'there is no list lst_9' ], 'to a list that is none';
is_deeply [ (error('campaigns_update', { id => $id, subject => '{{' }))[ 0, 1 ] ],
    [ 'invalid', 'subject' ], 'to a subject that is wrong';
$h->dbh->do(q{select set_config('app.now', '2026-01-01Z', false)});
my $tag = $h->value('select godwit.etag(godwit.campaign_json(c)) from godwit.campaigns c');
$h->call('campaigns_update', { id => $id, name => 'e' });
is +($h->ask($_, { id => $id, _if_match => $tag }))[0], 'GW006', "who read it before is told: $_"
    for map { "campaigns_$_" } qw(start cancel update delete);

$h->call('campaigns_start', { id => $id });
is_deeply [ error('campaigns_update', { id => $id, name => 'f' }) ],
    [ 'conflict', 'id', "campaign $id is running; only a draft can be changed" ], 'not once it runs';
is_deeply [ error('campaigns_delete', { id => $id }) ],
    [ 'conflict', 'id', "campaign $id is running; only a draft can be deleted" ], 'nor is it deleted';
is_deeply [ map { @$_{qw(index url clicks)} } @{ $h->call('campaigns_links', { id => $id })->{items} } ],
    [ 0, 'https://example.com/1', 0, 1, 'https://example.com/{{ contact.id }}', 0 ], 'its links';

$h->dbh->do(q{insert into godwit.events (tenant_id, at, campaign_id, contact_id, kind, class, link)
    select 1, timestamptz '2026-01-01Z' + i * interval '1 min', 1, i % 2 + 1, k, 1, case k when 2 then 0 end
      from generate_series(1, 3) i, (values (1), (2)) v(k)});
my ($first) = @{ $h->call('campaigns_links', { id => $id })->{items} };
is_deeply [ @$first{qw(clicks unique_clicks)} ], [ 3, 2 ], 'and their clicks';
my $e = $h->call('events_list', { campaign_id => $id, kind => 'click', limit => 2, total => \1 });
is_deeply [ $e->{total}, map { @$_{qw(at url)} } @{ $e->{items} } ],
    [ 3, '2026-01-01T00:03:00+00:00', 'https://example.com/1', '2026-01-01T00:02:00+00:00',
    'https://example.com/1' ], 'events, newest first';
is scalar @{ $h->call('events_list', { campaign_id => $id, kind => 'click', limit => 2,
    cursor => $e->{next} })->{items} }, 1, 'page by page';
is scalar @{ $h->call('events_list', { contact_id => 'ct_1', class => 'human', since =>
    '2026-01-01T00:02:00Z', until => '2026-01-01T00:03:00Z' })->{items} }, 2, 'filtered';
is_deeply [ error('events_list', {}) ],
    [ 'invalid', 'campaign_id', '"campaign_id" or "contact_id" is missing' ], 'of nobody';

$h->dbh->do(q{insert into godwit.sends (tenant_id, campaign_id, contact_id, at, state, attempts)
    select 1, 1, i, '2026-01-01Z', case i when 2 then 3 else 2 end, 1 from generate_series(1, 3) i});
sub sends { return join ' ', map { "$_->{campaign_id}:$_->{contact_id}:$_->{state}" }
    @{ $h->call('sends_list', $_[0])->{items} } }
is sends({ campaign_id => $id }), 'cmp_1:ct_1:sent cmp_1:ct_2:failed cmp_1:ct_3:sent', 'the ledger';
is sends({ campaign_id => $id, state => 'failed' }), 'cmp_1:ct_2:failed', 'by state';
is sends({ contact_id => 'ct_3' }), 'cmp_1:ct_3:sent', 'by contact';
is_deeply [ map { $_->{contact_id} } @{ $h->call('campaigns_recipients', { id => $id,
    state => 'sent' })->{items} } ], [ 'ct_1', 'ct_3' ], 'as recipients';

my $draft = $h->call('campaigns_create', { name => 'z', list_id => $list[0],
    from => 'a@example.com', subject => 's', html => 'x' })->{id};
is_deeply [ map { $_->{id} } @{ $h->call('campaigns_list', { state => 'draft' })->{items} } ], [$draft],
    'by state';
$h->call('templates_publish', { id => $h->call('templates_create', { name => $_, subject => 's',
    html => 'x' })->{id}, version => 1 }) for qw(old new);
$h->call('segments_create', { name => $_, predicate => { tag => 'x' } }) for qw(z a);
my $choices = $h->call('campaigns_choices', {});
is join(' ', map { my $of = $_; map { $_->{name} } @{ $choices->{$of} } } qw(segments templates)), 'a z new old',
    'what a campaign can be made of';
is join(' ', map { $_->{channel} } @{ $choices->{templates} }), 'email email', 'a template is of a channel';
is_deeply [ $choices->{domain}, grep { $_->{id} eq $list[0] } @{ $choices->{lists} } ],
    [ undef, { id => $list[0], name => $h->call('lists_get', { id => $list[0] })->{name} } ], 'lists, no domain yet';
$h->call('campaigns_cancel', { id => $draft });
is $h->call('campaigns_delete', { id => $draft }), undef, 'one cancelled before its start goes';
is $h->value('select count(*) from godwit.templates where id = 2'), 0, 'with its content';


# ---- a copy says the same; what is over is put away
my $x = { test => 50, variants => [ { name => 'A' }, { name => 'B', subject => 't' } ] };
my %said = (list_id => $list[1], from => 'Shop <a@example.com>', subject => 's', html => $html, text => 'x', rate => 7,
    utm => { source => 'n' }, schedule => { at => '2099-01-31T09:00', zone => 'Europe/Vienna' }, experiment => $x,
    auto_pause => { errors => undef });
my $from = $h->call('campaigns_create', { name => 'm', %said });
my $copy = $h->call('campaigns_clone', { id => $from->{id} });
my @same = qw(list_id segment_id from subject html text locale variants rate tracking utm files schedule auto_pause experiment state);
is_deeply [ @$copy{@same} ], [ @$from{@same} ], 'a copy says what it is of';
is_deeply [ @$copy{qw(name cloned_from)} ], [ 'Copy of m', $from->{id} ], 'and whose it is';
$h->call('campaigns_update', { id => $copy->{id}, subject => 'u' });
is $h->call('campaigns_get', { id => $from->{id} })->{subject}, 's', 'each has its own content';
is_deeply [ @{ $h->call('campaigns_clone', { id => $id, name => 'n' }) }{qw(name state html started_at)} ],
    [ 'n', 'draft', $html, undef ], 'of one that runs a draft';
my $segment = $h->call('segments_create', { name => 'few', predicate => { field => 'first_name', op => 'is', value => 'Ann' } })->{id};
my $few = $h->call('campaigns_create', { name => 'f', list_id => $list[1], segment_id => $segment,
    from => 'a@example.com', subject => 's', html => 'x' })->{id};
$h->call('campaigns_cancel', { id => $few });
$h->call('segments_delete', { id => $segment });
my $again = $h->call('campaigns_clone', { id => $few })->{id};
my $gone = "segment $segment is gone; name another, or none for the whole list";
is_deeply [ error('campaigns_start', { id => $again }) ], [ 'conflict', 'segment_id', $gone ], 'never to the whole list';
is +(grep { $_->{level} eq 'blocker' } @{ $h->call('campaigns_preflight', { id => $again })->{findings} })[0]{message},
    $gone, 'which is known before';
is_deeply [ error('campaigns_archive', { id => $id }) ],
    [ 'conflict', 'id', "campaign $id is running; one that is not over is not put away" ], 'one that runs stays';
like $h->call('campaigns_archive', { id => $copy->{id} })->{archived_at}, qr/^20/, 'a draft is put away';
is_deeply [ error('campaigns_archive', { id => $copy->{id} }) ],
    [ 'conflict', 'id', "campaign $copy->{id} is archived already" ], 'once';
sub listed { my ($archived) = @_;
    return grep { $_->{id} eq $copy->{id} } @{ $h->call('campaigns_list', { archived => $archived })->{items} } }
ok listed(\1) && !listed(\0), 'and listed apart';
is $h->call('campaigns_unarchive', { id => $copy->{id} })->{archived_at}, undef, 'and taken back';
is_deeply [ error('campaigns_unarchive', { id => $copy->{id} }) ],
    [ 'conflict', 'id', "campaign $copy->{id} is not archived" ], 'once';

done_testing;
