#!/usr/bin/perl
# A second factor: what an authenticator shows is asked for at each login, taken
# once, and only so often; recovery codes stand in for it.
use strict;
use warnings;
use lib 't/lib';
use Digest::SHA qw(hmac_sha1);
use Godwit;
use Godwit::Edge;
use Godwit::People;

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx;
my $jobs = $h->spawn(qw(worker jobs));
person($h, 'ann@example.com', 'owner');
my $cookie = session($h, 'ann@example.com');

sub ask { my ($path, $body, $by) = @_;
    return api($h, POST => $path, json => $body, by($by // $cookie)) }
sub said { my ($r) = @_;
    return "$r->{status} $r->{json}{state} " . ($r->{json}{error}{code} // '') }
# what the authenticator shows, n steps from now; by the text of RFC 6238
sub code { my ($secret, $n) = @_;
    my %v; @v{ 'A' .. 'Z', 2 .. 7 } = 0 .. 31;
    my $key = pack 'B*', join '', map { sprintf '%05b', $v{$_} } split //, $secret;
    my $mac = hmac_sha1(pack('Q>', int(time / 30) + ($n // 0)), $key);
    return sprintf '%06d', (unpack('N', substr $mac, ord(substr $mac, -1) & 15, 4) & 0x7fffffff)
        % 1_000_000 }
sub wrong { my ($secret) = @_;
    my %taken = map { code($secret, $_) => 1 } -2 .. 2;
    return (grep { !$taken{$_} } map { sprintf '%06d', $_ } 1 .. 9)[0] }
# a login by its password, as auth.login begins it
sub login { return session($h, 'ann@example.com') }

my %password = (password => 'seven grey herons fly');
is problem(ask('/me/totp', { password => 'x' })), '422 invalid', 'a session alone begins none';
my $r = ask('/me/totp', \%password);
is $r->{status}, 200, 'begun' or diag $r->{body};
like $r->{json}{uri}, qr{\Aotpauth://totp/Godwit:ann%40example\.com\?issuer=Godwit&algorithm=SHA1&digits=6&period=30&secret=[A-Z2-7]{32}\z},
    'for an authenticator';
my ($secret) = $r->{json}{uri} =~ /secret=(.*)/;
my @codes = @{ $r->{json}{recovery_codes} };
is scalar(grep { /\A[a-z2-7]{4}(-[a-z2-7]{4}){5}\z/ } @codes), 10, 'ten recovery codes of 120 bits';
$r = api($h, GET => '/me', by(login()));
ok $r->{status} == 200 && !$r->{json}{second_factor}, 'nothing is asked for yet';
is said(ask('/me/totp/confirm', { code => wrong($secret) })), '200 failed wrong_code', 'a wrong code';
# of now: one step later it would still be taken
my $first = code($secret);
$r = ask('/me/totp/confirm', { code => $first });
is said($r), '200 done ', 'the right one' or diag $r->{body};
ok api($h, GET => '/me', by($cookie))->{json}{second_factor}, 'it is asked for from now on';
is problem(ask('/me/totp/confirm', { code => code($secret) })), '409 conflict', 'once is enough';
is problem(ask('/me/totp', \%password)), '409 conflict', 'one at a time';
is $h->value(q{select count(*) from godwit.operations where input::text like '%"' || ? || '"%'},
    $first), 0, 'no code lies in Postgres';

# ---- a login
my $half = login();
is problem(api($h, GET => '/me', by($half))), '401 unauthorized', 'the password is not enough';
is problem(ask('/me/totp/delete', \%password, $half)),
    '401 unauthorized', 'nor to take it away';
is said(ask('/sessions/verify', { code => wrong($secret) }, $half)), '200 failed wrong_code', 'wrong';
is said(ask('/sessions/verify', { code => $first }, $half)), '200 failed wrong_code',
    'each code once';
my $next = code($secret, 1);
is said(ask('/sessions/verify', { code => $next }, $half)), '200 done ', 'the next code';
is api($h, GET => '/me', by($half))->{status}, 200, 'the session is good';
my $other = login();
is said(ask('/sessions/verify', { code => $next }, $other)), '200 failed wrong_code',
    'of another session neither';
is said(ask('/sessions/verify', { recovery_code => uc $codes[3] }, $other)), '200 done ',
    'a recovery code';
is api($h, GET => '/me', by($other))->{status}, 200, 'is as good';
$other = login();
is said(ask('/sessions/verify', { recovery_code => $codes[3] }, $other)), '200 failed wrong_code',
    'once';
is problem(ask('/sessions/verify', { code => '000000', recovery_code => $codes[4] }, $other)),
    '422 invalid', 'one of the two';
is said(ask('/sessions/verify', { code => wrong($secret) }, $other)), '200 failed wrong_code',
    "wrong, $_" for 2 .. 5;
$r = ask('/sessions/verify', { recovery_code => $codes[5] }, $other);
is problem($r), '429 rate_limited', 'five are enough';
like $r->{json}{detail}, qr/again in \d+ seconds/, 'for a quarter of an hour';
ok $r->{headers}{'retry-after'}, 'said so';
$h->dbh->do(q{update auth.sessions set created_at = created_at - interval '16 minutes'});
is problem(ask('/sessions/verify', { recovery_code => $codes[5] }, $other)), '401 unauthorized',
    'and for so long it waits';
is api($h, GET => '/me', by($half))->{status}, 200, 'not one that was verified';

# ---- what is whose
my $before = $h->value('select max(id) from godwit.operations where tenant_id = 0');
person($h, 'bob@example.com', 'owner');
my ($state) = do { local $@; eval { my $e = $h->dbh('gw_edge'); $e->begin_work;
    $e->do(q{select auth.enter_public('x', null, clock_timestamp())});
    $e->do('select auth.operation_get(?)', undef, qq({"id":"op_$before"})) }; my $s = $h->dbh('gw_edge')->state;
    $h->dbh('gw_edge')->rollback; $s };
is $state, 'GW002', 'an operation is for who has begun it';

# ---- taken away
is problem(ask('/me/totp/delete', { password => 'x' })), '422 invalid', 'not without the password';
is ask('/me/totp/delete', \%password)->{status}, 204, 'with it';
is $h->value('select (select count(*) from godwit.secret) + (select count(*) from auth.totp)
    + (select count(*) from auth.recovery_codes)'), 0, 'nothing is left of it';
is api($h, GET => '/me', by(login()))->{status}, 200, 'the password is enough again';

# ---- killed when the code has counted: what it has done is told
($secret) = ask('/me/totp', \%password)->{json}{uri} =~ /secret=(.*)/;
$h->dbh->do('delete from auth.attempts');
$h->stop($jobs);
$h->expect(qr/the process of operation \d+ of workspace 0 broke off/);
$jobs = $h->spawn({ env => { GODWIT_CRASH => 'jobs_before_end' } }, qw(worker jobs));
is said(ask('/me/totp/confirm', { code => code($secret) })), '200 done ', 'a code that counted is right';

# ---- lost, with the recovery codes
$half = login();
is_deeply [ $h->godwit(qw(user totp-forget --email ann@example.com)) ],
    [ 0, "ann\@example.com has no second factor any more\n", '' ], 'who keeps the house can help';
is problem(api($h, GET => '/me', by($half))), '401 unauthorized', 'what waits for one does not begin by that';
is api($h, GET => '/me', by(login()))->{status}, 200, 'the password is enough';
is $h->value(q{select actor from godwit.audit where operation = 'user_totp_forget' and tenant_id = 1}),
    'cli', 'it is audited';
like +($h->godwit(qw(user totp-forget --email ann@example.com)))[2], qr/^user: ann\@example.com has no second factor$/,
    'there is none to forget';
done_testing;
