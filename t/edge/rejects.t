#!/usr/bin/perl
# The rows that an import refused: over HTTP also those of the command, harmless
# in a spreadsheet, and imported again as they are once they are mended.
use strict;
use warnings;
use lib 't/lib';
use utf8;
use Godwit;
use Godwit::Edge;
use JSON::PP;

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx;
my $file = $h->state . '/in.csv';
sub import_file { spew($file, $_[0]); return decode_json(($h->godwit('import', $file))[1]) }
sub rejects {
    my $r = api($h, GET => "/imports/$_[0]{id}/rejects");
    utf8::decode($r->{body});
    return $r;
}

# cells that a spreadsheet would run, or not
my @cell = ('=1+1', '+49 1', '-2', '@sum', "\t=1", "\r=1", "\n=1", '＝1', '＋1', '－1', '＠1', "'=1", "''+1",
    "'a", "a=1", 'say "hi"', "Lee, B", "two\nlines", '', "'", 'ä');
my $row = join ',', map { '"' . s/"/""/gr . '"' } 'not an address', @cell;
my $text = join(',', 'email', map { "c$_" } 0 .. $#cell) . "\n$row\n";
utf8::encode($text);
my $i = import_file($text);
is_deeply [ @$i{qw(rows created rejected)} ], [ 1, 0, 1 ], 'a row is refused';
my $r = rejects($i);
is $r->{status}, 200, 'the file of a command is there over HTTP' or diag $r->{body};
my $sql = $h->value(q{select string_agg(godwit.csv_cell(v), ',' order by n)
    from jsonb_array_elements($1::jsonb) with ordinality e(v, n)} =~ s/\$1/?/r,
    JSON::PP->new->encode(\@cell));
is $r->{body}, join(',', qw(line column reason), map { qq("$_") } 'email', map { "c$_" } 0 .. $#cell)
    . qq(\r\n2,1,"this is no e-mail address","not an address",$sql\r\n), 'guarded as an export is';
like $r->{body}, qr/,"'=1\+1","'\+49 1","'-2",/, 'by an apostrophe';
is scalar(() = $sql =~ /(?:^|,)"'/g), 15, 'where it has to be';

# mended and sent again
my $mended = $r->{body} =~ s/not an address/lee\@example.com/r;
utf8::encode($mended);
$i = import_file($mended);
is_deeply [ @$i{qw(rows created rejected)} ], [ 1, 1, 0 ], 'mended, it is imported as it is';
my $attributes = $h->call('contacts_list', { email => 'lee@example.com' })->{items}[0]{attributes};
is_deeply $attributes, { map { ("c$_" => $cell[$_]) } grep { $cell[$_] ne '' } 0 .. $#cell },
    'with what was written, and no line, column or reason';
$i = import_file($mended =~ s/lee\@example.com/again/r);
is rejects($i)->{body} =~ s/^2,4,//mr, $r->{body} =~ s/^2,1,//mr =~ s/not an address/again/r,
    'refused once more, it is the same file';

# a row that is refused because of the contacts that are there comes whole
$h->call('contacts_create', { email => 'a@example.com', external_id => 'A' });
$h->call('contacts_create', { email => 'b@example.com', external_id => 'B' });
$i = import_file("n,email,external_id,phone\n" . join('', map { "$_,x$_\@example.com,,\n" } 1 .. 3000)
    . qq("x\ny",a\@example.com,B,+49301234567\n\n7,b\@example.com,A,"+49301234568"\n8,c\@example.com,,\n));
is $i->{rejected}, 2, 'two that are two people each';
is rejects($i)->{body} =~ s/^.*?\n//r, qq(3002,1,"the email is one contact's, the external_id another's",)
    . qq("x\ny","a\@example.com","B","'+49301234567"\r\n3005,1,"the email is one contact's, the )
    . qq(external_id another's","7","b\@example.com","A","'+49301234568"\r\n), 'with all their cells';

# an import of another machine is not gone on with here: its rejects are there
$h->dbh->do(q{insert into godwit.hosts (name, boot_id, seen_at)
    values (gen_random_uuid(), gen_random_uuid(), now())});
spew($file, "email\nbad\nz\@example.com\n");
is +($h->godwit({ env => { GODWIT_CRASH => 'import_after_commit' } }, 'import', $file))[0], 137, 'killed';
$h->dbh->do(q{update godwit.imports set host_id = (select max(id) from godwit.hosts)
    where state = 'running'});
my $there = $h->value(q{select id from godwit.imports where state = 'running'});
$i = decode_json(($h->godwit('import', $file))[1]);
isnt $i->{id}, "imp_$there", 'one of another machine stays its own';
is rejects($i)->{body}, qq(line,column,reason,"email"\r\n2,1,"this is no e-mail address","bad"\r\n),
    'and here it begins anew';
is problem(rejects({ id => "imp_$there" })), '409 conflict', 'whose rejects are not here';

done_testing;
