#!/usr/bin/perl
# Campaigns as a state machine: every operation in every state.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;
my $list = $h->call('lists_create', { name => 'all' })->{id};
my $ann = $h->call('contacts_create', { email => 'ann@example.com' })->{id};
$h->call('lists_add', { id => $list, contact_ids => [$ann] });

sub draft {
    return $h->call('campaigns_create', { name => 'c', list_id => $_[0], from => 'a@example.com',
        subject => 's', html => '<p>x</p>', schedule => { at => '2099-01-31T09:00' } })->{id};
}

# how one comes there by operations, and what the worker has done since
my %way = (draft => [], scheduled => ['schedule'], preparing => ['schedule'], running => ['start'],
    paused => [qw(start pause)], finishing => ['start'], finished => ['start'],
    cancelled => [qw(start cancel)], failed => ['schedule']);
my %worker = (preparing => 'null', finishing => 'null', finished => 'started_at', failed => 'created_at');
my %becomes = (schedule => { draft => 'scheduled' }, unschedule => { map { $_ => 'draft' } qw(scheduled failed) },
    start => { map { $_ => 'running' } qw(draft scheduled) },
    pause => { map { $_ => 'paused' } qw(running finishing) }, resume => { paused => 'running' },
    cancel => { map { $_ => 'cancelled' } qw(draft scheduled preparing running paused finishing) });
my %needs = (schedule => 'draft', unschedule => 'scheduled or failed', start => 'draft or scheduled',
    pause => 'running or finishing', resume => 'paused',
    cancel => 'draft or scheduled or preparing or running or paused or finishing');

# all that an operation may write: the campaign, what start makes, audit, feed
my $all = join ' || ', map { "(select md5(coalesce(string_agg(t::text, ' ' order by t::text), ''))"
    . " from godwit.$_ t)" } qw(campaigns campaign_cursors audience_blocks links audit
    audit_values change_log);

for my $state (sort keys %way) {
    for my $do (sort keys %becomes) {
        my $id = draft($list);
        $h->call("campaigns_$_", { id => $id }) for @{ $way{$state} };
        $h->dbh->do("update godwit.campaigns set state = ?, finished_at = $worker{$state}
            where godwit.id_text('cmp', id) = ?", undef, $state, $id) if $worker{$state};
        my ($before, $last) = ($h->value("select $all"),
            $h->value('select max(id) from godwit.audit'));
        my ($code, $doc) = $h->try("campaigns_$do", { id => $id });
        my $after = $becomes{$do}{$state};
        if (!$after) {
            is_deeply [ $code, @{ $doc->{error} }{qw(code field message)} ],
                [ 1, 'conflict', 'id', "campaign $id is $state; $do needs one that is $needs{$do}" ],
                "$do refuses a $state one";
            is $h->value("select $all"), $before, 'and changes nothing';
            next;
        }
        is_deeply [ $code, $doc->{state} ], [ 0, $after ], "$do makes a $state one $after";
        is_deeply $h->rows('select operation, object, actor, before, after from godwit.audit
            join godwit.audit_values v on v.tenant_id = audit.tenant_id and audit_id = id
            where id > ?', $last), [ { operation => "campaigns_$do", object => $id, actor => 'cli',
            before => qq({"state": "$state"}), after => qq({"state": "$after"}) } ],
            'which is audited once';
        is $h->value(q{select kind || ' ' || key from godwit.change_log
            where kind = 'campaign' order by id desc limit 1}), 'campaign ' . $id =~ s/cmp_//r,
            'and told to those who listen';
    }
}

# ---- what of it changes when
for my $state (sort keys %way) {
    my $id = draft($list);
    $h->call("campaigns_$_", { id => $id }) for @{ $way{$state} };
    $h->dbh->do("update godwit.campaigns set state = ?, finished_at = $worker{$state}
        where godwit.id_text('cmp', id) = ?", undef, $state, $id) if $worker{$state};
    my $says = join ', ', map { my ($code, $doc) = $h->try('campaigns_update', { id => $id, %$_ });
        $code ? $doc->{error}{message} : 'changed' } { rate => 5 }, { auto_pause => { errors => undef } }, { rate => 6, name => 'd' };
    my $not = "campaign $id is $state; only a draft can be changed";
    is $says, join(', ', $state eq 'draft' ? ('changed') x 3 : $state =~ /^(?:finished|cancelled|failed)$/ ? ($not) x 3
        : ('changed', 'changed', $not)), "of a $state one";
}

my $id = draft($h->call('lists_create', { name => 'none' })->{id});
my $before = $h->value("select $all");
my ($code, $doc) = $h->try('campaigns_start', { id => $id });
is_deeply [ $code, $doc->{error}{message} ],
    [ 1, 'list lst_2 has no members; add contacts before the start' ], 'an empty list';
is $h->value("select $all"), $before, 'leaves the draft as it was';

my @writers = grep { slurp($_) =~ /update godwit\.campaigns (?:\w )?set state\b/ } glob 'sql/{api,functions,queries}/*.sql';
is "@writers", 'sql/functions/campaigns.sql', 'one place changes the state';

done_testing;
