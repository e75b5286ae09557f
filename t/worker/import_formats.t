#!/usr/bin/perl
# NDJSON and vCards come in by the same way as CSV; tags, owner, further
# addresses and numbers of all three.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Jobs;
use JSON::PP;

my $h = Godwit->new;
my $in = $h->state . '/files/in';
my $json = JSON::PP->new->canonical;

sub import_file {
    my ($end, $text, @words) = @_;
    spew("$in.$end", $text);
    my $o = ref $words[0] ? shift @words : {};
    my ($code, $out, $err) = $h->godwit($o, 'import', "$in.$end", @words);
    return ($code, $code ? $err : decode_json($out));
}
sub contact { return $h->call('contacts_list', { @_ })->{items}[0] }
sub known { return join ' ', map { "$_->{kind}:$_->{value}" }
    @{ $h->call('identities_get', { id => $_[0]{id} })->{identities} } }
sub tags { return $json->encode({ map { $_->{tag} => $_->{contacts} } @{ $h->call('tags_list', {})->{items} } }) }

$h->dbh->do(q{insert into auth.users (email, name, created_at) values ('zoe@shop.example', 'Zoe', '2026-01-01Z')});
my $user = $h->value('select max(id) from auth.users');
$h->dbh->do(q{insert into auth.memberships (tenant_id, user_id, role_id, created_at)
    select 1, ?, (select id from auth.roles where name = 'agent' and tenant_id is null),
    '2026-01-01Z'}, undef, $user);
$h->call('fields_create', { key => 'plan', label => 'Plan', type => 'enum', options => [ 'gold', 'free' ] });
$h->call('fields_create', { key => 'points', label => 'Points', type => 'number' });
$h->call('fields_create', { key => 'likes', label => 'Likes', type => 'set', options => [ 'tea', 'art' ] });
$h->call('lists_create', { name => 'news' });

# ---- objects
my ($code, $doc) = import_file('ndjson', join("\n", map { $json->encode($_) }
    { email => "ann\@example.com", first_name => 'Ann', tags => [ 'VIP', 'new;er' ], owner => 'zoe@SHOP.example',
        locale => 'de-AT', consent => { email => 'granted' }, plan => 'gold', points => 7, likes => [ 'art', 'tea' ],
        attributes => { size => { a => [ 1, 2 ] } }, emails => [ 'Ann@home.example' ], phones => '+49 30 1234567' },
    { external_id => 12, plan => 'silver' }, { email => 'b@example.com', points => 'many' },
    { email => 'c@example.com', owner => 'nobody@example.com' }, { email => 'd@example.com', note => undef }) . "\n"
    . qq({"email":"e\@example.com","a":1,"a":2}\n{no\n[1]\n\n) . '{"email":"f@example.com","p":0.1,"q":12345678901234567}',
    '--list', 'news');
is_deeply [ $code, @$doc{qw(format rows created rejected line)} ], [ 0, 'ndjson', 9, 3, 6, 10 ], 'objects' or diag $doc;
my $ann = contact(email => 'ann@example.com');
is $json->encode({ map { $_ => $ann->{$_} } qw(first_name locale tags owner attributes consent) }), $json->encode({
    first_name => 'Ann', locale => 'de-AT', tags => [ 'new;er', 'vip' ], owner => "user_$user", attributes => {
    plan => 'gold', points => 7, likes => [ 'art', 'tea' ], size => { a => [ 1, 2 ] } },
    consent => { email => 'granted', map { $_ => 'unknown' } qw(sms whatsapp voice) } }), 'each member in its place';
is known($ann), 'email:ann@example.com email:ann@home.example phone:+49301234567', 'and what she is known by besides';
is tags(), '{"new;er":1,"vip":1}', 'the tags are found';
is $h->value(q{select attributes::text from godwit.contacts where email = 'f@example.com'}),
    '{"p": 0.1, "q": 12345678901234567}', 'numbers stay as they are written';
my $rejects = slurp($doc->{reject_file});
is_deeply [ $rejects =~ /^(\d+,\d+,"[^"]{1,30})/mg ], [ '2,16,"this is none of the options of',
    '3,16,"this is not a number like 42 o', '4,12,"no member of the workspace has', '6,16,"the JSON text: duplicate objec',
    q(7,16,"the JSON text: string or '}' e), '8,16,"the input must be a JSON objec' ], 'refused by line and column' or diag $rejects;
(my $mended = $rejects) =~ s/silver/free/;
($code, $doc) = import_file('csv', $mended);
is_deeply [ @$doc{qw(rows created)} ], [ 6, 1 ], 'mended, as CSV';
is_deeply contact(external_id => '12')->{attributes}, { plan => 'free' }, 'it is there';
(undef, $doc) = import_file('jsonl', qq({"mail":"ann\@example.com","tags":"x; vip","id":7}), '--map', 'mail=email,id=ignore');
is_deeply [ @$doc{qw(created updated)} ], [ 0, 1 ], 'members may be named otherwise';
is "@{ contact(email => 'ann@example.com')->{tags} }", 'new;er vip x', 'tags are added';
is tags(), '{"new;er":1,"vip":1,"x":1}', 'and found';
(undef, $doc) = import_file('jsonl', qq({"email":"ann\@example.com"}), '--map', 'x=emial');
like $doc, qr/--map x=emial: there is no such field; the fields are .*owner, tags, emails/, 'a wrong --map';
($code, $doc) = import_file('csv', "email\n", '--format', 'xml');
is $code, 2, 'no format' and like $doc, qr/--format "xml" is not csv, ndjson or vcard/, 'is said';

# ---- new people with tags and owners, without the upsert
($code, $doc) = import_file('csv', "email,tags,owner\nt1\@example.com,b; A;b,zoe\@shop.example\n"
    . qq(t2\@example.com,"[""x"",""y,z""]",user_$user\nt3\@example.com,[1],\n));
is_deeply [ @$doc{qw(created rejected)} ], [ 2, 1 ], 'tags in CSV';
is_deeply [ map { @{ contact(email => "t$_\@example.com") }{qw(tags owner)} } 1, 2 ],
    [ [ 'a', 'b' ], "user_$user", [ 'x', 'y,z' ], "user_$user" ], 'as they are kept';
is tags(), '{"a":1,"b":1,"new;er":1,"vip":1,"x":2,"y,z":1}', 'all are found';

# ---- cards
my $cards = "BEGIN:VCARD\r\nVERSION:4.0\r\nN:Lee;Bea;;;\r\nEMAIL:bea\@work.example\r\nEMAIL;PREF=1:bea\@ho\r\n me.example\r\n"
    . "TEL;VALUE=uri:tel:+49-170-7654321\r\nCATEGORIES:Friends\r\nEND:VCARD\r\n"
    . "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Cid\r\nUID:u-1\r\nTEL:+49 170 1\r\nTEL:+49 170 7654322\r\nEND:VCARD\r\n"
    . "BEGIN:VCARD\r\nVERSION:2.1\r\nEMAIL:old\@example.com\r\nEND:VCARD\r\n"
    . "BEGIN:VCARD\nVERSION:4.0\nFN:Dan\nUID:u-2\nPHOTO:" . 'A' x 2_000_000 . "\nNOTE:a\\nb\nEND:VCARD\n";
($code, $doc) = import_file('vcf', $cards, '--list', 'news');
is_deeply [ $code, @$doc{qw(format rows created rejected line)} ], [ 0, 'vcard', 4, 2, 2, 27 ], 'cards' or diag $doc;
my $bea = contact(email => 'bea@home.example');
is "$bea->{first_name} $bea->{last_name} $bea->{phone} @{ $bea->{tags} }", 'Bea Lee +491707654321 friends', 'a card';
is known($bea), 'email:bea@home.example phone:+491707654321 email:bea@work.example', 'its other address';
is_deeply contact(external_id => 'u-2')->{attributes}, { note => "a\nb" }, 'a picture of any size is passed over';
$rejects = slurp($doc->{reject_file});
like $rejects, qr/^10,2,"this is no telephone number.*^17,1,"the card is neither of version 3.0 nor 4.0/ms, 'refused';
like $rejects, qr/"'?\+49 170 1".*"u-1"|"u-1".*"Cid"/, 'with what they said';
(undef, $doc) = import_file('vcf', $cards);
is_deeply [ @$doc{qw(created updated)} ], [ 0, 2 ], 'the same again is somebody known';
is known($bea), 'email:bea@home.example phone:+491707654321 email:bea@work.example', 'by the same';
($code, $doc) = import_file('vcf', $cards, '--map', 'mail=email');
like $doc, qr/--map names columns; a vCard has none/, 'a card has no columns';

# what somebody has stays his, and of two who would get it one does
(undef, $doc) = import_file('ndjson', join "\n", map { $json->encode($_) }
    { email => 'g1@example.com', emails => [ 'ann@home.example', 'bea@home.example', 'g3@example.com', 'both@example.com' ] },
    { email => 'g2@example.com', emails => [ 'both@example.com' ] }, { email => 'g3@example.com' });
is $doc->{created}, 3, 'three people';
is $h->value(q{select string_agg(value, ' ' order by value) from godwit.contact_identities i
    join godwit.contacts c on c.id = i.contact_id where c.email like 'g_@example.com'}), 'both@example.com', 'share one';

# one row that Postgres has no number for, one that is two people's: at their lines
(undef, $doc) = import_file('ndjson', qq({"email":"h1\@example.com"}\n\n\n{"email":"g1\@example.com","external_id":"u-2"}\n)
    . qq({"email":"h2\@example.com","n":0e-20000}\n{"email":"h3\@example.com","n":0e-4}\n));
is_deeply [ @$doc{qw(created rejected)} ], [ 2, 2 ], 'they alone are refused' or diag $doc;
$rejects = slurp($doc->{reject_file});
is join(' ', sort $rejects =~ /^(\d+,\d+),/mg), '4,1 5,16', 'and found in the file';

# ---- killed in between, as CSV: goes on at its line
for (
    [ ndjson => sub { qq({"email":"n$_[0]\@example.com","tags":["big"]}\n) } ],
    [ vcf => sub { "BEGIN:VCARD\nVERSION:4.0\nFN:V\n $_[0]\nEMAIL:v$_[0]\@example.com\nCATEGORIES:big\nEND:VCARD\n" } ],
) {
    my ($end, $make) = @$_;
    my $big = join '', map { $make->($_) } 1 .. 12_000;
    for my $point (qw(import_after_copy import_before_commit import_after_commit)) {
        ($code) = import_file($end, $big, { env => { GODWIT_CRASH => $point } });
        is $code, 137, "$end: killed $point";
    }
    ($code, $doc) = import_file($end, $big);
    is_deeply [ @$doc{qw(rows created rejected)} ], [ 12_000, 12_000, 0 ], 'goes on where it stopped';
}
is $h->value(q{select count(*) from godwit.contact_tags where tag = 'big'}), 24_000, 'everybody once';

# ---- as an operation
$h->godwit(qw(worker jobs --once));
my $i = upload($h, 'imports_create', qq({"email":"op\@example.com"}\n), type => 'application/x-ndjson');
is "$i->{format} $i->{source}", 'ndjson contacts.ndjson', 'its kind is that of the body';
$h->godwit(qw(worker jobs --once));
is $h->call('imports_get', { id => $i->{id} })->{created}, 1, 'and it is read so';

done_testing;
