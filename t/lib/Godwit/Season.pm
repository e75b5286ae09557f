# A workspace that has been used for a while: contacts, campaigns of the last
# weeks with what came of them, an experiment whose test is out. Past times are
# SQL's, all else is made by the operations themselves.
#
#   my $made = season($h);      # { finished, running, draft, experiment, contact, ... }
package Godwit::Season;
use strict;
use warnings;
use Exporter qw(import);

our @EXPORT = qw(season);

my @domain = qw(gmail.com outlook.com yahoo.com web.example posteo.example);
my @first = qw(Ada Ben Cleo Dan Eva Finn Gul Hana Ivo Jana Kim Lea Mia Noa Omar Pia);
my @last = qw(Acker Brandt Cohen Dietz Ebert Fuchs Gomez Haas Ito Jung Kraus Lang Moser Novak Okoye Paul);

my @blocks = ({ type => 'heading', text => 'New in the shop', size => 1 },
    { type => 'text', text => "Hello {{ contact.first_name | default: \"there\" }},\n\nthe **first teas** of the year are here." },
    { type => 'columns', ratio => '1:1', cells => [
        [ { type => 'heading', text => 'Teas', size => 3 }, { type => 'text', text => 'From the new garden.' } ],
        [ { type => 'heading', text => 'Cups', size => 3 }, { type => 'text', text => 'Made by hand.' } ] ] },
    { type => 'button', text => 'Take a look', href => 'https://shop.example/teas', align => 'center' },
    { type => 'loop', list => 'contact.products', size => 3, cells => [ [ { type => 'heading', text => '{{ item.title }}', size => 3 } ] ] },
    { type => 'divider' }, { type => 'footer', text => '[Unsubscribe]({{ unsubscribe_url }})' });

my %base = (from => 'Corner Shop <hello@shop.example>', html => '<h1>New in the shop</h1>'
    . '<p>Hello {{ contact.first_name }},</p><p><a href="https://shop.example/teas" data-godwit-name="Teas">Teas</a> '
    . '<a href="https://shop.example/cups" data-godwit-name="Cups">Cups</a> '
    . '<a href="https://shop.example/about">About us</a></p><p><a href="{{ unsubscribe_url }}">Unsubscribe</a></p>');

# of each campaign: who got it, who did what, in the hours after its start; what is drawn is
# drawn by a hash, so that each run is the same
my @past = (
    q{insert into godwit.sends (tenant_id, campaign_id, contact_id, at, state, attempts, code)
      select 1, $1, id, $2::timestamptz + (id % 97) * interval '25 seconds',
             case when abs(hashint8(id * 31 + $1)) % 100 < 3 then 3 else 2 end, 1, 250
        from godwit.contacts where tenant_id = 1 and id % 100 < $3},
    q{insert into godwit.events (tenant_id, at, campaign_id, contact_id, kind, class, link)
      select 1, s.at + power(abs(hashint8(s.contact_id * 7 + k)) % 1000 / 1000.0, 3) * interval '60 hours' + interval '1 minute',
             $1, s.contact_id, k, 1, case k when 2 then abs(hashint8(s.contact_id + 5)) % 3 end
        from godwit.sends s, (values (1, $2::int), (2, $2::int / 4), (3, 1)) u(k, share)
       where s.tenant_id = 1 and s.campaign_id = $1 and s.state = 2
         and abs(hashint8(s.contact_id * 13 + k * 17 + $1)) % 100 < share},
    q{delete from godwit.events where tenant_id = 1 and campaign_id = $1 and at > $2::timestamptz},
    q{insert into godwit.engagement (tenant_id, campaign_id, contact_id, opened_at, clicked_at, unsubscribed_at, class, human)
      select 1, $1, contact_id, min(at) filter (where kind = 1), min(at) filter (where kind = 2),
             min(at) filter (where kind = 3), 1, bit_or(case when kind < 3 then kind else 0 end)
        from godwit.events where tenant_id = 1 and campaign_id = $1 group by contact_id},
    q{insert into godwit.campaign_hours (tenant_id, campaign_id, hour, kind, class, n)
      select 1, $1, date_trunc('hour', at), kind, class, count(*)
        from godwit.events where tenant_id = 1 and campaign_id = $1 group by 3, 4, 5},
    q{insert into godwit.campaign_totals (tenant_id, campaign_id, opens, clicks, unique_opens, unique_clicks, unsubscribes,
        human_opens, human_clicks, human_unique_opens, human_unique_clicks)
      select 1, $1, e.o, e.c, g.o, g.c, g.u, e.o, e.c, g.o, g.c
        from (select count(*) filter (where kind = 1) o, count(*) filter (where kind = 2) c from godwit.events
               where tenant_id = 1 and campaign_id = $1) e,
             (select count(opened_at) o, count(clicked_at) c, count(unsubscribed_at) u from godwit.engagement
               where tenant_id = 1 and campaign_id = $1) g},
    q{insert into godwit.bounces (tenant_id, at, mail_hash, campaign_id, contact_id, address_hash, kind, class, suppress)
      select 1, at + interval '1 hour', sha256((campaign_id || ':' || contact_id)::bytea), campaign_id, contact_id, 'x',
             case when contact_id % 7 = 0 then 'complaint' else 'bounce' end, 'userunknown', 'never'
        from godwit.sends where tenant_id = 1 and campaign_id = $1 and state = 2
         and abs(hashint8(contact_id * 3 + $1)) % 100 < 2},
);

sub ago { my ($h, $days) = @_; return $h->value(q{select (now() - ? * interval '1 day')::text}, $days) }

# what came of a campaign that was begun so many days ago and sent to so many of a hundred
sub came { my ($h, $id, $days, $percent, $opened, $state) = @_;
    my ($n) = $id =~ /(\d+)/;
    my $at = ago($h, $days);
    my @args = ([ $n, $at, $percent ], [ $n, $opened ], [ $n, ago($h, 0) ], ([$n]) x 4);
    for my $i (0 .. $#past) {
        my $st = $h->dbh->prepare($past[$i]);
        $st->execute(@{ $args[$i] });
    }
    $h->dbh->do(q{update godwit.campaigns set state = ?, started_at = ?, finished_at = case ? when 'finished'
        then ?::timestamptz + interval '45 minutes' end where tenant_id = 1 and id = ?}, undef, $state, $at, $state, $at, $n);
    $h->dbh->do(q{delete from godwit.campaign_cursors where tenant_id = 1 and campaign_id = ?}, undef, $n);
    $h->dbh->do(q{insert into godwit.campaign_cursors (tenant_id, campaign_id, audience, pos, sent, failed, updated_at)
        select 1, ?::bigint, case ? when 'finished' then count(*) else (select count(*) from godwit.contacts where tenant_id = 1) end, count(*),
               count(*) filter (where state = 2), count(*) filter (where state = 3), now()
          from godwit.sends where tenant_id = 1 and campaign_id = ?}, undef, $n, $state, $n);
    $h->dbh->do('select godwit.rollup_campaign(1, ?, now())', undef, $n);
    return $id;
}

# an experiment whose test has gone out; a look at it was made
sub tested { my ($h, $id) = @_;
    my ($n) = $id =~ /(\d+)/;
    $h->call('campaigns_start', { id => $id });
    $h->dbh->do($_, undef, $n) for
        q{insert into godwit.sends (tenant_id, campaign_id, contact_id, at, state, attempts, code)
          select 1, x.campaign_id, c.id, now() - interval '5 hours', 2, 1, 250
            from godwit.contacts c, godwit.experiments x
           where c.tenant_id = 1 and x.tenant_id = 1 and x.campaign_id = ? and godwit.experiment_part(x, c.id) >= 0},
        q{insert into godwit.engagement (tenant_id, campaign_id, contact_id, opened_at, clicked_at, class, human)
          select 1, s.campaign_id, s.contact_id, now() - interval '4 hours',
                 case when abs(hashint8(s.contact_id)) % 100 < 9 + 4 * godwit.experiment_part(x, s.contact_id) then now() - interval '3 hours' end, 1,
                 case when abs(hashint8(s.contact_id)) % 100 < 9 + 4 * godwit.experiment_part(x, s.contact_id) then 3 else 1 end
            from godwit.sends s join godwit.experiments x using (tenant_id, campaign_id)
           where s.tenant_id = 1 and s.campaign_id = ? and abs(hashint8(s.contact_id)) % 100 < 42},
        q{update godwit.campaign_cursors set pos = gate, sent = gate where tenant_id = 1 and campaign_id = ?},
        q{update godwit.experiments set decide_at = now() + interval '19 hours' where tenant_id = 1 and campaign_id = ?};
    $h->godwit(qw(worker cron --once));
    return $id;
}

sub season {
    my ($h) = @_;
    my $list = $h->call('lists_create', { name => 'Newsletter' })->{id};
    $h->call('lists_create', { name => 'Wholesale' });
    $h->dbh->do(q{insert into godwit.contacts (tenant_id, email, first_name, last_name, created_at, updated_at)
        select 1, lower(($1::text[])[1 + i % 16]) || '.' || lower(($2::text[])[1 + i / 16 % 16]) || i || '@' || ($3::text[])[1 + i % 5],
               ($1::text[])[1 + i % 16], ($2::text[])[1 + i / 16 % 16], now() - i * interval '1 hour', now() - i * interval '1 hour'
          from generate_series(1, 1200) i}, undef, \@first, \@last, \@domain);
    $h->dbh->do(q{insert into godwit.list_members (tenant_id, list_id, contact_id, added_at)
        select 1, 1, id, now() from godwit.contacts where tenant_id = 1});
    my %made = (list => $list);
    my $new = sub { my ($name, %more) = @_;
        return $h->call('campaigns_create', { %base, name => $name, subject => $name, list_id => $list, %more })->{id} };
    came($h, $new->('Autumn teas'), 24, 92, 38, 'finished');
    came($h, $new->('Cups of the month'), 11, 95, 31, 'finished');
    $made{finished} = came($h, $new->('Winter letter'), 2, 97, 46, 'finished');
    $made{running} = came($h, $new->('Open evening on Friday, with tea from the new garden'), 0.02, 45, 12, 'paused');
    $made{draft} = $new->('Thank you for this year');
    $new->('Spring preview', schedule => undef);
    my @ab = ({ name => 'Plain' }, { name => 'Question', subject => 'Which tea are you, {{ contact.first_name }}?' },
        { name => 'Short', subject => 'Tea?' });
    $made{experiment} = tested($h, $new->('Which subject?', experiment => { variants => \@ab, test => 80, least => 100 }));
    $made{trial} = $new->('Next experiment', experiment => { variants => [ @ab[ 0, 1 ] ] });
    $made{contact} = $h->value(q{select godwit.id_text('ct', contact_id) from godwit.engagement
        where clicked_at is not null and tenant_id = 1 and campaign_id = 3 order by contact_id limit 1});
    $made{segment} = $h->call('segments_create', { name => 'Readers at Google', predicate => {
        all => [ { field => 'email', op => 'ends_with', value => '@gmail.com' } ] } })->{id};
    $made{template} = $h->call('templates_create', { name => 'Letter', subject => 'Hi {{ contact.first_name }}',
        html => $base{html}, design => { kind => 'blocks', blocks => \@blocks } })->{id};
    $made{sms} = $h->call('templates_create', { name => 'Reminder', channel => 'sms',
        content => { text => "Hello {{ contact.first_name }}, your tea is ready \x{201c}today\x{201d} until 18:00." } })->{id};
    $h->call('suppressions_create', { email => "gone$_\@example.com" }) for 1 .. 6;
    $h->call('webhooks_create', { url => 'https://hooks.example.com/shop', events => ['contact.created'], description => 'Shop' });
    $h->call('keys_create', { name => 'Shop', scopes => ['contacts:write'] });
    return \%made;
}

1;
