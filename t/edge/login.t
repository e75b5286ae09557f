#!/usr/bin/perl
# Logging in: a password for a session, which is a cookie that no page can read;
# who is nobody gets the same answer as who is wrong.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Login;

my $good = "lamp \x{e4} river uncle";
my $h = Godwit->new(conf => 'spool_segment 1m;');
my $ann = user($h, 'ann@example.com', password => do { utf8::encode(my $p = $good); $p });
user($h, 'old@example.com', password => 'an older password', ln => 14, p => 1);
user($h, 'view@example.com', password => 'only looks at it', role => 'viewer');
user($h, 'gone@example.com', password => 'may not come in', role => undef);
$h->dbh->do(q{update auth.users set disabled_at = '2026-01-02Z' where email = 'gone@example.com'});
$h->nginx(more => 'add_header X-Seen "<$http_cookie><$cookie_godwit>" always; ');
my ($pid) = edge_pids($h);

my $r = login($h, 'ann@example.com', $good);
is $r->{status}, 201, 'a login' or diag $r->{body};
my ($token) = (cookie($r) // '') =~ /^godwit=(gw_sess_\d+_\w{38})$/;
ok $token, 'a session';
is $r->{headers}{'set-cookie'}, "godwit=$token; Path=/; HttpOnly; SameSite=Lax", 'in a cookie';
is $r->{headers}{'cache-control'}, 'no-store', 'which nothing keeps';
unlike $r->{body}, qr/gw_sess|token/, 'and nowhere else';
is $h->value('select count(*) from auth.sessions where user_id = ? and hash = sha256(convert_to(?, \'UTF8\'))',
    $ann, $token), 1, 'Postgres has its hash';
is $h->value('select agent from auth.sessions where user_id = ?', $ann), 'test', 'and who it was';

# the same words for all that is wrong, byte for byte but for the request
sub words { my ($r) = @_; return join ' ', $r->{status}, $r->{body} =~ s/"request_id":"\w+"//r,
    map { "$_: " . ($r->{headers}{$_} // '') } qw(content-type set-cookie www-authenticate cache-control) }
my $wrong = login($h, 'ann@example.com', 'lamp river uncle fog');
is problem($wrong), '401 unauthorized', 'a wrong password';
is words(login($h, @$_[0, 1])), words($wrong), $_->[2] for [ 'nobody@example.com', $good, 'nobody' ],
    [ 'gone@example.com', 'may not come in', 'who may not come in any more' ];
is problem(login($h, 'ann@example.com', $_)), '422 invalid', 'no password' for '', 'x' x 257;
is problem(login($h, 'ann@example.com', $good, headers => { 'Idempotency-Key' => 'a' })), '400 bad_request',
    'a login is not done once for a key';
is problem(api($h, POST => '/sessions', key => '', body => '{"email":"a","password":"' . 'x' x 20000 . '"}')),
    '413 body_too_large', 'nor with a long body';

# the hash of a password changes with what we ask of one
$h->dbh->do('delete from auth.attempts');
is login($h, 'old@example.com', 'an older password')->{status}, 201, 'an older hash';
like $h->value(q{select password from auth.users where email = 'old@example.com'}),
    qr/^\$scrypt\$ln=15,r=8,p=3\$/, 'is made anew';
is login($h, 'old@example.com', 'an older password')->{status}, 201, 'and good';

# the session
my $b = "godwit=$token";
$r = api($h, GET => '/lists', as($b));
is $r->{status}, 200, 'it is of a workspace';
is $r->{headers}{'x-seen'}, '<><>', 'and nobody else sees the cookie';
is problem(api($h, GET => '/lists', as($b, 'ws_2'))), '403 forbidden', 'that he is in';
is api($h, POST => '/lists', as($b), json => { name => 'a' })->{status}, 201, 'changes too';
my $v = browser($h, 'view@example.com', 'only looks at it');
is api($h, GET => '/lists', as($v))->{status}, 200, 'a viewer looks';
is problem(api($h, POST => '/lists', as($v), json => { name => 'b' })), '403 forbidden', 'and changes nothing';
is api($h, GET => '/me', as($b, 'none'))->{status}, 200, 'some is his own';
is problem(api($h, GET => '/lists', as($b, 'none'))), '400 bad_request', 'some is of a workspace';
is problem(api($h, GET => '/lists', as($b, $_))), '400 bad_request', "\"$_\" is none"
    for '', 'ws_', 'ws_0', 'ws_01', 'ws_x', '1', 'ws_99999999999';
is problem(api($h, GET => '/me')), '403 forbidden', 'a key is nobody';

# what is no session never comes to Postgres
my $queries = sub { get($h, '/metrics')->{body} =~ /^godwit_db_queries_total (\d+)/m ? $1 : undef };
my $before = $queries->();
is problem(api($h, GET => '/lists', as($_))), '401 unauthorized', 'garbage'
    for map { "godwit=$_" } '', 'x', substr($token, 0, -1), $token =~ s/_(\w)/_/r,
    "gw_live_$token", key($h);
is problem(api($h, GET => '/lists', as("__Host-$b"))), '401 unauthorized', 'another name';
is $queries->(), $before, 'is refused by its form';
is api($h, GET => '/lists', as("a=b; x$b;$b; c"))->{status}, 200, 'among other cookies';
is problem(api($h, GET => '/lists', as($b =~ s/_1_/_9_/r))), '401 unauthorized', 'a wrong one';

# the end
$r = api($h, DELETE => '/sessions/current', as($b, 'none'));
like $r->{status}, qr/^20[04]$/, 'a logout' or diag $r->{body};
is $r->{headers}{'set-cookie'}, 'godwit=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0', 'takes the cookie';
is problem(api($h, GET => '/lists', as($b))), '401 unauthorized', 'which is of no use any more';

is_deeply [ edge_pids($h) ], [ $pid ], 'the same process';
unlike slurp($_), qr/gw_sess_|lamp|\$scrypt/, "$_ has no secret" for glob $h->state . '/log/*';
done_testing;
