#!/usr/bin/perl
# What somebody has chosen counts when his mail is due: a pause, a list that he
# has left, one mail in so many days, whichever campaigns run at once.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;

my $h = Godwit->new(conf => 'spool_segment 1m; spool_keep 0ms;');
my $port = $h->sink('--dir', $h->state . '/sink');
my $conf = "smart_host 127.0.0.1:$port; spool_segment 1m; spool_keep 0ms; retry_schedule 1s;";
$h->configure($conf);
my @day = map { sprintf '2026-03-%02dT09:00:00Z', $_ } 0 .. 31;
my %list = map { $_ => $h->call('lists_create', { name => $_, public => \1 })->{id} } qw(news shop);
my %id = map { $_ => $h->call('contacts_create', { email => "$_\@example.com" })->{id} } qw(free left rare rest);
$h->call('lists_add', { id => $_, contact_ids => [ values %id ] }) for values %list;
$h->nginx;

sub choose { my ($who, $form, $campaign) = @_;
    is post($h, '/p/' . token($h, what => 'preferences', campaign => $campaign // 7, contact => $id{$who} =~ s/\D//gr), $form)
        ->{status}, 200, "$who: $form" }
sub drain { is +($h->godwit({ env => { GODWIT_CRASH => $_[0] // '' } }, qw(worker ingest --once)))[0],
    $_[0] ? 137 : 0, $_[0] // 'drained' }
sub campaign { my ($list, %more) = @_;
    my $c = $h->call('campaigns_create', { name => 'c', list_id => $list{$list}, from => 'a@example.com',
        subject => 's', html => '<p>x</p>', %more })->{id};
    $h->call('campaigns_start', { id => $c });
    return $c }
# by segments, by funnels
sub left_mail { return join ' ', $h->call('segments_count', { predicate => { event => 'unsubscribe' } })->{contacts},
    $h->call('events_funnel', { steps => 'unsubscribe' })->{people} }
sub mail { my ($day) = @_;
    is +($h->godwit({ env => { GODWIT_CLOCK => $day[$day] } }, qw(worker mail --once)))[0], 0, "day $day" }
sub why { my ($c, @who) = @_;
    return join ', ', map { my $w = $h->call('campaigns_why', { id => $c, email => "$_\@example.com" });
        "$_ " . ($w->{reason} // $w->{state}) } @who }
my @all = qw(free left rare rest);

# ---- said once, whenever the drain dies
choose('left', "had=email+$list{news}+$list{shop}+every0&on=email&on=$list{shop}&pause=keep&every=0");
choose('rest', 'had=email&on=email&pause=30&every=0');
choose('rare', 'had=email&on=email&pause=keep&every=7');
drain($_) for qw(after_rollup before_commit after_commit);
drain();
is $h->value('select count(*) from godwit.preference_notes'), 3, 'each form once';
is left_mail(), '0 0', 'who keeps his mail has not unsubscribed';
is $h->value('select count(*) from godwit.campaign_recount(1, 7)'), 0, 'as it was counted';
$h->dbh->do(q{update godwit.preferences set paused_until = '2026-03-05T00:00:00Z' where paused_until is not null});

# ---- campaigns of a month
my $one = campaign('news');
my $two = campaign('shop');
mail(1);
is why($one, qw(free left rest)), 'free sent, left left the list, rest paused', 'each has his reason';
is_deeply [ sort map { why($_, 'rare') } $one, $two ], [ 'rare frequency', 'rare sent' ],
    'of two campaigns at once he gets one';
is why($two, 'left'), 'left sent', 'who has left one list gets another';
my $three = campaign('shop');
mail(7);
is why($three, @all), 'free sent, left sent, rare frequency, rest sent', 'the pause is over, the week is not';
my $four = campaign('shop');
mail(8);
is why($four, 'rare'), 'rare sent', 'a week later he gets the next';
is +(grep { grep { /^rare/ } @{ $_->{rcpt} } } $h->messages), 2, 'two in all';
my $stats = $h->call('campaigns_stats', { id => $one });
is $stats->{sent} + $stats->{suppressed}, $stats->{audience}, 'the states sum to the audience';

# ---- what waits for its second attempt
$h->configure($conf =~ s/smart_host \S+/"smart_host 127.0.0.1:" . $h->sink('--dir', $h->state . '\/again', '--fault', 'rcpt=451 4.7.1 later,to=rest@,first=1') . ';'/er);
my $five = campaign('shop');
mail(10);
is $h->call('campaigns_why', { id => $five, email => 'rest@example.com' })->{state}, 'queued', 'deferred';
choose('rest', 'had=email&on=email&pause=90');
drain();
$h->dbh->do(q{update godwit.preferences set paused_until = '2026-04-01T00:00:00Z' where paused_until is not null});
mail(11);
is why($five, 'rest'), 'rest paused', 'he pauses meanwhile, and gets none';

# ---- late words, and those of others
$h->dbh->do(q{update godwit.preferences set paused_at = '2100-01-01Z'});
choose('rest', 'had=email&on=email&pause=0');
drain();
isnt $h->value(q{select max(paused_until) from godwit.preferences}), undef, 'an older word than what is known changes nothing';
choose('free', 'had=email&on=email&on=lst_99');
drain();
is $h->value('select count(*) from godwit.subscriptions'), 1, 'a list that is none is none';

# ---- a campaign that sends him nothing takes no turn
$h->dbh->do('insert into godwit.subscriptions (tenant_id, list_id, contact_id, wanted, said_at) select 1, ?, ?, false, now()',
    {}, map { s/\D//gr } $list{news}, $id{rare});
my @turns = campaign('news');
mail(16);
push @turns, campaign('shop');
mail(17);
is_deeply [ map { why($_, 'rare') } @turns ], [ 'rare left the list', 'rare sent' ], 'who has left a list keeps his turn for another';

# ---- two drains at once, and one who is erased meanwhile
my $other = $h->dbh->clone;
sub said { my ($who, $words) = @_;
    return sprintf '[{"tenant":1,"campaign":7,"contact":%d,"at":%d,"address":"::1","agent":"a","words":"%s"}]',
        $id{$who} =~ s/\D//gr, 1e6 * time + ($words =~ /-$/ ? 5e6 : 0), $words }
sub waits { my ($said) = @_;            # until what is held is committed
    my $pid = $other->{pg_pid};
    $other->do(sprintf('select godwit.preferences_said(%s, now())', $other->quote($said)), { pg_async => 1 });
    wait_for { $h->dbh('postgres')->selectrow_array(q{select count(*) from pg_stat_activity
        where pid = ? and wait_event_type = 'Lock'}, undef, $pid) } 5;
    $h->dbh->commit;
    $other->pg_result }
$h->dbh->begin_work;
$h->dbh->do('select godwit.preferences_said(?, now())', {}, said('free', 'page2.en sms-'));
waits(said('free', 'page2.en sms+'));
is $h->call('contacts_get', { id => $id{free} })->{consent}{sms}, 'revoked', 'the later word counts, whichever drain is first';
$h->dbh->begin_work;
$h->dbh->do('select godwit.contact_erase(1, ?, 0, now())', {}, $id{rest} =~ s/\D//gr);
waits(said('rest', 'page2.en every7'));
is $h->value('select (select count(*) from godwit.preference_notes where contact_id = $1) + (select count(*) from godwit.preferences
    where contact_id = $1)', $id{rest} =~ s/\D//gr), 0, 'nothing is kept of one who is erased meanwhile';

# ---- the link of a mail that went to an address before
my $old = $one =~ s/\D//gr;
sub consent { drain(); my $c = $h->call('contacts_get', { id => $id{free} })->{consent}; return "$c->{email} $c->{whatsapp}" }
$h->call('contacts_update', { id => $id{free}, email => 'newer@example.com' });
like get($h, '/p/' . token($h, what => 'preferences', campaign => $old, contact => $id{free} =~ s/\D//gr))->{body},
    qr/to another address of yours/, 'its page says so';
choose('free', 'had=email+whatsapp', $old);
is consent(), 'revoked revoked', 'it ends what he gets';
is left_mail(), '1 1', 'and counts as an unsubscribe';
choose('free', 'had=&on=email&on=whatsapp', $old);
is consent(), 'revoked revoked', 'and begins nothing';
choose('free', 'had=&on=email&on=whatsapp', 99);
is consent(), 'granted granted', 'that of a newer one does';

# ---- the last hundred forms of a person are kept
$h->dbh->do('select godwit.preferences_said(?, now())', {}, '[' . join(',', map { said('free', "page2.en n$_") =~ /^\[(.*)\]$/ } 1 .. 105) . ']');
is_deeply [ $h->dbh->selectrow_array(q{select count(*), count(*) filter (where words like '%n105')
    from godwit.preference_notes where contact_id = ?}, {}, $id{free} =~ s/\D//gr) ], [ 100, 1 ], 'not more';

# ---- a form in a workspace of many lists reads those that it names
$h->dbh->do(q{insert into godwit.lists (tenant_id, name, public, created_at)
    select 1, 'many ' || n, true, now() from generate_series(1, 2000) n});
$h->dbh->begin_work;
$h->dbh->do($_) for 'set local enable_hashjoin = off', 'set local enable_mergejoin = off';
$h->dbh->do('select godwit.preferences_said(?, now())', {}, said('free', "page2.en $list{shop}- $list{news}-"));
cmp_ok $h->value(q{select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables where relname = 'lists'}), '<', 100,
    'and no others';
$h->dbh->rollback;

# ---- he goes, and so does what he said
$h->call('contacts_delete', { id => $id{left} });
is $h->value('select (select count(*) from godwit.subscriptions where contact_id = $1) + (select count(*) from
    godwit.preference_notes where contact_id = $1)', $id{left} =~ s/\D//gr), 0, 'nothing is left of one who is deleted';
done_testing;
