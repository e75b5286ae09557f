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
is rules("}\n\n\n$_->[1]\n\nvoid\ng(void)\n{\n"), $_->[0], $_->[1] for (
    [ '', 'static ngx_queue_t  waits;' ], [ '', 'static ngx_http_godwit_conf_t *f(ngx_conf_t *cf);' ],
    [ 'static-of-a-cycle', 'static ngx_shm_zone_t  *zone;' ],
    [ 'static-of-a-cycle', 'static ngx_http_godwit_api_main_conf_t *conf = NULL;' ],
);
mkdir "$dir/$_" for 'conf.d', map({ ("shm/$_", "shm/$_/same") } qw(a b));
spew("$dir/shm/$_/same/x.c", "/* A file. */\n") for qw(a b);
is rules('', 'shm/same.c'), 'same-object', 'two files whose objects have one name';
unlink "$dir/shm/a/same/x.c";
is rules('', 'shm/same.c'), '', 'are not';
spew("$dir/conf.d/nginx.conf", "listen 80;  # no reuseport\n");
is rules(''), '', 'a port of its own';
spew("$dir/conf.d/nginx.conf", "listen 80 reuseport;\n");
is rules(''), 'reuseport', 'a port that others share';
unlink "$dir/conf.d/nginx.conf";
is rules("    PQexec(c, q);\n", 'worker/x.c'), '', 'the worker may wait for Postgres';
is rules("    res = run(\"delete from godwit.lists\");\n", 'worker/x.c'), 'sql-in-c', 'but has no SQL';
done_testing;
