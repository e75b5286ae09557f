# The app in a browser over ROWS contacts: how long a table takes to its first row,
# to its last one and to the middle, and the frames of a second while it is scrolled.
use strict;
use warnings;
use Bench;
use Godwit;
use Godwit::Edge;
use Godwit::People;
use JSON::PP;

my $n = $ENV{ROWS} || 1_000_000;
my ($chromium) = grep { -x } qw(/usr/bin/chromium /usr/bin/chromium-browser) or die "there is no Chromium\n";
chomp(my $node = `sh dev/node html`);
system('sh', 'dev/app') == 0 or die "the app does not build\n";

my $h = Godwit->new;
$h->nginx(app => 1);
person($h, 'ann@example.com', 'owner');
my $s = timed(sub { $h->dbh->do($_) for
    "insert into godwit.contacts (tenant_id, email, first_name, created_at, updated_at)
        select 1, 'm' || i || '\@example.com', 'M' || i, '2026-01-01Z', '2026-01-01Z' from generate_series(1, $n) i",
    'vacuum analyze godwit.contacts', 'checkpoint' });
say_note(sprintf 'app: ROWS=%d contacts, made in %.0f s', $n, $s);

local @ENV{qw(GODWIT_URL GODWIT_COOKIE GODWIT_PROFILE CHROMIUM ROWS)} = ('http://127.0.0.1:' . $h->port,
    session($h, 'ann@example.com'), $h->state . '/run/browser', $chromium, $n);
my $said = decode_json(scalar qx{$node t/bench/app.mjs});
say_note(sprintf 'app %s %s', $_, $said->{$_}) for sort keys %$said;
# a budget each: what it may take at most
my %most = (rows => 60, first_ms => 600, last_ms => 600, middle_ms => 600, worst_frame_ms => 50, missing_frames => 5);
Bench::row(name => "app_$_", unit => s/.*_//r, ours => $said->{$_}, peer => $most{$_}, ratio => $said->{$_} / $most{$_},
    at_most => 1, rounds => 1, spread => 0) for sort keys %most;
