# `godwit bounce`: a JSON line for each recipient; the labelled samples when they are there.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Digest::SHA qw(sha256);
use JSON::PP;

my $h = Godwit->new(empty => 1);
my $dir = $h->state;

sub lines {
    my @words = @_;
    my ($code, $out, $err) = $h->godwit('bounce', @words);
    return ($code, [ map { JSON::PP::decode_json($_) } split /\n/, $out ], $err);
}

sub mail {
    my ($name, $text) = @_;
    open my $fh, '>', "$dir/$name" or die $!;
    print $fh $text;
    close $fh;
    return "$dir/$name";
}

my $full = mail('full.eml', <<'END');
From: MAILER-DAEMON@mx.example.net
To: sender@example.com
Subject: Delivery failed

a@example.org: 552 5.2.2 Mailbox full
b@example.org: 550 5.1.1 User unknown
END
my ($code, $got, $err) = lines($full);
is $code, 0, 'judged';
is_deeply $got, [
    { file => $full, kind => 'bounce', class => 'mailboxfull', hard => JSON::PP::false,
      recipient => 'a@example.org', status => '5.2.2', code => '552' },
    { file => $full, kind => 'bounce', class => 'userunknown', hard => JSON::PP::true,
      recipient => 'b@example.org', status => '5.1.1', code => '550' },
], 'a line for each recipient';

sub report { my ($action, $status, $said) = @_; return <<"END" }
From: MAILER-DAEMON\@mx.example.net
Subject: Delivery Status Notification
Content-Type: multipart/report; boundary=b

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; a\@example.org
Action: $action
Status: $status
Diagnostic-Code: smtp; $said
--b--
END
sub verdict { my $v = (lines(mail('one.eml', $_[0])))[1][0]; return join ' ', $v->{kind}, $v->{class}, $v->{hard} ? 'hard' : 'soft' }
is verdict(report(@$_)), $_->[3], "$_->[0]: $_->[2]" for (
    [ failed => '5.1.1', '550 5.1.1 User unknown', 'bounce userunknown hard' ],
    [ delayed => '4.1.1', '450 4.1.1 User unknown in local recipient table', 'bounce userunknown soft' ],
    [ failed => '4.1.2', '450 4.1.2 Domain not found', 'bounce hostunknown soft' ],
    [ failed => '4.4.3', '451 4.4.3 host not found', 'bounce hostunknown soft' ]);
is verdict("From: postmaster\@shop.example\nTo: a\@b.example\nSubject: hello\n\nwe have moved to Berlin. live\@shop.example\n"),
    'other  soft', 'a person who calls himself postmaster';
is verdict("From: \"Mail Delivery\" <l\@shop.example>\nSubject: Re: hello\n\n> 550 5.1.1 user unknown <live\@shop.example>\n"),
    'reply  soft', 'one who quotes a bounce';

my $table = do { local (@ARGV, $/) = 'conf.d/bounces.yaml'; <> };
my $own = mail('own.yaml', $table =~ s/^rules:\n/rules:\n  - {class: expired, say: mailbox full}\n/mr);
($code, $got) = lines('--rules', $own, $full);
is $got->[0]{class}, 'expired', 'a table of its own';

# families of words, and servers by whole labels of their names
$own = mail('family.yaml', $table =~ s/^rules:\n/rules:\n  - {class: expired, mta: [mx.example.net], say: "{red|blue|} zebra{s|} runs"}\n/mr);
for ([ 'blue zebras runs', 'mx.example.net', 'expired' ], [ 'red zebra runs', 'a.mx.example.net', 'expired' ],
    [ 'green zebra runs', 'mx.example.net', 'expired' ], [ 'blue zebra run', 'mx.example.net', 'undefined' ],
    [ 'blue zebra runs', 'zmx.example.net', 'undefined' ], [ 'blue zebra runs', 'mx.example.network', 'undefined' ])
{
    my ($words, $server, $class) = @$_;
    (undef, $got) = lines('--rules', $own, mail('zebra.eml',
        report('failed', '5.0.0', "550 $words") =~ s/mx\.example\.net/$server/gr));
    is $got->[0]{class}, $class, "$words by $server";
}
is verdict(report('failed', '5.0.0', $_->[0])), $_->[1], $_->[0] for
    [ '550 5.1.1 the account could not be located', 'bounce userunknown hard' ],
    [ '550 the account could not be located', 'bounce filtered soft' ],
    [ '550 the mailbox was deactivated', 'bounce suspend soft' ], [ '552 quota is used up', 'bounce mailboxfull soft' ];

# what a reply is a reply to, who has judged it already, and other tongues
my $said = '550 the account could not be located';
is verdict(report('failed', '5.0.0', $_->[0])), $_->[1], $_->[0] for
    [ "$said (in reply to RCPT TO command)", 'bounce userunknown hard' ],
    [ "$said\nX-PowerMTA-BounceCategory: bad-mailbox", 'bounce userunknown hard' ],
    [ "$said\nX-PowerMTA-BounceCategory: spam-related", 'bounce spamdetected soft' ],
    [ "550 5.1.0 no such user, AUP#X-1", 'bounce policyviolation soft' ],
    [ "550 5.1.4 the address is ambiguous", 'bounce filtered soft' ],
    [ "a\@example.org n'est pas répertorié dans l'annuaire Domino", 'bounce userunknown hard' ],
    [ "550 domain has no valid MX", 'bounce hostunknown hard' ];

my $bad = mail('bad.yaml', $table =~ s/^rules:\n/rules:\n  - {class: nosuch, say: x}\n/mr);
($code, $got, $err) = lines('--rules', $bad, $full);
is $code, 2, 'a wrong rule is refused';
like $err, qr/^bounce: \Q$bad\E:\d+: class: is none of this table$/, 'with file and line';
my $open = mail('open.yaml', $table =~ s/^rules:\n/rules:\n  - {class: expired, say: "{a|b"}\n/mr);
like +(lines('--rules', $open, $full))[2], qr/^bounce: \Q$open\E:\d+: "\{a\|b" is not a text/, 'so is a family without an end';
my $conf = $h->state . '/conf/godwit.conf';
my $right = slurp($conf);
spew($conf, $right =~ s/\}\s*$/bounce_rules $bad; }/r);
($code, undef, $err) = $h->godwit('worker');
like "$code $err", qr/^1 .*\Q$bad\E:\d+: class: is none/s, 'no worker starts with it';
spew($conf, $right);
$h->expect(qr/class: is none/);

($code, $got, $err) = lines("$dir/none.eml", $full);
is "$code " . @$got, '1 2', 'a file that is not there does not stop the others';
like $err, qr/none\.eml/, 'and is named';

SKIP: {
    my $suite = ($ENV{GODWIT_SUITES} // '../shared/suites') . '/bounces';
    skip 'the labelled samples are not here', 2 if !-e "$suite/labels.json";
    my $labels = JSON::PP::decode_json(do { local (@ARGV, $/) = "$suite/labels.json"; <> });
    my (%n, %right, %false, %said);
    push @{ $said{ $_->{file} } }, $_ for @{ (lines(map { "$suite/$_" } sort keys %$labels))[1] };
    for my $name (sort keys %$labels) {
        my $text = do { local (@ARGV, $/) = "$suite/$name"; <> };
        my $half = ord(substr sha256($text), -1) & 1 ? 'odd' : 'even';
        my $said = $said{"$suite/$name"};
        for my $i (0 .. $#{ $labels->{$name} }) {
            my ($want, $have) = map { $_->[$i]{hard} ? 1 : 0 } $labels->{$name}, $said;
            $n{$half}++;
            $right{$half}++ if $want == $have;
            $false{$half}++ if $have && !$want;
        }
    }
    diag sprintf '%s: %d recipients, hard or soft right %.1f %%, false hard %.1f %%', $_, $n{$_},
        100 * $right{$_} / $n{$_}, 100 * ($false{$_} || 0) / $n{$_} for qw(even odd);
    ok $right{even} >= 0.97 * $n{even}, 'hard and soft of the even half';
    ok(($false{even} || 0) <= 0.005 * $n{even}, 'nobody of it is taken for dead');
}
done_testing;
