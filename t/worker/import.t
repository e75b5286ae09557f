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
    { state => 'finished', rows => 8, created => 3, updated => 2,
    rejected => 3 }, 'its numbers';
my $ann = $h->call('contacts_list', { email => 'ann@example.com' })->{items}[0];
is "$ann->{first_name} $ann->{attributes}{plan}", 'Ann2 silver',
    'a later row of a person is merged into the first';
my $lee = $h->call('contacts_list', { email => 'lee@example.com' })->{items}[0];
is "$lee->{first_name} $lee->{attributes}{plan}", "Lee, \"B\" two\nlines",
    'quotes and lines inside fields';
for my $who (qw(out sup)) {
    is $h->call('contacts_list', { email => "$who\@example.com" })
        ->{items}[0]{consent}{email}, 'revoked', "$who: an opt-out stays";
}
is $h->call('lists_list', {})->{items}[0]{members}, 4, 'the list has them';
my $rejects = slurp($doc->{reject_file});
my (undef, $by_root) = import_file("email\nno\n", { root => 1 });
is +(stat $by_root->{reject_file})[4], (stat $h->state . '/files')[4], 'it is the roles\', whoever imports';
like $rejects, qr/^7,2,"this is no e-mail address","bad","not an address","",""\r$/m,
    'a reject has line, column and reason';
like $rejects, qr/^8,1,"the row has another number of columns/m, 'columns';
like $rejects, qr/^9,1,"consent is granted, revoked or unknown"/m, 'consent';

(undef, $doc) = import_file("email,zone,locale\nq1\@example.com,Europe/Berlin,de-AT\nq2\@example.com,Europe/Nowhere,\n"
    . "q3\@example.com,,deutsch!!\n");
like slurp($doc->{reject_file}), qr{^3,2,"this is no time zone of IANA, such as Europe/Berlin".*^4,3,"this is no locale like de or de-AT"}ms,
    'a zone and a locale are those that templates know';
($code, $doc) = import_file("email;plan\n");
like $doc, qr/columns stand between commas, not semicolons/, 'what stands between columns is said';
($code, $doc) = import_file("a,b\n1,2\n");
is $code, 1, 'no address column';
like $doc, qr/no column is email or external_id; name one with --map/,
    'says what to do';
($code, $doc) = import_file("mail\nq\@example.com\n", '--map', 'mail=email');
is $doc->{created}, 1, 'and that works';
($code, $doc) = import_file("\x{ff}\x{fe}a\0", '--list', 'news');
like $doc, qr/is UTF-16; save it as UTF-8/, 'UTF-16 is named';
($code, $doc) = import_file("email\na\@example.com\n", '--workspace', 99);
like $doc, qr/there is no workspace 99/, 'a missing workspace';
($code, $doc) = import_file("email\n\"a\@example.com\n", '--list', 'no');
like $doc, qr/there is no list "no"/, 'a missing list';

# who is who: by address, by external id, by both
$h->call('suppressions_create', { email => 'ext@example.com' });
$h->call('contacts_create', { email => 'ext@example.com', external_id => 'X' });
($code, $doc) = import_file("email,external_id,consent_email,first_name\n"
    . ",X,granted,Xena\n"                      # suppressed by his address
    . "one\@example.com,7,,One\n"
    . ",7,,Uno\n"                              # the same, by his id alone
    . "two\@example.com,7,,Two\n"             # the same, with a new address
    . "ann\@example.com,X,,Clash\n"          # two contacts at once
    . ",,,Nobody\n");
is $code, 0, 'identities that meet do not stop an import';
is_deeply [ @$doc{qw(rows created updated rejected)} ], [ 6, 1, 3, 2 ],
    'each row has its outcome';
like slurp($doc->{reject_file}),
    qr/^6,1,"the email is one contact's, the external_id another's","ann\@/m,
    'a row that is two people is refused';
my $ext = $h->call('contacts_list', { email => 'ext@example.com' })->{items}[0];
is "$ext->{first_name} $ext->{consent}{email}", 'Xena revoked',
    'an opt-out stays when the row has no address';
is $h->value(q{select email || ' ' || first_name from godwit.contacts
    where external_id = '7'}), 'two@example.com Two', 'one person, three rows';
is $h->call('contacts_list', { email => 'ann@example.com' })->{items}[0]
    {external_id}, undef, 'the refused row changed nothing';
is $h->value(q{select count(*) from godwit.audit where operation in
    ('import_start', 'import_end') and object = } . "'$doc->{id}'"), 2,
    'an import is audited';

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

# the same again: counted, and nothing is written
my $state = q{select md5(string_agg(c.ctid::text || c.xmin || c::text, ' ' order by id))
    from godwit.contacts c};
my $before = $h->value($state);
($code, $doc) = import_file($big, '--list', 'news');
is_deeply [ @$doc{qw(rows created updated rejected)} ], [ 12000, 0, 12000, 0 ],
    'the same file again: each row is somebody known';
is $h->value($state), $before, 'and no contact was touched';
is $h->call('lists_list', {})->{items}[0]{members}, 12004,
    'they are in the list that was named now';

# statistics that were taken while nobody was there yet would make each probe read all
$h->dbh->do(q{update pg_class set reltuples = 0, relpages = 400
    where oid = 'godwit.contacts'::regclass});
($code, $doc) = import_file("email,n\nu1\@example.com,1\n");
cmp_ok $h->value(q{select reltuples from pg_class where oid = 'godwit.contacts'::regclass}), '>=',
    12000, 'an import counts contacts that the planner takes for none';

# a batch that ends with a row of many lines: the lines after it are right
my $lines = join '', "email,n\n", map { "l$_\@example.com," . ($_ == 10000 ? "\"a\nb\nc\"" : '')
    . "\n" } 1 .. 10000;
($code) = import_file($lines . "bad,\n", { env => { GODWIT_CRASH => 'import_after_commit' } });
is $code, 137, 'killed after it';
($code, $doc) = import_file($lines . "bad,\n");
is_deeply [ @$doc{qw(line rows rejected)} ], [ 10004, 10001, 1 ], 'goes on';
like slurp($doc->{reject_file}), qr/^10004,1,"this is no e-mail/m, 'with the right line';

# one person in every row, and one under more names than anybody has
($code, $doc) = import_file(join '', "email,first_name,k$$,consent_email\n",
    map { "one$$\@example.com," . ($_ < 3000 ? "N$_" : '') . ",$_,"
        . ($_ == 7 ? 'revoked' : 'granted') . "\n" } 1 .. 4000);
is_deeply [ @$doc{qw(rows created updated rejected)} ], [ 4000, 1, 3999, 0 ],
    'rows of one person are merged';
my $one = $h->call('contacts_list', { email => "one$$\@example.com" })->{items}[0];
is "$one->{first_name} $one->{attributes}{\"k$$\"} $one->{consent}{email}",
    'N2999 4000 revoked', 'the last that says something wins';
($code, $doc) = import_file(join '', "email,external_id\n",
    map { "many\@example.com,m$_\n" } 1 .. 50);
is_deeply [ @$doc{qw(rows created updated rejected)} ], [ 50, 1, 19, 30 ],
    'one person under too many names';
like slurp($doc->{reject_file}), qr/^22,1,"one person under too many emails/m,
    'is named';

# no more attributes than the API lets a contact have, whatever file they come with
my $wide = sub { my ($from, $to, $email) = @_; return import_file(join '', "email,first_name,",
    join(',', map { "w$_" } $from .. $to), "\n", map { "$_,W$from," . join(',', ('x' x 9000) x ($to - $from + 1)) . "\n" }
    ref $email ? @$email : $email) };
$wide->(1, 5, [ "w1\@example.com", "w2\@example.com" ]);
($code, $doc) = $wide->(6, 8, "w1\@example.com");
is_deeply [ @$doc{qw(updated rejected)}, slurp($doc->{reject_file}) =~ /^2,1,"the contact would have more than 64 KiB of attributes"/m ],
    [ 0, 1, 1 ], 'a second file that goes too far is refused';
is $h->value(q{select first_name from godwit.contacts where email = 'w1@example.com'}), 'W1', 'and changes nothing';
is +($wide->(4, 7, "w2\@example.com"))[1]{updated}, 1, 'one that has room is not';
($code, $doc) = import_file(join '', "email,", join(',', map { "w$_" } 1 .. 12), "\n", map { my $n = $_;
    "w3\@example.com," . join(',', map { $_ % 3 == $n ? 'y' x 9000 : '' } 1 .. 12) . "\n" } 0 .. 2);
is_deeply [ @$doc{qw(created updated rejected)} ], [ 1, 0, 2 ], 'nor do rows of one file go past it' or diag explain $doc;
is $h->value(q{select count(*) from godwit.contacts where length(attributes::text) > 65536}), 0, 'nobody has more';

# somebody writes one of the batch at the same moment
spew($file, join '', "email,n\n", map { "r$_\@example.com,$_\n" } 1 .. 100);
$h->dbh->begin_work;
$h->dbh->do(q{insert into godwit.contacts (tenant_id, email, created_at,
    updated_at) values (1, 'r7@example.com', now(), now())});
my $pid = $h->spawn('import', $file);
wait_for { $h->value('select pg_stat_clear_snapshot()');
    $h->value(q{select count(*) from pg_stat_activity
        where wait_event_type = 'Lock' and datname = current_database()}) } 10;
$h->dbh->commit;
waitpid $pid, 0;
is $?, 0, 'a batch that met another writer is done again';
is $h->value(q{select created || ' ' || updated from godwit.imports
    order by id desc limit 1}), '99 1', 'and counted once';

# killed while its transaction is under way: the next waits for the end of it
spew($file, join '', "email,n\n", map { "k$_\@example.com,$_\n" } 1 .. 100);
my $blocked = q{select count(*) from pg_stat_activity where wait_event_type = 'Lock'
    and datname = current_database() and query like 'copy%'};
$h->dbh->begin_work;
$h->dbh->do(q{insert into godwit.contacts (tenant_id, email, created_at,
    updated_at) values (1, 'k7@example.com', now(), now())});
$pid = $h->spawn('import', $file);
wait_for { $h->value('select pg_stat_clear_snapshot()'); $h->value($blocked) } 10;
my $next = $h->spawn('import', $file);
wait_for { $h->value('select pg_stat_clear_snapshot()'); $h->value(q{select count(*)
    from pg_stat_activity where query like 'select pg_try_advisory_lock%'}) } 10;
is $h->value($blocked), 1, 'a second command waits';
is $h->stop($pid, 'KILL'), 137, 'the first is killed';
wait_for { $h->value('select pg_stat_clear_snapshot()'); $h->value($blocked)
    && !$h->value(q{select count(*) from pg_stat_activity where query like 'select pg_try_adv%'}) } 10;
$h->dbh->commit;
waitpid $next, 0;
is $?, 0, 'the second goes on';
is $h->value(q{select rows || ' ' || created || ' ' || updated from godwit.imports
    order by id desc limit 1}), '100 99 1', 'with the same import';

# the database ends the connection in the middle of a batch
spew($file, join '', "email,n\n", map { "t$_\@example.com,$_\n" } 1 .. 100);
$h->dbh->begin_work;
$h->dbh->do(q{insert into godwit.contacts (tenant_id, email, created_at,
    updated_at) values (1, 't7@example.com', now(), now())});
$pid = $h->spawn({ log => 'import' }, 'import', $file);
my $ended = q{select count(pg_terminate_backend(pid)) from pg_stat_activity
    where wait_event_type = 'Lock' and datname = current_database()};
wait_for { $h->value('select pg_stat_clear_snapshot()'); $h->value($ended) } 10;
$h->dbh->commit;
waitpid $pid, 0;
is $? >> 8, 3, 'the database went away';
like slurp($h->log_file('import')), qr/^import: the database went away; run the same command again to go on$/m,
    'in these words';
($code, $doc) = import_file(slurp($file));
is_deeply [ @$doc{qw(rows created updated)} ], [ 100, 99, 1 ], 'and again it goes on';

done_testing;
