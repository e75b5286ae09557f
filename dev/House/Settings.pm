# How Postgres is set up for a house; the benches set theirs up alike.
package House::Settings;
use strict;
use warnings;

# the words of a command line: a sixteenth of the memory is its own
sub postgres {
    open my $fh, '<', '/proc/meminfo' or die "cannot read /proc/meminfo: $!\n";
    my ($kib) = join('', <$fh>) =~ /^MemTotal:\s+(\d+) kB/m;
    my $mib = int(($kib // 0) / 1024 / 16);
    $mib = $mib < 128 ? 128 : $mib > 1024 ? 1024 : $mib;
    return map { ('-c', $_) } "shared_buffers=${mib}MB", 'max_wal_size=4GB',
        'checkpoint_timeout=15min', 'wal_compression=lz4', 'jit=off', 'autovacuum_naptime=10s';
}

1;
