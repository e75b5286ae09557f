# The demo workspace: a list, a campaign, and the numbers that it makes.
package House;
use strict;
use warnings;
use JSON::PP;

my $json = JSON::PP->new->utf8->canonical;

# An operation of the API in workspace 1; dies with its sentence.
sub call {
    my ($self, $operation, $body) = @_;
    my $text = $self->capture($self->godwit('call', $operation,
        $json->encode($body)));
    my $doc = eval { $json->decode($text) } // {};
    die "demo: $operation: " . ($doc->{error}{message} // 'no answer') . "\n"
        if !%$doc || $doc->{error};
    return $doc;
}

sub numbers {
    my ($self) = @_;
    my $s = eval { $self->call('campaigns_stats', { id => 'cmp_1' }) } // return 'no campaign';
    return sprintf '%s %d/%d  failed %d  opens %d (%d)  clicks %d (%d)  unsubscribed %d',
        @$s{qw(state sent audience failed opens unique_opens clicks unique_clicks
        unsubscribes)};
}

# On the first start: import the contacts, make the campaign, start it. Each
# step looks first, so that a start that was cut off goes on where it stopped.
sub demo {
    my ($self) = @_;
    my $done = $self->path(qw(conf demo-started));
    return if -e $done;
    my $file = $self->path(qw(files demo.csv));
    my $script = $self->path(qw(files demo.pl));
    $self->spew($script, $self->source('dev/demo/contacts.pl'));
    $self->spew($file, $self->capture($^X, $script));
    unlink $script;
    my ($list) = grep { $_->{name} eq 'Demo' } @{ $self->call('lists_list', {})->{items} };
    $list //= $self->call('lists_create', { name => 'Demo' });
    $self->quiet($self->godwit('import', $file, '--list', $list->{id}))
        or die 'demo: import: ' . $self->last_line('quiet') . "\n";
    my ($campaign) = @{ $self->call('campaigns_list', {})->{items} };
    $campaign //= $self->call('campaigns_create', { name => 'Spring letter', list_id => $list->{id},
        from => 'Godwit Demo <demo@godwit.example>',
        subject => $self->source('dev/demo/subject.liquid') =~ s/\s+\z//r,
        html => $self->source('dev/demo/letter.html'), text => $self->source('dev/demo/letter.txt') });
    $self->call('campaigns_start', { id => $campaign->{id} }) if $campaign->{state} eq 'draft';
    $self->spew($done, "cmp_1\n");
}

1;
