# The operations of the contract, as the tests that are made from it see them,
# and an input for each that succeeds.
#
#   my $c = Godwit::Contract->new;
#   for my $op ($c->operations) { ... }   # id method path scope status worker
#                                         # max_body edge params type schema example responses
#                                         # public: for everybody; personal: for a session
#   my $input = input($h, $op);           # { path => {}, query => {}, body => ... }
#   my $r = send_to($h, $op, $input);     # by HTTP: as api() answers
#   my ($code, $doc) = call_by($h, $op, $input);      # by `godwit call`
#   my @names = headers($r);              # those of an answer that say something
#   my @faults = undocumented($op, $r);   # what of an answer the contract does not say
#
# What only reads asks for the objects of prepare(); for the others input() makes
# each object that a path names anew, so none depends on what another has done.
# It dies with a sentence when it knows no such object.
package Godwit::Contract;
use strict;
use warnings;
use Carp qw(croak);
use Exporter qw(import);
use JSON::PP ();

use Godwit ();
use Godwit::Edge ();
use Godwit::Objects;
use Godwit::People;

our @EXPORT = qw(input parameter send_to call_by url headers undocumented);

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my @methods = qw(get post put patch delete);

sub new {
    my ($class) = @_;
    my $text = qx{@{[ Godwit::program() ]} contract sql/api};
    croak 'no contract' if $?;
    my %edge = map { $_ => 1 } edge_alone();
    my $self = bless { doc => $json->decode($text), list => [] }, $class;
    for my $path (sort keys %{ $self->{doc}{paths} }) {
        for my $method (grep { $self->{doc}{paths}{$path}{$_} } @methods) {
            my $op = $self->operation($method, $path);
            $op->{edge} = $edge{ $op->{id} };
            push @{ $self->{list} }, $op;
        }
    }
    return $self;
}

# a schema without references that takes only what it names, so that no member
# of an answer goes unsaid
sub closed {
    my ($self, $s, $open) = @_;
    return $s if ref $s ne 'HASH';
    $s = { %{ $self->follow($s) } };
    $s->{allOf} = [ map { $self->closed($_, 1) } @{ $s->{allOf} } ] if $s->{allOf};
    $s->{unevaluatedProperties} = JSON::PP::false if $s->{allOf} && !$open;
    $s->{items} = $self->closed($s->{items}) if $s->{items};
    if (my $p = $s->{properties}) {
        $s->{properties} = { map { $_ => $self->closed($p->{$_}) } keys %$p };
        $s->{additionalProperties} //= JSON::PP::false if !$open;
    }
    return $s;
}

# names of an answer's members, or of each of its items'
sub fields {
    my ($self, $schema) = @_;
    my $s = $self->follow($schema // {});
    my %p = map { %{ $self->follow($_)->{properties} // {} } } $s, @{ $s->{allOf} // [] };
    return $self->fields($p{items}{items}) if $p{items} && $p{next};
    return [ sort keys %p ];
}

sub operations { return @{ $_[0]{list} } }

# operations whose work only nginx does
sub edge_alone {
    my @ids;
    for my $file (glob 'sql/api/*.yaml') {
        my $id;
        for (split /\n/, Godwit::slurp($file)) {
            $id = $1 if /^\s+operationId: (\w+)/;
            push @ids, $id if /^\s+x-handler: (?!address\b|template\b|webhook\b|predicate\b|flag\b)/;
        }
    }
    return sort @ids;
}

sub follow {
    my ($self, $thing) = @_;
    while (ref $thing eq 'HASH' && $thing->{'$ref'}) {
        my $at = $self->{doc};
        $at = $at->{$_} for split m{/}, $thing->{'$ref'} =~ s{^#/}{}r;
        $thing = $at;
    }
    return $thing;
}

my %unit = (k => 1024, m => 1024**2, g => 1024**3);

sub operation {
    my ($self, $method, $path) = @_;
    my $o = $self->{doc}{paths}{$path}{$method};
    # a wait for the worker, and a part of a file, succeed otherwise
    my ($status) = $o->{'x-worker'} ? 202 : sort grep { /^2/ } keys %{ $o->{responses} };
    my ($n, $unit) = ($o->{'x-max-body'} // '1m') =~ /^(\d+)([kmg]?)$/;
    my %by = map { map { $_ => 1 } keys %$_ } @{ $o->{security} };
    my %op = (id => $o->{operationId}, method => uc $method, path => $path,
        public => !%by, personal => %by && !$by{bearer},
        scope => $o->{'x-scope'}, any => $o->{'x-any-of'}, worker => $o->{'x-worker'}, status => $status,
        max_body => $n * ($unit ? $unit{$unit} : 1),
        params => [ map { $self->follow($_) } @{ $o->{parameters} // [] } ],
        responses => { map { $_ => $self->follow($o->{responses}{$_}) } keys %{ $o->{responses} } },
        answer => $self->follow($o->{responses}{$status})->{content});
    $op{fields} = $self->fields(($op{answer}{'application/json'} // {})->{schema})
        if $op{answer};
    my $content = ($o->{requestBody} // {})->{content} // {};
    ($op{type}) = sort keys %$content;
    if ($op{type}) {
        my $body = $content->{ $op{type} };
        @op{qw(schema example required)} =
            (@$body{qw(schema example)}, $o->{requestBody}{required});
        # what a file holds no schema says
        $op{example} //= "email,first_name\nz\@example.com,Zoe\n" if $op{type} eq 'text/csv';
    }
    return \%op;
}

# --------------------------------------------------------------------- inputs

sub prefix { my ($p) = @_; return ($p->{schema}{pattern} // '') =~ /^\^\(?([a-z]+)_/ ? $1 : undef }

# one of several parameters that an operation needs
sub needs { return ($_[0]{any} // [])->[0] // '' }

# parameters that say no more than that they are text or a number
my %value = (
    email => 'w1@example.com', q => 'w', external_id => 'x-1', kind => 'imports_run',
    version => 1, against => 1, category => 'News', role => 'viewer', name => 'may.csv', reason => 'a mistake',
    state => \&came_back, code => 'x', session_state => 'x', iss => 'https://id.example.com',
    return_to => '/', tag => 'vip', value => 'visitor-1', domain => 'example.com',
);

# a value for a parameter that is not needed, or undef: none is known
sub parameter {
    my ($h, $op, $p) = @_;
    my $s = $p->{schema};
    my $prefix = prefix($p);
    return $p->{example} if defined $p->{example};
    return (values %{ $p->{examples} })[0]{value} if $p->{examples};
    return "${prefix}_1" if $prefix;
    return $op->{fields}[0] if $p->{name} eq 'fields';
    return $s->{enum}[-1] if $s->{enum};
    return '2026-01-31T12:00:00Z' if ($s->{format} // '') eq 'date-time';
    return JSON::PP::true if ($s->{type} // '') eq 'boolean';
    return $s->{minimum} if defined $s->{minimum} && $p->{name} =~ /^(?:limit|offset)$/;
    my $v = $value{ $p->{name} };
    return ref $v eq 'CODE' ? $v->($h) : $v;
}

# an input that succeeds
sub input {
    my ($h, $op) = @_;
    my %in = (path => {}, query => {});
    for my $p (grep { $_->{required} || $_->{in} eq 'path' } @{ $op->{params} }) {
        my $prefix = prefix($p);
        my $v = !$prefix ? parameter($h, $op, $p)
            : $op->{method} eq 'GET' ? prepared($prefix) : object($h, $prefix);
        die "$op->{id}: no input for \"$p->{name}\": give it an example in the contract or an "
            . "object in Godwit::Objects\n" if !defined $v;
        $in{ $p->{in} }{ $p->{name} } = $v;
    }
    for my $p (grep { $_->{name} eq needs($op) } @{ $op->{params} }) {
        $in{query}{ $p->{name} } = parameter($h, $op, $p);
    }
    advance($h, $op->{id}, $in{path}{id});
    mine($h) if $op->{personal} && $h->{session};
    if ($op->{type}) {
        die "$op->{id}: its body has no example in the contract\n" if !defined $op->{example};
        $in{body} = ref $op->{example}                  # a copy of its own
            ? $json->decode($json->encode($op->{example})) : $op->{example};
        complete($h, $op->{id}, $in{body});
    }
    return \%in;
}

sub escape {
    my ($text) = @_;
    utf8::encode($text) if utf8::is_utf8($text);
    return $text =~ s/([^A-Za-z0-9_.~-])/sprintf '%%%02X', ord $1/ger;
}

sub word { my ($v) = @_; return ref $v ? $json->encode($v) : $v }

# path and query of a request
sub url {
    my ($op, $in) = @_;
    my $path = $op->{path} =~ s/\{(\w+)\}/escape(word($in->{path}{$1}))/ger;
    my $query = join '&', map { escape($_) . '=' . escape(word($in->{query}{$_})) }
        sort keys %{ $in->{query} };
    return length $query ? "$path?$query" : $path;
}

# by HTTP, as the user of the session where it is his own; headers, key and
# method as for api(); what succeeds is kept in $h->{recorded} when there is such
# a list
sub send_to {
    my ($h, $op, $in, %how) = @_;
    if (!exists $how{key} && !$op->{scope}) {
        my %by = $op->{personal} ? by(mine($h)) : ();
        %how = (%how, key => '', headers => { %{ $by{headers} // {} }, %{ $how{headers} // {} } });
    }
    my %body = !defined $in->{body} || exists $how{body} ? () : ref $in->{body} ? (json => $in->{body})
        : (body => $in->{body});
    my %headers = ($op->{type} && defined $in->{body} ? ('Content-Type' => $op->{type}) : (),
        $op->{public} ? on_its_way() : (),
        # of no workspace: it would be waited for, and no worker is there
        $op->{worker} && !$op->{scope} ? (Prefer => 'wait=0') : (),
        %{ $how{headers} // {} });
    my $r = Godwit::Edge::api($h, $how{method} // $op->{method}, url($op, $in), %body, %how,
        headers => \%headers);
    push @{ $h->{recorded} }, [ $op, $in ] if $h->{recorded} && $r->{status} =~ /^2/;
    return $r;
}

# --------------------------------------------------------------------- answers

# what HTTP itself brings, and what is said to caches and browsers
my %plain = map { $_ => 1 } qw(set-cookie server date connection content-type content-length
    transfer-encoding content-encoding cache-control vary accept-ranges x-content-type-options);

sub headers { my ($r) = @_; return grep { !$plain{$_} } sort keys %{ $r->{headers} } }

sub undocumented {
    my ($op, $r) = @_;
    my $said = $op->{responses}{ $r->{status} } or return "status $r->{status}";
    my %named = map { lc $_ => 1 } keys %{ $said->{headers} };
    my $type = ($r->{headers}{'content-type'} // '') =~ s/;.*//r;
    my $types = $said->{content} // {};
    return ((map { "header $_ of $r->{status}" } grep { !$named{$_} } headers($r)),
        # the bytes of a file come under any type
        (length $r->{body} && !$types->{$type} && !$types->{'application/octet-stream'}
            ? "type $type of $r->{status}" : ()));
}

# by the command line: (exit code, document, all that was printed)
sub call_by {
    my ($h, $op, $in) = @_;
    my %input = (%{ ref $in->{body} ? $in->{body} : {} }, %{ $in->{query} }, %{ $in->{path} });
    my ($code, $out) = $h->said($op->{id}, $json->encode(\%input), $op->{personal} ? ('--user', $Godwit::Objects::me) : ());
    return ($code, eval { $json->decode($out) }, $out);
}

1;
