#!/usr/bin/perl
# Every operation of the contract, by the command line and by HTTP, in two
# houses that were prepared alike: both succeed and say the same, as the
# contract describes it. An operation without an input fails by its name.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Contract;
use Godwit::Objects;
use Godwit::Edge;
use JSON::PP ();

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $contract = Godwit::Contract->new;
my ($by_call, $by_http) = map { Godwit->new(conf => 'spool_segment 1m; api_rate_key 100000; '
    . 'api_rate_address 100000;') }
    1 .. 2;
$_->expect(qr/does not open/) for $by_call, $by_http;     # an authenticator's that is none
$by_http->nginx;
prepare($_), $_->{api_key} = key($_) for $by_call, $by_http;
my @pids = edge_pids($by_http);

# what differs from one moment, and from one house, to the next, and by who asks
my %by = map { $_ => 1 } qw(next request_id last_used_at address agent current created_by decided_by by author actor);
sub plain {
    my ($v) = @_;
    # `token` is moved into the cookie
    return { map { $_ => $by{$_} ? 'one or none' : plain($v->{$_}) } grep { $_ ne 'token' } keys %$v }
        if ref $v eq 'HASH';
    return [ map { plain($_) } @$v ] if ref $v eq 'ARRAY';
    return 'a request' if ($v // '') =~ /^cli-\d+-\d+$/;
    return 'a code' if ($v // '') =~ /^[a-z2-7]{4}(-[a-z2-7]{4}){5}$/;
    return $1 if ($v // '') =~ m{^(otpauth://.*secret=)};
    return 'a key' if ($v // '') =~ /^gw_(?:live|write)_/;
    return 'a secret' if ($v // '') =~ /^whsec_/;
    $v =~ s/\d{4}-\d\d-\d\dT[\d:.]+[+-][\d:]{5}/a time/g if ($v // '') =~ /^\{"type"/;
    return 'a hash' if ($v // '') =~ /^[0-9a-f]{64}$/;
    return 'a time' if defined $v && !ref $v && $v =~ /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/;
    return $v;
}

# the schema of an answer of which some members were asked for
sub some_of {
    my ($s) = @_;
    return [ map { some_of($_) } @$s ] if ref $s eq 'ARRAY';
    return $s if ref $s ne 'HASH';
    return { map { $_ eq 'required' && ref $s->{$_} eq 'ARRAY' ? () : ($_ => some_of($s->{$_})) }
        keys %$s };
}

my (@answers, @alone, %seen);

# a request and what the contract does not say of its answer
sub asked {
    my ($name, $status, $op, $in, %headers) = @_;
    my $r = send_to($by_http, $op, $in, headers => \%headers);
    is $r->{status}, $status, $name or diag $r->{body};
    is_deeply [ undocumented($op, $r) ], [], "$name: that is documented" or diag $r->{body};
    return $r;
}

# With each header that the contract names, and without effect with If-Match
# where it does not; a success has all headers that are named, and no others (no
# quota is near its end).
sub walked {
    my ($op, $in) = @_;
    my %takes = map { $_->{name} => 1 } grep { $_->{in} eq 'header' } @{ $op->{params} };
    my $reads = $op->{method} eq 'GET';
    my %once = $reads || !$op->{scope} ? () : ('Idempotency-Key' => $op->{id});
    asked("$op->{id}: If-Match", $takes{'If-Match'} ? 412 : 400, $op, $in, 'If-Match' => '"x"')
        if !$reads;
    my $r = asked("$op->{id} by HTTP", $op->{status}, $op, $in, %once,
        $reads ? ('If-Match' => '"x"') : ());
    my $again = !%once ? $r : asked("$op->{id} again", $op->{status}, $op, $in, %once);
    is_deeply [ headers($again) ],
        [ sort grep { $_ ne 'godwit-quota' } map { lc }
            keys %{ $op->{responses}{ $op->{status} }{headers} } ],
        "$op->{id}: all headers of success" or diag $r->{body};
    asked("$op->{id}: If-None-Match", ($r->{json}{as_of} ? 200 : 304), $op, $in,
        'If-None-Match' => $r->{headers}{etag}) if $takes{'If-None-Match'};
    asked("$op->{id}: Range", $_->[1], $op, $in, Range => "bytes=$_->[0]-")
        for grep { $takes{Range} } [ 1, 206 ], [ 999999, 416 ];
    is !!$takes{'Idempotency-Key'}, !!%once, "$op->{id}: its keys";
    is !!$takes{Prefer}, !!$op->{worker}, "$op->{id}: what can be waited for";
    return $r;
}

# what one house alone does comes last, as it makes something there
for my $op (sort { !!$a->{edge} <=> !!$b->{edge} } $contract->operations) {
    # once with what it needs, then with each parameter that it takes besides
    for my $more (undef, grep { !$_->{required} && $_->{in} eq 'query'
        && $_->{name} !~ /^error/ } @{ $op->{params} }) {          # what a provider refuses
        my $name = $op->{id} . ($more ? " by $more->{name}" : '');
        my ($one, $two) = map { my $h = $_; eval { input($h, $op) } or diag $@ }
            $by_call, $by_http;
        my $v = $more ? parameter($by_http, $op, $more) : undef;
        if (!ref $two || $more && $more->{name} ne 'cursor' && !defined $v) {
            fail "$name has an input";
            next;
        }
        $_->{query}{ $more->{name} } = $v for $more ? ($one, $two) : ();
        if ($more && $more->{name} eq 'cursor') {       # of the page before, if there is one
            delete $_->{query}{cursor} for $one, $two;
            my @first = map { { %$_, query => { %{ $_->{query} }, limit => 1 } } } $one, $two;
            $two->{query}{cursor} = send_to($by_http, $op, $first[1])->{json}{next} // next;
            $one->{query}{cursor} = (call_by($by_call, $op, $first[0]))[1]{next};
        }

        my $r = $more ? asked("$name by HTTP", $op->{status}, $op, $two) : walked($op, $two);
        my $type = (keys %{ $op->{answer} // {} })[0] // '';
        push @answers, [ $name, $op->{answer}{$type}{schema}, $r->{json} ]
            if $type eq 'application/json';
        is $r->{headers}{location} =~ s{^(?:http://[^/]+)?}{}r, "$op->{path}/$r->{json}{id}",
            "$name says where" if $r->{status} == 201;
        is $r->{headers}{location}, "/api/v1/operations/$r->{json}{operation}",
            "$name says where" if $r->{status} == 202;

        my ($code, $doc, $out) = call_by($by_call, $op, $one);
        if ($code == 2 && $out =~ /"$op->{id} goes through HTTP alone/) {
            $seen{ $op->{id} }++ or push @alone, $op->{id};
            next;
        }
        is $code, 0, "$name by call" or diag $out;
        is_deeply plain($doc), plain($r->{json}), "$name says the same";
    }
}
is_deeply [ sort @alone ], [ Godwit::Contract::edge_alone() ],
    'through HTTP alone go those whose work is the server\'s';

# who waits for a worker gets the operation
my ($import) = grep { $_->{worker} } $contract->operations;
my $worker = $by_http->spawn('worker', 'jobs');
my $waited = asked('one that is waited for', 200, $import, input($by_http, $import),
    Prefer => 'wait=20');
push @answers, [ 'the end of the work', $import->{responses}{200}{content}{'application/json'}{schema},
    $waited->{json} ];
$by_http->stop($worker);

# every answer is as the contract describes it
my ($code, $out) = $by_call->godwit({ in => join '', map { $json->encode(
    { schema => $_->[0] =~ / by fields$/ ? some_of($contract->closed($_->[1]))
        : $contract->closed($_->[1]), data => $_->[2] }) . "\n" } @answers }, 'schema');
my @verdicts = split /\n/, $out;
for (0 .. $#answers) {
    my $verdict = $json->decode($verdicts[$_]);
    ok $verdict->{valid}, "$answers[$_][0] is as described" or diag $verdicts[$_];
}
is_deeply [ edge_pids($by_http) ], \@pids, 'the same processes';
done_testing;
