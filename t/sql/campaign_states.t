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
        subject => 's', html => '<p>x</p>' })->{id};
}

my %way = (draft => [], running => ['start'], paused => [qw(start pause)],
    cancelled => [qw(start cancel)], finished => ['start']);
my %becomes = (start => { draft => 'running' }, pause => { running => 'paused' },
    resume => { paused => 'running' },
    cancel => { map { $_ => 'cancelled' } qw(draft running paused) });
my %needs = (start => 'draft', pause => 'running', resume => 'paused',
    cancel => 'draft or running or paused');

# all that an operation may write: the campaign, what start makes, audit, feed
my $all = join ' || ', map { "(select md5(coalesce(string_agg(t::text, ' ' order by t::text), ''))"
    . " from godwit.$_ t)" } qw(campaigns campaign_cursors audience_blocks links audit
    audit_values change_log);

for my $state (sort keys %way) {
    for my $do (sort keys %becomes) {
        my $id = draft($list);
        $h->call("campaigns_$_", { id => $id }) for @{ $way{$state} };
        $h->dbh->do("update godwit.campaigns set state = 'finished', finished_at = started_at
            where state = 'running' and godwit.id_text('cmp', id) = ?", undef, $id)
            if $state eq 'finished';
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

my $id = draft($h->call('lists_create', { name => 'none' })->{id});
my $before = $h->value("select $all");
my ($code, $doc) = $h->try('campaigns_start', { id => $id });
is_deeply [ $code, $doc->{error}{message} ],
    [ 1, 'list lst_2 has no members; add contacts before the start' ], 'an empty list';
is $h->value("select $all"), $before, 'leaves the draft as it was';

done_testing;
