#!/usr/bin/perl
# Predicates as SQL: what Postgres finds in a workspace is what is true of each
# contact, by the program and by an evaluator that knows the grammar alone.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use File::Temp;

my $h = Godwit->new;
my $seed = $ENV{GODWIT_SEED} // int rand 1e6;
diag "GODWIT_SEED=$seed" unless $ENV{GODWIT_SEED};
open my $fh, '-|', 'python3', '-B', 't/worker/predicate_pairs.py', 'house', $seed, 50 or die "python3: $!";
chomp(my ($house, @pairs) = <$fh>);
close $fh or die 'predicate_pairs.py failed';

# the contacts and all that they did; beside it what counts for nobody
$h->dbh->do('create temp table house as select ?::jsonb as doc', undef, $house);
my $people = q{jsonb_array_elements((select doc->'people' from house)) e(p)};
my $did = "$people, jsonb_array_elements(p->'events') v";
my $id = q{substr(p#>>'{contact,id}', 4)::bigint};
my $now = q{(select godwit.predicate_time(doc->>'now') from house)};
my $at = q{godwit.predicate_time(v->>'at')};
$h->dbh->do($_) for
    qq{insert into godwit.companies (tenant_id, id, name, domain, attributes, created_at, updated_at)
        overriding system value select 1, $id, p#>>'{contact,company,name}', p#>>'{contact,company,domain}',
        p#>'{contact,company,attributes}', godwit.predicate_time(p#>>'{contact,company,created_at}'),
        godwit.predicate_time(p#>>'{contact,company,updated_at}') from $people
        where jsonb_exists(p->'contact', 'company')},
    qq{insert into godwit.contacts (tenant_id, id, company_id, phone, external_id, first_name, last_name, zone, locale,
        consent_email, consent_sms, consent_whatsapp, consent_voice, tags, attributes, created_at, updated_at)
        overriding system value select 1, $id, case when jsonb_exists(p->'contact', 'company') then $id end,
        p#>>'{contact,phone}', p#>>'{contact,external_id}',
        p#>>'{contact,first_name}', p#>>'{contact,last_name}', p#>>'{contact,zone}', p#>>'{contact,locale}',
        } . join(', ', map { "array_position('{unknown,granted,revoked}'::text[], p#>>'{contact,consent,$_}') - 1" }
            qw(email sms whatsapp voice)) . qq{,
        array(select lower(t collate "C") from jsonb_array_elements_text(p#>'{contact,tags}') t),
        p#>'{contact,attributes}', godwit.predicate_time(p#>>'{contact,created_at}'),
        godwit.predicate_time(p#>>'{contact,updated_at}') from $people},
    qq{insert into godwit.list_members (tenant_id, list_id, contact_id, added_at)
        select 1, substr(l, 5)::bigint, $id, $now from $people, jsonb_array_elements_text(p#>'{contact,lists}') l},
    qq{insert into godwit.sends (tenant_id, campaign_id, contact_id, at, state) select 1, n, $id, $now,
        case when jsonb_exists(p#>array['contact', 'campaigns', 'cmp_' || n], 'sent') then 2 else 3 end
        from $people, generate_series(1, 2) n},
    qq{insert into godwit.engagement (tenant_id, campaign_id, contact_id, opened_at, clicked_at, unsubscribed_at,
        human) select 1, n, $id, $now, $now, case when jsonb_exists(d, 'unsubscribed') then $now end,
        jsonb_exists(d, 'opened')::int + 2 * jsonb_exists(d, 'clicked')::int
        from $people, generate_series(1, 2) n, lateral (select p#>array['contact', 'campaigns', 'cmp_' || n] as d) u},
    qq{insert into godwit.events (tenant_id, campaign_id, contact_id, at, kind, class) select 1, 1, $id, $at,
        case v->>'name' when 'open' then 1 else 2 end, c from $did, unnest('{1,3}'::int[]) c
        where v->>'name' in ('open', 'click')},
    qq{insert into godwit.tracked (tenant_id, contact_id, at, kind, name, properties, source_id, received_at)
        select 1, $id, $at, 1, v->>'name', v->'properties', 1, $now from $did
        where v->>'name' not in ('open', 'click')},
    # the same people of another workspace are nobody's here
    q{insert into godwit.contacts (tenant_id, company_id, attributes, created_at, updated_at)
        select 2, company_id, attributes, created_at, updated_at from godwit.contacts};

my %found;                              # "predicate contact"
$found{"$_->{n} $_->{id}"} = 1 for @{ $h->rows(qq{select n, auth.predicate_find(1, p, $now) as id
    from jsonb_array_elements((select doc->'predicates' from house)) with ordinality o(p, n)}) };

my $file = File::Temp->new;
print $file map { "$_\n" } @pairs;
$file->flush;
open $fh, '-|', 'python3', '-B', 't/worker/predicate.py', "$file" or die "python3: $!";
my @python = map { /true/ ? 1 : 0 } <$fh>;
my ($code, $out) = $h->godwit({ in => join '', map { "$_\n" } @pairs }, 'predicate');
my @c = map { /"match":true,"why"/ ? 1 : 0 } split /\n/, $out;
my @sql = map { $found{ int($_ / 200) + 1 . ' ' . ($_ % 200 + 1) } ? 1 : 0 } 0 .. $#pairs;

is @pairs, 10000, '50 predicates on 200 contacts';
is_deeply [ scalar(@c), scalar(@python) ], [ 10000, 10000 ], 'an answer to each';
my @differ = grep { $sql[$_] != $c[$_] || $sql[$_] != $python[$_] } 0 .. $#pairs;
is @differ, 0, 'all three agree' or diag map { "SQL $sql[$_], C $c[$_], Python $python[$_]: $pairs[$_]\n" }
    @differ[0 .. ($#differ < 2 ? $#differ : 2)];
cmp_ok scalar(grep { $_ } @sql), '>', 1000, 'and some are true';

# whoever means harm is a value, never a part of the statement
my $evil = q{x'); drop table godwit.lists; --};
is $h->value('select count(*) from auth.predicate_find(1, ?::jsonb, now())', "{\"any\":[" . join(',',
    map { s/EVIL/$evil/gr } '{"attribute":"EVIL","op":"is","value":"EVIL"}', '{"tag":"EVIL"}',
    '{"event":"EVIL","where":[{"property":"EVIL","op":"contains","value":"EVIL"}]}',
    '{"bucket":{"salt":"EVIL","from":0,"to":1}}', '{"field":"zone","op":"in","value":["EVIL"]}') . ']}') >= 0, 1,
    'a hostile value finds what it finds';
is $h->value('select count(*) from godwit.lists') >= 0, 1, 'and harms nobody';
done_testing;
