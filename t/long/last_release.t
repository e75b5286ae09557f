#!/usr/bin/perl
# While an upgrade is under way the last release's edge asks the new functions:
# its tests of the contract, with its contract, pass against them. The last
# release is the last tag, or what GODWIT_LAST names.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use File::Temp qw(tempdir);
use JSON::PP;

my $root = Godwit::root();
my $last = $ENV{GODWIT_LAST} // qx(git -C $root describe --tags --abbrev=0 2> /dev/null) =~ s/\n\z//r;
plan skip_all => 'there is no release yet' if $last eq '';

my $dir = tempdir(CLEANUP => 1);
chmod 0755, $dir;
system("git -C $root archive $last conf.d dev html sql t | tar -x -C $dir") == 0 or BAIL_OUT("git has no $last");
mkdir "$dir/build";
# roles are made before a migration
system('cp', "$root/sql/roles.sql", "$dir/sql/roles.sql") == 0 or die "no roles: $?";
$ENV{GODWIT_PROGRAM} = Godwit::program();
$ENV{GODWIT_MODULE} //= "$root/build/ngx_http_godwit_module.so";
delete $ENV{GODWIT_TEST_PG};
# an answer may have members more, and nothing else may be otherwise
for my $test (qw(contract_walk contract_refusals)) {
    my $said = qx(cd $dir && $^X t/run t/edge/$test.t 2>&1);
    like $said, qr/^Result: /m, "$test of $last runs" or diag($said);
    my @wrong = grep { !/is as described'/ } $said =~ /^#   Failed test (.*)/mg;
    push @wrong, $said =~ /^\s*Parse errors: (.*)/mg;          # it did not come to its end
    push @wrong, map { "$_->{pointer}: $_->{message}" } grep { $_->{message} ne 'is not a member that is known here' }
        map { @{ decode_json($_)->{errors} } } $said =~ /^# (\{"valid":false.*\})$/mg;
    is join("\n", @wrong), '', '... and the new functions do what it asks'
        or diag(substr $said, -2000);
}
done_testing;
