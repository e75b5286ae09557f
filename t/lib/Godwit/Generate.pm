# Requests out of the contract's schemas: right by construction, then some of
# them spoilt. All chance is Perl's rand: srand() makes a run again.
#
#   my $g = Godwit::Generate->new($contract);
#   my $in = $g->input($op);            # { path, query, body } as Godwit::Contract has it
#   my $request = $g->request($op, $in);        # { method, target, headers, body }
#   $g->spoil($request);
#   $g->learn($document);               # ids of it are used from then on
package Godwit::Generate;
use strict;
use warnings;
use JSON::PP ();

use Godwit::Contract ();

my $json = JSON::PP->new->utf8->canonical->allow_nonref;

sub new {
    my ($class, $contract) = @_;
    return bless { contract => $contract, ids => {}, n => 0 }, $class;
}

sub one { return $_[ rand @_ ] }
sub chance { return rand() < $_[0] }
sub between { my ($low, $high) = @_; return $low + int rand $high - $low + 1 }

# ids that were seen, so that most of those that are asked for exist
sub learn {
    my ($self, $doc) = @_;
    if (ref $doc eq 'HASH') {
        $self->learn($_) for values %$doc;
    } elsif (ref $doc eq 'ARRAY') {
        $self->learn($_) for @$doc;
    } elsif (defined $doc && $doc =~ /^([a-z]+)_[1-9]\d{0,17}\z/) {
        my $known = $self->{ids}{$1} //= [];
        $known->[ @$known < 50 ? @$known : rand @$known ] = $doc;
    }
}

# one of them, or made up; never {mine}, the key that asks
sub id {
    my ($self, $prefix) = @_;
    my @known = grep { $_ ne ($self->{mine} // '') } @{ $self->{ids}{$prefix} // [] };
    return one(@known) if @known && chance(0.9);
    my $id = "${prefix}_" . one(between(1, 9), between(1, 99999), '9' x 18);
    return $id eq ($self->{mine} // '') ? "${prefix}_" . '9' x 18 : $id;
}

# ----------------------------------------------------------------------- values

# letters of every length in UTF-8, and what means something to somebody
my @letters = ('a' .. 'p', 'r' .. 'z', 'A' .. 'P', 0 .. 9, ' ', ' ', split(//, q{'"\\<>&;:,.%_-/{}[]()$#?}),
    "\n", "\t", "\x{1}", "\x{7f}", "\x{e4}", "\x{202e}", "\x{feff}", "\x{ffff}", "\x{20ac}", "\x{1f600}");

sub text {
    my ($low, $high) = @_;
    $low //= 0;
    $high //= 1000;
    my $most = chance(0.02) ? 20000 : chance(0.1) ? 300 : 20;
    $high = $low + $most if $high > $low + $most;
    return join '', map { one(@letters) } 1 .. between($low, $high);
}

my @liquid = ('{{ contact.first_name }}', '{{ campaign.name | upcase }}', '{{ unsubscribe_url }}', '<p>',
    '<a href="https://a.example/">a</a>', '{% if contact.email %}x{% endif %}',
    '{% for i in (1..9) %}{{ i }}{% endfor %}');

# what SQL wants besides the schema, by the name of the field
my %known = (
    email => sub { "f$_[0]{n}\@example.com" },
    phone => sub { '+4930' . between(10000, 99999999) },
    from => sub { one('Shop <shop@example.com>', 'a@example.com') },
    zone => sub { one('Europe/Berlin', 'UTC', 'Asia/Tokyo') },
    locale => sub { one(qw(de en-GB pt-BR)) },
    name => sub { "f$_[0]{n} " . (text(0, 100) =~ s/[\x00-\x1f\x7f]//gr) },
    (map { $_ => sub { 'x' . join ' ', map { one(@liquid) } 1 .. between(0, 4) } } qw(subject html text)),
    cursor => sub { one(@{ $_[0]{cursors} // [] }, 'x') },
    columns => sub { one('mail=email', 'a=first_name,b=ignore', 'email=email') },
);

sub string {
    my ($self, $s, $name) = @_;
    return $self->id($1) if ($s->{pattern} // '') =~ /^\^\(?([a-z]+)_/;
    return sprintf '%04d-%02d-%02dT%02d:%02d:%02dZ', between(1970, 2100), between(1, 12),
        between(1, 28), between(0, 23), between(0, 59), between(0, 59)
        if ($s->{format} // '') eq 'date-time';
    my $v = $known{$name} && chance(0.95) ? $known{$name}->($self)
        : text($s->{minLength}, $s->{maxLength});
    return substr $v, 0, $s->{maxLength} // 20000;
}

# anything at all
sub any {
    my ($depth) = @_;
    return one(undef, JSON::PP::true, JSON::PP::false, between(-9, 9), rand(1e9), 2 ** 62, text())
        if $depth <= 0 || chance(0.4);
    return [ map { any($depth - 1) } 1 .. between(0, 4) ] if chance(0.4);
    return { map {; text(0, 12) => any($depth - 1) } 1 .. between(0, 4) };
}

sub value {
    my ($self, $s, $name) = @_;
    $s = $self->{contract}->follow($s);
    return one(@{ $s->{enum} }) if $s->{enum};
    my $type = ref $s->{type} ? one(@{ $s->{type} }) : $s->{type} // 'object';
    return undef if $type eq 'null';                    ## no critic: a JSON value
    return one(JSON::PP::true, JSON::PP::false) if $type eq 'boolean';
    return $self->string($s, $name) if $type eq 'string';
    return between($s->{minimum} // -1000, $s->{maximum} // 1000) if $type eq 'integer';
    return ($s->{minimum} // 0) + rand 1000 if $type eq 'number';
    if ($type eq 'array') {
        my $most = ($s->{minItems} // 0) + (chance(0.05) ? 100 : 4);
        $most = $s->{maxItems} if ($s->{maxItems} // $most) < $most;
        return [ map { $self->value($s->{items}, $name) } 1 .. between($s->{minItems} // 0, $most) ];
    }
    return $self->object($s);
}

sub object {
    my ($self, $s) = @_;
    return { map {; "k$_" => any(between(0, 5)) } 1 .. between(0, 5) } if !$s->{properties};
    my %required = map { $_ => 1 } @{ $s->{required} // [] };
    # who has no required field needs one of them most often
    my $more = %required ? 0.4 : 0.6;
    return { map { $_ => $self->value($s->{properties}{$_}, $_) }
        grep { $required{$_} || chance($more) } sort keys %{ $s->{properties} } };
}

sub csv {
    my ($self) = @_;
    return join "\n", one('email,first_name', 'mail,plan', 'email', text()),
        map { one("f$_\@example.com,a", 'none,', '"a""b",c', text()) } 1 .. between(0, 5);
}

# what an operation takes
sub input {
    my ($self, $op) = @_;
    $self->{n}++;
    my %in = (path => {}, query => {});
    for my $p (@{ $op->{params} }) {
        next if !$p->{required} && !chance(0.2);
        $in{ $p->{in} }{ $p->{name} } = $p->{name} eq 'fields'
            ? join ',', map { one(@{ $op->{fields} }) } 1 .. between(1, 4)
            : $p->{name} eq 'version' ? between(1, 3) : $self->value($p->{schema}, $p->{name});
    }
    if (my ($p) = grep { $_->{name} eq Godwit::Contract::needs($op) } @{ $op->{params} }) {
        $in{query}{ $p->{name} } //= $self->value($p->{schema}, $p->{name});
    }
    $in{body} = $op->{schema} ? $self->value($op->{schema}, '') : $self->csv if $op->{type};
    return \%in;
}

# --------------------------------------------------------------------- requests

sub request {
    my ($self, $op, $in) = @_;
    my %r = (method => $op->{method}, target => Godwit::Contract::url($op, $in), headers => {},
        value => $in->{body});
    if ($op->{type}) {
        $r{headers}{'Content-Type'} = $op->{type};
        $r{body} = ref $in->{body} ? $json->encode($in->{body}) : $in->{body};
        utf8::encode($r{body}) if utf8::is_utf8($r{body});
    }
    my $h = $r{headers};
    $h->{'Idempotency-Key'} = one("k$self->{n}", 'again') if $op->{scope} && chance(0.1);
    $h->{'If-None-Match'} = one('*', '"x"', 'W/"y", "z"') if chance(0.05);
    $h->{'If-Match'} = one('*', '"x"') if chance(0.03);
    $h->{Accept} = one('*/*', "$1/*") if chance(0.1) && ($op->{type} // 'application/json') =~ m{^(\w+)/};
    $h->{'Accept-Encoding'} = 'gzip' if chance(0.05);
    $r{chunked} = 1 if defined $r{body} && chance(0.1);
    $r{method} = 'HEAD' if $r{method} eq 'GET' && chance(0.05);
    return \%r;
}

my @odd_headers = ([ Authorization => 'Bearer x' ], [ Authorization => 'Basic eDp5' ],
    [ Authorization => '' ], [ Accept => 'image/png' ], [ Accept => ',;q=' ],
    [ 'Content-Type' => 'text/plain' ], [ 'Content-Type' => '' ], [ 'X-Request-Id' => "a\xff" ],
    [ 'Idempotency-Key' => '' ], [ 'Idempotency-Key' => 'x' x 300 ], [ 'If-Match' => '"' ],
    [ 'If-None-Match' => ',,"' ], [ Prefer => 'wait=x' ], [ Range => 'bytes=5-' ],
    [ 'Content-Encoding' => 'gzip' ], [ Expect => 'nothing' ]);

# a document with one thing changed somewhere
sub bend {
    my ($v) = @_;
    if (ref $v eq 'HASH' && %$v && chance(0.8)) {
        my $k = one(sort keys %$v);
        my %new = %$v;
        return one(sub { delete $new{$k}; \%new }, sub { $new{ text(0, 10) } = any(3); \%new },
            sub { $new{ one('_tenant', '_if_match', 'tenant_id') } = 2; \%new },
            sub { $new{$k} = bend($new{$k}); \%new }, sub { $new{$k} = bend($new{$k}); \%new })->();
    }
    return [ @$v, any(2) ] if ref $v eq 'ARRAY' && chance(0.5);
    my $deep = '';
    $deep = [ $deep ] for 1 .. between(1, 80);
    return one(any(3), '', text(0, 30), -1, 1e300, 2 ** 53, $deep, [], {}, 'x' x between(1, 5000));
}

# bytes with some of them changed
sub damage {
    my ($text) = @_;
    for (1 .. between(1, 3)) {
        my $at = int rand 1 + length $text;
        my $n = between(0, 4);
        $n = length($text) - $at if $n > length($text) - $at;
        substr($text, $at, $n) = one('', '"', '{', '[', ',', "\0", "\xff", "\xc3", '\\u0000',
            '\\ud800', '1e999', 'null', '-', join '', map { chr between(0, 255) } 1 .. 3);
    }
    return $text;
}

# something that is wrong, most often
sub spoil {
    my ($self, $r) = @_;
    my @ways = (
        sub { my ($name, $value) = @{ one(@odd_headers) }; $r->{headers}{$name} = $value },
        sub { $r->{method} = one(qw(GET HEAD POST PUT PATCH DELETE OPTIONS PROPFIND)) },
        sub { $r->{target} .= ($r->{target} =~ /\?/ ? '&' : '?') . one('zzz=1', 'limit=0', 'limit=x',
            '_tenant=2', 'limit=1&limit=2', 'fields=' . Godwit::Contract::escape(text(1, 99)), 'q=%',
            Godwit::Contract::escape(text(60, 99)) . '=1', 'cursor=%00', 'cursor=' . 'A' x 900) },
        sub { my $odd = one('', '_0', '/%2e%2e', '%00', '_' . '9' x 30, '%ff', "_1'--");
            $r->{target} =~ s{(_\d+|(?<=v1/)[a-z]+)}{$odd} },
        sub { my ($api, $t) = $r->{target} =~ m{^(/api/v1/)(.*)}s or return;
            $r->{target} = $api . damage($t) =~ s/[\x00-\x20\x7f-\xff#]/sprintf '%%%02X', ord $&/ger },
    );
    push @ways, (sub { $r->{body} = $json->encode(bend($r->{value})) }) x 4 if ref $r->{value};
    push @ways, (sub { $r->{body} = damage($r->{body}) }) x 2,
        sub { $r->{body} .= 'x' x (1024 * 1100) if chance(0.05) } if defined $r->{body};
    push @ways, sub { $r->{body} = '{}' } if !defined $r->{body};
    one(@ways)->() for 1 .. between(1, 2);
    return $r;
}

1;
