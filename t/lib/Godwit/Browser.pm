# A journey through the app in a real browser: a program of t/e2e/app/, whose
# lines are checks of this test.
#
#   my $chromium = chromium();                  # skips the test where there is none
#   journey($h, 'setup.mjs', do => { publish => sub { ... } }, env => { GODWIT_X => 1 });
#
# A line `! NAME WORDS` of the program asks this test to do something.
package Godwit::Browser;
use strict;
use warnings;
use Exporter qw(import);
use Test::More;

use Godwit ();
use Godwit::Edge;

our @EXPORT = qw(chromium journey);

my ($found, $node);

# the app is built, and there is what looks at it
sub chromium {
    ($found) = grep { -x } qw(/usr/bin/chromium /usr/bin/chromium-browser)
        or plan skip_all => 'there is no Chromium';
    chomp($node = `sh dev/node html`);
    is system('sh', 'dev/app'), 0, 'it is built' or BAIL_OUT('no app');
    return $node;
}

sub journey {
    my ($h, $program, %a) = @_;
    local %ENV = (%ENV, GODWIT_URL => 'http://127.0.0.1:' . $h->port, GODWIT_KEY => key($h),
        GODWIT_PROFILE => $h->state . "/run/browser-$program", CHROMIUM => $found, %{ $a{env} // {} });
    open my $said, '-|', $node, "t/e2e/app/$program" or die "node: $!";
    my $n = 0;
    while (my $line = <$said>) {
        if (my ($name, $words) = $line =~ /^! (\w+) ?(.*)/) {
            $a{do}{$name}->($words);
            next;
        }
        my ($not, $what, $why) = $line =~ /^(not )?ok - (.*?)(?: -- (.*))?$/ or do { diag $line; next };
        ok !$not, $what or diag $why;
        $n++;
    }
    close $said;
    is $?, 0, "$program, to its end";
    return $n;
}

1;
