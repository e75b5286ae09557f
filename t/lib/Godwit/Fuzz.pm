# Requests made by Godwit::Generate against nginx, and what must be true of
# every answer. $h is a house that runs nginx and was prepared.
#
#   my $f = Godwit::Fuzz->new($h, Godwit::Contract->new);
#   $f->run(500);
#   $f->{status}, $f->{success}{$id}, $f->{passed}, $f->{bad}, $f->{answers}
package Godwit::Fuzz;
use strict;
use warnings;
use JSON::PP ();

use Godwit::Contract;
use Godwit::Objects;
use Godwit::Edge;
use Godwit::Generate;
use Godwit::People;
use Godwit::Wire;

my $json = JSON::PP->new->utf8->allow_nonref;
my $inner = qr/pg_|SQL|relation|syntax error at|\/(?:usr|tmp|work)\/|ngx_/;

# what the contract, the media types or the key decide
my %refused = map { $_ => 1 } 400, 401, 403, 405, 406, 413, 414, 415, 422;

sub new {
    my ($class, $h, $contract) = @_;
    my $wire = Godwit::Wire->new($h);
    my $generate = Godwit::Generate->new($contract);
    $generate->{mine} = 'key_' . ($wire->{key} =~ /^gw_live_(\d+)/)[0];
    return bless { h => $h, operations => [ $contract->operations ], wire => $wire,
        generate => $generate, status => {}, success => {}, passed => 0,
        bad => [], answers => {}, n => 0 }, $class;
}

# ----------------------------------------------------------------- the verdict

sub judge {
    my ($self, $op, $r, $a) = @_;
    return 'no answer' if !$a;
    my ($status, $type) = ($a->{status}, $a->{headers}{'content-type'} // '');
    return "status $status" if $status < 200 || $status >= 500;
    my $body = $a->{body};
    return if $r->{method} eq 'HEAD' || $r->{method} eq 'OPTIONS' || $a->{headers}{'content-encoding'};
    if ($status >= 400) {
        # what nginx refuses itself, or what has left our paths, has no problem of ours
        return if $type eq 'text/html' && $body =~ /<hr><center>nginx</
            && ($status =~ /^4(?:00|14|16)/ || $status =~ /^4(?:04|13)\z/ && $r->{target} =~ /(?:\.|%2e){2}/);
        my $got = problem({ %$a, json => $self->{doc} });
        return $got if $got !~ /^$status \w+\z/;
        return 'an inner word' if $body =~ $inner;
    } elsif ($type eq 'application/json') {
        return 'no JSON' if !defined $self->{doc};
    }
    return;
}

sub run {
    my ($self, $n) = @_;
    my $g = $self->{generate};
    # first each operation once as it should be, so that there is something
    my @sure = @{ $self->{operations} };
    for my $i (1 .. $n) {
        my $sure = @sure;
        my $op = $sure ? shift @sure : Godwit::Generate::one(@{ $self->{operations} });
        my $r = $g->request($op, $sure ? input($self->{h}, $op) : $g->input($op));
        $r->{headers} = { 'Content-Type' => $op->{type} // '' }, $r->{method} = $op->{method} if $sure;
        # a key comes before a session
        my %by = $op->{personal} ? by(mine($self->{h}))
            : $op->{public} ? (headers => { on_its_way() }) : ();
        $r->{headers} = { Authorization => undef, %{ $by{headers} }, %{ $r->{headers} } } if %by;
        # no worker runs, and nobody waits for one
        $r->{headers}{Prefer} = 'wait=0' if $op->{worker} && !$op->{scope};
        my $spoilt = !$sure && Godwit::Generate::chance(0.35);
        $g->spoil($r) if $spoilt;
        my $a = $self->{wire}->ask($r);
        $self->{doc} = $a ? eval { $json->decode($a->{body}) } : undef;
        my $why = $self->judge($op, $r, $a);
        $why //= join ', ', map { "the contract does not say: $_" } undocumented($op, $a)
            if $a && !$spoilt;
        push @{ $self->{bad} }, "request $i, $op->{id}: $why\n" . substr($self->{wire}->text($r), 0, 1500)
            . "\n--\n" . substr($a ? $a->{body} : '', 0, 1000) if $why;
        my $status = $a ? $a->{status} : 0;
        $self->{status}{$status}++;
        $self->{passed}++ if !$refused{$status} && !($spoilt && $status == 404);
        if ($status =~ /^2/ && $r->{method} eq $op->{method}) {
            $self->{success}{ $op->{id} }++;
            my $kept = $self->{answers}{ $op->{id} } //= [];
            push @$kept, $self->{doc} if @$kept < 20 && ref $self->{doc} && $r->{target} !~ /fields=/
                && $status == $op->{status};
            $g->learn($self->{doc});
            $g->{cursors}[ $self->{n}++ % 5 ] = $self->{doc}{next}
                if ref $self->{doc} eq 'HASH' && $self->{doc}{next};
        }
    }
    return;
}

1;
