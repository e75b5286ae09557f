#!/usr/bin/perl
# What leaves a domain with keys is signed so that others verify it, and nothing
# that was changed; retries and messages too; by nobody else's keys.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Zone;
use JSON::PP;

my $h = Godwit->new;
my $zone = Godwit::Zone->new($h, { 'shop.test MX' => ['1 mx.shop.test'] });
my $port = $h->sink('--dir', $h->state . '/sink',
    '--fault', 'rcpt=451 4.7.1 later,to=later@,first=1');
$h->configure('resolver ' . $zone->server . "; smart_host 127.0.0.1:$port; retry_schedule 1m;");
$h->godwit(qw(worker secrets --once));

sub jobs { $h->godwit(qw(worker jobs --once)) }
my %records;                            # all that were ever published
sub publish { my ($id, @workspace) = @_;
    my @keys = grep { $_->{purpose} eq 'dkim' && $_->{key} eq 'new' }
        @{ $h->call('domains_get', { id => $id }, @workspace)->{records} };
    for (@keys) {
        $records{ $_->{name} } = $_->{value};
        $zone->set("$_->{name} TXT" => [ join ' ', map { qq("$_") } @{ $_->{strings} } ]);
    }
    $h->call('domains_verify', { id => $id }, @workspace);
    jobs() }
sub domain { my ($name, @workspace) = @_;
    my $id = $h->call('domains_create', { domain => $name }, @workspace)->{id};
    jobs();
    return $id }

sub campaign { my ($from, $to, @workspace) = @_;
    my $list = $h->call('lists_create', { name => $to . $from }, @workspace)->{id};
    my $ct = $h->call('contacts_create', { email => $to, first_name => "J\x{f6}rg" }, @workspace)->{id};
    $h->call('lists_add', { id => $list, contact_ids => [$ct] }, @workspace);
    my $c = $h->call('campaigns_create', { name => 'c', list_id => $list, from => $from, subject => 'Hi  {{ contact.first_name }} ',
        html => "<p>Dear  {{ contact.first_name }} ,\t <a href=\"https://a.example/\">go</a> </p>\n\n\n" }, @workspace)->{id};
    $h->call('campaigns_start', { id => $c }, @workspace);
    return $c }
sub mail { $h->godwit({ env => $_[0] // {} }, qw(worker mail --once)) }
sub mail_to { my $to = shift; return (grep { $_->{rcpt}[0] eq $to } $h->messages)[-1]{file} }
sub selectors { return [ slurp($_[0]) =~ /^DKIM-Signature:.*?\bs=(\w+);/msg ] }

chomp(my $node = qx{sh dev/node t/worker/mailauth 2>/dev/null} // '');
my @judges = ('/usr/bin/python3 t/worker/python/dkim_verify.py', $node ? "$node t/worker/mailauth/verify.js" : ());

my $json = JSON::PP->new->canonical;
sub judge { my (@to) = @_;
    by($_, @to) for @judges }
sub by { my ($program, @to) = @_;
    spew($h->state . '/cases', join '', map { $json->encode({ file => mail_to($_), records => \%records }) . "\n" } @to);
    my @out = map { $json->decode($_) } split /\n/, qx{$program < @{[ $h->state ]}/cases};
    is_deeply \@out, [ map { { good => [ JSON::PP::true, JSON::PP::true ], changed => JSON::PP::false } } @to ],
        "$program takes what was sent, and nothing that was changed" or diag explain \@out }

my $id = domain('shop.test');
campaign('Shop <a@Shop.Test>', 'early@example.com');
mail();
unlike slurp(mail_to('early@example.com')), qr/DKIM/, 'no key was seen: it goes unsigned';

publish($id);
campaign("Sh\x{f6}p <a\@shop.test>", 'ann@example.com');
campaign('Shop <a@shop.test>', 'later@example.com');
$h->dbh->do(q{select set_config('app.tenant', '1', false), godwit.message_add(1, 'invitation', 'bob@example.com',
    'Join', E'Hello,\n.\nhttps://a.example', '2026-01-01Z', '<p>Hello</p>', 'Shop <b@shop.test>')});
mail();
$h->dbh->do('update godwit.mail_queue set due = first_at');
mail();
my $signed = slurp(mail_to('ann@example.com'));
is scalar @{ selectors(mail_to('ann@example.com')) }, 2, 'one signature for each key';
like $signed, qr/\bd=shop\.test;/, 'by the domain of From';
like $signed, qr/List-Unsubscribe:\s*List-Unsubscribe:\s*List-Unsubscribe-Post:\s*List-Unsubscribe-Post/, 'which nobody adds';
is_deeply [ grep { length > 78 } split /\r\n/, $signed =~ s/^From: .*//msr ], [], 'its lines are short';
judge(map { "$_\@example.com" } qw(ann later bob));

# ---- another workspace has no part in it
my $two = $h->value(q{select auth.tenant_create('two', '2026-01-01Z')});
campaign('Shop <a@shop.test>', 'eve@example.com', '--workspace', $two);
mail();
unlike slurp(mail_to('eve@example.com')), qr/DKIM/, 'nobody signs with the keys of another workspace';
my $theirs = domain('shop.test', '--workspace', $two);
publish($theirs, '--workspace', $two);
campaign('Shop <a@shop.test>', 'eva@example.com', '--workspace', $two);
mail();
my @ours = @{ selectors(mail_to('ann@example.com')) };
is_deeply [ grep { my $s = $_; grep { $s eq $_ } @ours } @{ selectors(mail_to('eva@example.com')) } ], [], 'but with its own';
judge('eva@example.com');

# ---- while the role runs: another key, and none that opens
my $role = $h->spawn('worker', 'mail');
campaign('Shop <a@shop.test>', 'cat@example.com');
wait_for { eval { mail_to('cat@example.com') } } 5, 'it runs';
$h->call('domains_rotate', { id => $id });
jobs();
publish($id);
my $n = 0;
wait_for {
    my $to = 'dan' . $n++ . '@example.com';
    campaign('Shop <a@shop.test>', $to);
    wait_for { eval { mail_to($to) } } 5;
    selectors(mail_to($to))->[0] ne $ours[0];
} 5, 'the new keys sign';
judge('dan' . ($n - 1) . '@example.com');

$h->expect(qr/its keys do not open/);
my $turn = q{update godwit.secret set sealed = set_byte(sealed, 99, 255 - get_byte(sealed, 99))
    where tenant_id = 1 and purpose = 'dkim'};
$h->dbh->do($turn);
my $c = campaign('Shop <a@shop.test>', 'fay@example.com');
wait_for { slurp($h->log_file) =~ /keys do not open/ } 5, 'keys that do not open are told';
is $h->call('campaigns_stats', { id => $c })->{sent}, 0, 'and nothing goes unsigned for them';
$h->dbh->do($turn);
wait_for { eval { mail_to('fay@example.com') } } 5, 'it waits for them';
is scalar @{ selectors(mail_to('fay@example.com')) }, 2, 'and is signed';

# ---- a signature that fails, by a library that answers for the real one
$h->stop($role);
my $lib = $h->state . '/refuse.so';
spew("$lib.c", <<'C');
#define _GNU_SOURCE
#include <dlfcn.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>
int EVP_PKEY_sign(EVP_PKEY_CTX *ctx, unsigned char *sig, size_t *n, const unsigned char *tbs,
                  size_t len)
{
    int (*real)(EVP_PKEY_CTX *, unsigned char *, size_t *, const unsigned char *, size_t);
    real = (int (*)(EVP_PKEY_CTX *, unsigned char *, size_t *, const unsigned char *, size_t))
           dlsym(RTLD_NEXT, "EVP_PKEY_sign");
    return access(getenv("REFUSE"), F_OK) == 0 ? 0 : real(ctx, sig, n, tbs, len);
}
C
system('gcc', '-shared', '-fPIC', '-o', $lib, "$lib.c", '-ldl') == 0 or die 'gcc';
my %env = (LD_PRELOAD => $lib, REFUSE => $h->state . '/refuse');
spew($env{REFUSE}, '');
$h->expect(qr/waits, it cannot be signed/);
$role = $h->spawn({ env => \%env }, 'worker', 'mail');
$c = campaign('Shop <a@shop.test>', 'guy@example.com');
wait_for { ($h->call('campaigns_why', { id => $c, email => 'guy@example.com' })->{reason} // '') =~ /could not be signed/ }
    10, 'it is held and says why';
is scalar(grep { $_->{rcpt}[0] eq 'guy@example.com' } $h->messages), 0, 'nothing goes unsigned';
is $h->value('select max(attempts) from godwit.sends where campaign_id = ?', $c =~ s/cmp_//r), 0, 'which is no attempt';
unlink $env{REFUSE};
$h->dbh->do('update godwit.mail_queue set due = first_at');
wait_for { eval { mail_to('guy@example.com') } } 10, 'it goes when it can be signed';
judge('guy@example.com');

done_testing;
