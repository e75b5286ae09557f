#!/usr/bin/perl
# CSV in: mapping, upsert, opt-outs kept, rejects named, resumable.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use JSON::PP;

my $h = Godwit->new;
my $file = $h->state . '/files/in.csv';
$h->call('lists_create', { name => 'news' });
$h->call('contacts_create', { email => 'out@example.com',
    consent => { email => 'revoked' } });
$h->call('suppressions_create', { email => 'sup@example.com' });

sub import_file {
    my ($text, @words) = @_;
    spew($file, $text);
    my $o = ref $words[0] ? shift @words : {};
    my ($code, $out, $err) = $h->godwit($o, 'import', $file, @words);
    return ($code, $code ? $err : decode_json($out));
}

my ($code, $doc) = import_file("\x{ef}\x{bb}\x{bf}First_Name,EMAIL,plan,"
    . "consent_email\r\nAnn,ann\@example.com,gold,granted\n"
    . "\"Lee, \"\"B\"\"\",lee\@example.com,\"two\nlines\",\n"
    . "x,out\@example.com,,granted\ny,sup\@example.com,,granted\n"
    . "bad,not an address,,\nshort\nz,z\@example.com,,maybe\n"
    . "Ann2,ANN\@example.com,silver,\n", '--list', 'news');
is $code, 0, 'an import';
is_deeply { map { $_ => $doc->{$_} } qw(state rows created updated rejected) },
    { state => 'finished', rows => 8, created => 3, updated => 1,
    rejected => 3 }, 'its numbers';
my $ann = $h->call('contacts_list', { email => 'ann@example.com' })->{items}[0];
is "$ann->{first_name} $ann->{attributes}{plan}", 'Ann2 silver',
    'the last row of a person counts';
my $lee = $h->call('contacts_list', { email => 'lee@example.com' })->{items}[0];
is "$lee->{first_name} $lee->{attributes}{plan}", "Lee, \"B\" two\nlines",
    'quotes and lines inside fields';
for my $who (qw(out sup)) {
    is $h->call('contacts_list', { email => "$who\@example.com" })
        ->{items}[0]{consent}{email}, 'revoked', "$who: an opt-out stays";
}
is $h->call('lists_list', {})->{items}[0]{members}, 4, 'the list has them';
my $rejects = slurp($doc->{reject_file});
like $rejects, qr/^7,2,"this is no e-mail address","bad,not an address,,"\r$/m,
    'a reject has line, column and reason';
like $rejects, qr/^8,1,"the row has another number of columns/m, 'columns';
like $rejects, qr/^9,1,"consent is granted, revoked or unknown"/m, 'consent';

($code, $doc) = import_file("a,b\n1,2\n");
is $code, 1, 'no address column';
like $doc, qr/no column is email, phone or external_id; name one with --map/,
    'says what to do';
($code, $doc) = import_file("mail\nq\@example.com\n", '--map', 'mail=email');
is $doc->{created}, 1, 'and that works';
($code, $doc) = import_file("\x{ff}\x{fe}a\0", '--list', 'news');
like $doc, qr/is UTF-16; save it as UTF-8/, 'UTF-16 is named';
($code, $doc) = import_file("email\n\"a\@example.com\n", '--list', 'no');
like $doc, qr/there is no list "no"/, 'a missing list';

my $big = join '', "email,n\n", map { "u$_\@example.com,$_\n" } 1 .. 12000;
for my $point (qw(import_after_copy import_before_commit
    import_after_commit)) {
    ($code) = import_file($big, { env => { GODWIT_CRASH => $point } });
    is $code, 137, "killed $point";
}
($code, $doc) = import_file($big);
is_deeply [ @$doc{qw(rows created rejected)} ], [ 12000, 12000, 0 ],
    'goes on where it stopped';
is $h->value(q{select count(*) from godwit.contacts where email like 'u%'}),
    12000, 'everybody once';

done_testing;
