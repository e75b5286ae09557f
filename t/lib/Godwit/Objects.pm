# What the operations of the contract are about: one object of each kind, made
# by the operations themselves.
#
#   prepare($h);                          # number 1 of each: what the examples of the contract name
#   my $id = object($h, 'lst');           # one made anew; undef: there is no such kind
#   my $id = prepared('lst');             # that of prepare()
#   my @kinds = kinds();                  # the prefixes of their ids
#   advance($h, $operation, $id);         # so far that the operation takes it
#   complete($h, $operation, $body);      # what its example can not name
#   mine($h);                             # the session of $me
package Godwit::Objects;
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use Exporter qw(import);
use JSON::PP ();

use Godwit ();
use Godwit::Jobs ();
use Godwit::People;

our @EXPORT = qw(prepare object prepared kinds advance complete mine answered on_its_way came_back);

our $me = 'ann@example.com';    # whose session it is

# the session of who asks: a new password ends it
sub mine { my ($h) = @_; return $h->{session} = alive($h, $h->{session}, $me) }

my %n;                          # of each house: how many objects it has made
sub new_name { my ($h) = @_; return ($h->{mark} // 'w') . ++$n{ $h->{name} } }

sub contact { my ($h) = @_;
    return $h->call('contacts_create', { email => new_name($h) . '@example.com',
        first_name => 'W' })->{id} }

sub list { my ($h) = @_;
    return $h->call('lists_create', { name => new_name($h) })->{id} }

sub campaign {
    my ($h) = @_;
    my $list = list($h);
    $h->call('lists_add', { id => $list, contact_ids => [ contact($h) ] });
    return $h->call('campaigns_create', { name => new_name($h), list_id => $list,
        from => 'Shop <shop@example.com>', subject => 'Hi',
        html => '<p><a href="https://a.example/">go</a></p>' })->{id};
}

sub template { my ($h) = @_;
    return $h->call('templates_create', { name => new_name($h), subject => 'Hi',
        html => '<p>Hello</p>' })->{id} }

sub snippet { my ($h) = @_;
    return $h->call('snippets_create', { name => new_name($h), html => '<p>Hello</p>' })->{id} }

sub segment { my ($h) = @_;
    return $h->call('segments_create', { name => new_name($h), predicate => { tag => 'vip' } })->{id} }

sub suppression { my ($h) = @_;
    return $h->call('suppressions_create', { email => new_name($h) . '@example.com' })->{id} }

sub field { my ($h) = @_;
    return $h->call('fields_create', { key => 'f' . new_name($h), type => 'enum', options => ['a'] })->{id} }

sub company { my ($h) = @_;
    return $h->call('companies_create', { name => new_name($h) })->{id} }

sub view { my ($h) = @_;
    return $h->call('views_create', { name => new_name($h), shared => JSON::PP::true })->{id} }

sub merge { my ($h) = @_;
    return $h->call('merges_create', { into => contact($h), contact_id => contact($h) })->{id} }

sub note { my ($h) = @_;
    return $h->call('notes_create', { contact_id => contact($h), text => 'Hello' })->{id} }

sub webhook { my ($h) = @_;
    return $h->call('webhooks_create', { url => 'https://hooks.example.com/' . new_name($h),
        events => ['import.finished'] })->{id} }

sub import_of { my ($h) = @_;
    return Godwit::Jobs::import_upload($h, "email\nnone\n", name => new_name($h) . '.csv') }

sub message { my ($h) = @_;
    my $workspace = $h->{workspace} // 1;
    $h->dbh->do(q{select set_config('app.tenant', ?, false)}, undef, $workspace);
    return 'msg_' . $h->value(q{select godwit.message_add(?, 'invitation', ?, 'Hi', 'Hello',
        '2026-01-01Z')}, $workspace, new_name($h) . '@example.com') }

# the contact of this number has answered a campaign of its workspace
sub answered { my ($h, $workspace, $id) = @_;
    my $campaign = $h->value('select min(id) from godwit.campaigns where tenant_id = ?', $workspace)
        // campaign($h) =~ s/cmp_//r;
    return $h->value(q{select godwit.reply_take(sha256(convert_to(?, 'UTF8')), ?, ?, ?, null, 'shop@example.com',
        'w@example.com', 'Re: Hi', 'Yes', false, '[]', '', '2026-01-01Z')}, "reply $id", $workspace, $campaign, $id) }

sub conversation { my ($h) = @_;
    answered($h, $h->{workspace} // 1, contact($h) =~ s/ct_//r);
    return 'cnv_' . $h->value('select max(id) from godwit.conversations') }

sub domain { my ($h) = @_;
    return $h->call('domains_create', { domain => new_name($h) . '.example.com' })->{id} }

# the role mail makes them
sub route { my ($h) = @_;
    return 'rt_' . $h->value(q{insert into godwit.routes (tenant_id, name, updated_at)
        values (?, ?, '2026-01-01Z') returning id}, $h->{workspace} // 1, new_name($h) . '.example.com') }

my $browser = 'walk';           # the cookie that it has on its way to a provider
sub on_its_way { return (Cookie => "godwit-sso=$browser") }

sub source { my ($h) = @_;
    return $h->call('sources_create', { name => new_name($h) })->{id} }

sub flag { my ($h) = @_;
    return $h->call('flags_create', { key => new_name($h) })->{id} }

sub provider { my ($h) = @_;
    return $h->call('sso_create', { name => new_name($h), issuer => 'https://id.example.com',
        client_id => 'godwit' })->{id} }

# the state of a login that has come back and was found good
sub came_back {
    my ($h) = @_;
    my $dbh = $h->dbh;
    $dbh->begin_work;
    $dbh->do(q{select auth.enter_public('test', null, clock_timestamp())});
    my $url = $h->value(q{select auth.sso_begin(1, ?, '/', 'https://x')}, sha256_hex($browser));
    my ($state) = $url =~ /&state=([^&]+)/;
    my $user = $h->value('select id from auth.users where email = ?', $me);
    $dbh->do(q{insert into auth.identities (user_id, provider_id, issuer, subject, created_at,
        used_at) select ?, 1, issuer, 's1', created_at, created_at from auth.providers where id = 1
        on conflict do nothing}, undef, $user);
    $dbh->do(q{insert into auth.provider_logins (tenant_id, provider_id, state, operation_id,
        created_at, identity_id) select 1, 1, ?, 0, created_at, id from auth.identities
        where provider_id = 1}, undef, $state);
    $dbh->commit;
    return $state;
}

# what the prefix of an id stands for
my %object = (
    cmp => \&campaign, ct => \&contact, lst => \&list, tpl => \&template, snp => \&snippet, seg => \&segment, sup => \&suppression,
    com => \&company, vw => \&view, fld => \&field, mrg => \&merge, note => \&note, msg => \&message,
    cnv => \&conversation,
    imp => sub { import_of($_[0])->{id} },
    op => sub { import_of($_[0])->{operation} },
    file => sub { Godwit::Jobs::upload($_[0], 'files_create', 'x', name => new_name($_[0]) . '.txt')->{id} },
    ws => sub { 'ws_' . ($_[0]{workspace} // 1) },
    key => sub { $_[0]->call('keys_create', { scopes => ['lists:read'] })->{id} },
    wh => \&webhook,
    dlv => sub { $_[0]->call('webhooks_test', { id => webhook($_[0]) })->{id} },
    user => sub { 'user_' . person($_[0], new_name($_[0]) . '@example.com', 'viewer', $_[0]{workspace}) },
    role => sub { $_[0]->call('roles_create', { name => new_name($_[0]), scopes => ['lists:read'] })->{id} },
    inv => sub { $_[0]->call('invitations_create',
        { email => new_name($_[0]) . '@example.com', role => 'viewer' })->{id} },
    sso => \&provider,
    dom => \&domain,
    rt => \&route,
    src => \&source,
    flag => \&flag,
    ses => sub { 'ses_' . (session($_[0], $me) =~ /gw_sess_(\d+)/)[0] },
);

# one that prepare() has made: of roles the first that is not built in
my %first = (role => 100);
sub prepared { my ($kind) = @_; return $object{$kind} && "${kind}_" . ($first{$kind} // 1) }

# what an operation needs besides its example, which takes the body
my %fill = (
    merges_create => sub { my ($h, $b) = @_;
        $b->{$_} = contact($h) for qw(into contact_id) },
    views_create => sub { $_[1]{name} = new_name($_[0]) },
    fields_create => sub { $_[1]{key} = 'f' . new_name($_[0]) },
    me_totp_create => sub { passwords($_[0]);
        $_[0]->dbh->do('delete from auth.totp') },
    me_totp_confirm => sub { authenticator($_[0]) },
    me_totp_delete => sub { passwords($_[0]);
        authenticator($_[0]) },
    segments_overlap => sub { $_[1]{segment_ids} = [ map { segment($_[0]) } 1, 2 ] },
    sessions_verify => sub { authenticator($_[0], 1) },
    me_leave => sub { my ($h, $b) = @_;
        my $id = $h->value(q{select auth.tenant_create('left', '2026-01-01Z')});
        person($h, 'boss@example.com', 'owner', $id);
        person($h, $me, 'agent', $id);
        $b->{workspace} = "ws_$id" },
    me_password => sub { person($_[0], $me) },
    sessions_create => sub { person($_[0], $me) },
    invitations_accept => sub { my ($h, $b) = @_;
        $b->{email} = new_name($h) . '@example.com';
        $b->{token} = ticket($h, 'invitation', $b->{email}, $h->{workspace} // 1, 5) },
    password_resets_complete => sub { my ($h, $b) = @_;
        person($h, 'bob@example.com');
        $b->{token} = ticket($h, 'password_reset', 'bob@example.com') },
);

# of all, whatever me_password has made of theirs
sub passwords { my ($h) = @_;
    $h->dbh->do('update auth.users set password = ?', undef, $Godwit::People::password);
    $h->dbh->do('delete from auth.attempts') }

# of $me, before he has shown a code or after; its secret is none that opens
sub authenticator {
    my ($h, $confirmed) = @_;
    my $dbh = $h->dbh;
    $dbh->begin_work;
    $dbh->do(q{select auth.enter_public('test', null, clock_timestamp()),
        auth.totp_forget(id), auth.is_user(id) from auth.users where email = ?}, undef, $me);
    $dbh->do(q{update auth.users set password = ? where email = ?}, undef,
        $Godwit::People::password, $me);
    $dbh->do(q{select auth.totp_make(?, jsonb_build_object('id', gen_random_uuid(), 'sealed',
        encode(decode('0100000001' || repeat('00', 60), 'hex'), 'base64')))}, undef,
        $Godwit::People::password);
    $dbh->do('update auth.totp set confirmed_at = created_at') if $confirmed;
    $dbh->commit;
}

# one of a kind, made anew; the kinds there are
sub object { my ($h, $kind) = @_; return $object{$kind} && $object{$kind}->($h) }
sub kinds { return sort keys %object }

sub timed { $_[0]->call('campaigns_update', { id => $_[1], schedule => { at => '2099-01-31T09:00' } }) }

sub does { my ($operation) = @_; return sub { $_[0]->call($operation, { id => $_[1] }) } }

# operations whose object must have come further than its making
my %further = (
    campaigns_pause => [ does('campaigns_start') ],
    campaigns_resume => [ map { does("campaigns_$_") } qw(start pause) ],
    campaigns_cancel => [ does('campaigns_start') ],
    campaigns_send => [ sub { $_[0]->dbh->do(q{update godwit.campaigns set kind = 'transactional', list_id = null
            where godwit.id_text('cmp', id) = ?}, undef, $_[1]) }, does('campaigns_start') ],
    campaigns_schedule => [ \&timed ],
    campaigns_unschedule => [ \&timed, does('campaigns_schedule') ],
    campaigns_unarchive => [ does('campaigns_archive') ],
    campaigns_decide => [ sub { $_[0]->call('campaigns_update', { id => $_[1], experiment => { test => 100,
            variants => [ { name => 'A' }, { name => 'B', subject => 'Other' } ] } }) },
        does('campaigns_start'), sub { $_[0]->dbh->do(q{update godwit.campaign_cursors set pos = gate
            where godwit.id_text('cmp', campaign_id) = ?}, undef, $_[1]) } ],
    demo_load => [ sub { $_[0]->dbh->do('delete from godwit.demos') } ],
    demo_remove => [ sub { $_[0]->dbh->do($_) for 'delete from godwit.demos',
        'insert into godwit.demos (tenant_id, operation_id, whole) values (1, 0, true)' } ],
    lists_subscribe => [ sub { $_[0]->call('lists_update', { id => $_[1], double_opt_in => \1 }) } ],
    # one, whatever has ended others
    sessions_list => [ sub { $_[0]->dbh->do(q{update auth.sessions set ended_at = created_at
            where user_id = (select id from auth.users where email = ?)}, undef, $me);
        $_[0]{session} = session($_[0], $me) } ],
);

sub advance { my ($h, $operation, $id) = @_;
    $_->($h, $id) for @{ $further{$operation} // [] } }

sub complete { my ($h, $operation, $body) = @_;
    $_->($h, $body) for $fill{$operation} // () }

# Number 1 of everything: campaign 1 has gone out and was opened, import 1 has
# refused a row.
sub prepare {
    my ($h) = @_;
    my @jobs = qw(worker jobs --once);
    $h->godwit(@jobs);                          # this machine has a worker
    $_->($h) for \&contact, \&list, \&template, \&snippet, \&segment, \&suppression, \&message, \&import_of,
        \&provider, \&route, \&source, \&flag, @object{qw(key inv role dlv)};
    person($h, $me, 'admin');
    $h->{session} = session($h, $me);
    $h->godwit(@jobs);
    domain($h);                                 # its keys, by chance, are not made
    my $ann = $h->call('contacts_create', { email => 'ann2@example.com', external_id => 'x-1' });
    $h->call('lists_add', { id => 'lst_1', contact_ids => [ 'ct_1', $ann->{id} ] });
    my $c = $h->call('campaigns_create', { name => 'first', list_id => 'lst_1',
        from => 'Shop <shop@example.com>', subject => 'Hi', html => '<p>Hello</p>' })->{id};
    $h->call('campaigns_start', { id => $c });
    $h->dbh->do($_) for
        q{update auth.providers set metadata = '{"authorization_endpoint":"https://id.example.com/"}'},
        q{insert into godwit.links (tenant_id, campaign_id, index, url, fixed)
            values (1, 1, 0, 'https://a.example/', true)},
        q{insert into godwit.sends (tenant_id, campaign_id, contact_id, at, state, attempts, code)
            values (1, 1, 1, '2026-02-01Z', 2, 1, 250), (1, 1, 2, '2026-02-01Z', 3, 1, 550)},
        q{insert into godwit.events (tenant_id, id, at, campaign_id, contact_id, kind, class, link)
            overriding system value values (1, 1, '2026-02-02Z', 1, 1, 1, 1, null),
            (1, 2, '2026-02-03Z', 1, 1, 2, 1, 0)};
    conversation($h);
    $_->($h) for \&field, \&note, \&merge, \&company, \&view;
    $h->call('identities_add', { id => 'ct_1', kind => 'anonymous_id', value => 'visitor-1' });
    $h->call('policy_update', { caps => [ { channel => 'email', count => 999, days => 1 } ] });
    return;
}

1;
