#!/usr/bin/perl
# Files that a campaign sends along: attachments, images in its HTML and an
# invitation, as Python's email and mailparser read them.
use strict;
use warnings;
use utf8;
use Digest::SHA qw(sha256_hex);
use Encode qw(encode);
use JSON::PP;
use MIME::Base64 qw(decode_base64);
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new;
my $port = $h->sink('--dir', $h->state . '/sink');
$h->configure("smart_host 127.0.0.1:$port;");
$h->godwit(qw(worker jobs --once));
$h->nginx;
my $list = $h->call('lists_create', { name => 'l' })->{id};
$h->call('lists_add', { id => $list, contact_ids => [ map { $h->call('contacts_create',
    { email => "$_\@example.com" })->{id} } qw(ann bob) ] });

sub sent_in { my ($type, $bytes, $name) = @_;
    my $r = api($h, POST => '/files?name=' . join('', map { sprintf '%%%02X', ord } split //, encode('UTF-8', $name)),
        body => $bytes, headers => { 'Content-Type' => $type });
    is $r->{status}, 201, "$type is kept" or diag $r->{body};
    return $r->{json} }
my $evil = "Ünï ‮fdp.exe/..\\\"; x=\"y" . 'ä' x 60 . '.pdf';
my %bytes = (pdf => join('', map { chr } 0 .. 255) x 6000, png => "\x89PNG\r\n\x1a\n.\r\n.", gif => 'GIF89a',
    ics => "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n");
my %file = (pdf => sent_in('application/pdf', $bytes{pdf}, $evil), png => sent_in('image/png', $bytes{png}, 'logo.png'),
    gif => sent_in('image/gif', $bytes{gif}, 'a b.gif'), ics => sent_in('text/calendar', $bytes{ics}, 'i.ics'));
is_deeply [ map { $_->{id} } @{ $h->call('files_list', {})->{items} } ], [ map { "file_$_" } reverse 1 .. 4 ], 'they are listed';
is api($h, POST => '/files', body => '<html>', headers => { 'Content-Type' => 'text/html' })->{status}, 415, 'no HTML';
like api($h, POST => '/files', body => 'x', headers => { 'Content-Type' => 'text/html' })->{json}{detail},
    qr{ or image/webp or text/calendar or text/csv\.$}, 'all types are named';

my %campaign = (name => 'c', list_id => $list, from => 'a@example.com', subject => 's',
    html => '<p><img src="cid:logo"> <img src="cid:file_3"></p>');
my @all = ({ id => $file{pdf}{id} }, { id => $file{png}{id}, as => 'inline', content_id => 'logo' },
    { id => $file{gif}{id}, as => 'inline' }, { id => $file{ics}{id}, as => 'calendar' });
my $id = $h->call('campaigns_create', { %campaign, files => \@all })->{id};
is_deeply [ map { "$_->{id} $_->{as} $_->{content_id}" } @{ $h->call('campaigns_get', { id => $id })->{files} } ],
    [ 'file_1 attachment file_1', 'file_2 inline logo', 'file_3 inline file_3', 'file_4 calendar file_4' ], 'they are shown';
$h->call('campaigns_start', { id => $id });

# ---- the page of the mail has the images that are inside it, and no other file
my $v = '/v/' . token($h, what => 'view', campaign => $id =~ s/\D//gr, contact => 1);
my $page = get($h, $v)->{body};
like $page, qr{src="http://[^"]+\Q$v\E\?image=1"> <img src="http://[^"]+\Q$v\E\?image=2"}, 'the page names them';
my $image = get($h, "$v?image=1");
is sha256_hex($image->{body}) . " $image->{headers}{'content-type'} $image->{headers}{'x-content-type-options'}",
    sha256_hex($bytes{png}) . ' image/png nosniff', 'an image as it is';
like $image->{headers}{'content-security-policy'}, qr/sandbox/, 'which runs nothing';
is get($h, "$v?image=$_")->{status}, 404, "no image: $_" for 0, 3, 4, '-1', 'x', '99999999999';
is get($h, '/v/' . token($h, what => 'view', campaign => $id =~ s/\D//gr, contact => 99) . '?image=1')->{status}, 404, 'nor for a stranger';
my $pdf = $h->call('campaigns_create', { %campaign, html => 'x', files => [ { id => $file{pdf}{id}, as => 'inline' } ] })->{id};
is join(' ', map { $_->{code} } @{ $h->call('campaigns_preflight', { id => $pdf })->{findings} }), 'no_image unsigned unsubscribe_missing', 'a PDF is no image';
my (undef, $doc) = $h->try('files_delete', { id => 'file_1' });
is $doc->{error}{message}, 'file file_1 is needed by campaign cmp_1', 'one that is needed stays';
is(($h->godwit({}, 'worker', 'mail', '--once'))[0], 0, 'the role runs once');
my @mail = map { $_->{file} } $h->messages;
is scalar @mail, 2, 'two mails';
ok slurp($mail[0]) =~ /(--=_godwit_mixed\r\n.*)/s && $1 !~ /[^\r]\n|\r[^\n]|^[^\r\n]{79}/m, 'lines are right';

like slurp($mail[0]), qr/^List-Id: <\Q$list\E\.ws_1\.example\.com>\r$/m, 'they say which list they are for';

my %sha = map { $_ => sha256_hex($bytes{$_}) } keys %bytes;
my $name = $evil =~ s/[\x{202e}\/\\]/_/gr;
SKIP: {
    skip 'Python is not there', 2 if !-x '/usr/bin/python3';
    my @seen = map { decode_json($_) } split /\n/, qx{/usr/bin/python3 t/worker/parts.py @mail};
    my $shape;
    $shape = sub { my ($p) = @_; return join ' ', $p->{type}, map { '(' . $shape->($_) . ')' } @{ $p->{parts} } };
    is $shape->($seen[0]), 'multipart/mixed (multipart/alternative (text/plain) (multipart/related (text/html) '
        . '(image/png) (image/gif)) (text/calendar)) (application/pdf)', 'Python sees the structure';
    my ($alternative, $pdf) = @{ $seen[1]{parts} };
    my (undef, $png, $gif) = @{ $alternative->{parts}[1]{parts} };
    is_deeply [ map { [ @$_{qw(as name id method sha256 defects)} ] } $pdf, $png, $gif, $alternative->{parts}[2] ],
        [ [ 'attachment', $name, undef, undef, $sha{pdf}, [] ], [ 'inline', 'logo.png', '<logo>', undef, $sha{png}, [] ],
        [ 'inline', 'a b.gif', '<file_3>', undef, $sha{gif}, [] ], [ undef, undef, undef, 'REQUEST', $sha{ics}, [] ] ],
        'and the files' or diag explain \@seen;
}
SKIP: {
    my $dir = 't/worker/node';
    chomp(my $node = qx{sh dev/node $dir 2>/dev/null} // '');
    skip 'Node or its packages are not there', 1 if $? || !$node;
    my @seen = map { decode_json($_) } split /\n/, qx{$node $dir/parts.js @mail};
    is_deeply [ map { [ @$_{qw(type as name id sha256)} ] } sort { $a->{type} cmp $b->{type} } @{ $seen[0] } ],
        [ [ 'application/pdf', 'attachment', $name, undef, $sha{pdf} ], [ 'image/gif', 'inline', 'a b.gif', '<file_3>', $sha{gif} ],
        [ 'image/png', 'inline', 'logo.png', '<logo>', $sha{png} ], [ 'text/calendar', undef, undef, undef, $sha{ics} ] ],
        'mailparser sees the files' or diag explain \@seen;
}

# what can not be sent along
sub refused { my (undef, $d) = $h->try('campaigns_create', { %campaign, files => \@_ }); return $d->{error}{message} }
is refused({ id => 'file_9' }), 'there is no file file_9', 'no file';
is refused({ id => 'file_1', as => 'calendar' }), 'a mail has one invitation at most, and that is a file of the type '
    . 'text/calendar', 'no invitation';
is refused(map { { id => 'file_2', as => 'inline', content_id => 'a' } } 1 .. 2), '"content_id" a is not of letters, digits '
    . 'and ._@+- alone, or another file has it', 'one name for two';
my $large = pack 'N*', 1 .. 1_500_000;
my @big = map { sent_in('application/octet-stream', $large, "big$_") } 1 .. 2;
is refused(map { { id => $_->{id} } } @big), 'the files have 11 MB together; a mail carries 10 MB at most, so link to what '
    . 'is larger', 'too much';

# a large one leaves in many writes, behind each other on one connection
$id = $h->call('campaigns_create', { %campaign, files => [ { id => $big[0]{id} } ] })->{id};
my $pid = $h->spawn({ log => 'mail' }, 'worker', 'mail');
sub memory { return slurp("/proc/$pid/status") =~ /VmRSS:\s+(\d+)/ ? $1 / 1024 : die }
$h->call('campaigns_start', { id => $id });
wait_for { $h->call('campaigns_get', { id => $id })->{state} eq 'finished' } 30, 'it is sent';
wait_for { memory() < 48 } 5, 'its memory is given back' or diag memory() . ' MB';
$h->stop($pid);
is_deeply [ map { my ($b64) = slurp($_->{file}) =~ /name="?big1.*?\r\n\r\n(.*?)\r\n--=_/s; sha256_hex(decode_base64($b64)) }
    ($h->messages)[2, 3] ], [ (sha256_hex($large)) x 2 ], 'a large file arrives whole';

# a file that was lost stops the campaign, and says so
$id = $h->call('campaigns_create', { %campaign, files => [ { id => 'file_3', name => '請' x 40 } ] })->{id};
$h->call('campaigns_start', { id => $id });
unlink $h->state . '/files/' . $h->value('select path from godwit.files where id = 3');
$h->expect(qr/campaign cmp_\d+ of workspace 1 cannot be sent: its file "[^"]+" is gone/);
$h->godwit({}, 'worker', 'mail', '--once');
is $h->call('campaigns_get', { id => $id })->{problem}, 'its file "' . '請' x 33 . '?" is gone from this machine',
    'a lost file, whose name is cut inside a character';
$h->call('campaigns_cancel', { id => $id });
$h->godwit({}, 'worker', 'mail', '--once');

# so does a machine that is gone: it is told, and another one ends it
$id = $h->call('campaigns_create', { %campaign, files => [ { id => 'file_4' } ] })->{id};
$h->call('campaigns_start', { id => $id });
my $gone = $h->value(q{insert into godwit.hosts (name, boot_id, seen_at)
    values (gen_random_uuid(), gen_random_uuid(), '2026-01-02T03:04Z') returning id});
$h->dbh->do('update godwit.campaigns set host_id = ? where id = ?', undef, $gone, $id =~ /(\d+)/);
sub problem_now { $h->godwit({}, 'worker', 'cron', '--once'); return $h->call('campaigns_get', { id => $id })->{problem} }
is problem_now(), "its files are on host_$gone, which was seen last at 2026-01-02 03:04 UTC", 'a machine that is gone';
$h->dbh->do(q{update godwit.hosts set seen_at = now() where id = ?}, undef, $gone);
is problem_now(), undef, 'it is there again';
is_deeply [ $h->try('files_delete', { id => 'file_4' }) ]->[1]{error}{message}, "file file_4 is needed by campaign $id", 'needed';
$h->call('campaigns_cancel', { id => $id });
$h->godwit({}, 'worker', 'mail', '--once');
ok $h->call('campaigns_get', { id => $id })->{finished_at}, 'another machine ends it';
$h->call('files_delete', { id => 'file_4' });
is_deeply [ $h->try('files_get', { id => 'file_4' }) ]->[1]{error}{code}, 'not_found', 'a file goes';
done_testing;
