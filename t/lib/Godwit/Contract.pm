# The operations of the contract, as the tests that are made from it see them,
# and an input for each that succeeds.
#
#   my $c = Godwit::Contract->new;
#   for my $op ($c->operations) { ... }   # id method path scope status worker
#                                         # max_body edge params type schema example responses
#                                         # public: for everybody; personal: for a session
#   prepare($h);                          # what the examples of the contract name
#   my $input = input($h, $op);           # { path => {}, query => {}, body => ... }
#   my $r = send_to($h, $op, $input);     # by HTTP: as api() answers
#   my ($code, $doc) = call_by($h, $op, $input);      # by `godwit call`
#   my @names = headers($r);              # those of an answer that say something
#   my @faults = undocumented($op, $r);   # what of an answer the contract does not say
#
# What only reads asks for the objects of prepare(); for the others input() makes
# each object that a path names anew, so none depends on what another has done.
# It dies with a sentence when it knows no such object.
package Godwit::Contract;
use strict;
use warnings;
use Carp qw(croak);
use Digest::SHA qw(sha256_hex);
use Exporter qw(import);
use JSON::PP ();

use Godwit ();
use Godwit::Edge ();
use Godwit::Jobs ();
use Godwit::People;

our @EXPORT = qw(prepare input object answered parameter send_to call_by url headers undocumented);

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my @methods = qw(get post put patch delete);

sub new {
    my ($class) = @_;
    my $text = qx{@{[ Godwit::program() ]} contract sql/api};
    croak 'no contract' if $?;
    my %edge = map { $_ => 1 } edge_alone();
    my $self = bless { doc => $json->decode($text), list => [] }, $class;
    for my $path (sort keys %{ $self->{doc}{paths} }) {
        for my $method (grep { $self->{doc}{paths}{$path}{$_} } @methods) {
            my $op = $self->operation($method, $path);
            $op->{edge} = $edge{ $op->{id} };
            push @{ $self->{list} }, $op;
        }
    }
    return $self;
}

# a schema without references that takes only what it names, so that no member
# of an answer goes unsaid
sub closed {
    my ($self, $s, $open) = @_;
    return $s if ref $s ne 'HASH';
    $s = { %{ $self->follow($s) } };
    $s->{allOf} = [ map { $self->closed($_, 1) } @{ $s->{allOf} } ] if $s->{allOf};
    $s->{unevaluatedProperties} = JSON::PP::false if $s->{allOf} && !$open;
    $s->{items} = $self->closed($s->{items}) if $s->{items};
    if (my $p = $s->{properties}) {
        $s->{properties} = { map { $_ => $self->closed($p->{$_}) } keys %$p };
        $s->{additionalProperties} //= JSON::PP::false if !$open;
    }
    return $s;
}

# names of an answer's members, or of each of its items'
sub fields {
    my ($self, $schema) = @_;
    my $s = $self->follow($schema // {});
    my %p = map { %{ $self->follow($_)->{properties} // {} } } $s, @{ $s->{allOf} // [] };
    return $self->fields($p{items}{items}) if $p{items} && $p{next};
    return [ sort keys %p ];
}

sub operations { return @{ $_[0]{list} } }

# operations whose work only nginx does
sub edge_alone {
    my @ids;
    for my $file (glob 'sql/api/*.yaml') {
        my $id;
        for (split /\n/, Godwit::slurp($file)) {
            $id = $1 if /^\s+operationId: (\w+)/;
            push @ids, $id if /^\s+x-handler: (?!address\b|template\b|webhook\b|predicate\b|flag\b)/;
        }
    }
    return sort @ids;
}

sub follow {
    my ($self, $thing) = @_;
    while (ref $thing eq 'HASH' && $thing->{'$ref'}) {
        my $at = $self->{doc};
        $at = $at->{$_} for split m{/}, $thing->{'$ref'} =~ s{^#/}{}r;
        $thing = $at;
    }
    return $thing;
}

my %unit = (k => 1024, m => 1024**2, g => 1024**3);

sub operation {
    my ($self, $method, $path) = @_;
    my $o = $self->{doc}{paths}{$path}{$method};
    # a wait for the worker, and a part of a file, succeed otherwise
    my ($status) = $o->{'x-worker'} ? 202 : sort grep { /^2/ } keys %{ $o->{responses} };
    my ($n, $unit) = ($o->{'x-max-body'} // '1m') =~ /^(\d+)([kmg]?)$/;
    my %by = map { map { $_ => 1 } keys %$_ } @{ $o->{security} };
    my %op = (id => $o->{operationId}, method => uc $method, path => $path,
        public => !%by, personal => %by && !$by{bearer},
        scope => $o->{'x-scope'}, any => $o->{'x-any-of'}, worker => $o->{'x-worker'}, status => $status,
        max_body => $n * ($unit ? $unit{$unit} : 1),
        params => [ map { $self->follow($_) } @{ $o->{parameters} // [] } ],
        responses => { map { $_ => $self->follow($o->{responses}{$_}) } keys %{ $o->{responses} } },
        answer => $self->follow($o->{responses}{$status})->{content});
    $op{fields} = $self->fields(($op{answer}{'application/json'} // {})->{schema})
        if $op{answer};
    my $content = ($o->{requestBody} // {})->{content} // {};
    ($op{type}) = sort keys %$content;
    if ($op{type}) {
        my $body = $content->{ $op{type} };
        @op{qw(schema example required)} =
            (@$body{qw(schema example)}, $o->{requestBody}{required});
        # what a file holds no schema says
        $op{example} //= "email,first_name\nz\@example.com,Zoe\n" if $op{type} eq 'text/csv';
    }
    return \%op;
}

# ------------------------------------------------------------ prepared objects

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

my $me = 'ann@example.com';     # whose session it is

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

# the first that is not built in
my %first = (role => 100);

sub prefix { my ($p) = @_; return ($p->{schema}{pattern} // '') =~ /^\^\(?([a-z]+)_/ ? $1 : undef }

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
sub object { my ($h, $kind) = @_; return $object{$kind}->($h) }
sub kinds { return sort keys %object }

sub timed { $_[0]->call('campaigns_update', { id => $_[1], schedule => { at => '2099-01-31T09:00' } }) }

sub does { my ($operation) = @_; return sub { $_[0]->call($operation, { id => $_[1] }) } }

# operations whose object must have come further than its making
my %further = (
    campaigns_pause => [ does('campaigns_start') ],
    campaigns_resume => [ map { does("campaigns_$_") } qw(start pause) ],
    campaigns_cancel => [ does('campaigns_start') ],
    campaigns_schedule => [ \&timed ],
    campaigns_unschedule => [ \&timed, does('campaigns_schedule') ],
    campaigns_unarchive => [ does('campaigns_archive') ],
    campaigns_decide => [ sub { $_[0]->call('campaigns_update', { id => $_[1], experiment => { test => 100,
            variants => [ { name => 'A' }, { name => 'B', subject => 'Other' } ] } }) },
        does('campaigns_start'), sub { $_[0]->dbh->do(q{update godwit.campaign_cursors set pos = gate
            where godwit.id_text('cmp', campaign_id) = ?}, undef, $_[1]) } ],
    lists_subscribe => [ sub { $_[0]->call('lists_update', { id => $_[1], double_opt_in => \1 }) } ],
    # one, whatever has ended others
    sessions_list => [ sub { $_[0]->dbh->do(q{update auth.sessions set ended_at = created_at
            where user_id = (select id from auth.users where email = ?)}, undef, $me);
        $_[0]{session} = session($_[0], $me) } ],
);

# one of several parameters that an operation needs
sub needs { return ($_[0]{any} // [])->[0] // '' }

# parameters that say no more than that they are text or a number
my %value = (
    email => 'w1@example.com', q => 'w', external_id => 'x-1', kind => 'imports_run',
    version => 1, against => 1, category => 'News', role => 'viewer', name => 'may.csv', reason => 'a mistake',
    state => \&came_back, code => 'x', session_state => 'x', iss => 'https://id.example.com',
    return_to => '/', tag => 'vip', value => 'visitor-1', domain => 'example.com',
);

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

# --------------------------------------------------------------------- inputs

# a value for a parameter that is not needed, or undef: none is known
sub parameter {
    my ($h, $op, $p) = @_;
    my $s = $p->{schema};
    my $prefix = prefix($p);
    return $p->{example} if defined $p->{example};
    return (values %{ $p->{examples} })[0]{value} if $p->{examples};
    return "${prefix}_1" if $prefix;
    return $op->{fields}[0] if $p->{name} eq 'fields';
    return $s->{enum}[-1] if $s->{enum};
    return '2026-01-31T12:00:00Z' if ($s->{format} // '') eq 'date-time';
    return JSON::PP::true if ($s->{type} // '') eq 'boolean';
    return $s->{minimum} if defined $s->{minimum} && $p->{name} eq 'limit';
    my $v = $value{ $p->{name} };
    return ref $v eq 'CODE' ? $v->($h) : $v;
}

# an input that succeeds
sub input {
    my ($h, $op) = @_;
    my %in = (path => {}, query => {});
    for my $p (grep { $_->{required} || $_->{in} eq 'path' } @{ $op->{params} }) {
        my $prefix = prefix($p);
        my $v = !$prefix ? parameter($h, $op, $p) : $object{$prefix}
            && ($op->{method} eq 'GET' ? "${prefix}_" . ($first{$prefix} // 1) : $object{$prefix}->($h));
        die "$op->{id}: no input for \"$p->{name}\": give it an example in the contract or an "
            . "object in Godwit::Contract\n" if !defined $v;
        $in{ $p->{in} }{ $p->{name} } = $v;
    }
    for my $p (grep { $_->{name} eq needs($op) } @{ $op->{params} }) {
        $in{query}{ $p->{name} } = parameter($h, $op, $p);
    }
    $_->($h, $in{path}{id}) for @{ $further{ $op->{id} } // [] };
    mine($h) if $op->{personal} && $h->{session};
    if ($op->{type}) {
        die "$op->{id}: its body has no example in the contract\n" if !defined $op->{example};
        $in{body} = ref $op->{example}                  # a copy of its own
            ? $json->decode($json->encode($op->{example})) : $op->{example};
        $_->($h, $in{body}) for $fill{ $op->{id} } // ();
    }
    return \%in;
}

sub escape {
    my ($text) = @_;
    utf8::encode($text) if utf8::is_utf8($text);
    return $text =~ s/([^A-Za-z0-9_.~-])/sprintf '%%%02X', ord $1/ger;
}

sub word { my ($v) = @_; return ref $v ? $json->encode($v) : $v }

# path and query of a request
sub url {
    my ($op, $in) = @_;
    my $path = $op->{path} =~ s/\{(\w+)\}/escape(word($in->{path}{$1}))/ger;
    my $query = join '&', map { escape($_) . '=' . escape(word($in->{query}{$_})) }
        sort keys %{ $in->{query} };
    return length $query ? "$path?$query" : $path;
}

# the session of who asks: a new password ends it
sub mine { my ($h) = @_; return $h->{session} = alive($h, $h->{session}, $me) }

# by HTTP, as the user of the session where it is his own; headers, key and
# method as for api(); what succeeds is kept in $h->{recorded} when there is such
# a list
sub send_to {
    my ($h, $op, $in, %how) = @_;
    if (!exists $how{key} && !$op->{scope}) {
        my %by = $op->{personal} ? by(mine($h)) : ();
        %how = (%how, key => '', headers => { %{ $by{headers} // {} }, %{ $how{headers} // {} } });
    }
    my %body = !defined $in->{body} || exists $how{body} ? () : ref $in->{body} ? (json => $in->{body})
        : (body => $in->{body});
    my %headers = ($op->{type} && defined $in->{body} ? ('Content-Type' => $op->{type}) : (),
        $op->{public} ? on_its_way() : (),
        # of no workspace: it would be waited for, and no worker is there
        $op->{worker} && !$op->{scope} ? (Prefer => 'wait=0') : (),
        %{ $how{headers} // {} });
    my $r = Godwit::Edge::api($h, $how{method} // $op->{method}, url($op, $in), %body, %how,
        headers => \%headers);
    push @{ $h->{recorded} }, [ $op, $in ] if $h->{recorded} && $r->{status} =~ /^2/;
    return $r;
}

# --------------------------------------------------------------------- answers

# what HTTP itself brings, and what is said to caches and browsers
my %plain = map { $_ => 1 } qw(set-cookie server date connection content-type content-length
    transfer-encoding content-encoding cache-control vary accept-ranges x-content-type-options);

sub headers { my ($r) = @_; return grep { !$plain{$_} } sort keys %{ $r->{headers} } }

sub undocumented {
    my ($op, $r) = @_;
    my $said = $op->{responses}{ $r->{status} } or return "status $r->{status}";
    my %named = map { lc $_ => 1 } keys %{ $said->{headers} };
    my $type = ($r->{headers}{'content-type'} // '') =~ s/;.*//r;
    my $types = $said->{content} // {};
    return ((map { "header $_ of $r->{status}" } grep { !$named{$_} } headers($r)),
        # the bytes of a file come under any type
        (length $r->{body} && !$types->{$type} && !$types->{'application/octet-stream'}
            ? "type $type of $r->{status}" : ()));
}

# by the command line: (exit code, document, all that was printed)
sub call_by {
    my ($h, $op, $in) = @_;
    my %input = (%{ ref $in->{body} ? $in->{body} : {} }, %{ $in->{query} }, %{ $in->{path} });
    my ($code, $out) = $h->said($op->{id}, $json->encode(\%input), $op->{personal} ? ('--user', $me) : ());
    return ($code, eval { $json->decode($out) }, $out);
}

1;
