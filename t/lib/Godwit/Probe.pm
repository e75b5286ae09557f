# Two operations of a test's own: one takes a secret, one makes one.
#
#   probes($h);               # before nginx
#   probe($h, secret => 'x'); # takes it: { id, had } of POST /api/v1/probes
#   made($h);                 # makes one: the reply of POST /api/v1/probes/make
#   my @where = leaks($h, @secrets);      # files that hold one of them
package Godwit::Probe;
use strict;
use warnings;
use Exporter qw(import);
use File::Find qw(find);

use Godwit ();
use Godwit::Edge qw(api);

our @EXPORT = qw(probes probe made leaks);

my $yaml = <<'YAML';
openapi: 3.1.0
info: { title: Probe, version: "1" }
paths:
  /api/v1/probes:
    post:
      operationId: test_probe
      summary: Take a secret
      x-scope: lists:write
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              additionalProperties: false
              properties:
                secret: { type: [string, "null"], maxLength: 12000, minLength: 3, x-secret: true }
                name: { type: string }
            example: { "name": "a" }
      responses: { "200": { description: Taken. } }
  /api/v1/probes/make:
    post:
      operationId: test_probe_make
      summary: Make a secret
      x-scope: lists:write
      x-make-secret: { property: secret, form: whsec }
      responses:
        "200":
          description: Made.
          content:
            application/json:
              schema: { type: object, properties: { id: { type: string }, secret: { type: string } } }
YAML

sub probes {
    my ($h) = @_;
    Godwit::spew($h->state . '/contract/probe.yaml', $yaml);
    for (qw(test_probe test_probe_make)) {
        $h->dbh->do(qq{create function api.$_(p jsonb) returns jsonb language sql security definer
            set search_path = pg_catalog, godwit, pg_temp as \$\$
            select jsonb_build_object('id', godwit.secret_put(p->'secret', 'probe'),
                'got', p - 'secret', 'had', p->'secret') \$\$});
        $h->dbh->do("alter function api.$_(jsonb) owner to gw_api");
        $h->dbh->do("grant execute on function api.$_(jsonb) to gw_edge");
    }
    return;
}

sub probe { my ($h, %body) = @_; return api($h, POST => '/probes', json => \%body) }
sub made { my ($h, %more) = @_; return api($h, POST => '/probes/make', %more) }

# the whole state of the house, Postgres' own files and what pg_dump makes of them
sub leaks {
    my ($h, @secrets) = @_;
    my $any = join '|', map { quotemeta } @secrets;
    my $pg = $h->postgres->{dir};
    my $dump = $h->state . '/dump.sql';
    system("/usr/lib/postgresql/15/bin/pg_dump -U postgres -d '" . $h->info . "' > $dump") == 0
        or die 'pg_dump';
    my @found;
    find({ no_chdir => 1, wanted => sub {
        push @found, $_ if -f $_ && Godwit::slurp($_) =~ /$any/;
    } }, $h->state, "$pg/data");
    return @found;
}

1;
