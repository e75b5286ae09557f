#!/usr/bin/perl
# Exports: every row once, page after page, in cells that are safe.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use JSON::PP;

my $h = Godwit->new;

# the texts of all pages, joined, and their number
sub export {
    my ($name, %body) = @_;
    my ($text, $n) = ('', 0);
    for (;;) {
        my ($state, $doc) = $h->ask("exports_$name", { limit => 2, %body });
        return "$state $doc" if $state;
        $text .= $doc->{text};
        $n++;
        $body{cursor} = $doc->{next} // last;
    }
    return wantarray ? ($text, $n) : $text;
}

$h->call('contacts_create', { email => 'a@example.com', phone => '+49301234567', first_name => '=1+1',
    last_name => qq{O"Hara, "Q"}, attributes => { a => 'x,y' }, consent => { sms => 'granted' } });
$h->call('contacts_create', { email => "p$_\@example.com" }) for 2 .. 5;
my ($text, $pages) = export('contacts');
my @line = split /\r\n/, $text;
is $pages, 3, 'three pages';
is $line[0], 'id,email,phone,external_id,first_name,last_name,zone,locale,consent.email,consent.sms,'
    . 'consent.whatsapp,consent.voice,attributes,tags,owner,company_id,created_at,updated_at', 'the header once';
is_deeply [ map { (split /,/)[0] } @line[ 1 .. $#line ] ], [ map { qq("ct_$_") } 1 .. 5 ],
    'every contact once';
like $line[1], qr/^"ct_1","a\@example\.com","'\+49301234567",,"'=1\+1","O""Hara, ""Q""",,,"unknown","granted",/,
    'quoted, and no formula';
is $h->value('select godwit.csv_cell(to_jsonb(?::text))', "$_=1"), qq("'$_=1"), 'nor this one'
    for "\n", "\t", "\r", "\x{ff1d}", "\x{ff20}", '-';
like $line[1], qr/,"\{""a"": ""x,y""\}","\[\]",,,"20/, 'attributes as JSON';
is_deeply [ map { JSON::PP->new->decode($_)->{email} } split /\n/,
    export('contacts', format => 'ndjson', q => 'p') ], [ map { "p$_\@example.com" } 2 .. 5 ],
    'as JSON lines, filtered';

# who comes meanwhile is not in it
my ($state, $doc) = $h->ask('exports_contacts', { limit => 4 });
$h->call('contacts_create', { email => "late$_\@example.com" }) for 1 .. 3;
is_deeply [ @$doc{qw(rows total tenant)} ], [ 4, $doc->{total}, 1 ], 'how far it is';
($state, $doc) = $h->ask('exports_contacts', { limit => 4, cursor => $doc->{next} });
ok $doc->{text} =~ /"ct_5"/ && $doc->{text} !~ /late/ && !defined $doc->{next}, 'it has an end';
is export('contacts', cursor => '9.x'), 'GW001 "cursor" is not one that this list gave with the same filters and sort',
    'a cursor that is none';
my $next = ($h->ask('exports_contacts', { limit => 2 }))[1]{next};
is export('contacts', cursor => $next =~ s/^\d+/99/r),
    'GW001 "cursor" is not one that this list gave with the same filters and sort', 'nor is its end moved';

$h->call('suppressions_create', { email => $_ }) for map { "s$_\@example.com" } 1 .. 3;
is scalar(split /\r\n/, export('suppressions')), 4, 'suppressions';
$h->call('lists_create', { name => 'l' });
$h->call('lists_add', { id => 'lst_1', contact_ids => [ 'ct_1', 'ct_2', 'ct_3' ] });
$h->call('campaigns_create', { name => 'c', list_id => 'lst_1', from => 'a@example.com',
    subject => 's', html => 'h' });
is export('recipients', id => 'cmp_1'), "contact_id,email,state,reason,code,at,message_id\r\n",
    'nobody yet';
$h->dbh->do(q{insert into godwit.sends (tenant_id, campaign_id, contact_id, at, state)
    select 1, 1, i, '2026-01-01Z', 2 from generate_series(1, 3) i});
$h->dbh->do(q{insert into godwit.events (tenant_id, at, campaign_id, contact_id, kind)
    select 1, timestamptz '2026-01-01Z' + i * interval '1 s', 1, 1, 1 from generate_series(1, 5) i});
is scalar(split /\r\n/, export('recipients', id => 'cmp_1')), 4, 'recipients';
is scalar(split /\n/, export('events', campaign_id => 'cmp_1', format => 'ndjson')), 5, 'events';
like export('recipients', id => 'cmp_9'), qr/^GW002 /, 'of no campaign';
like export('events'), qr/^GW001 "campaign_id" or "contact_id" is missing/, 'of nothing';

done_testing;
