#!/usr/bin/perl
# What every operation says of wrong input, case by case out of its contract:
# exit 1 and an error that names the field; never the words of Postgres.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Objects qw(answered);
use Godwit::People;
use JSON::PP;
use YAML::XS ();

my $h = Godwit->new;
my $json = JSON::PP->new->utf8->canonical->allow_nonref;

# the contract, its references followed
$YAML::XS::Boolean = 'JSON::PP';               # else true is the number 1
my @doc = map { YAML::XS::LoadFile($_) } glob 'sql/api/*.yaml';
sub ref_of {
    my ($node) = @_;
    return $node if ref $node ne 'HASH' || !$node->{'$ref'};
    my ($kind, $name) = $node->{'$ref'} =~ m{^#/components/(\w+)/(\w+)$};
    my ($found) = grep { $_ } map { $_->{components}{$kind}{$name} } @doc;
    return $found // die "$node->{'$ref'} leads nowhere";
}

# {operation}{field} = [schema, required?, filter?], from parameters and body
my (%operation, %example, %any, %personal);
for my $path (map { values %{ $_->{paths} } } @doc) {
    # what only the edge can do is tested there
    for my $o (grep { ($_->{'x-handler'} // 'template') eq 'template' } values %$path) {
        my $f = $operation{ $o->{operationId} } = {};
        $personal{ $o->{operationId} } = $o->{'x-workspace'};
        $any{ $o->{operationId} } = ($o->{'x-any-of'} // [])->[0] // '';
        # which fields there are is for the edge to check, against the answer
        $f->{ $_->{name} } = [ ref_of($_->{schema}), $_->{required}, $_->{in} eq 'query', $_->{example} ]
            for grep { $_->{name} ne 'fields' } map { ref_of($_) } @{ $o->{parameters} // [] };
        my $body = ($o->{requestBody} // next)->{content}{'application/json'};
        my $schema = ref_of($body->{schema});
        my %must = map { $_ => 1 } @{ $schema->{required} // [] };
        $f->{$_} = [ ref_of($schema->{properties}{$_}), $must{$_} ]
            for keys %{ $schema->{properties} };
        $example{ $o->{operationId} } = $body->{example};
    }
}

# one object of each kind here, and another in workspace 2
$h->value(q{select auth.tenant_create('two', '2026-01-01Z')});
for my $make ([ 'contacts_create', { email => 'a@example.com' } ], [ 'lists_create', { name => 'a' } ],
    [ 'templates_create', { name => 'a', subject => 's', html => 'h' } ],
    [ 'snippets_create', { name => 'a', html => 'h' } ],
    [ 'fields_create', { key => 'size', type => 'number' } ],
    [ 'companies_create', { name => 'a' } ], [ 'views_create', { name => 'a', shared => JSON::PP::true } ],
    [ 'segments_create', { name => 'a', predicate => { tag => 'a' } } ],
    [ 'suppressions_create', { email => 'a@example.com' } ], [ 'keys_create', { scopes => ['*'] } ],
    [ 'sources_create', { name => 'a' } ], [ 'flags_create', { key => 'a' } ],
    [ 'campaigns_create', { name => 'a', from => 'a@example.com', subject => 's', html => 'h' } ])
{
    for my $n (1 .. 2) {
        $make->[1]{list_id} = "lst_$n" if $make->[0] eq 'campaigns_create';
        $h->call(@$make, '--workspace', $n);
    }
}
$h->dbh->do(q{insert into godwit.imports (tenant_id, state, source, fingerprint, mapping,
    started_at) select t, 'finished', 'x', 'x', '[]', '2026-01-01Z' from (values (1), (2)) v(t)});

for my $n (1 .. 2) {
    person($h, qw(x ann@example.com bob@example.com)[$n], 'admin', $n);
    $h->call('invitations_create', { email => 'zoe@example.com', role => 'viewer' }, '--workspace', $n);
    $h->call('roles_create', { name => 'Ed', scopes => ['lists:read'] }, '--workspace', $n);
    $h->call('sso_create', { name => 'X', issuer => 'https://id.example.com', client_id => 'x' }, '--workspace', $n);
}
$h->call('domains_create', { domain => 'x.example.com' }, '--workspace', $_) for 1, 2;
$h->call('notes_create', { contact_id => "ct_$_", text => 'x' }, '--workspace', $_) for 1, 2;
for my $n (1, 2) {
    my @two = map { $h->call('contacts_create', { email => "$_\@example.com" }, '--workspace', $n)->{id} } qw(b c);
    $h->call('merges_create', { into => $two[0], contact_id => $two[1] }, '--workspace', $n);
}
answered($h, $_, $_) for 1, 2;
$h->dbh->do(q{insert into godwit.routes (tenant_id, name, updated_at) select t, 'mx.example.com', '2026-01-01Z'
    from (values (1), (2)) v(t)});
# those below are built in
my %least = (role => 99);
sub id { my ($prefix, $n) = @_; return "${prefix}_" . ($n + ($least{$prefix} // 0)) }

sub prefix { my ($f, $s) = @_; return $s->{pattern} && $s->{pattern} =~ /^\^(\w+)_\[/ ? $1 : undef }

# a body that is right, as far as the contract can tell
sub right {
    my ($name) = @_;
    my $f = $operation{$name};
    my %body = %{ $example{$name} // {} };
    for my $k (grep { $f->{$_}[1] || $_ eq $any{$name} } keys %$f) {
        my $p = prefix($k, $f->{$k}[0]);
        $body{$k} = $p ? id($p, 1) : $k eq 'contact_ids' ? ['ct_1']
            : ($f->{$k}[0]{type} // '') eq 'integer' ? 1
            : $body{$k} // $f->{$k}[3] // ($f->{$k}[0]{enum} // ['a@example.com'])->[0];
    }
    return \%body;
}

my %type = (string => 'x', integer => 7, array => [ 1 ], object => { x => [] });

# [value, codes it may get, why] for a field
sub wrong {
    my ($s, $required, $filter, $p) = @_;
    my %is = map { $_ => 1 } ref $s->{type} ? @{ $s->{type} } : $s->{type} // 'string';
    my @w = map { [ $type{$_}, 'invalid', "of type $_" ] } grep { !$is{$_} } sort keys %type;
    push @w, [ undef, 'invalid', 'null' ] if $required && !$is{null};
    push @w, map { [ $_, 'invalid', "the text $_" ] } '', "${p}_0", "${p}_1 ",
        "${p}_99999999999999999999", 'zz_1' if $p;
    push @w, [ "${p}_999999", 'not_found', 'of nothing' ], [ id($p, 2), 'not_found', 'of another' ]
        if $p && !$filter;
    push @w, [ 'x' x ($s->{maxLength} + 1), 'invalid', 'too long' ] if $s->{maxLength};
    push @w, [ '', 'invalid', 'empty' ] if $s->{minLength};
    push @w, [ "a\x{1}b", 'invalid', 'with a control character' ] if $is{string} && !$s->{'x-password'} && !$s->{'x-secret'};
    push @w, [ "a\0b", 'invalid', 'with a NUL' ] if $is{string};
    push @w, map { [ $_, 'invalid', "the number $_" ] } $s->{minimum} - 1, $s->{maximum} + 1, 1.5,
        1e30 if defined $s->{minimum};
    push @w, [ 'none of these', 'invalid', 'no word of the list' ] if $s->{enum};
    return @w;
}

my $raw = qr/violates|syntax|operator|relation|function|constraint|SQLSTATE|\bcast\b|does not exist/i;
sub refused {
    my ($name, $text, $codes, $field, $case) = @_;
    my ($exit, $doc) = $h->try($name, $text, $personal{$name} ? ('--user', 'ann@example.com') : ());
    my $e = $doc->{error} // {};
    my $good = $exit == 1 && ($e->{code} // '') eq $codes && ($e->{message} // '') ne ''
        && $e->{message} !~ $raw && (!defined $field || ($e->{field} // '') eq $field);
    return $good ? () : "$case: $exit " . $json->encode($doc // undef);
}

my $cases = 0;
for my $name (sort keys %operation) {
    my $f = $operation{$name};
    my $right = right($name);
    my @bad = map { refused($name, $_, 'invalid', undef, "the body $_") } '[]', '1', '', '{"a":1';
    push @bad, refused($name, $json->encode({ %$right, zzz => 1 }), 'invalid', 'zzz', 'one more');
    for my $k (sort keys %$f) {
        my ($s, $required, $filter) = @{ $f->{$k} };
        my %less = %$right;
        delete $less{$k};
        push @bad, refused($name, $json->encode(\%less), 'invalid', $k, "$k is missing")
            if $required;
        for (wrong($s, $required, $filter, prefix($k, $s))) {
            my ($value, $code, $why) = @$_;
            $cases++;
            push @bad, refused($name, $json->encode({ %$right, $k => $value }), $code,
                $why eq 'with a NUL' ? undef : $k, "$k is $why");
        }
    }
    is_deeply \@bad, [], $name;
}
cmp_ok $cases, '>', 200, "$cases cases";

done_testing;
