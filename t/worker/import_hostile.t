#!/usr/bin/perl
# Files that are not what they should be: one clear sentence, and nothing
# changes; rows that are not are refused, and the rest goes on.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use JSON::PP;

my $h = Godwit->new;
my $file = $h->state . '/files/in.csv';
my $all = q{select (select count(*) from godwit.contacts) || ' '
    || (select count(*) from godwit.imports) || ' '
    || (select count(*) from godwit.audit)};

sub import_file {
    my ($text, @words) = @_;
    spew($file, $text) if defined $text;
    my $o = ref $words[0] ? shift @words : {};
    my ($code, $out, $err) = $h->godwit($o, 'import', $file, @words);
    return ($code, $code ? $err : decode_json($out), $err);
}

my $wide = join ',', map { "c$_" } 1 .. 10_000;
my $bom = "\xef\xbb\xbf";
for (
    [ '', qr/in\.csv is empty$/, 'an empty file' ],
    [ $bom, qr/in\.csv is empty$/, 'only a BOM' ],
    [ "\xff\xfee\0m\0a\0i\0l\0", qr/is UTF-16; save it as UTF-8$/, 'UTF-16' ],
    [ "e\0m\0a\0i\0l\0\n\0", qr/:1: the name of column 1 holds a NUL byte: the file is UTF-16 or no text; save it as UTF-8$/,
        'UTF-16 without its mark' ],
    [ "email,n\xe4me\n", qr/:1: the name of column 2 is not valid UTF-8; save/, 'Latin-1' ],
    [ "email,$wide\n", qr/:1: the row has more than 512 columns$/, '10,001 columns' ],
    [ 'email,"x' . 'x' x (10 << 20), qr/:1: a quote is not closed before the end of the file$/,
        'a header that never ends' ],
    [ 'email,' . 'x' x (10 << 20), qr/:1: the row is longer than 1 MiB$/, 'a name of 10 MiB' ],
    [ "email,E-Mail,EMAIL\n", qr/:1: columns 1 and 3 are both "email"; rename one or/, 'email twice' ],
    [ "email,plan,plan\n", qr/:1: columns 2 and 3 are both "plan"; rename one/, 'an attribute twice' ],
    [ "name,plan\n", qr/:1: no column is email or external_id; name one with --map COLUMN=email$/,
        'nobody can be known' ],
    [ "mail\n", qr/:1: --map mail=emial: there is no such field; the fields are email, phone,/,
        'a wrong --map', '--map', 'mail=emial' ],
    [ "mail\n", qr/:1: --map names the column "mial", which is not there$/, 'another', '--map', 'mial=email' ],
    [ undef, qr/in\.csv cannot be opened: No such file or directory$/, 'no file' ],
    [ undef, qr/in\.csv cannot be opened: it is no file$/, 'a folder' ],
) {
    my ($text, $says, $name, @words) = @$_;
    unlink $file if $name eq 'no file';
    mkdir $file if $name eq 'a folder';
    my $before = $h->value($all);
    my ($code, $err) = import_file($text, @words);
    is $code, 1, "$name is refused";
    is scalar(split /\n/, $err), 1, 'in one line';
    like $err, $says, 'that says why';
    is $h->value($all), $before, 'and nothing changed';
}
rmdir $file;

# rows: each has its line, column and reason; the others come in
my ($code, $doc) = import_file("${bom}external_id,first_name,plan,email\r\n"
    . "1,A,x,a\@example.com\r"                          # a lone CR ends a line
    . "2,B\0,x,b\@example.com\n"
    . "3,C\xff,x,c\@example.com\r\n"
    . '4,D,' . 'x' x (10 << 20) . ",d\@example.com\n"
    . "5,$wide\n"
    . "6,\"F\nF\",x,f\@example.com\n"
    . "7,G,x\n\n"
    . "8,H,\"" . '"",' x 30_000 . "\",h\@example.com\n"
    . "9,I,x\"y,i\@example.com\n10,\"J\"J,x,j\@example.com\n"
    . "11,K,\"two\r\nlines\",k\@example.com\n"
    . "12,\"L,x,l\@example.com\n13,M\n" . 'x' x (2 << 20));
is $code, 0, 'rows that are wrong do not stop an import';
is_deeply [ @$doc{qw(rows created rejected)} ], [ 12, 2, 10 ], 'each row counts';
is_deeply [ slurp($doc->{reject_file}) =~ /^(\d+,\d+,"[^"]*"),/mg ], [
    '3,2,"the text holds a NUL byte"', '4,2,"the text is not valid UTF-8"',
    '5,3,"the row is longer than 1 MiB"', '6,513,"the row has more than 512 columns"',
    '7,2,"the text holds a line break, a tab or a control character"',
    '9,3,"the row has another number of columns than the header"',
    '11,1,"the attributes are longer than 64 KiB"',
    '12,3,"a quote stands inside a field without quotes"', '13,2,"text follows a closing quote"',
    '16,2,"a quote is not closed before the end of the file"' ], 'and has its place';
is $h->value(q{select string_agg(external_id || ' ' || email || ' '
    || (attributes->>'plan'), '; ' order by id) from godwit.contacts}),
    "1 a\@example.com x; 11 k\@example.com two\r\nlines", 'the others are there';

($code, $doc) = import_file("email,name\n");
is_deeply [ $code, @$doc{qw(state rows)} ], [ 0, 'finished', 0 ], 'only a header';

# rows so long that few of them fill a batch
($code, $doc) = import_file(join '', "email,a\n", map { "w$_\@example.com,"
    . "\x{1}" x 10_000 . "\n" } 1 .. 1500);
is $doc->{created}, 1500, 'long rows';

# new people whose addresses are suppressed or ids are known
$h->call('suppressions_create', { email => 'S2@example.com' });
$h->call('lists_create', { name => 'news' });
my $rows = join '', "email,external_id,consent_email\n",
    map { "s$_\@example.com,s$_,granted\n" } 1 .. 4;
($code, $doc) = import_file($rows, '--list', 'news');
is $doc->{created}, 4, 'new people';
my $consent = q{select string_agg(consent_email::text, '' order by id)
    from godwit.contacts where external_id like 's_'};
is $h->value($consent), '1211', 'one of them has opted out before';
$h->dbh->do(q{update godwit.contacts set consent_email = 2 where external_id = 's3'});
($code, $doc) = import_file($rows . "s5\@example.com,s5,granted\n", '--list', 'news');
is_deeply [ @$doc{qw(created updated)} ], [ 1, 4 ], 'one more of them';
is $h->value($consent), '12211', 'and opt-outs stay';
$h->dbh->do(q{update godwit.contacts set consent_email = 1 where external_id = 's2'});
($code, $doc) = import_file("email,external_id,consent_email\nnew2\@example.com,s2,granted\n"
    . "new4\@example.com,s4,granted\n");
is $h->value($consent), '12211', 'also under a new address';
is $h->value('select count(*) from godwit.list_members'), 5, 'all are in the list';

# the file is changed between a crash and the next try
my @big = ("email\n", map { "b$_\@example.com\n" } 1 .. 11_000);
($code) = import_file(join('', @big), { env => { GODWIT_CRASH => 'import_after_commit' } });
is $code, 137, 'killed after a batch';
$big[5] = "changed\@example.com\n";
($code, $doc, my $err) = import_file(join '', @big);
like $err, qr/^import: the file is another than the one of imp_\d+, which stopped after line 10001: beginning anew$/m,
    'another content begins anew';
is_deeply [ @$doc{qw(rows created updated)} ], [ 11_000, 1001, 9999 ], 'from its start';
is $h->value(q{select count(*) from godwit.imports where state = 'failed'
    and error like 'the file was changed%'}), 1, 'the old import has failed';
($code) = import_file(join('', @big), { env => { GODWIT_CRASH => 'import_after_commit' } });
$big[-1] = "b11_000\@example.com\n";
($code, $doc, $err) = import_file(join '', @big);
like $err, qr/beginning anew/, 'a change of the end is seen too';

# a reject file that cannot be written
my ($n) = $doc->{reject_file} =~ /import-1-(\d+)-rejects/;
mkdir $h->state . '/files/import-1-' . ($n + 1) . '-rejects.csv';
($code, $err) = import_file("email\nbad\n");
is $code, 1, 'rejects have no place';
like $err, qr/import-1-\d+-rejects\.csv cannot be written: Is a directory; make it writable and run the same command again$/,
    'says which and what to do';
rmdir $h->state . '/files/import-1-' . ($n + 1) . '-rejects.csv';
($code, $doc) = import_file("email\nbad\n");
is_deeply [ $code, @$doc{qw(rows rejected)} ], [ 0, 1, 1 ], 'and then goes on';

done_testing;
