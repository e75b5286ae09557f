#!/usr/bin/perl
# What dev/style.pl refuses: the mistakes that have crashed a process, and that
# no compiler names.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use File::Temp qw(tempdir);

my $style = Godwit::root() . '/dev/style.pl';
my $dir = tempdir(CLEANUP => 1);
mkdir "$dir/$_" for qw(ngx_modules shm worker);
system("cd $dir && git init -q") == 0 or die;

# the rules that a body of a function breaks, each once
sub rules {
    my ($body, $file) = @_;
    $file //= 'ngx_modules/x.c';
    spew("$dir/$file", "/* A file. */\n\n\nvoid\nf(void)\n{\n$body}\n");
    my %rule = map { $_ => 1 } map { /^\S+: ([a-z-]+)/ } qx(cd $dir && $^X $style);
    unlink "$dir/$file";
    return join ' ', sort keys %rule;
}
is rules($_->[1]), $_->[0], $_->[1] =~ s/\n.*//sr for (
    [ '', "    if (ev->posted) {\n        ngx_delete_posted_event(ev);\n    }\n" ],
    [ '', "    if (a\n        && b)\n    {\n        g();\n    }\n" ],
    [ '', "    for (n = 0; g(n); n++) { /* void */ }\n" ],
    [ 'brace-less', "    if (ev->posted) ngx_delete_posted_event(ev);\n" ],
    [ 'brace-less', "    if (ev->posted)\n        ngx_delete_posted_event(ev);\n" ],
    [ 'brace-less', "    if (a\n        && b)\n        ngx_str_set(s, \"x\");\n" ],
    [ 'brace-less', "    if (a) {\n        g();\n    } else\n        ngx_str_set(s, \"x\");\n" ],
    [ 'brace-less', "    while (a) g();\n" ],
    [ 'blocking-libpq', "    res = PQexec(db->pg, \"x\");\n" ],
    [ 'unchecked-alloc', "    p = ngx_palloc(pool, 7);\n    p[0] = 1;\n" ],
    [ 'banned-call', "    sprintf(a, \"x\");\n" ],
);
is rules("    PQexec(c, q);\n", 'worker/x.c'), '', 'the worker may wait for Postgres';
is rules("    res = run(\"delete from godwit.lists\");\n", 'worker/x.c'), 'sql-in-c', 'but has no SQL';
done_testing;
