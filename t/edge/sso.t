#!/usr/bin/perl
# Single sign-on by a real provider: who comes in, as whom, where; who does not;
# how he gets out.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Idp;
use Godwit::Login;

my $h = Godwit->new(conf => 'webhook_allow 127.0.0.0/8;');
$h->nginx;
my $idp = idp($h) or plan skip_all => 'Node or its packages are not there';
$h->spawn('worker', 'jobs');

my $r = api($h, POST => '/sso', json => { name => 'Company', issuer => $idp->{url}, client_id => 'godwit',
    client_secret => 'a secret of/the=client', groups => [{ group => 'ops', role => 'admin' },
    { group => 'desk', role => 'agent' }], role => 'viewer' });
is $r->{status}, 201, 'a provider';
unlike $r->{body}, qr/a secret/, 'its secret is not told again';
wait_for { api($h, GET => '/sso/sso_1')->{json}{state} eq 'ready' } 5, 'it is looked at';

sub told { return join ' ', map { "$_->{id} $_->{name}" } @{ api($h, GET => "/sso/listed$_[0]", key => '')->{json}{items} } }
is told(''), '', 'a stranger is told of nobody';
api($h, PATCH => '/sso/sso_1', json => { listed => \1 });
is told('') . told('?workspace=ws_1') . told('?workspace=ws_2'), 'sso_1 Company' x 2, 'but of one that is listed';
api($h, PATCH => '/sso/sso_1', json => { enabled => \0 });
is told(''), '', 'while it is switched on';
api($h, PATCH => '/sso/sso_1', json => { enabled => \1 });
$h->value(q{select auth.tenant_create('two', '2026-01-01Z')});
is told('') . '|' . told('?workspace=ws_1'), '|sso_1 Company', 'of several workspaces none stands at the door of all';

my $in = $idp->login('sso_1', '/x');
is $in->{url}, '/x', 'the browser ends where it wanted to';
my @ann = as($in->{cookie});
is api($h, GET => '/contacts', @ann)->{status}, 200, 'with a session';
is problem(api($h, POST => '/contacts', json => { email => 'x@example.com' }, @ann)), '403 forbidden',
    'that can what the role can';
my $me = api($h, GET => '/me', as($in->{cookie}, 'none'))->{json};
is "$me->{email} $me->{workspaces}[0]{role}", 'ann@example.com viewer', 'a user was made';

$idp->be(sub => 's1', email => 'other@example.com', groups => [qw(x desk ops)]);
my $again = $idp->login('sso_1', '/');
is api($h, GET => '/me', as($again->{cookie}, 'none'))->{json}{workspaces}[0]{role}, 'admin',
    'the first group that fits counts, at each login';
is $h->value('select count(*) from auth.users'), 1, 'he is who he was, whatever his address is now';

# ---- what such a session can not do
$h->value(q{select auth.tenant_create('other', now())});
$h->dbh->do('insert into auth.memberships select 2, user_id, 1, created_at from auth.memberships');
is problem(api($h, GET => '/contacts', as($in->{cookie}, 'ws_2'))), '403 forbidden', 'it is good in its workspace only';
is scalar @{ api($h, GET => '/me', as($in->{cookie}, 'none'))->{json}{workspaces} }, 1, 'and shows no other';
is problem(api($h, PATCH => '/me', json => { name => 'Eve' }, as($in->{cookie}, 'none'))), '403 forbidden',
    'it changes nothing that is his everywhere';

# ---- an address that somebody has
my $bob = user($h, 'bob@example.com', password => 'grey geese fly', role => 'owner');
$idp->be(sub => 's2', email => 'Bob@example.com', groups => ['desk']);
my $no = $idp->login('sso_1', '/');
is "$no->{status} " . ($no->{cookie} // 'none'), '401 none', 'an address that was not verified';
like $no->{body}, qr/has not verified that the e-mail address is yours/, 'and why';
is $h->value(q{select concat_ws(' ', operation, object, host(address), v.after->>'subject') from godwit.audit a
    join godwit.audit_values v on v.audit_id = a.id where v.after->>'error' ~ 'has not verified'}),
    'sso_callback sso_1 127.0.0.1 s2', 'which the audit has';
$idp->be(sub => 's9', email => 'free@example.com', groups => ['desk']);
like $idp->login('sso_1', '/')->{body}, qr/has not verified/, 'nor one that nobody has yet';
$idp->be(sub => 's2', email => 'Bob@example.com', email_verified => \1, groups => ['desk']);
$h->dbh->do(q{insert into auth.totp (user_id, secret, created_at, confirmed_at)
    values (?, gen_random_uuid(), now(), now())}, undef, $bob);
my $as_bob = $idp->login('sso_1', '/');
is api($h, GET => '/contacts', as($as_bob->{cookie}))->{status}, 200, 'a second factor is up to the provider';
is api($h, GET => '/me', as($as_bob->{cookie}, 'none'))->{json}{id}, "user_$bob", 'one that was';
is api($h, GET => "/members/user_$bob")->{json}{role}, 'owner', 'an owner stays one';

$h->dbh->do('delete from auth.totp');
my $his = browser($h, 'bob@example.com', 'grey geese fly');
my $dbh = $h->dbh;
$dbh->begin_work;
$dbh->do(q{select auth.enter_public('test', null, clock_timestamp())});
$dbh->do('select auth.session_start(?, ?, 1) from generate_series(1, 101)', undef, $bob, 'x');
$dbh->commit;
is api($h, GET => '/me', as($his, 'none'))->{status}, 200, 'a provider ends no session but by itself';

# ---- who does not come in
api($h, PATCH => '/sso/sso_1', json => { role => undef });
$idp->be(sub => 's3', email => 'zoe@example.com');
like $idp->login('sso_1', '/')->{body}, qr/none of your groups/, 'nobody without a group that has a role';
is $h->value(q{select count(*) from auth.users where email = 'zoe@example.com'}), 0, 'nothing is left of him';
$idp->be(sub => 's3', deny => \1);
like $idp->login('sso_1', '/')->{body}, qr/the provider refuses: not today/, 'whom the provider refuses';
$idp->be(sub => 's4', email => 'kim@example.com', groups => ['ops'], email_verified => \1);
for (['nonce', nonce => 'x'], ['client', aud => 'x'], ['issuer', iss => 'https://x'], ['time', exp => 1]) {
    $idp->spoil(@$_[1, 2]);
    like $idp->login('sso_1', '/')->{body}, qr/signature is not of that key/, "a token whose $_->[0] was changed";
}
$idp->spoil;
ok $idp->rotate, 'the provider takes another key';
ok $idp->login('sso_1', '/')->{cookie}, 'which is fetched when a token names it';

# ---- another browser, another time
my $login = api($h, GET => '/sso/sso_1/login', key => '');
my ($state) = $login->{json}{location} =~ /state=([^&]+)/;
is problem(api($h, GET => "/sso/callback?state=$state&code=x", key => '')), '401 unauthorized', 'a state in another browser';
my ($sso) = $login->{headers}{'set-cookie'} =~ /^([^;]+)/;
is http($h, HEAD => "/api/v1/sso/callback?state=$state&code=x")->{status}, 405, 'who only looks uses nothing up';
is problem(api($h, GET => "/sso/callback?state=${state}x&code=x", key => '', headers => { Cookie => $sso })),
    '401 unauthorized', 'a state that was changed';
like api($h, GET => "/sso/callback?state=$state&code=x", key => '', headers => { Cookie => $sso })->{body},
    qr/token endpoint answers with status 400/, 'a code that is none';
is problem(api($h, GET => '/sso/sso_1/login?return_to=//evil.example', key => '')), '422 invalid', 'only a path of ours';

# ---- out again
my $out = api($h, DELETE => '/sessions/current', as($in->{cookie}, 'none'))->{json};
is $out->{logout_url}, "$idp->{url}/session/end?client_id=godwit", 'a logout says where it ends at the provider';
my $kim = $idp->login('sso_1', '/');
is api($h, GET => '/contacts', as($kim->{cookie}))->{status}, 200, 'Kim is in';
system('sh', '-c', "curl -s -b $kim->{jar} -c $kim->{jar} '$idp->{url}/session/end?client_id=godwit' > $kim->{jar}.html");
my ($xsrf) = slurp("$kim->{jar}.html") =~ /name="xsrf" value="(\w+)"/;
system('sh', '-c', "curl -s -o /dev/null -b $kim->{jar} -c $kim->{jar} -d xsrf=$xsrf -d logout=yes '$idp->{url}/session/end/confirm'");
wait_for { api($h, GET => '/contacts', as($kim->{cookie}))->{status} == 401 } 5, 'out at the provider is out here';
is api($h, POST => '/sso/sso_1/logout', key => '', body => 'logout_token=a.b.c',
    headers => { 'Content-Type' => 'application/x-www-form-urlencoded' })->{status}, 200, 'anybody may send one';
is api($h, GET => '/contacts', as($again->{cookie}))->{status}, 200, 'which does nothing unless it is signed';
is api($h, PATCH => '/sso/sso_1', json => { enabled => \0 })->{status}, 200, 'the provider is switched off';
is api($h, GET => '/contacts', as($again->{cookie}))->{status}, 401, 'and whoever came by it is out';
is api($h, DELETE => '/sso/sso_1')->{status}, 204, 'the provider goes';
# ---- what a provider says of itself stands in a header
$idp->spoil(authorization_endpoint => "$idp->{url}/auth\r\nSet-Cookie: godwit=x");
api($h, POST => '/sso', json => { name => 'Bad', issuer => $idp->{url}, client_id => 'godwit' });
wait_for { (api($h, GET => '/sso/sso_2')->{json}{problem} // '') =~ /no good "authorization_endpoint"/ } 5,
    'but not a line of its own';
done_testing;
