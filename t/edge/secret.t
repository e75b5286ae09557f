#!/usr/bin/perl
# A secret is sealed before it leaves the edge, and one that is made is told once.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Probe;

my $h = Godwit->new(conf => 'spool_segment 1m;');
probes($h);
$h->nginx;
my $open = 'select count(*) from godwit.secret where key_version is null';
my $bound = 'select count(*) from godwit.secret where key_version = 1';
sub once { my ($key, %body) = @_;
    return api($h, POST => '/probes', json => \%body, headers => { 'Idempotency-Key' => $key }) }

my $r = probe($h, secret => 'correct horse', name => 'x');
is $r->{status}, 200, 'taken' or diag $r->{body};
is_deeply [ sort keys %{ $r->{json}{had} } ], [qw(id sealed)], 'Postgres gets it sealed';
is $r->{json}{had}{id}, $r->{json}{id}, 'under the id of the edge';
is $r->{json}{got}{name}, 'x', 'the rest as it was';
unlike $r->{body}, qr/horse/, 'and nothing says it';
is probe($h, secret => undef)->{json}{id}, undef, 'null stays null';
is problem(probe($h, secret => 'x')), '422 invalid', 'what is wrong is refused as ever';
is problem(probe($h, secret => { id => $r->{json}{id}, sealed => 'AA==' })), '422 invalid',
    'nobody else brings a sealed one';
is $h->value($open), 1, 'it waits for the worker';
is +($h->godwit(qw(worker cron --once)))[0], 0, 'cron';
is $h->value($open) . $h->value($bound), '01', 'which has opened it and sealed it anew';

# ---- once for a key
$r = once('k', secret => 'first word');
is once('k', secret => 'first word')->{body}, $r->{body}, 'the same again';
is problem(once('k', secret => 'other word')), '422 idempotency_mismatch', 'another secret is not';
is $h->value('select count(*) from godwit.idempotency where request_hash = any (select
    sha256(convert_to(format(E\'POST /api/v1/probes\n{"secret":"%s"}\', w), \'UTF8\'))
    from unnest(array[\'first word\']) w)'), 0, 'no hash that a guess could be held against';

# ---- made
$r = made($h, headers => { 'Idempotency-Key' => 'm' });
like $r->{json}{secret}, qr{\Awhsec_[A-Za-z0-9+/]{43}=\z}, 'made' or diag $r->{body};
is $r->{headers}{'cache-control'}, 'no-store', 'kept by nobody';
isnt made($h)->{json}{secret}, $r->{json}{secret}, 'each its own';
my $again = made($h, headers => { 'Idempotency-Key' => 'm' });
is $again->{headers}{'idempotency-replayed'}, 'true', 'again';
ok !exists $again->{json}{secret} && $again->{json}{id} eq $r->{json}{id}, 'it is not told twice';
is problem(api($h, POST => '/probes/make', json => { secret => 'mine' })), '400 bad_request',
    'nor brought by a client';

# ---- the house without its key
rename $h->state . '/keys/secret.pub', $h->state . '/keys/away';
$h->expect(qr/secrets can not be sealed: cannot read the public key .*godwit key secret init/);
is problem(probe($h, secret => 'third word')), '500 internal', 'nothing to seal with';
is problem(made($h)), '500 internal', 'nor for one that is made';
is +($h->godwit(qw(key secret init)))[0], 0, 'it is written anew';
is probe($h, secret => 'third word')->{status}, 200, 'and used at once';
done_testing;
