#!/usr/bin/perl
# godwit call: what is refused, by which name and with which exit code.
use strict;
use warnings;
use lib 't/lib';
use Godwit;

my $h = Godwit->new;

sub refused {
    my ($name, $words, $in, $code, $re) = @_;
    my ($got, $out) = $h->godwit({ in => $in }, 'call', @$words);
    ok $got == $code && $out =~ $re, $name or diag "$got: $out";
}

refused('no operation', [], '', 2, qr/"code":"usage"/);
refused('an unknown operation', ['lists_creat'], '', 2,
    qr/there is no operation \\"lists_creat\\"; near it: lists_create/);
refused('work of the edge', [qw(imports_create {})], '', 2, qr/goes through HTTP alone/);
refused('a wrong workspace', [qw(lists_list {} --workspace x)], '', 2,
    qr/--workspace takes a number/);
refused('a duplicate key', [qw(lists_create -)], '{"name":"a","name":"b"}', 1,
    qr/"code":"invalid".*duplicate object key/);
refused('a NUL', [qw(lists_create -)], '{"name":"a\u0000"}', 1, qr/u0000/);
refused('a raw NUL', [qw(lists_create -)], "{\"name\":\"a\0\"}", 1, qr/NUL/);
refused('wrong UTF-8', [qw(lists_create -)], "{\"name\":\"\xc3\x28\"}", 1,
    qr/not UTF-8/);
refused('depth', [qw(lists_create -)], '{"a":' . '[' x 64, 1,
    qr/deeper than 64/);
refused('no object', [qw(lists_create -)], '[]', 1, qr/must be a JSON object/);
refused('cut off', [qw(lists_create -)], '{"name":', 1, qr/line 1, column 8/);

refused('an unknown field', [qw(lists_create -)], '{"nam":"a"}', 1,
    qr/there is no field.*"field":"nam"/);
refused('and what is near it', [qw(lists_create -)], '{"name":"a","nmae":"b"}', 1,
    qr/there is no field \\"nmae\\"; near it: name/);
refused('or what there is', [qw(lists_create -)], '{"name":"a","x/y~":1}', 1,
    qr{no field \\"x/y~\\"; the fields are name, public, double_opt_in","field":"x/y~"});
refused('a parameter by its schema', ['lists_list', '{"limit":0}'], '', 1,
    qr/"\\"limit\\" must be at least 1, is 0","field":"limit"/);
refused('an item by its place', ['lists_add', '{"id":"lst_1","contact_ids":["ct_1","x"]}'], '', 1,
    qr{\\"contact_ids/1\\" must be an id like ct_1","field":"contact_ids"});

my ($code, $list) = $h->try('lists_create', { name => 'people' });
ok $code == 0 && $list->{id} =~ /^lst_/, 'an operation answers one document';
is_deeply $h->call('lists_list', { fields => 'name,members' })->{items},
    [ { name => 'people', members => 0 } ], 'fewer members, as by HTTP';
refused('a member that no answer has', ['lists_list', '{"fields":"name,nam"}'], '', 1,
    qr/\\"fields\\" names \\"nam\\", which the answer does not have; near it: name","field":"fields"/);
my ($again, $doc) = $h->try('lists_create', {});
ok $again == 1 && $doc->{error}{code} eq 'invalid'
    && $doc->{error}{field} eq 'name', 'an error names its field';

# one start for many: each line is answered by one, its exit code first
my ($end, $said) = $h->godwit({ in => <<'LINES' }, qw(call --lines));
lists_create {"name":"a"}
lists_create --workspace ws_9 {"name":"b"}

 lists_list  --workspace=1
lists_get --workspace 1 {"id":"lst_2"
lists_get -
contacts_create --workspace 1 --user nobody@example.com {"email":"a b@example.com"}
lists_get {"id":"lst_2"}
LINES
is_deeply [ map { [ /^(\d) .*?"(?:field|code|name)": ?"(\w+)"/ ] } split /\n/, $said ], [ [ 0, 'a' ], [ 1, 'not_found' ],
    [ 2, 'usage' ], [ 0, 'people' ], [ 1, 'invalid' ], [ 1, 'invalid' ], [ 1, 'not_found' ], [ 0, 'a' ] ], 'line by line';
is $end, 0, 'to the end of the input';
{
    local $ENV{GODWIT_PROGRAM} = '/bin/true';
    isnt +($h->said('lists_list', '{}'))[0], 0, 'a program that ends without an answer has not done it';
}

my $conf = $h->state . '/conf/godwit.conf';
spew($conf, slurp($conf) =~ s{host=\S+}{host=/nowhere}r);
refused('the database away', [qw(lists_list {})], '', 3, qr/"code":"database"/);
refused('no house', [qw(-c /nowhere/x.conf lists_list)], '', 2,
    qr{"code":"usage".*/nowhere/x\.conf});

done_testing;
