#!/usr/bin/perl
# A house is backed up while a campaign goes out and people click, is lost, and comes back from the
# backup: nothing that was answered before is lost or counted twice, nothing goes on by itself.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use JSON::PP;

my $set = 'smtp_connections 2; mail_window 20; spool_segment 1m; log_level info;';
my $h = Godwit->new(conf => $set);
my $state = $h->state;
my $port = $h->sink('--dir', "$state/sink");
$h->configure("smart_host 127.0.0.1:$port; $set");
my $list = $h->call('lists_create', { name => 'all' })->{id};
my %id = map { $_ => $h->call('contacts_create', { email => "$_\@example.com" })->{id} }
    map { "p$_" } 1 .. 60;
$h->call('lists_add', { id => $list, contact_ids => [ sort values %id ] });
$h->nginx;
my @roles = map { my $role = $_; $h->spawn({ log => $role }, 'worker', $role) } qw(ingest mail);
$h->expect(qr/the journal comes from a backup/);

sub campaign_in {
    my $of = shift;
    my $c = $of->call('campaigns_create', { name => 'c', list_id => $list, from => 'shop@example.com',
        subject => 'Hi', html => '<p><a href="https://example.com/">Look</a></p>', @_ });
    return $c->{id};
}

sub campaign { return campaign_in($h, @_) }

sub stats { my ($of, $c) = @_; return $of->call('campaigns_stats', { id => $c }) }

# ---- one that is over, with clicks and somebody who has left
my $over = campaign();
$h->call('campaigns_start', { id => $over });
wait_for { stats($h, $over)->{state} eq 'finished' && $h->messages == 60 } 20, 'a campaign goes out';
my @mails = map { slurp($_->{file}) =~ s/=\r?\n//gr =~ s/=([0-9A-F]{2})/chr hex $1/ger } $h->messages;
my @links = map { m{(/c/[\w-]{54})} ? $1 : () } @mails;
my ($leave) = map { m{(/u/[\w-]{54})} ? $1 : () } @mails;
is scalar @links, 60, 'each mail has its link';
my $client = "$state/client.log";
open my $acks, '>>', $client or die $!;
$acks->autoflush(1);
print $acks encode_json({ expect => "$_\@example.com", workspace => 1 }), "\n" for sort keys %id;

my $clicks = 0;
sub click {
    my ($of, $link) = @_;
    my $n = $$ . '-' . $clicks++;
    my $status = get($of, $link, 'User-Agent' => "chaos/$n")->{status};
    return $status == 302 ? $n : undef;
}
sub ack { print $acks encode_json({ ack => $_[0] }), "\n" }
ack(click($h, $_) // die 'no click') for @links[ 0 .. 29 ];
is post($h, $leave, 'List-Unsubscribe=One-Click')->{status}, 200, 'somebody leaves';
wait_for { $h->value('select count(*) from godwit.suppressions') } 5, 'and is suppressed';

# ---- one under way, one for later, and a crowd: the backup is taken
my $under = campaign(rate => 4);
$h->call('campaigns_start', { id => $under });
my $later = campaign();
$h->call('campaigns_update', { id => $later, schedule => { at => '2040-01-01T10:00:00' } });
$h->call('campaigns_schedule', { id => $later });
spew("$state/files/up/kept", 'a file') if mkdir "$state/files/up";
Godwit::Postgres::own("$state/files/up", "$state/files/up/kept");
wait_for { stats($h, $under)->{sent} > 2 } 10, 'another is under way';
my $crowd = fork // die "fork: $!";
if ($crowd == 0) {
    $SIG{TERM} = sub { POSIX::_exit(0) };
    for (my $n = 0; ; $n++) { click($h, $links[ $n % 60 ]) }
}
# what they click now is in the spool alone
$h->stop($roles[0]);
ack(click($h, $_)) for @links[ 30 .. 39 ];
my $to = "$state/backups";
mkdir $to;
Godwit::Postgres::own($to);
is +($h->godwit({ env => { GODWIT_CRASH => 'backup_before_name' } }, 'backup', "$to/one"))[0], 137,
    'killed at its end';
ok !-e "$to/one", 'a backup that was killed has no name';
my ($code, $out, $err) = $h->godwit('backup', "$to/one", '--keys', "$to/keys");
is $code, 0, 'the next one is whole' or diag $err;
like $out, qr{^\Q$to\E/one: \d+ parts, \d+ bytes, as of \S+Z; the keys that it needs are in }, 'and says so';
is +($h->godwit('backup', "$to/one"))[2], "godwit: $to/one is there already; a backup takes a new name\n",
    'no backup takes the place of another';
mkdir "$to/two.new";
spew("$to/two.new/mine", 'not of a backup');
Godwit::Postgres::own("$to/two.new", "$to/two.new/mine");
like +($h->godwit('backup', "$to/two"))[2], qr{two.new is there and no backup has left it}, 'what is not its own stays';
is slurp("$to/two.new/mine"), 'not of a backup', 'and is as it was';
is_deeply [ grep { slurp($_) =~ /[0-9a-f]{64}/ } glob("$to/one/files/*"), grep { -f } glob "$to/one/spool/*" ], [],
    'no key is in it';
kill 'TERM', $crowd;
waitpid $crowd, 0;
$h->stop($_) for reverse @{ $h->{pids} };
my ($max) = $h->value('select max(id) from godwit.contacts');

# ---- an archive that is not what a backup wrote changes nothing
my $r = Godwit->new(empty => 1);
my $new = $r->state;
$port = $r->sink('--dir', "$new/sink");
$r->configure("smart_host 127.0.0.1:$port; $set");
sub restore { my ($dir, %env) = @_; return $r->godwit({ env => \%env }, 'restore', $dir) }
sub refused {
    my ($dir, $why) = @_;
    my ($code, $out, $err) = restore($dir);
    like "$code $out$err", qr/^1 godwit: $why\n\z/, "refused: $why";
}
refused("$to/one", qr/\S+ is not what a backup of this house wrote: it is damaged, or the keys are another house's/);
sub keys_of { system "cp -p $_[0]/* $new/keys/ && chown -R --reference=$new $new/keys" }
keys_of("$to/keys/keys");
my $dump = slurp("$to/one/database");
my $manifest = slurp("$to/one/manifest");
sub altered {
    my ($file, $is, $why) = @_;
    my $was = slurp("$to/one/$file");
    spew("$to/one/$file", $is);
    refused("$to/one", $why);
    spew("$to/one/$file", $was);
}
altered('database', substr($dump, 0, -1), qr/\S+database is damaged: it is not what the backup wrote; take another backup/);
altered('manifest', $manifest =~ s/^mac .*\n//mr, qr/\S+ has no end: the backup was broken off, or it is damaged/);
altered('manifest', $manifest =~ s{ journal/host\n}{ ../../host\n}r, qr/\S+ is not what a backup of this house wrote: .*/);
altered('manifest', $manifest =~ s/godwit backup 1/godwit backup 2/r, qr/\S+ is not one of .*/);
altered('manifest', "\0" x 99999, qr/\S+ is not one of .*/);
refused($to, qr/\S+ is no backup of godwit: cannot read .*/);
is_deeply [ glob("$new/files/*"), glob("$new/spool/*.seg"), glob("$new/journal/*") ], [], 'nothing was put back';
is $r->value(q{select count(*) from pg_namespace where nspname in ('godwit', 'auth')}), 0, 'nothing was made';
refused("$to/one", qr/others are connected to the database; stop nginx and the worker first/);
$r->dbh->disconnect;
delete $r->{dbh};

# ---- it comes back, killed anywhere
for my $point (qw(restore_files restore_database restore_finish)) {
    is +(restore("$to/one", GODWIT_CRASH => $point))[0], 137, "$point: killed";
    is +($r->try('lists_list', {}))[0], 3, 'nobody else comes in' if $point ne 'restore_files';
}
($code, $out, $err) = restore("$to/one");
is $code, 0, 'restored' or diag $err;
is sprintf('%o', (stat "$new/journal/host")[2] & 0777), '644', 'the edge, whoever it is, reads the name of the host';
refused("$to/one", qr/the database is not empty; a backup is restored into a new one only/);
is +($r->godwit('migrate'))[0], 0, 'and migrated';
is slurp("$new/files/up/kept"), 'a file', 'files are back';
is sprintf('%o', (stat "$to/keys/keys/secret")[2] & 0777), '400', 'a key has its mode';
sub schema {
    my ($of) = @_;
    my $text = qx{pg_dump --schema-only -h $of->{info} -U postgres $of->{name}};
    return $text =~ s/^(?:\\|--).*\n//mgr . $of->value(q{select datacl::text || coalesce(
        shobj_description(oid, 'pg_database'), '') from pg_database where datname = current_database()});
}
$_->{info} = $_->postgres->{dir} for $h, $r;
ok schema($r) eq schema($h), 'tables, functions, owners and rights are those that were';

# ---- what was under way waits for a person; everybody has his state
my $c = $r->call('campaigns_get', { id => $under });
is "$c->{state} by $c->{paused}{by}", 'paused by restore', 'a campaign does not go on by itself';
like $c->{paused}{reason}, qr/^restored from the backup of .* UTC: whoever it was sent to since then would get it again$/, 'and says why';
is $r->call('campaigns_get', { id => $later })->{state}, 'draft', 'one for later waits too';
$r->nginx;
$r->spawn({ log => $_ }, 'worker', $_) for qw(ingest mail);
wait_for { !-e "$new/journal/restored" } 10, 'the journal of the backup is settled';
my $s = stats($r, $under);
is $s->{sent} + $s->{uncertain} + $s->{queued} + $s->{suppressed}, 60, 'everybody has his state';
is $s->{in_flight}, 0, 'nobody is on the wire';
cmp_ok $s->{uncertain}, '>', 0, 'who was next when the journal ended is uncertain';

# ---- nothing that was answered before is lost, nothing is counted twice
my @spool = map { s{.*/}{}r } glob "$to/one/spool/*";
wait_for { my %is = map { $_->{name} => $_->{state} } @{ $r->rows('select name, state from godwit.spool_pos') };
    @spool && !grep { ($is{$_} // '') ne 'drained' } @spool } 20, 'what was in the spool is drained';
my $n = $over =~ s/cmp_//r;
spew("$state/index", join '', grep { /"<gw\.1\.$n\./ } map { "$_\n" } split /\n/, slurp("$state/sink/index.jsonl"));
my $checked = qx{GODWIT_STATE=$new perl t/fault/checker.pl --index $state/index --campaign 1:$over --client $client};
is $?, 0, 'the checker finds nothing lost or doubled' or diag $checked;

# ---- links of old mail; who has left; ids
ok my $click = click($r, $links[40]), 'a link of old mail works';
wait_for { $r->value('select count(*) from godwit.events where user_agent = ?', "chaos/$click") == 1 } 5, 'and counts';
my $again = campaign_in($r);
$r->call('campaigns_start', { id => $again });
wait_for { stats($r, $again)->{state} eq 'finished' } 20, 'the next campaign goes out';
is stats($r, $again)->{suppressed}, 1, 'but not to whom has left';
cmp_ok $r->call('contacts_create', { email => 'new@example.com' })->{id} =~ s/ct_//r, '>', $max + 999_999,
    'no id is given again';

done_testing;
