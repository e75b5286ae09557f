#!/usr/bin/perl
# Every operation of the contract refuses what is wrong about a request, with
# its status and the place, without an inner word, and nothing changes.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Contract;
use Godwit::Objects;
use Godwit::Edge;
use JSON::PP ();

my $contract = Godwit::Contract->new;
my $h = Godwit->new(conf => 'spool_segment 1m;');
prepare($h);
$h->dbh->do(q{select auth.tenant_create('Other', '2026-01-01Z')});
my %key = (unknown => key($h), revoked => key($h), expired => key($h), other => key($h, '*', 2));
my ($id) = $key{unknown} =~ /_(\d+)_/;
$h->dbh->do("delete from auth.keys where id = $id");
($id) = $key{revoked} =~ /_(\d+)_/;
$h->godwit('key', 'revoke', $id);
($id) = $key{expired} =~ /_(\d+)_/;
$h->dbh->do("update auth.keys set expires_at = created_at where id = $id");
$h->{api_key} = key($h);
$h->nginx;
my @pids = edge_pids($h);
my $inner = qr/pg_|SQL|relation|syntax error at|\/(?:usr|tmp|work)\/|ngx_/;

# a value that the schema does not take, or nothing
sub wrong {
    my ($s) = @_;
    $s = $contract->follow($s);
    my %types = map { $_ => 1 } ref $s->{type} ? @{ $s->{type} } : $s->{type} // ();
    my @others = ([ string => 'none of these' ], [ object => {} ], [ array => [] ],
        [ boolean => JSON::PP::true ]);
    return map { $_->[1] } grep { !$types{ $_->[0] } && (%types || $_->[0] ne 'string') } @others
        if !$s->{enum} || %types;
    return ('none of these', {});
}

# a text that is no such parameter, or nothing
sub wrong_text {
    my ($s) = @_;
    return 'none of these' if $s->{enum} || $s->{pattern} || $s->{format}
        || ($s->{type} // 'string') ne 'string';
    return 'x' x ($s->{maxLength} + 1) if ($s->{maxLength} // 9999) < 4000;     # a line of nginx
    return '' if $s->{minLength};
    return;
}

sub with { my ($in, $part, $name, $value) = @_;
    return { %$in, $part => { %{ $in->{$part} // {} }, $name => $value } } }
sub without { my ($in, $part, $name) = @_;
    my %part = %{ $in->{$part} };
    delete $part{$name};
    return { %$in, $part => \%part } }

my %methods;
$methods{ $_->{path} }{ $_->{method} } = 1 for $contract->operations;

sub another_scope {
    my ($noun, $verb) = split /:/, $_[0]{scope};
    return $verb eq 'write' ? "$noun:read" : $noun eq 'lists' ? 'contacts:read' : 'lists:read';
}
$key{$_} = key($h, $_) for map { another_scope($_) } grep { $_->{scope} } $contract->operations;

# ---- kinds of refusal: a list of [ name, the problem, pointer or undef, input,
# how ] for an operation; no list where it can not be
my @kinds = (
    sub { my ($op, $in) = @_;
        return if $op->{public};
        return [ 'no credential', '401 unauthorized', undef, $in, key => '' ],
            [ 'garbage', '401 unauthorized', undef, $in, key => 'garbage' ],
            map { [ "$_ key", '401 unauthorized', undef, $in, key => $key{$_} ] }
                qw(unknown revoked expired) },
    sub { my ($op, $in) = @_;                           # no key is a user
        return [ 'a key', '403 forbidden', undef, $in, key => $h->{api_key} ] if $op->{personal};
        return if !$op->{scope};
        my $scope = another_scope($op);
        return [ "scope $scope", '403 forbidden', undef, $in, key => $key{$scope} ] },
    sub { my ($op, $in) = @_;                           # what others own is not there
        return [ 'another workspace', '404 not_found', undef, $in, key => $key{other} ]
            if $op->{scope} && %{ $in->{path} } || $op->{id} eq 'campaigns_create';
        return },
    sub { my ($op, $in) = @_;
        return map { my $p = $_;
            my ($prefix) = ($in->{path}{$p} =~ /^([a-z]+_)/, '');
            map { [ "$p $_", '404 not_found', undef, with($in, path => $p, $_) ] }
                "${prefix}999999", "${prefix}x", 'x' x 2000 } sort keys %{ $in->{path} } },
    sub { my ($op, $in) = @_;                           # the body's fields
        return if ref $op->{schema} ne 'HASH';
        my $p = $op->{schema}{properties};
        return (map { my $f = $_; map { [ "$f is wrong", '422 invalid', "/$f",
                with($in, body => $f, $_) ] } wrong($p->{$f}) } sort keys %$p),
            (map { [ "$_ is missing", '422 invalid', "/$_", without($in, body => $_) ] }
                @{ $op->{schema}{required} // [] }),
            [ 'an unknown field', '422 invalid', '/zzz', with($in, body => zzz => 1) ],
            [ "a field of the edge's", '422 invalid', '/_tenant', with($in, body => _tenant => 2) ] },
    sub { my ($op, $in) = @_;
        my @query = grep { $_->{in} eq 'query' } @{ $op->{params} };
        return (map { my $p = $_; map { [ "$p->{name} is wrong", '422 invalid', "/$p->{name}",
                with($in, query => $p->{name}, $_) ] } wrong_text($p->{schema}) } @query),
            (map { [ "$_->{name} is missing", '422 invalid', "/$_->{name}",
                without($in, query => $_->{name}) ] } grep { $_->{required} } @query),
            (map { [ 'none that is needed', '422 invalid', "/$_", { %$in, query => {} } ] }
                $op->{any} ? $op->{any}[0] : ()),
            map { [ "an unknown parameter", '422 invalid', "/$_", with($in, query => $_ => 1) ] }
                qw(zzz _tenant) },
    sub { my ($op, $in) = @_;
        my @how = (body => undef, headers => { 'Content-Length' => 1 + $op->{max_body},
            $op->{type} ? ('Content-Type' => $op->{type}) : () });
        return [ 'too large', $op->{type} ? '413 body_too_large' : '400 bad_request', undef,
            $in, @how ] },
    sub { my ($op, $in) = @_;
        return [ 'a body', '400 bad_request', undef, $in, body => '{}' ] if !$op->{type};
        return map { [ "type $_", '415 unsupported_media_type', undef, $in,
            headers => { 'Content-Type' => $_ } ] } '', 'text/plain', 'application/xml' },
    sub { my ($op, $in) = @_;
        return if ($op->{type} // '') ne 'application/json';
        return map { [ "malformed: $_", '400 bad_request', '', $in, body => $_ ] }
            '{"name":', '[', "{\"a\":\"\xff\"}", '{"name":1,"name":2}' },
    sub { my ($op, $in) = @_;
        return if $op->{edge} && !$op->{type};          # a file has a type of its own
        return [ 'Accept', '406 not_acceptable', undef, $in, headers => { Accept => 'image/png' } ] },
    sub { my ($op, $in) = @_;                           # a key is kept for a workspace
        return if $op->{scope} || $op->{method} eq 'GET';
        return [ 'Idempotency-Key', '400 bad_request', undef, $in,
            headers => { 'Idempotency-Key' => 'x' } ] },
    sub { my ($op, $in) = @_;                           # somebody was faster
        return if $op->{method} !~ /^(?:PATCH|DELETE)$/;
        return [ 'another tag', '412 precondition_failed', undef, $in, headers => { 'If-Match' => '"x"' } ] },
    sub { my ($op, $in) = @_;
        return map { [ "method $_", '405 method_not_allowed', undef, $in, method => $_ ] }
            grep { !$methods{ $op->{path} }{$_} } qw(GET POST PUT PATCH DELETE) },
);

# all that a request could change
sub everything {
    my @tables = @{ $h->dbh->selectcol_arrayref(q{select c.oid::regclass::text
        from pg_class c join pg_namespace n on n.oid = relnamespace where relkind = 'r'
        and nspname in ('godwit', 'auth') and relname not in ('audit', 'idempotency', 'key_uses', 'session_uses', 'attempts')
        order by 1}) };
    return { (map { $_ => $h->value("select count(*) || ' ' || coalesce(md5(string_agg(t::text, ' '
        order by t::text)), '') from $_ t") } @tables),
        files => join ' ', grep { -f } glob "$h->{state}/files/* $h->{state}/files/*/*" };
}

my @operations = $contract->operations;
my %in = map { $_->{id} => input($h, $_) } @operations;
my $before = everything();
my $n = 0;
for my $op (@operations) {
    my @bad;
    for my $case (map { $_->($op, $in{ $op->{id} }) } @kinds) {
        my ($name, $want, $pointer, $in, %how) = @$case;
        my $r = send_to($h, $op, $in, %how);
        my $got = problem($r);
        my @errors = @{ ref $r->{json} eq 'HASH' && $r->{json}{errors} || [] };
        $n++;
        push @bad, map { "$name: the contract does not say $_" } undocumented($op, $r);
        push @bad, "$name: $got, not $want: $r->{body}" if $got ne $want;
        push @bad, "$name: an inner word: $r->{body}" if $r->{body} =~ $inner;
        push @bad, "$name: not $pointer: $r->{body}" if defined $pointer
            && !grep { $_->{pointer} eq $pointer && length $_->{rule} && length $_->{message} } @errors;
        push @bad, "$name: without its header"
            if $want =~ /^401/ && ($r->{headers}{'www-authenticate'} // '') !~ /^Bearer/
            || $want =~ /^405/ && !$r->{headers}{allow};
    }
    ok !@bad, "$op->{id} refuses" or diag join "\n", @bad;
}
# a list of another workspace has nothing of this one
for my $op (grep { $_->{scope} && $_->{method} eq 'GET' && !%{ $in{ $_->{id} }{path} } }
    @operations) {
    my $r = send_to($h, $op, $in{ $op->{id} }, key => $key{other});
    ok +($r->{status} == 200 || $r->{status} == 404)
        && $r->{body} !~ /\@example\.com|"(?:cmp|ct|lst|tpl|sup|imp|op|file)_\d|ws_1/,
        "$op->{id} of another workspace" or diag $r->{body};
}
cmp_ok $n, '>=', 20 * @operations, "$n requests were refused";
is_deeply everything(), $before, 'and nothing has changed';
is_deeply [ edge_pids($h) ], \@pids, 'the same processes';
done_testing;
