# An identity provider on loopback (t/lib/idp), and a browser that goes there.
#
#   my $idp = idp($h) or plan skip_all => 'Node or its packages are not there';
#   $idp->be(sub => 's1', email => 'ann@example.com', email_verified => \1);
#   my $r = $idp->login('sso_1', '/x');     # status, url, body, cookie
package Godwit::Idp;
use strict;
use warnings;
use Exporter qw(import);
use HTTP::Tiny;
use JSON::PP ();

our @EXPORT = qw(idp);

# undef: there is no Node, or npm can not fetch its packages
sub idp {
    my ($h) = @_;
    my $dir = Godwit::root() . '/t/lib/idp';
    chomp(my $node = qx{sh dev/node $dir 2>/dev/null} // '');
    return if $? || !$node;
    my $port = Godwit::free_port();
    my $self = bless { h => $h, url => "http://127.0.0.1:$port" }, __PACKAGE__;
    $self->{pid} = $h->spawn({ program => [$node, "$dir/idp.js"], log => 'idp' }, $port,
        'http://127.0.0.1:' . $h->port);
    Godwit::wait_for(sub { $self->{http} = HTTP::Tiny->new(timeout => 10);
        $self->{http}->get("$self->{url}/jwks")->{success} }, 20) or return;
    return $self;
}

sub post { my ($self, $what, $text) = @_;
    return $self->{http}->post("$self->{url}/test/$what", { content => $text // '' })->{success} }

# Who logs in from now on; the claims of the ID token that differ; another key.
sub be { my ($self, %claims) = @_; return $self->post(user => JSON::PP::encode_json(\%claims)) }
sub spoil { my ($self, %claims) = @_; return $self->post(spoil => %claims ? JSON::PP::encode_json(\%claims) : '') }
sub rotate { my ($self) = @_; return $self->post('rotate') }

# A browser without a past goes through a login: where it ends.
sub login {
    my ($self, $id, $to, @more) = @_;
    my $jar = $self->{h}->state . '/jar' . ++$self->{jars};
    my $out = $self->{h}->state . '/page';
    my $at = 'http://127.0.0.1:' . $self->{h}->port;
    open my $curl, '-|', 'curl', '-sL', '-m', 30, '-o', $out, '-c', $jar, '-b', $jar, '-H', 'Accept: text/html,*/*;q=0.8',
        '-w', '%{http_code} %{url_effective}', @more, "$at/api/v1/sso/$id/login?return_to=$to" or die "curl: $!";
    my ($status, $url) = split / /, <$curl> // '', 2;
    close $curl;
    my ($token) = Godwit::slurp($jar) =~ /\tgodwit\t(\S+)/;
    $url =~ s/^\Q$at\E//;
    return { status => $status, url => $url, body => Godwit::slurp($out), jar => $jar,
        cookie => defined $token ? "godwit=$token" : undef };
}

1;
