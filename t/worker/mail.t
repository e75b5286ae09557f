#!/usr/bin/perl
# A campaign lands: personalised, tracked, counted; retries, refusals, drops.
use strict;
use warnings;
use MIME::QuotedPrint qw(decode_qp);
use lib 't/lib';
use Godwit;

my $h = Godwit->new(conf => 'smtp_connections 2; mail_window 50;
    retry_schedule 1m 5m; log_level info;');
my $port = $h->sink('--dir', $h->state . '/sink',
    '--fault', 'rcpt=550 5.1.1 no such user,to=gone@',
    '--fault', 'rcpt=451 4.7.1 later,to=later@,first=1',
    '--fault', 'dot=drop,to=drop@,first=1');
$h->configure("smart_host 127.0.0.1:$port; smtp_connections 2; mail_window 50;"
    . 'retry_schedule 1m 5m;');

my $list = $h->call('lists_create', { name => 'all' })->{id};
my @names = ((map { "p$_" } 1 .. 120), qw(gone later drop));
my @ids = map { $h->call('contacts_create', { email => "$_\@example.com",
    first_name => ucfirst $_ })->{id} } @names;
push @ids, $h->call('contacts_create', { email => 'no@example.com',
    consent => { email => 'revoked' } })->{id};
push @ids, $h->call('contacts_create', { phone => '+49301234' })->{id};
$h->call('suppressions_create', { email => 'P7@example.com' });
$h->call('lists_add', { id => $list, contact_ids => \@ids });

sub campaign {
    my %more = @_;
    my $c = $h->call('campaigns_create', { name => 'c', list_id => $list,
        from => 'Shöp <shop@Example.com>', subject => 'Hi {{ contact.first_name }}',
        html => '<p>Dear {{ contact.first_name }}, <a href="https://a.example/">'
        . 'go</a></p></body>', %more });
    $h->call('campaigns_start', { id => $c->{id} });
    return $c->{id};
}

sub mail { return ($h->godwit({ env => $_[0] // {} }, 'worker', 'mail',
    '--once'))[0] }

sub stats {
    my $s = $h->call('campaigns_stats', { id => $_[0] });
    my $sum = 0;
    $sum += $s->{$_} for qw(queued in_flight sent failed suppressed invalid
        not_rendered uncertain);
    is $sum, $s->{audience}, 'the states sum to the audience';
    return $s;
}

my $c = campaign();
is mail(), 0, 'the role runs once';
my $s = stats($c);
is_deeply { map { $_ => $s->{$_} } qw(state audience sent failed suppressed
    invalid uncertain queued) }, { state => 'finishing', audience => 125,
    sent => 119, failed => 1, suppressed => 2, invalid => 1, uncertain => 1,
    queued => 1 }, 'every recipient has his state';

my @mail = $h->messages;
is scalar @mail, 120, 'one message each, the dropped one too';
my ($one) = grep { $_->{rcpt}[0] eq 'p3@example.com' } @mail;
is $one->{subject}, 'Hi P3', 'personalised';
my $raw = slurp($one->{file});
like $raw, qr/^From: =\?UTF-8\?\S+\?= <shop\@Example\.com>\r$/m, 'From';
like $raw, qr/^List-Unsubscribe: <\S+\/u\/\S{54}>\r$/m, 'one-click';
my $html = decode_qp($raw);      # a token may hold an F, which begins no line
like $html, qr/href="http\S+\/c\/[\w-]{54}"/, 'links are tracked';
like $html, qr/src="http\S+\/o\/[\w-]{54}" width/, 'the pixel';
is $h->call('campaigns_why', { id => $c, email => 'p3@example.com' })
    ->{message_id}, $one->{message_id}, 'why knows its Message-ID';

my $why = $h->call('campaigns_why', { id => $c, email => 'gone@example.com' });
is "$why->{state} $why->{attempts}[0]{code}", 'failed 550', 'why it failed';
is $h->call('campaigns_why', { id => $c, email => 'drop@example.com' })->{state},
    'uncertain', 'a drop after the dot is uncertain';

mail();
is stats($c)->{queued}, 1, 'a retry waits for its time';
my $later = POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time + 90));
mail({ GODWIT_CLOCK => $later });
$s = stats($c);
is "$s->{sent} $s->{queued} $s->{state}", '120 0 finished', 'then it is sent';
$why = $h->call('campaigns_why', { id => $c, email => 'later@example.com' });
is join(' ', map { $_->{code} } @{ $why->{attempts} }), '451 250',
    'with both attempts';

my $x = campaign(html => '{{ 1 | divided_by: contact.zero }}');
mail();
is stats($x)->{not_rendered}, 121, 'a template that fails is not sent';     # gone@ is stopped by now
like $h->call('campaigns_why', { id => $x, email => 'p1@example.com' })
    ->{reason}, qr/divided by 0/, 'and says why';

my $y = campaign();
$h->call('campaigns_cancel', { id => $y });
mail();
$s = stats($y);
is "$s->{state} $s->{suppressed} $s->{queued}", 'cancelled 125 0',
    'a cancelled one sends nothing';

# ---- one that cannot be loaded waits, says why, and can be cancelled
my $z = campaign();
$h->dbh->do('update godwit.template_versions v set subject = ? from godwit.campaigns c
    where c.id = ? and v.template_id = c.template_id', undef, '{{ oops', $z =~ s/cmp_//r);
$h->expect(qr/cannot be sent: the template's subject, line 1/);
my (undef, undef, $log) = $h->godwit('worker', 'mail', '--once');
is(() = $log =~ /cannot be sent/g, 1, 'said once');
like $h->call('campaigns_get', { id => $z })->{problem}, qr/^the template's subject, line 1: /,
    'and shown';
like $h->call('campaigns_why', { id => $z, email => 'p1@example.com' })->{reason},
    qr/^the template's subject/, 'to whoever asks for one recipient';
$h->call('campaigns_cancel', { id => $z });
mail();
is stats($z)->{suppressed}, 125, 'cancelled, it passes';

done_testing;
