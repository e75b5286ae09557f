# What the mail servers of the world say, in the shapes in which they say it: t/worker/bounce_kinds.txt.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Bounces;

my $h = Godwit->new(empty => 1);
my %hard = map { $_ => 1 } qw(userunknown hostunknown hasmoved notaccept);
my (@file, %want);
for (split /\n/, slurp('t/worker/bounce_kinds.txt')) {
    next if /^(?:#|$)/;
    my ($class, $shape, $status, $said) = split /\s*\|\s*/, $_, 4;
    push @file, my $file = $h->state . '/' . @file . '.eml';
    spew($file, bounce_mail($shape, $status, $said));
    my $temporary = $shape eq 'delayed' || $said =~ /^4\d\d/;
    $want{$file} = [ join(' ', 'bounce', $class, $hard{$class} && !$temporary ? 'hard' : 'soft'), "$shape: $said" ];
}
my ($code, $out) = $h->godwit('bounce', @file);
is $code, 0, 'all are judged';
for (map { JSON::PP::decode_json($_) } split /\n/, $out) {
    my ($want, $said) = @{ delete $want{ $_->{file} } // [ 'one recipient', $_->{file} ] };
    is join(' ', $_->{kind}, $_->{class}, $_->{hard} ? 'hard' : 'soft'), $want, $said;
}
is_deeply \%want, {}, 'none without a verdict';
done_testing;
