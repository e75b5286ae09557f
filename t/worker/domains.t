#!/usr/bin/perl
# Domains to send from: keys are made, their records looked for, and a key signs
# only once its record was seen; the one before it signs until then.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Zone;

my $h = Godwit->new;
my $zone = Godwit::Zone->new($h, { 'shop.test MX' => ['10 mx.shop.test'] });
my $set = 'resolver ' . $zone->server . '; sending_addresses 192.0.2.7 2001:db8::7;';
$h->configure($set);
$h->godwit(qw(worker secrets --once));      # makes the key file

sub jobs { $h->godwit(qw(worker jobs --once)) }
sub look { my ($id, $how) = @_;
    my $op = $h->call("domains_" . ($how // 'verify'), { id => $id })->{operation};
    jobs();
    return $h->call('operations_get', { id => $op }) }
sub domain { $h->call('domains_get', { id => $_[0] }) }
sub records { my ($id, $purpose) = @_;
    return grep { $_->{purpose} eq $purpose } @{ domain($id)->{records} } }
sub publish { my (@records) = @_;
    $zone->set(map { ("$_->{name} TXT" => [ join ' ', map { qq("$_") } @{ $_->{strings} } ]) } @records) }
sub keys_now { join ' ', map { "$_->{key}:$_->{state}" } records($_[0], 'dkim') }

my $id = $h->call('domains_create', { domain => 'Shop.Test' })->{id};
is domain($id)->{state}, 'pending', 'a domain is there';
jobs();
is keys_now($id), 'new:missing new:missing', 'two keys are made and looked for';
my @keys = records($id, 'dkim');
is_deeply [ map { $_->{value} =~ /^v=DKIM1; k=(\w+); p=/ } @keys ], [qw(rsa ed25519)], 'one of each kind';
is_deeply [ map { scalar @{ $_->{strings} } } @keys ], [ 2, 1 ], 'as strings of at most 255 bytes';
like $keys[0]{message}, qr/publish it, then verify/, 'the cure is said';
is $h->value(q{select count(*) from godwit.secret where purpose = 'dkim'}), 2, 'both are sealed';

publish($keys[0]);
$zone->set("$keys[1]{name} TXT" => ['"v=DKIM1; k=ed25519; p=AAAA"']);
my $op = look($id);
is_deeply [ $op->{state}, $op->{result}{id} ], [ 'done', $id ], 'the operation tells the domain';
is keys_now($id), 'active:ok new:wrong', 'one that is published signs';
like((records($id, 'dkim'))[1]{message}, qr/another key/, 'the other is another');
is_deeply((records($id, 'dkim'))[1]{found}, ['v=DKIM1; k=ed25519; p=AAAA'], 'which is shown');
is domain($id)->{state}, 'signing', 'the domain signs';

publish(@keys);
look($id);
is keys_now($id), 'active:ok active:ok', 'both sign';

# ---- rotation, and a name server that does not answer
is((look($id, 'rotate'))->{state}, 'done', 'new keys');
my @new = grep { $_->{key} eq 'new' } records($id, 'dkim');
is keys_now($id), 'active:ok active:ok new:missing new:missing', 'the old ones sign until they are there';
my ($exit, $doc) = $h->try('domains_rotate', { id => $id });
is $doc->{error}{code}, 'conflict', 'one rotation at a time';
$zone->set('shop.test' => 'SERVFAIL', map { ("$_->{name}" => 'SERVFAIL', "$_->{name} TXT" => 'SERVFAIL') } @keys, @new);
look($id);
is keys_now($id), 'active:unknown active:unknown new:unknown new:unknown', 'no answer changes nothing';
$zone->set('shop.test' => undef, map { ("$_->{name}" => undef) } @keys, @new);
publish(@keys, @new);
look($id);
is keys_now($id), 'retired:ok retired:ok active:ok active:ok', 'then the new ones do';
is $h->value(q{select count(*) from godwit.secret where purpose = 'dkim'}), 2, 'the old private halves are gone';
like((records($id, 'dkim'))[0]{message}, qr/remove its record/, 'and their records may go');

# ---- SPF, DMARC, MX
sub verdict { my ($purpose, $name, $is) = @_;
    $zone->set($name => $is);
    look($id);
    my ($r) = records($id, $purpose);
    return "$r->{state}: $r->{message}" }
for (
    [ spf => 'shop.test TXT', undef, qr/^missing: .*publish one/ ],
    [ spf => 'shop.test TXT', ['"v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all"'], qr/^ok: / ],
    [ spf => 'shop.test TXT', ['"v=spf1 ip4:192.0.2.7/abc ip6:2001:db8::/32 -all"'], qr/^wrong: .*permerror/ ],
    [ spf => 'shop.test TXT', ['"v=spf1 ip4:192.0.2.7/33 ip6:2001:db8::/32 -all"'], qr/^wrong: .*permerror/ ],
    [ spf => 'shop.test TXT', ['"v=spf1 ip4:192.0.2.7 ~all"'], qr/^wrong: .*2001:db8::7, .*softfail/ ],
    [ spf => 'shop.test TXT', [ '"v=spf1 -all"', '"v=spf1 ~all"' ], qr/^wrong: .*more than one/ ],
    [ spf => 'shop.test TXT', ['"v=spf1 include:a.test -all"'], qr/^wrong: .*permerror/ ],
    [ spf => 'a.test TXT', ['"v=spf1 a:mail.test mx:b.test ?all"'], qr/^wrong: .*192\.0\.2\.7, .*fail/ ],
    [ spf => 'mail.test A', ['192.0.2.7'], qr/^wrong: .*2001:db8::7, .*fail/ ],
    [ spf => 'b.test MX', ['1 mail6.test'], qr/^wrong: .*2001:db8::7, .*fail/ ],
    [ spf => 'mail6.test AAAA', ['2001:db8::7'], qr/^ok: / ],
    [ spf => 'shop.test TXT', ['"v=spf1 redirect=a.test"'], qr/^ok: / ],
    [ spf => 'shop.test TXT', ['"v=spf1 redirect=shop.test"'], qr/^wrong: .*permerror/ ],
    [ spf => 'shop.test TXT', ['"v=spf1 exists:%{i}.a.test -all"'], qr/^unknown: .*macros/ ],
    [ dmarc => '_dmarc.shop.test TXT', undef, qr/^missing: .*publish one/ ],
    [ dmarc => '_dmarc.shop.test TXT', ['"v=DMARC1; p=reject"'], qr/^ok: .*p=reject/ ],
    [ dmarc => '_dmarc.shop.test TXT', ['"v=DMARC1; p=all"'], qr/^wrong: .*no policy/ ],
    [ dmarc => '_dmarc.shop.test TXT', ['"v=DMARC1; P=reject"'], qr/^wrong: .*no policy/ ],
    [ spf => 'shop.test TXT', ['"v=spf1; ip4:192.0.2.7 ip6:2001:db8::7 -all"'], qr/^wrong: .*v=spf1 and a blank/ ],
    [ ptr => '7.2.0.192.in-addr.arpa PTR', undef, qr/^missing: .*no name/ ],
    [ ptr => '7.2.0.192.in-addr.arpa PTR', ['out.host.test'], qr/^wrong: .*does not lead back/ ],
    [ ptr => 'out.host.test A', [ '192.0.2.6', '192.0.2.7' ], qr/^ok: / ],
    [ mx => 'shop.test MX', ['0 .'], qr/^wrong: .*takes no mail/ ],
    [ mx => 'shop.test MX', [], qr/^missing: .*publish an MX/ ],
    [ mx => 'shop.test A', ['192.0.2.9'], qr/^ok: / ],
) {
    my ($purpose, $name, $is, $want) = @$_;
    like verdict($purpose, $name, $is), $want, "$purpose: $name " . join ' ', @{ $is // ['none'] };
}
$zone->set('shop.test TXT' => ['"v=spf1 include:dead.test -all"'], 'dead.test' => 'SILENT');
look($id);
is join(' ', map { "$_->{purpose} $_->{state}" } grep { $_->{purpose} =~ /^(?:spf|mx)$/ } @{ domain($id)->{records} }),
    'spf unknown mx ok', 'a name of somebody else that does not answer leaves the others';
$zone->set('shop.test TXT' => undef, '7.2.0.192.in-addr.arpa PTR' => undef, '7.2.0.192.in-addr.arpa' => 'SILENT');
look($id);
is join(' ', map { $_->{state} } records($id, 'ptr')), 'unknown unknown', 'an address whose server is silent is the last one asked';
$zone->set('7.2.0.192.in-addr.arpa' => undef);
$h->configure($set =~ s{192\.0\.2\.7}{192.0.2.0/24}r);
like verdict(spf => 'shop.test TXT', ['"v=spf1 ip4:192.0.2.0 ip6:2001:db8::/32 -all"']), qr{^wrong: .*192\.0\.2\.0/24},
    'a network fits as a whole or not at all';
$h->configure($set);
my $sub = $h->call('domains_create', { domain => 'news.shop.test' })->{id};
$zone->set('_dmarc.shop.test TXT' => ['"v=DMARC1; p=none"']);
jobs();
like join(' ', map { @$_{qw(state message)} } records($sub, 'dmarc')), qr/^ok .*p=none/, 'the policy of the one above counts';
like join(' ', map { @$_{qw(state message)} } records($sub, 'mx')), qr/^missing .*not in the DNS/, 'a name that is none';

# ---- where what comes back goes, of the house's own domains
$h->configure("$set bounce_domain back.test; reply_domain talk.test;");
$zone->set('talk.test MX' => ['0 .']);
look($id);
like join(' ', map { @$_{qw(purpose type name state message)} } map { records($id, $_) } qw(bounce reply)),
    qr/^bounce MX back\.test missing .*leads here reply MX talk\.test wrong .*lost/, 'neither has';
my $said = $h->call('campaigns_create', { name => 'c', list_id => $h->call('lists_create', { name => 'l' })->{id},
    from => 'a@shop.test', subject => 's', html => 'x' })->{id};
is join(' ', grep { /^(?:bounce|reply)/ } map { $_->{code} } @{ $h->call('campaigns_preflight', { id => $said })->{findings} }),
    'bounce_missing reply_null', 'which a preflight says';
$zone->set('back.test MX' => ['10 mx.back.test'], 'talk.test MX' => undef, 'talk.test A' => ['192.0.2.9']);
look($id);
is join(' ', map { $_->{state} } map { records($id, $_) } qw(bounce reply)), 'ok ok', 'then both have';
$h->configure($set);

# ---- a key that is only tried out, and an operation that another has taken
my ($tried) = grep { $_->{key} eq 'active' } records($id, 'dkim');
$zone->set("$tried->{name} TXT" => [ join ' ', map { qq("$_") } @{ $tried->{strings} }, '; t=s:y' ]);
look($id);
like((grep { $_->{name} eq $tried->{name} } records($id, 'dkim'))[0]{message}, qr/t=y/, 't=y is told');
publish($tried);
look($id);
$zone->set('shop.test TXT' => ['"v=spf1 include:dead.test -all"'], 'dead.test' => 'SILENT');
my $before = domain($id)->{checked_at};
my $other = $h->dbh->clone({ AutoCommit => 0 });
my $moved = $h->call('domains_verify', { id => $id })->{operation} =~ s/op_//r;
my $jobs = $h->spawn('worker', 'jobs');
wait_for { $h->value(q{select state from godwit.operations where qshard = 0 and id = ?}, $moved) eq 'running' } 5;
$other->do('update godwit.operations set epoch = epoch + 1 where qshard = 0 and id = ?', undef, $moved);
wait_for { $h->value(q{select count(*) from pg_stat_activity where wait_event_type = 'Lock'}) } 10, 'it asks whose it is';
$other->commit;
$other->disconnect;
$h->stop($jobs);
is domain($id)->{checked_at}, $before, 'who has lost his operation changes nothing';

# ---- what is refused
for ([ 'a@b.test', 'invalid' ], [ 'b\x{fc}cher.test', 'invalid' ], [ 'test', 'invalid' ], [ 'a..test', 'invalid' ],
    [ '192.0.2.1', 'invalid' ], [ 'SHOP.test', 'conflict' ]) {
    ($exit, $doc) = $h->try('domains_create', { domain => $_->[0] });
    is $doc->{error}{code}, $_->[1], "no domain $_->[0]";
}
my $list = $h->call('lists_create', { name => 'a' })->{id};
$h->call('lists_add', { id => $list, contact_ids => [ $h->call('contacts_create', { email => 'a@example.com' })->{id} ] });
my $c = $h->call('campaigns_create', { name => 'c', list_id => $list, from => 'Shop <a@shop.test>', subject => 's', html => 'h' })->{id};
$h->call('campaigns_start', { id => $c });
($exit, $doc) = $h->try('domains_delete', { id => $id });
like $doc->{error}{message}, qr/$c, which is not over/, 'not while a campaign is sent from it';
$h->call('campaigns_cancel', { id => $c });
$h->call('domains_delete', { id => $id });
$h->call('domains_delete', { id => $sub });
is $h->value(q{select count(*) from godwit.secret where purpose = 'dkim'}), 0, 'with it go its keys';

done_testing;
