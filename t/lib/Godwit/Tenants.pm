# Two workspaces of one house, and what one of them asks with what is the other's.
#
#   my ($mine, $other) = two($h);       # houses; the second is workspace 2, and
#                                       # every name in it says so
#   my @requests = walk($mine, $contract);      # [ operation, input ] that succeed
#   my $in = foreign($in, $other);      # the same with what the other owns
#   my @leaks = leaks($r, $other, $in); # what of it an answer tells
#   my $all = whole($other);             # all that the other has, to compare
package Godwit::Tenants;
use strict;
use warnings;
use Exporter qw(import);

use Godwit ();
use Godwit::Contract;
use Godwit::Objects;
use Godwit::Edge;

our @EXPORT = qw(two walk foreign leaks whole);
my $mark = 'zebra';

# prepared, with so many objects of each kind that has an id
sub two {
    my ($h, $n) = @_;
    prepare($h);
    $h->{api_key} = key($h);
    $h->value(q{select auth.tenant_create('zebra', '2026-01-01Z')});
    my $other = bless { %$h, workspace => 2, mark => $mark, api_key => key($h, '*', 2) }, ref $h;
    for my $kind (kinds()) {
        $other->{ids}{$kind} = [ map { object($other, $kind) } 1 .. $n // 1 ];
    }
    # mail that went out, and what came back
    my $c = object($other, 'cmp');
    $other->call('campaigns_start', { id => $c });
    my ($contact) = $h->value('select max(id) from godwit.contacts where tenant_id = 2');
    my ($campaign) = $c =~ /(\d+)/;
    $h->dbh->do(q{insert into godwit.sends (tenant_id, campaign_id, contact_id, at, state, attempts,
        code, reply) values (2, ?, ?, '2026-02-01Z', 2, 1, 250, 'zebra')}, undef, $campaign, $contact);
    $h->dbh->do(q{insert into godwit.events (tenant_id, at, campaign_id, contact_id, kind, class,
        user_agent) values (2, '2026-02-02Z', ?, ?, 1, 1, 'zebra')}, undef, $campaign, $contact);
    push @{ $other->{ids}{cmp} }, $c;
    $other->{email} = $h->value('select email from godwit.contacts where tenant_id = 2 and id = ?',
        $contact);
    my @all = map { @$_ } values %{ $other->{ids} };
    $other->{known} = qr/(?:@{[ join "|", @all ]})\b|$mark/i;
    $h->{known} = qr/"(?:ct|lst|cmp|tpl|sup|imp|op|file)_1"|w1\@example|"ws_1"|ann2/;
    return ($h, $other);
}

# every operation that a workspace has, with each parameter that it takes
sub walk {
    my ($h, $contract) = @_;
    my @recorded;
    local $h->{recorded} = \@recorded;
    for my $op (grep { $_->{scope} } $contract->operations) {
        for my $more (undef, grep { !$_->{required} && $_->{in} eq 'query' } @{ $op->{params} }) {
            my $in = input($h, $op);
            my $v = $more ? parameter($h, $op, $more) : undef;
            next if $more && !defined $v;
            $in->{query}{ $more->{name} } = $v if $more;
            send_to($h, $op, $in);
        }
    }
    return @recorded;
}

sub swap {
    my ($v, $other) = @_;
    return { map { $_ => swap($v->{$_}, $other) } keys %$v } if ref $v eq 'HASH';
    return [ map { swap($_, $other) } @$v ] if ref $v eq 'ARRAY';
    return $v if ref $v || !defined $v;
    my $ids = $other->{ids}{ ($v =~ /^([a-z]+)_\d+$/)[0] // '' };
    return $ids ? $ids->[ rand @$ids ] : $v =~ /^w\d+\@/ ? $other->{email} : $v;
}

sub foreign { my ($in, $other) = @_; return { map { $_ => swap($in->{$_}, $other) } keys %$in } }

sub sent { my ($v) = @_;
    return ref $v eq 'HASH' ? map { sent($_) } values %$v : ref $v eq 'ARRAY' ? map { sent($_) } @$v : $v }

# a refusal may name what the request did
sub leaks {
    my ($r, $other, $in) = @_;
    my $text = join "\n", $r->{body}, map { "$_: $r->{headers}{$_}" } sort keys %{ $r->{headers} };
    if ($r->{status} >= 400) {
        $text =~ s/(?<!\w)\Q$_\E(?!\w)//g for grep { defined && length } sent($in);
    }
    return $text =~ $other->{known} ? substr($text, $-[0] > 60 ? $-[0] - 60 : 0, 200) : ();
}

sub whole {
    my ($h) = @_;
    my $tenant = $h->{workspace} // 1;
    my $tables = $h->dbh->selectcol_arrayref(q{select c.oid::regclass::text from pg_class c
        join pg_namespace n on n.oid = relnamespace join pg_attribute a on a.attrelid = c.oid
         and a.attname = 'tenant_id' where relkind = 'r' and nspname in ('godwit', 'auth')
        order by 1});
    return { map { my ($table, $column) = @$_; $table => $h->value("select count(*) || ' ' ||
        coalesce(md5(string_agg(t::text, ' ' order by t::text)), '') from $table t
        where $column = ?", $tenant) } [ 'auth.tenants', 'id' ], map { [ $_, 'tenant_id' ] } @$tables };
}

1;
