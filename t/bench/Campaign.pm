# A house with an audience for the benches of the sender: contacts made in SQL,
# a newsletter of about 4 KiB, campaigns of any size.
package Campaign;
use strict;
use warnings;
use Bench;
use Godwit;
use Time::HiRes qw(sleep);

# contacts 1..n with names and attributes
sub contacts {
    my ($h, $n) = @_;
    $h->dbh->do(q{insert into godwit.contacts (tenant_id, email, external_id, first_name,
            last_name, locale, attributes, created_at, updated_at)
        select 1, 'user' || i || '@example.com', 'crm-' || i, 'First' || i, 'Last & ' || i,
            'en', jsonb_build_object('plan', 'gold', 'city', 'Town ' || i % 997, 'points', i),
            '2026-01-01Z', '2026-01-01Z' from generate_series(1, ?::int) i}, undef, $n);
    $h->dbh->do('vacuum analyze godwit.contacts');
}

# a list of the first n contacts
sub list {
    my ($h, $n) = @_;
    my $list = $h->call('lists_create', { name => "first $n" })->{id};
    $h->dbh->do(q{insert into godwit.list_members select 1, ?, id, '2026-01-01Z'
        from godwit.contacts order by id limit ?}, undef, $list =~ s/lst_//r, $n);
    $h->dbh->do('analyze godwit.list_members');
    return $list;
}

# what a shop sends: 4 KiB of HTML, a dozen variables, twelve links
sub html {
    my $item = q{<tr><td style="padding:12px 24px;border-bottom:1px solid #e5e7eb"><a href=}
        . q{"https://shop.example/p/%d?utm_source=mail&utm_campaign=may" style="color:#0f766e;}
        . q{font-weight:600">Product number %d</a><br>Only this week, {{ contact.first_name }}: }
        . q{&euro; %d.90 instead of &euro; %d.90, sent to {{ contact.attributes.city }}.</td></tr>}
        . "\n";
    return q{<!doctype html><html><head><meta charset="utf-8"><title>{{ campaign.name }}</title>}
        . "</head>\n"
        . q{<body style="margin:0;background:#f5f5f4;font-family:Arial,sans-serif"><table width=}
        . qq{"600" align="center" cellpadding="0">\n<tr><td><h1>Dear {{ contact.first_name }} }
        . q{{{ contact.last_name }},</h1><p>you have {{ contact.attributes.points }} points on }
        . q[the plan {{ contact.attributes.plan | capitalize }}{% if contact.attributes.points > ]
        . qq[1000 %}, which is a lot{% endif %}.</p></td></tr>\n]
        . join('', map { sprintf $item, $_, $_, $_ * 3, $_ * 4 } 1 .. 10)
        . q{<tr><td><p style="font-size:12px">You get this because you asked for it. <a href=}
        . q{"{{ unsubscribe_url }}">Unsubscribe</a> or <a href="{{ view_url }}">read it in your }
        . "browser</a>.</p></td></tr></table></body></html>\n";
}

sub create {
    my ($h, $list) = @_;
    return $h->call('campaigns_create', { name => 'Bench', list_id => $list,
        from => 'Shop <shop@example.com>', subject => 'News for {{ contact.first_name }}',
        html => html() })->{id};
}

# start it and wait until its last row is in the ledger; its seconds. look: code
# that is called meanwhile
sub send_all {
    my ($h, $campaign, $n, $look) = @_;
    my $id = $campaign =~ s/cmp_//r;
    my $s = timed(sub {
        $h->call('campaigns_start', { id => $campaign });
        until ($h->value('select finished_at is not null from godwit.campaigns where id = ?',
                $id)) {
            $look->() if $look;
            sleep 0.01;
        }
    });
    my $sent = $h->value('select count(*) from godwit.sends where campaign_id = ? and state = 2',
        $id);
    $sent == $n or die "sent $sent of $n\n";
    return $s;
}

1;
