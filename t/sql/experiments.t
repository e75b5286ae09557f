#!/usr/bin/perl
# Experiments of drafts: what is kept, what is refused, and the verdict by hand.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use JSON::PP ();

my $h = Godwit->new;
my $list = $h->call('lists_create', { name => 'all' })->{id};
$h->call('lists_add', { id => $list, contact_ids => [ map { $h->call('contacts_create', { email => "$_\@example.com" })->{id} } qw(a b) ] });
my %base = (name => 'c', list_id => $list, from => 'a@example.com', subject => 's', html => '<p>x</p>');
my @ab = ({ name => 'A' }, { name => 'B', subject => 'Hi {{ contact.first_name }}' });
my $c = $h->call('campaigns_create', { %base, experiment => { variants => \@ab, test => 100 } })->{id};
is_deeply $h->call('campaigns_get', { id => $c })->{experiment}, { variants => [ { name => 'A', weight => 1 },
    { %{ $ab[1] }, weight => 1 } ], test => 100, hold_out => 0, metric => 'clicks', rule => 'bayesian', least => 500,
    hours => 24, fallback => 'A' }, 'what was left out is said';

sub refused { my ($field, $like, %e) = @_;
    my $was = $h->value('select md5(string_agg(t::text, $$$$ order by t::text)) from godwit.experiments t');
    my ($code, $doc) = $h->try('campaigns_update', { id => $c, experiment => { variants => \@ab, %e } });
    is "$code $doc->{error}{field}", "1 $field", 'refused';
    like $doc->{error}{message}, $like, $doc->{error}{message};
    is $h->value('select md5(string_agg(t::text, $$$$ order by t::text)) from godwit.experiments t'), $was, 'and nothing has changed' }
refused('experiment', qr/more than 100 together/, test => 60, hold_out => 50);
refused('experiment', qr/the same name/, variants => [ { name => 'A' }, { name => 'a', subject => 'x' } ]);
refused('experiment', qr/the first variant is the campaign/, variants => [ { name => 'A', subject => 'x' }, $ab[1] ]);
refused('experiment', qr/"B" has neither/, variants => [ { name => 'A' }, { name => 'B' } ]);
refused('experiment', qr/not one of A, B/, fallback => 'C');
refused('experiment', qr/^subject of "B": .*line 1, column/, variants => [ { name => 'A' }, { name => 'B', subject => 'Hi {{' } ]);
refused('experiment', qr/^subject of "B": there is no snippet "none"/, variants => [ { name => 'A' },
    { name => 'B', subject => "{% render 'none' %}" } ]);
refused('html', qr/numbered together/, variants => [ { name => 'A' }, { name => 'B', html => '<p>y</p>' } ]);
like(($h->try('campaigns_create', { %base, variants => { de => { subject => 's', html => 'h' } }, experiment => { variants => \@ab } }))[1]
    {error}{message}, qr/without "variants" by locale/, 'languages and variants');

# by hand, when the test has gone out, once
sub decide { my ($v) = @_; my ($code, $doc) = $h->try('campaigns_decide', { id => $c, variant => $v });
    return $code ? "$doc->{error}{code}: $doc->{error}{message}" : "$doc->{winner} by $doc->{decided_by}" }
is decide('B'), "conflict: the test of campaign $c has not gone out", 'a draft';
$h->call('campaigns_start', { id => $c });
is decide('B'), "conflict: the test of campaign $c has not gone out", 'it is under way';
$h->dbh->do('update godwit.campaign_cursors set pos = gate');
is decide('C'), 'invalid: "C" is not one of the variants A, B', 'no variant';
is decide('B'), 'B by cli', 'by hand';
is decide('A'), "conflict: the experiment of campaign $c is decided", 'once';

# which there are, and how far each is
sub listed { return join ' ', map { "$_->{id}=$_->{state}:" . ($_->{winner} // '-') }
    @{ $h->call('experiments_list', { @_ })->{items} } }
my $open = $h->call('campaigns_create', { %base, experiment => { variants => \@ab } })->{id};
is listed(sort => '-id'), "$open=draft:- $c=decided:B", 'listed';
is listed(decided => JSON::PP::false), "$open=draft:-", 'those without a winner';

# taken away, or with nobody in it
my $d = $h->call('campaigns_create', { %base, experiment => { variants => \@ab, test => 1 } })->{id};
is(($h->try('campaigns_start', { id => $d }))[1]{error}{field}, 'experiment', 'nobody is in the test');
is $h->call('campaigns_update', { id => $d, experiment => undef })->{experiment}, undef, 'taken away';
is $h->call('campaigns_experiment', { id => $d })->{state}, 'none', 'there is none';
is $h->call('campaigns_start', { id => $d })->{state}, 'running', 'and it starts';
done_testing;
