#!/usr/bin/perl
# Embed the SQL that `godwit migrate` applies, the contracts and tables, as C bytes.
use strict;
use warnings;

my ($out, $dir) = @ARGV;
my %taken;
for (sort glob "$dir/migrations/*.sql") {
    my ($n) = m{/(\d+)_};
    die "$_ has the number of $taken{$n}; give it the next one\n" if $taken{$n};
    $taken{$n} = $_;
}
my @kinds = ([ roles => 'roles.sql' ], [ migrations => 'migrations/*.sql' ],
    [ functions => 'functions/*.sql' ], [ api => 'api/*.sql' ],
    [ contracts => 'api/*.yaml' ], [ rules => '../conf.d/*.yaml' ]);

open my $c, '>', $out or die "$out: $!\n";
print $c "/* Generated from sql/ by dev/gen-sql.pl. */\n",
    "#include \"worker/sql_files.h\"\n\n";
for (@kinds) {
    my ($kind, $glob) = @$_;
    my @rows;
    for my $file (sort glob "$dir/$glob") {
        open my $fh, '<:raw', $file or die "$file: $!\n";
        local $/;
        my $text = <$fh>;
        my $bytes = join ',', unpack 'C*', $text . "\0";
        $bytes =~ s/(.{60,70},)/$1\n    /g;
        my $id = "file_${kind}_" . scalar @rows;
        print $c "static const unsigned char  $id\[] = {\n    $bytes\n};\n\n";
        my ($name) = $file =~ ($kind eq "contracts" ? qr{(.+)}
            : $kind eq "rules" ? qr{([^/]+/[^/]+)\z} : qr{([^/]+)\z});
        push @rows, sprintf '    { "%s", (const char *) %s, %d },', $name, $id,
            length $text;
    }
    print $c "const sql_file_t  sql_$kind\[] = {\n",
        (map { "$_\n" } @rows), "    { NULL, NULL, 0 }\n};\n\n";
}
