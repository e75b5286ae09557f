#!/usr/bin/perl
# Webhooks out go to the internet alone, unless the operator allows more: asked
# when a webhook is made, and of the address that is connected to.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Hooks;

my $h = Godwit->new;
my $r = receiver($h);

# refused when it is made, each with a sentence
for my $url ("$r->{url}/", "https://127.0.0.1:$r->{port}/", 'https://127.0.0.1/', 'https://localhost/',
    'https://2130706433/', 'https://0x7f.1/', 'https://[::ffff:127.0.0.1]/', 'https://169.254.169.254/',
    'https://a@example.com/', 'https://example.com./', 'https://example.com:22/', 'http://example.com/')
{
    my ($code, $doc) = $h->try('webhooks_create', { url => $url, events => ['contact.created'] });
    is "$code $doc->{error}{field}", '1 url', "$url: $doc->{error}{message}";
}

# what came past that is refused when it is connected to
my $w = webhook($h, url => 'https://example.com/');
my $worker = $h->spawn('worker', 'http');
sub refused {
    my ($url) = @_;
    $h->dbh->do(q{update godwit.webhook_deliveries set state = 'dead'});
    $h->dbh->do('update godwit.webhooks set url = ?', undef, $url);
    $h->call('webhooks_update', { id => $w->{id}, description => $url });
    my $id = $h->call('webhooks_test', { id => $w->{id} })->{id};
    wait_for { delivery($h, $id)->{attempts} } 5;
    my $d = delivery($h, $id);
    return "$d->{state}: " . ($d->{error} // 'no error');
}
my $no = 'pending: nothing may be sent to the address of this host';
is refused($_), $no, $_ for "https://127.0.0.1:$r->{port}/", "https://localhost:$r->{port}/",
    "https://[::ffff:127.0.0.1]:$r->{port}/", "https://2130706433:$r->{port}/",
    "https://0177.1:$r->{port}/", 'https://localhost/';
like refused("http://127.0.0.1:$r->{port}/"), qr/^pending: .*http/, 'nor by http';
is $h->stop($worker), 0, 'that worker ends';

# a name that first has a good address, then another: by a library that answers
# for the name server. 127.0.0.0/30 stands for the internet.
my $lib = $h->state . '/names.so';
spew("$lib.c", <<'C');
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **res)
{
    char address[64] = "";
    struct addrinfo any = *hints;
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    FILE *f = fopen(getenv("NAMES"), "r");
    real = (int (*)(const char *, const char *, const struct addrinfo *,
                    struct addrinfo **)) dlsym(RTLD_NEXT, "getaddrinfo");
    if (strcmp(node, "hooks.test") != 0 || f == NULL) { return real(node, service, hints, res); }
    any.ai_family = AF_UNSPEC;
    while (fscanf(f, "%63s", address) == 1) {           /* one answer after the other */
        if (real(address, service, &any, res) != 0) { abort(); }
        while (*res != NULL) { res = &(*res)->ai_next; }
    }
    fclose(f);
    return 0;
}
C
system('gcc', '-shared', '-fPIC', '-o', $lib, "$lib.c", '-ldl') == 0 or die 'gcc';
$h->configure('webhook_allow 127.0.0.0/30;');
my $wide = receiver($h, address => '0.0.0.0');
my $six = receiver($h, address => '::1', port => $wide->{port});
my %env = (LD_PRELOAD => $lib, NAMES => $h->state . '/names');
for ([ '127.0.0.2', 'delivered: no error' ], [ '127.0.0.9', $no ], [ '127.0.0.3', 'delivered: no error' ],
    [ '127.0.0.9 ::1', $no ], [ '::1 127.0.0.2', 'delivered: no error' ], [ '127.0.0.3 ::1', 'delivered: no error' ],
    [ '::ffff:127.0.0.9 64:ff9b::7f00:2', $no ])
{
    my ($address, $comes) = @$_;
    spew($env{NAMES}, "$address\n");
    $worker = $h->spawn({ env => \%env }, 'worker', 'http');
    is refused("http://hooks.test:$wide->{port}/"), $comes, "a name that is $address now";
    $h->stop($worker);
}

is $r->got, 0, 'nothing was connected to';
is $six->got, 0, 'nor where one of two addresses is not allowed';
is $wide->got, 4, 'but what was allowed';
done_testing;
