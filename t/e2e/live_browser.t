#!/usr/bin/perl
# A real browser listens: EventSource and WebSocket, by the session of its page
# and by tickets, over a reload.
use strict;
use warnings;
use lib 't/lib';
use Godwit;
use Godwit::Edge;
use Godwit::Live;
use Godwit::Login;

my ($browser) = grep { -x } qw(/usr/bin/chromium /usr/bin/chromium-browser)
    or plan skip_all => 'there is no Chromium';

my $h = Godwit->new(conf => 'spool_segment 1m;');
my $state = $h->state;
user($h, 'ann@example.com', password => 'lamp river uncle fog');
spew("$state/conf/page.html", <<'PAGE');
<!doctype html><meta charset="utf-8"><script>
const say = (...words) => fetch('/said/' + words.map(encodeURIComponent).join('/'));
const hear = (name, text) => { const e = JSON.parse(text); say(name, e.type, e.data.resumed ?? e.data.n); };
(async () => {
    await fetch('/api/v1/sessions', { method: 'POST', headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ email: 'ann@example.com', password: 'lamp river uncle fog' }) });
    const lines = new EventSource('/api/v1/live?workspace=ws_1&topics=import');
    lines.onmessage = m => hear('lines', m.data);
    let last = '';
    const connect = async () => {
        const r = await fetch('/api/v1/live/tickets', { method: 'POST', headers: { 'Godwit-Workspace': 'ws_1' } });
        const { ticket } = await r.json();
        const socket = new WebSocket(`ws://${location.host}/api/v1/live?ticket=${ticket}&last_event_id=${last}`);
        socket.onmessage = m => { last = JSON.parse(m.data).id; hear('socket', m.data); };
        socket.onclose = e => { say('closed', e.code, e.wasClean); setTimeout(connect, 200); };
    };
    connect();
})();
</script>
PAGE
Godwit::Postgres::own("$state/conf/page.html");
my $nginx = $h->nginx(more => <<"MORE");
location = /page { alias $state/conf/page.html; default_type text/html; }
location /said/ { access_log $state/log/said.log; return 204; }
MORE
sub said { my ($what) = @_; my $n = () = slurp("$state/log/said.log") =~ m{GET /said/$what }g; return $n }
sub told { my ($n) = @_; publish($h, { tenant => 1, topic => 'import', type => 'x', data => { n => $n } }); return }

$h->expect(qr/ERROR:\w+\//);              # of a browser without a desktop
$h->spawn({ program => [ $browser, '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
        '--no-first-run', '--remote-debugging-port=0', "--user-data-dir=$state/run/browser", 'http://127.0.0.1:' . $h->port . '/page' ],
    log => 'browser' });
wait_for { said("$_/live.open/false") == 1 } 20, "$_: open" for qw(lines socket);
told(1);
wait_for { said("$_/x/1") == 1 } 5, "$_: an event" for qw(lines socket);
kill HUP => $nginx;
wait_for { said('closed/1001/true') == 1 } 5, 'a reload closes in order';
told(2);
wait_for { said("$_/live.open/true") == 1 } 10, "$_: again, where it was" for qw(lines socket);
wait_for { said("$_/x/2") == 1 } 5, "$_: what came meanwhile" for qw(lines socket);
is said("$_/x/1"), 1, "$_: and nothing twice" for qw(lines socket);
done_testing;
