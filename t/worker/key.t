#!/usr/bin/perl
# Keys of the API: made, listed, revoked from the command line; the cache of
# the edge knows them within a second, and a revoked one as revoked.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Digest::SHA qw(sha256_hex);
use JSON::PP;

my $h = Godwit->new(conf => 'log_level info;');
my $json = JSON::PP->new->utf8;
$h->value(q{select auth.tenant_create('two', '2026-01-01Z')});

sub create {
    my ($code, $out, $err) = $h->godwit(qw(key create), @_);
    diag $err if $code;
    chomp $out;
    return $out;
}
sub list { return map { $json->decode($_) } split /\n/, ($h->godwit(qw(key list), @_))[1] }
sub held { my ($code, $out) = $h->godwit(qw(cache get key), @_);
    return $code ? undef : $json->decode($out) }

my $first = create(qw(--workspace 1 --scope *));
like $first, qr/\Agw_live_1_[0-9A-Za-z]{38}\z/, 'a key, alone on its line';
my $second = create('--workspace=2', qw(--scope lists:read --scope contacts:write --name), 'two"s',
    qw(--expires 90d));
is $h->value('select encode(hash, $$hex$$) from auth.keys where id = 2'), sha256_hex($second),
    'only its hash is kept';
my @all = list();
is_deeply [ map { @$_{qw(id workspace name scopes state)} } @all ],
    [ 'key_1', 1, undef, ['*'], 'active', 'key_2', 2, 'two"s', [ 'lists:read', 'contacts:write' ],
    'active' ], 'a list of them';
is $h->value('select round(extract(epoch from expires_at - created_at) / 86400) from auth.keys
    where id = 2'), 90,
    'for ninety days';
is scalar(list('--workspace', 2)), 1, 'of one workspace';

my $role = $h->spawn(qw(worker cache));
wait_for { slurp($h->log_file) =~ /a new cache: .* 2 keys/ } 10, 'they are in a new cache';
my $is = held(2);
is_deeply [ @$is{qw(workspace scopes)}, $is->{revoked} ? 1 : 0, $is->{expires} > 0 ? 1 : 0 ],
    [ 2, 'lists:read contacts:write', 0, 1 ], 'with what the edge asks for';
create(qw(--scope lists:*));
wait_for { held(3) } 5, 'a new one arrives';
is +($h->godwit(qw(key revoke key_2)))[1], "key_2 is revoked\n", 'one is revoked';
wait_for { held(2)->{revoked} } 5, 'which the cache knows within a second';
is +($h->godwit(qw(key revoke 2)))[1], "key_2 was revoked before\n", 'twice is once';
is +(list('--workspace', 2))[0]{state}, 'revoked', 'and listed so';
$h->stop($role);
is +($h->godwit(qw(worker cache --once)))[0], 0, 'a new generation';
ok held(2)->{revoked} && !held(1)->{revoked}, 'knows it too';
is_deeply $h->rows('select tenant_id, operation, object, actor from godwit.audit order by id'),
    [ map { { tenant_id => $_->[0], operation => $_->[1], object => $_->[2], actor => 'cli' } }
    [ 1, 'keys_create', 'key_1' ], [ 2, 'keys_create', 'key_2' ], [ 1, 'keys_create', 'key_3' ],
    [ 2, 'keys_revoke', 'key_2' ] ], 'all of it is audited';

for ([ '"scopes" must have at most 40 items', map { ('--scope', "$_:read") } ('a' .. 'zz')[ 0 .. 40 ] ],
    [ 'contacts:read', '--scope', 'contact:read' ],
    [ '"name" must be at most 200 characters', '--scope', '*', '--name', 'x' x 201 ],
    [ '"name" holds a line break', '--scope', '*', '--name', "a\nb" ])
{
    my ($sentence, @words) = @$_;
    my ($code, $out, $err) = $h->godwit(qw(key create), @words);
    is_deeply [ $code, $out, $err =~ /\Q$sentence/ ? 1 : 0 ], [ 1, '', 1 ], $sentence or diag $err;
}

done_testing;
