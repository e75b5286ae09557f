package Godwit::Bounces;
# Bounces as the mail servers of the world write them: a shape, and what is said in it.
use strict;
use warnings;
use Exporter 'import';
our @EXPORT = qw(bounce_mail);

my $to = 'live@shop.example';
my $mx = 'mx.shop.example';

# a report of RFC 3464 behind the text that people read
sub report {
    my ($text, $status, $diagnostic, $action) = @_;
    my $fields = join '', map { "$_->[0]: $_->[1]\n" } grep { defined $_->[1] && $_->[1] ne '' }
        [ 'Final-Recipient' => "rfc822; $to" ], [ Action => $action // 'failed' ], [ Status => $status ],
        [ 'Remote-MTA' => "dns; $mx" ], [ 'Diagnostic-Code' => $diagnostic ];
    return (qq{Content-Type: multipart/report; report-type=delivery-status; boundary="b1"\n},
        "--b1\nContent-Type: text/plain; charset=utf-8\n\n$text\n\n--b1\nContent-Type: message/delivery-status\n\n"
        . "Reporting-MTA: dns; mx.example.net\n\n$fields\n--b1\nContent-Type: text/rfc822-headers\n\n"
        . "From: news\@example.com\nTo: $to\nSubject: News\n\n--b1--\n");
}

sub plain { my ($text) = @_; return ("Content-Type: text/plain; charset=utf-8\n", "$text\n") }

sub postfix {
    my ($said, $status, $command) = @_;
    my $of = $said =~ /(\d\.\d\.\d+)/ ? $1 : $said =~ /^4/ ? '4.0.0' : '5.0.0';
    return report("This is the mail system at host mx.example.net.\n\nI'm sorry to have to inform you that your message"
        . " could not\nbe delivered to one or more recipients. It's attached below.\n\n<$to>: host ${mx}[192.0.2.1] said:\n"
        . "    $said (in reply to $command command)", $status || $of, "smtp; $said");
}

sub exim {
    my ($said) = @_;
    return ("Content-Type: text/plain; charset=utf-8\nX-Failed-Recipients: $to\nAuto-Submitted: auto-replied\n",
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be"
        . " delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n"
        . "  $to\n    $said\n\n------ This is a copy of the message, including all the headers. ------\n\nTo: $to\n");
}

sub qmail {
    my ($said) = @_;
    return plain("Hi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to deliver your message"
        . " to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        . "<$to>:\n$said\n\n--- Below this line is a copy of the message.\n\nTo: $to");
}

my %shape = (
    # the record of a report alone: nobody says at which command it was
    dsn => sub { report('The mail could not be delivered.', $_[1], "smtp; $_[0]") },
    local => sub { report('The mail could not be delivered.', $_[1], "x-local; $_[0]") },
    delayed => sub { report('The mail is still being tried.', $_[1], "smtp; $_[0]", 'delayed') },
    # what a server said, and to which command
    rcpt => sub { postfix(@_[0, 1], 'RCPT TO') },
    data => sub { postfix(@_[0, 1], 'end of DATA') },
    mail => sub { postfix(@_[0, 1], 'MAIL FROM') },
    connect => sub { my ($said, $status) = @_; report("<$to>: host ${mx}[192.0.2.1] refused to talk to me: $said",
        $status || '5.0.0', "smtp; $said") },
    bare => sub { report("<$to>: $_[0]", $_[1], "X-Postfix; $_[0]") },
    exim => sub { exim($_[0]) },
    'exim-rcpt' => sub { exim("host $mx [192.0.2.1]\n    SMTP error from remote mail server after RCPT TO:<$to>:\n    $_[0]") },
    'exim-data' => sub { exim("host $mx [192.0.2.1]\n    SMTP error from remote mail server after end of data:\n    $_[0]") },
    qmail => sub { qmail($_[0]) },
    'qmail-rcpt' => sub { qmail("192.0.2.1 does not like recipient.\nRemote host said: $_[0]\nGiving up on 192.0.2.1.") },
    'qmail-data' => sub { qmail("192.0.2.1 failed after I sent the message.\nRemote host said: $_[0]") },
    sendmail => sub { my $of = $_[0] =~ /(\d\.\d\.\d+)/ ? $1 : '5.0.0'; report(
        "The original message was received at Thu, 26 Nov 2026 10:00:00 GMT\n\n   ----- The following addresses had"
        . " permanent fatal errors -----\n<$to>\n    (reason: $_[0])\n\n   ----- Transcript of session follows -----\n"
        . "... while talking to $mx.:\n>>> RCPT To:<$to>\n<<< $_[0]\n550 5.1.1 <$to>... User unknown",
        $_[1] || $of, "SMTP; $_[0]") },
    courier => sub { plain("This is a delivery status notification from mx.example.net,\nrunning the Courier mail server."
        . "\n\n                           UNDELIVERABLE MAIL\n\nYour message to the following recipients cannot be"
        . " delivered:\n\n<$to>:\n    $mx [192.0.2.1]:\n>>> RCPT TO:<$to>\n<<< $_[0]") },
    opensmtpd => sub { plain("    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this email.\n\n    An error has"
        . " occurred while attempting to deliver a message for\n    the following list of recipients:\n\n$to: $_[0]\n\n"
        . "    Below is a copy of the original message:\n\nTo: $to") },
    domino => sub { plain("Your message\n\n  Subject: News\n\nwas not delivered to:\n\n  $to\n\nbecause:\n\n  $_[0]") },
    groupwise => sub { plain("The message that you sent was undeliverable to the following:\n\t$to ($_[0])") },
    exchange => sub { plain("Your message did not reach some or all of the intended recipients.\n\n      Subject:\tNews\n"
        . "      Sent:\t11/26/2026 10:00 AM\n\nThe following recipient(s) could not be reached:\n\n      $to on 11/26/2026"
        . " 10:00 AM\n            $_[0]") },
    office => sub { report("$_[0]\n\nDiagnostic information for administrators:\n\nGenerating server: AM0.example.outlook.com",
        $_[1], "smtp; $_[2]") },
    gmail => sub { plain("Delivery to the following recipient failed permanently:\n\n     $to\n\nTechnical details of"
        . " permanent failure:\n$_[0]\n\n----- Original message -----\n\nTo: $to") },
    imail => sub { my ($head, $body) = plain("$_[0]\n\nOriginal message follows.\n\nTo: $to");
        ("X-Mailer: <SMTP32 v8.15>\n$head", $body) },
    html => sub { ("Content-Type: text/html; charset=utf-8\n", "<html><body><p>Delivery has <b>failed</b> to: <a href=\"mailto:$to\">"
        . "$to</a></p><p>$_[0]</p></body></html>\n") },
    plain => sub { plain("Your mail to $to came back:\n\n$_[0]") },
);

# One mail. A text of several parts has || between them.
sub bounce_mail {
    my ($shape, $status, $text) = @_;
    my ($said, $more) = split /\s*\|\|\s*/, $text;
    my ($head, $body) = ($shape{$shape} // die "there is no shape $shape")->($said, $status, $more // $said);
    return "Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON\@mx.example.net>\nTo: b\@back.example.com\n"
        . "Subject: Undeliverable: News\nMIME-Version: 1.0\n${head}Content-Transfer-Encoding: 8bit\n\n$body";
}

1;
