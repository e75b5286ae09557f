#!/usr/bin/perl
# One person leaves: his export has all of him, then nothing that we keep has
# his address, number or name, and no mail goes to him when he is added again.
use strict;
use warnings;
use POSIX ();
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Jobs;

my $h = Godwit->new(conf => 'spool_segment 1m; spool_keep 1s; log_level info;');
my $port = $h->sink('--dir', $h->state . '/sink',
    '--fault', 'rcpt=451 4.7.1 <zoe.quill@example.com> later (zoe.quill),to=Zoe.Quill@,first=1');
$h->configure("smart_host 127.0.0.1:$port; spool_segment 1m; spool_keep 1s; retry_schedule 1s;");
my @once = qw(worker jobs --once);
$h->godwit(@once);
$h->dbh->do(q{select set_config('app.tenant', '1', false)});
my $state = $h->state;

# ---- a life with us: two addresses, a campaign, a message, clicks, imports;
# a webhook is told of all of it
$h->call('webhooks_create', { url => 'https://hooks.example.com/', events => ['*'] });
my %zoe = (email => 'Zoe.Quill@example.com', phone => '+49 151 7770001', external_id => 'crm-zq-88',
    first_name => 'Zoequill', last_name => 'Quillerby', attributes => { street => 'Quillgasse 7' }, tags => ['quillfan']);
my $zoe = $h->call('contacts_create', { %zoe, email => 'zoe.before@example.com' })->{id};
$h->call('contacts_update', { id => $zoe, email => $zoe{email}, consent => { email => 'granted' },
    consent_evidence => { at => '2026-01-02T03:04:05Z', source => 'form', address => '192.0.2.77',
        text => 'Yes, write to Zoequill.' } });
$h->call('notes_create', { contact_id => $zoe, text => 'Her dog is called Quillwoof.' });
$h->call('identities_add', { id => $zoe, kind => 'anonymous_id', value => 'quillbrowser' });
my $twin = $h->call('contacts_create', { email => 'quilltwin@example.com', first_name => 'Zoequill' })->{id};
$h->call('notes_create', { contact_id => $twin, text => 'Quillwoof barks.' });
$h->call('analytics_convert', { contact_id => $twin, key => 'Quillwoof', value => '6' });
$h->call('merges_create', { into => $zoe, contact_id => $twin });
my $bob = $h->call('contacts_create', { email => 'bob@example.com', first_name => 'Bob' })->{id};
my $com = $h->call('companies_create', { name => 'A', attributes => { ask => 'Zoe.Quill@example.com', town => 'Ulm' } })->{id};
my $view = $h->call('views_create', { name => 'her', shared => \1, filter => { email => 'zoe.quill@example.com' } })->{id};
my $seg = $h->call('segments_create', { name => 'not zoe.quill@example.com', predicate => { not => { field => 'email',
    op => 'is', value => 'Zoe.Quill@example.com' } } })->{id};
my $flag = $h->call('flags_create', { key => 'vip', enabled => \1, description => 'for zoe.quill@example.com', fallback => 'on',
    variants => [ { name => 'on', value => 1, weight => 1 }, { name => 'of zoe.quill@example.com', value => 2, weight => 0 } ], rules => [
    { variant => 'of zoe.quill@example.com', when => { any => [ map { { attribute => 'email', op => 'is', value => $_ } } qw(zoe.quill@example.com jim@example.com) ] } } ] })->{id};
my $jo = $h->call('contacts_create', { email => 'xzoe.quill@example.com' })->{id};
my $list = $h->call('lists_create', { name => 'all' })->{id};
$h->call('lists_add', { id => $list, contact_ids => [ $zoe, $bob ] });
my $c = $h->call('campaigns_create', { name => 'c', list_id => $list, from => 'shop@example.com',
    subject => 'Hi {{ contact.first_name }}', html => '<p><a href="https://a.example/">x</a></p>' });
$h->call('campaigns_start', { id => $c->{id} });
$h->value(q{select godwit.message_add(1, 'invitation', 'zoe.quill@example.com', 'Dear Zoequill',
    'Hello', clock_timestamp())});
$h->value(q{select godwit.reply_take('\x01', 1, ?, ?, null, 'shop@example.com', 'zoe.quill@example.com', 'Re: Hi Zoequill',
    'Dear shop, this is Zoequill', false, '[]', '', clock_timestamp())}, map { s/\D//gr } $c->{id}, $zoe);
$h->spawn('worker', $_) for qw(cache ingest mail);
wait_for { $h->call('campaigns_stats', { id => $c->{id} })->{sent} == 2
    && $h->value('select count(*) from godwit.messages where state = 2') == 1 } 15, 'mail is sent';
wait_for { -l "$state/cache/current" } 10;
$h->nginx;
my ($cid, $zid) = map { s/\D//gr } $c->{id}, $zoe;
my %agent = (headers => { 'User-Agent' => 'Zoequill-Browser', Referer => 'https://x.example/?m=zoe.quill@example.com' });
http($h, GET => '/o/' . token($h, what => 'open', campaign => $cid, contact => $zid), %agent);
http($h, POST => '/u/' . token($h, what => 'unsubscribe', campaign => $cid, contact => $zid),
    body => 'List-Unsubscribe=One-Click', %agent);
my $imp = import_upload($h, "email,first_name\nZOE.quill\@example.com,Zoequill\nbad,Zoequill\n", name => 'zoe.csv');
my $other = import_upload($h, "email\nxzoe.quill\@example.com\nno\n", name => 'other.csv');
my $rejected = import_upload($h, "email,first_name\nnone,x\nzoe.quill\@example.com ,\"\n", name => 'r.csv');
$h->godwit(@once);
wait_for { $h->value('select count(*) from godwit.events where contact_id = ?', $zid) == 2 } 10, 'events are drained';
get($h, '/api/v1/contacts?email=zoe.quill@example.com', Authorization => 'Bearer x');
api($h, GET => '/contacts?email=zoe.quill@example.com');
$h->expect(qr/too large body|invalid/);
get($h, '/api/v1/contacts?email=zoe.quill@example.com', 'Content-Length' => $_) for 99999999, -1;
get($h, '/x', Referer => 'https://a.example/?m=zoe.quill@example.com', 'Content-Length' => -1);
get($h, '/api/v1/contacts?email=zoe.quill@example.com&x=' . 'x' x 9000);
$h->call('suppressions_create', { email => 'zoe.quill@example.com' });

# what a site has told of her, and in a text that no table took
my $key = $h->call('sources_create', { name => 'Shop' })->{write_key};
is http($h, 'POST', '/api/v1/track', body => qq({"event":"Bought","userId":"crm-zq-88","writeKey":"$key",)
    . '"properties":{"for":"Zoequill","mail":"zoe.quill@example.com"}}')->{status}, 200, 'a site tells';
wait_for { $h->value('select count(*) from godwit.tracked where contact_id = ?', $zid) == 1 } 10, 'of her';
$h->dbh->do(q{insert into godwit.event_rejects (spool_id, pos, at, reason, record)
    values (gen_random_uuid(), 1, now(), 'x', 'ab zoe.quill@example.com c')});

$h->call('analytics_convert', { contact_id => $zoe, key => 'zoe.quill@example.com 7', name => 'Zoequill buys', value => '5' });

# ---- the export
my $e = $h->call('contacts_export', { id => $zoe });
is_deeply { map { $_ => ref $e->{$_} eq 'ARRAY' ? scalar @{ $e->{$_} } : 1 } grep { !/^as_of|erased_at/ } keys %$e },
    { contact => 1, lists => 1, consents => 2, preferences => 1, notes => 2, identities => 5, merges => 1, suppressions => 1, sends => 1, attempts => 1, messages => 2, conversations => 1,
      events => 2, tracked => 1, conversions => 2, engagement => 1, audit => 9 }, 'the export has every row' or diag explain $e;
is_deeply [ map { @$_{qw(source consent address text)} } grep { $_->{source} eq 'form' } @{ $e->{consents} } ],
    [ 'form', 'granted', '192.0.2.77', 'Yes, write to Zoequill.' ], 'with evidence of consent';
is $e->{events}[0]{user_agent}, 'Zoequill-Browser', 'and what the edge saw';

is problem(api($h, GET => "/contacts/$zoe/export", key => key($h, 'contacts:read'))), '403 forbidden',
    'it needs to read all that is in it';

# ---- where is he?
my @words = qw(zoe.quill zoe.before 7770001 crm-zq-88 Zoequill Quillerby Quillgasse quillfan Quillwoof quillbrowser quilltwin);
sub hits {
    my ($what, $bytes) = @_;
    return map { "$what: $_" } grep { $bytes =~ /(?<![\w])\Q$_\E/i } @words;
}
sub dump_hits {
    my ($db) = $h->value('select current_database()');
    my $socket = $h->value(q{select split_part(current_setting('unix_socket_directories'), ',', 1)});
    return hits('dump', scalar qx{pg_dump -h $socket -p ${\$h->value('show port')} -U postgres $db 2>/dev/null});
}
sub file_hits {
    return map { my $f = $_; hits($f =~ s{^\Q$state\E/}{}r, slurp($f)) }
        grep { -f && !m{/(?:sink|conf|run)/} } split /\n/, qx{find $state -type f};
}
cmp_ok scalar(dump_hits()), '>', 5, 'he is in the dump before';
cmp_ok scalar(grep { /files/ } file_hits()), '>=', 2, 'and in files';

my $generation = readlink "$state/cache/current";
my $op = operation($h, $h->call('contacts_erase', { id => $zoe })->{operation});
is "$op->{kind} $op->{state} $op->{object}", "contacts_erase queued $zoe", 'an operation is queued';
$h->godwit(@once);
$op = operation($h, $op->{id});
is $op->{state}, 'done', 'and done' or diag explain $op;
is_deeply { map { $_ => $op->{result}{$_} } qw(contacts list_members notes sends messages conversations events tracked conversions consents) },
    { contacts => 1, list_members => 1, notes => 2, sends => 1, messages => 2, conversations => 1, events => 2, tracked => 1, conversions => 2, consents => 2 }, 'with its counts';
cmp_ok $op->{result}{files}, '>=', 2, 'of files too';
wait_for { readlink("$state/cache/current") ne $generation } 10, 'the cache is a new one';

$h->stop($h->{nginx}, "QUIT");
wait_for { !grep { -s } glob "$state/spool/*.seg" } 15, 'the spool is drained and removed';
is_deeply [ dump_hits() ], [], 'a dump has nothing of him';
is_deeply [ $h->call('companies_get', { id => $com })->{attributes}, $h->call('views_get', { id => $view })->{filter} ],
    [ { town => 'Ulm' }, {} ], 'companies and views keep what is not his';
my ($s, $f) = ($h->call('segments_get', { id => $seg }), $h->call('flags_get', { id => $flag }));
is_deeply [ $s->{name}, $s->{predicate}{not}{value}, $s->{english} =~ /erased/, $f->{description},
    $f->{variants}[1]{name}, $f->{rules}[0]{variant}, map { $_->{value} } map { @{ $_->{any} } }
    $f->{rules}[0]{when}, JSON::PP::decode_json($h->value(q{select compiled->'when'->>0 from godwit.flags})) ],
    [ 'not erased 1', 'erased', 1, 'for erased', ('of erased 2') x 2, ('erased', 'jim@example.com') x 2 ],
    'what segments and flags ask of others stays';
$h->dbh('postgres')->do($_) for 'analyze', 'vacuum full', 'checkpoint';
my ($base) = $h->value(q{select current_setting('data_directory') || '/base/' || oid
    from pg_database where datname = current_database()});
my $pages = join '', map { slurp($_) } grep { -s } glob "$base/[0-9]*";
like $pages, qr/xzoe\.quill\@example\.com/, 'the tables as they lie on the disk';
is_deeply [ hits('pages', $pages) ], [], 'have nothing of him after a vacuum';
is_deeply [ file_hits() ], [], 'no file of ours has: cache, journal, spool, files, logs';
is $h->value(q{select count(*) from godwit.files where state = 'ready'}), 1, 'who is not in it keeps his file';
is_deeply $h->call('contacts_get', { id => $jo })->{email}, 'xzoe.quill@example.com', 'and his contact';
my ($code, $verify) = $h->godwit('audit', 'verify');
is $code, 0, 'the chain of the audit is whole' or diag $verify;
my ($row) = @{ $h->call('audit_list', { operation => 'contacts_erase' })->{items} };
is_deeply [ @$row{qw(object before after)} ], [ $zoe, undef, undef ], 'its row names an id alone';
is_deeply $h->dbh->selectcol_arrayref(q{select data from godwit.webhook_deliveries where data->>'id' = ?}, undef,
    $zoe), [qq({"id": "$zoe", "external_id": null})], 'other systems are told that he is gone, and no more';
is_deeply $h->rows('select contact_id, name, key, value::int from godwit.conversions order by value'),
    [ map { { contact_id => undef, name => 'erased', key => undef, value => $_ } } 5, 6 ], 'and what was earned, of nobody, merged or not';
is $h->value('select opens from godwit.campaign_totals'), 1, 'what was counted stays';
is $h->value('select count(*) from godwit.campaign_recount(1, ?)', $cid), 0, 'and adds up';
my $left = $h->call('contacts_export', { id => $zoe });
ok $left->{erased_at} && !$left->{contact}, 'an export says that he was erased';
is $left->{events}[0]{ip}, undef, 'of events the time is left';

# ---- who was deleted long ago; an import that is not over; killed on the way
my $old = $h->call('contacts_create', { email => 'old.quill@example.com', first_name => 'Zoequill' })->{id};
$h->call('contacts_delete', { id => $old });
my ($none) = $h->try('contacts_erase', { id => 'ct_999999' });
is $none, 1, 'nobody is erased who was never there';
my $open = import_upload($h, "email\nold.quill\@example.com\n");
$h->dbh->do(q{update godwit.operations set lease_until = '2999-01-01Z' where object = ?}, undef, $open->{id});
$op = { id => $h->call('contacts_erase', { id => $old })->{operation} };
$h->expect(qr/has this person in its file/);
$h->godwit(@once);
is operation($h, $op->{id})->{error}{message}, "import $open->{id}, which is not over, has this person in its file",
    'it waits for an import that would bring him back';
$h->call('imports_cancel', { id => $open->{id} });
for my $point (qw(erase_after_files erase_after_commit)) {
    $h->dbh->do(q{update godwit.operations set lease_until = '2000-01-01Z' where kind = 'contacts_erase'});
    $h->godwit({ env => { GODWIT_CRASH => $point } }, @once);
}
$h->dbh->do(q{update godwit.operations set lease_until = '2000-01-01Z' where kind = 'contacts_erase'});
$h->godwit(@once);
$op = operation($h, $op->{id});
is_deeply [ $op->{state}, $op->{result}{audit_values}, dump_hits() ], [ 'done', 3 ],
    'killed twice it is done, and has counted what the try before did' or diag explain $op;

# ---- an external id is any word: nothing of others goes by it
my $word = $h->call('contacts_create', { external_id => 'email', first_name => 'W' })->{id};
my $told = sub { $h->value(q{select count(*) from godwit.audit_values v join godwit.audit a on a.tenant_id = v.tenant_id
    and a.id = v.audit_id where a.object <> ? and a.operation <> 'contacts_erase'}, $word) };
my $before = $told->();
$op = { id => $h->call('contacts_erase', { id => $word })->{operation} };
$h->godwit(@once);
is_deeply [ operation($h, $op->{id})->{state}, $told->() ], [ 'done', $before ], 'what was done to others stays told';

# ---- added again
$h->nginx;
import_upload($h, "email,consent_email\nzoe.quill\@example.com,granted\nzoe.before\@example.com,granted\n", list_id => $list);
$h->godwit(@once);
my $again = $h->call('campaigns_create', { name => 'd', list_id => $list, from => 'shop@example.com',
    subject => 'x', html => 'y' })->{id};
$h->call('campaigns_start', { id => $again });
wait_for { $h->call('campaigns_stats', { id => $again })->{state} eq 'finished' } 15, 'a campaign ends';
is_deeply [ map { $h->call('campaigns_why', { id => $again, email => "zoe.$_\@example.com" })->{state} } qw(quill before) ],
    [ ('suppressed') x 2 ], 'he gets no mail, at neither address';

done_testing;
