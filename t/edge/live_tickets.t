#!/usr/bin/perl
# Tickets, and the sessions of browsers: pages of ours, and nobody else's.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Live;
use Godwit::Login;

my $h = Godwit->new(conf => 'spool_segment 1m;');
$h->nginx;
my $own = 'http://127.0.0.1:' . $h->port;
sub ticket { my ($query, %how) = @_;
    return api($h, POST => "/live/tickets$query", %how) }
sub first { my (@how) = @_;
    my $s = Godwit::Live->socket($h, @how);
    return $s->{status} == 101 ? $s->event->{type} : problem($s) }

my $r = ticket('?topics=campaign:cmp_1,import');
is $r->{status}, 200, 'a ticket';
like $r->{json}{expires_at}, qr/^20\d\d-.*Z\z/, 'that ends';
my $t = $r->{json}{ticket};
my $s = Godwit::Live->socket($h, "?ticket=$t");
is $s->event->{type}, 'live.open', 'is good';
publish($h, map { { tenant => 1, topic => $_, type => $_ } } 'campaign:cmp_2', 'operation:op_1', 'import:imp_1');
is $s->event->{type}, 'import:imp_1', 'for its topics';
is first("?ticket=$t"), '401 unauthorized', 'once';
is problem(ticket('?topics=x')), '422 invalid', 'of topics that there are';
is problem(ticket('?origin=javascript:x')), '422 invalid', 'and of an origin';
is problem(ticket('', key => key($h, 'campaigns:read'))), '403 forbidden', 'with its scope';

# a ticket sees what its maker may
$t = ticket('', key => $h->call('keys_create', { scopes => ['events:read', 'contacts:read'] })->{key})->{json}{ticket};
$s = Godwit::Live->lines($h, "?ticket=$t");
$s->event;
publish($h, map { { tenant => 1, topic => $_, type => $_ } } 'campaign:cmp_2', 'operation:op_1', 'import:imp_1');
is $s->event->{type}, 'import:imp_1', 'what its maker may see';

# changed, it is none
$t = ticket('')->{json}{ticket};
for my $i (2, 20, 50) {
    my $bad = $t;
    substr $bad, $i, 1, substr($bad, $i, 1) eq 'A' ? 'B' : 'A';
    is first("?ticket=$bad"), '401 unauthorized', "byte $i changed";
}

# nor is one whose minute is over
for ([ 30 => 'live.open' ], [ -5 => '401 unauthorized' ]) {
    my ($until, $is) = @$_;
    my ($code, $one) = $h->godwit({ env => { GODWIT_CLOCK => POSIX::strftime('%FT%TZ', gmtime time + $until) } },
        qw(token what=live));
    is first('?ticket=' . $one =~ s/\s//gr), $is, "its end is $until s from now";
}

# of an origin for that alone, else for ours and for what is no browser
my %want = (
    '' => { '' => 'live.open', $own => 'live.open', 'http://evil.example' => '403 forbidden', null => '403 forbidden' },
    'https://app.example.com' => { 'https://app.example.com' => 'live.open', '' => '403 forbidden',
        $own => '403 forbidden', 'https://app.example.com.evil.example' => '403 forbidden' },
);
for my $for (sort keys %want) {
    for my $from (sort keys %{ $want{$for} }) {
        my $one = ticket($for ? "?origin=$for" : '')->{json}{ticket};
        is first("?ticket=$one", $from ? (Origin => $from) : ()), $want{$for}{$from},
            "for '$for' from '$from'";
    }
}

# the cookie of a browser, on a page of ours
user($h, 'ann@example.com', password => 'lamp river uncle fog');
my $cookie = browser($h, 'ann@example.com', 'lamp river uncle fog');
for (
    [ 'live.open' => '?workspace=ws_1', Origin => $own ],
    [ 'live.open' => '?workspace=ws_1', 'Sec-Fetch-Site' => 'same-origin' ],
    [ '403 forbidden' => '?workspace=ws_1' ],
    [ '403 forbidden' => '?workspace=ws_1', Origin => 'http://evil.example' ],
    [ '403 forbidden' => '?workspace=ws_1', 'Sec-Fetch-Site' => 'cross-site' ],
    [ '403 forbidden' => '?workspace=ws_1', Origin => $own, 'Sec-Fetch-Site' => 'same-site' ],
    [ '401 unauthorized' => '', Origin => $own ],
    [ '403 forbidden' => '?workspace=ws_2', Origin => $own ],
    [ '400 bad_request' => '?workspace=none', Origin => $own ],
) {
    my ($is, $query, @headers) = @$_;
    is first($query, Cookie => $cookie, @headers), $is, "$is: $query @headers";
}
done_testing;
