#!/usr/bin/perl
# What is packed, as far as nothing has to be installed for it: the units, their
# sandbox, the scripts, the words of the configuration. t/long/deb.t installs it.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use File::Temp qw(tempdir);

my $debian = Godwit::root() . '/debian';
my $dir = tempdir(CLEANUP => 1);

# the programs that they name are not there
for my $file (glob "$debian/godwit.godwit-*.*") {
    my ($unit) = $file =~ /godwit\.(godwit-.*)/;
    spew("$dir/$unit", slurp($file) =~ s/^(Exec\w+=).*/$1\/bin\/true/mgr =~ s/^Documentation.*\n//mr);
}
SKIP: {
    skip 'no systemd-analyze', 3 if !-x '/usr/bin/systemd-analyze';
    is qx(cd $dir && systemd-analyze verify ./godwit-*.path ./godwit-*.service 2>&1 | grep godwit-), '',
        'systemd understands the units';
    for my $unit (qw(edge worker)) {
        my ($exposure) = qx(systemd-analyze security --offline=true --threshold=20 $dir/godwit-$unit.service 2>&1)
            =~ /exposure level .*: ([\d.]+ \w+)/;
        is $?, 0, "godwit-$unit is shut in: " . ($exposure // 'not said');
    }
}

for my $script (qw(edge setup upgrade godwit.sh godwit.postinst godwit.prerm godwit.postrm)) {
    is qx(sh -n $debian/$script 2>&1), '', "$script is in order";
}
for my $conf (qw(godwit nginx)) {
    my $text = qx(sed -f $debian/words.sed conf.d/$conf.conf);
    is join(' ', $text =~ /\@[A-Z_]+\@|make up/g), '', "$conf.conf has words of the package";
}
my ($code, $out, $err) = do {
    my $text = qx(sed -f $debian/words.sed conf.d/godwit.conf);
    my $h = Godwit->new(empty => 1);
    spew($h->state . '/conf/godwit.conf', $text);
    $h->godwit('migrate', '--roles');
};
is "$code $err", '0 ', 'the program takes its godwit.conf';
done_testing;
