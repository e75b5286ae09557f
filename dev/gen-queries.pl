#!/usr/bin/perl
# Turn the `-- name:` blocks of sql/queries/*.sql into C: name, text, parameters.
use strict;
use warnings;

my ($out, @files) = @ARGV;
my (@rows, %seen);

for my $file (grep { -f } @files) {
    open my $fh, '<', $file or die "$file: $!\n";
    my ($name, @text);
    my $flush = sub {
        return unless defined $name;
        my $text = join '', @text;
        $text =~ s/^\s*--.*\n//mg;
        $text =~ s/;\s*\z//;
        $text =~ s/\A\s+|\s+\z//g;
        my ($n) = sort { $b <=> $a } 0, $text =~ /\$(\d+)/g;
        die "$file: $name has two texts\n" if $seen{$name}++;
        push @rows, [ $name, $text, $n ];
    };
    while (<$fh>) {
        if (/^-- name: (\w+)/) { $flush->(); ($name, @text) = ($1); next }
        push @text, $_ if defined $name;
    }
    $flush->();
}

open my $c, '>', "$out.c" or die "$out.c: $!\n";
open my $h, '>', "$out.h" or die "$out.h: $!\n";
print $h "/* Generated from sql/queries by dev/gen-queries.pl. */\n",
    "#ifndef QUERIES_GEN_H\n#define QUERIES_GEN_H\n\n",
    "#include \"worker/db.h\"\n\n";
print $c "/* Generated from sql/queries by dev/gen-queries.pl. */\n",
    "#include \"queries.gen.h\"\n\n";
for (@rows) {
    my ($name, $text, $n) = @$_;
    $text =~ s/(["\\])/\\$1/g;
    $text =~ s/\n/\\n"\n    "/g;
    print $h "extern const db_query_t  Q_\U$name\E;\n";
    print $c "const db_query_t  Q_\U$name\E = {\n    \"$name\",\n    \"$text\",\n    $n\n};\n\n";
}
print $c "const db_query_t *const  db_queries[] = {\n",
    (map { "    &Q_\U$_->[0]\E,\n" } @rows), "    NULL\n};\n";
print $h "\n/* All of them, NULL-terminated. */\n",
    "extern const db_query_t *const  db_queries[];\n\n#endif\n";
