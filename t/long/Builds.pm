# Other builds of nginx with our modules inside, and the tests of the edge on
# them.
package Builds;
use strict;
use warnings;
use Cwd qw(getcwd);
use Exporter qw(import);
use Test::More;

our @EXPORT = qw(source build edge_tests);

# the source of the nginx that is installed, or the test is skipped
sub source {
    my $tree = qx{dev/nginx-source build/nginx-source 2>&1};
    plan skip_all => $tree if $?;
    chomp $tree;
    return $tree;
}

# a binary made from a tree of nginx; from: a checkout other than this
sub build {
    my ($tree, $name, $flags, $from) = @_;
    my $dir = getcwd() . "/build/$name";
    my $out = qx{@{[ $from // '.' ]}/dev/build-nginx $tree $dir '$flags' 2>&1};
    is $?, 0, "$name is built" or diag $out;
    return "$dir/nginx";
}

# (exit code, what was printed) of tests of ours on that binary
sub edge_tests {
    my ($nginx, @files) = @_;
    local $ENV{GODWIT_NGINX} = $nginx;
    local $ENV{UBSAN_OPTIONS} = 'suppressions=' . getcwd() . '/t/long/ubsan.txt';
    local $ENV{LSAN_OPTIONS} = 'print_suppressions=0:suppressions='
        . getcwd() . '/t/long/lsan.txt';
    local $ENV{PERL5OPT};
    my $out = qx{$^X t/run @files 2>&1};
    return ($? >> 8, $out);
}

1;
