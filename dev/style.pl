#!/usr/bin/perl
# The rules of the house that a formatter cannot hold; one finding a line.
use strict;
use warnings;

my @found;
my %banned = map { $_ => 1 } qw(strcpy strcat strncpy strncat sprintf vsprintf gets strtok atoi
    atol alloca sleep usleep system popen rand srand gmtime localtime asctime ctime);
my $blocking = qr/\b(PQexec\w*|PQprepare|PQconnectdb\w*|PQsetdb\w*|PQreset|PQping\w*|PQfn)\s*\(/;
my $allocate = qr/=\s*(?:ngx_palloc|ngx_pnalloc|ngx_pcalloc|ngx_array_create|ngx_array_push(?:_n)?|
    ngx_list_push|ngx_alloc_chain_link|ngx_calloc_buf|ngx_alloc_buf|ngx_create_temp_buf|
    ngx_pool_cleanup_add|ngx_slab_alloc(?:_locked)?|ngx_slab_calloc)\s*\(/x;
# points into a cycle that a reload frees: the workers of the next one crash
my $of_a_cycle = qr/^static\s[^()]*\bngx_(?:shm_zone|cycle|slab_pool|http_godwit_\w*conf)_t\s*\*+\s*\w+\s*[;=]/;
my %layer = (shm => qr{<ngx_|libpq-fe|curl/|"ngx_modules/|"worker/}, worker => qr{<ngx_|"ngx_modules/},
    ngx_modules => qr{curl/|"worker/});

sub found { push @found, join ': ', @_ }

sub c_file {
    my ($file, @lines) = @_;
    my ($dir) = $file =~ m{^(\w+)/};
    my ($start, $comment) = (0, 0);
    found($file, 'file-length', scalar @lines) if @lines > 500;
    found("$file:1", 'purpose: no sentence of purpose') if $lines[0] !~ m{^/\*};
    for my $n (1 .. @lines) {
        my $line = $lines[ $n - 1 ];
        found("$file:$n", 'tab') if $line =~ /\t/;
        found("$file:$n", 'trailing-space') if $line =~ /[ \t]$/;
        found("$file:$n", 'width', length $line) if length $line > 80;
        found("$file:$n", 'layer', $line) if $line =~ /^#include/ && $layer{$dir // ''}
            && $line =~ $layer{$dir};
        found("$file:$n", 'layer', $line) if $file =~ m{^worker/campaign/}
            && $line =~ m{^#include "worker/mail/(?!(?:mail|lane|refusal)[.]h")};
        my $code = $line =~ s/"(?:[^"\\]|\\.)*"/""/gr =~ s{/\*.*?\*/}{}gr =~ s/'(?:[^'\\]|\\.)*'/0/gr;
        if ($comment) { $code =~ s{^.*?\*/}{} and $comment = 0 or next }
        $comment = 1 if $code =~ s{/\*.*$}{};
        found("$file:$n", 'cxx-comment') if $code =~ m{//};
        if ($file !~ m{^t/}) {
            found("$file:$n", 'banned-call', $1) if $code =~ /\b(\w+)\s*\(/ && $banned{$1}
                && $code !~ /(?:\.|->)\s*$1/;
        }
        found("$file:$n", 'blocking-libpq', $1) if ($dir // '') eq 'ngx_modules' && $code =~ $blocking;
        found("$file:$n", 'static-of-a-cycle') if ($dir // '') eq 'ngx_modules' && $code =~ $of_a_cycle;
        # a macro of nginx is several statements: without braces the rest always runs
        if ($code =~ /^\s*(?:\}?\s*else\s+)?(?:if|for|while) \(/) {
            my ($whole, $m) = ($code, $n);
            $whole .= $lines[ $m++ ] while $m < @lines && ($whole =~ tr/(//) > ($whole =~ tr/)//);
            found("$file:$n", 'brace-less') if $whole !~ /\{\s*\}?\s*\\?$/
                && ($lines[$m] // '') !~ /^\s*\{/;
        }
        found("$file:$n", 'brace-less') if $code =~ /^[\s}]*else\b(?!\s+if\b)/ && $code !~ /\{\s*\\?$/;
        if ($code =~ $allocate) {
            my $rest = join ' ', @lines[ $n - 1 .. ($n + 4 < $#lines ? $n + 4 : $#lines) ];
            found("$file:$n", 'unchecked-alloc') if $rest !~ /;\s*(?:if|return)\b[^;]*(?:NULL|\))/;
        }
        found("$file:$n", 'todo') if $line =~ /\b(?:TODO|FIXME|XXX)\b/;
        $start = $n if $line eq '{';
        if ($line eq '}' && $start) {
            found("$file:$start", 'func-length', $n - $start) if $n - $start > 101;
            $start = 0;
        }
    }
}

my @files = grep { -f } split /\n/, `git ls-files --cached --others --exclude-standard`;
my %object;
my $place = join '|', '/wo' . 'rk/', '/fa' . 'rm/', '"resolved": "ht' . 'tp';
for my $file (@files) {
    open my $fh, '<', $file or next;
    chomp(my @lines = <$fh>);
    c_file($file, @lines) if $file =~ m{^(?:shm|worker|ngx_modules|t/unit|t/bench|t/fuzz)/.*\.[ch]$};
    # nginx names the object of a source by the last folder of its path
    if ($file =~ m{^(?:shm|ngx_modules)/.*?(\w+/\w+\.c)$}) {
        found($file, 'same-object', $object{$1}) if $object{$1};
        $object{$1} = $file;
    }
    for my $n (1 .. @lines) {
        # two servers at one port would know nothing of each other
        found("$file:$n", 'reuseport') if $file =~ m{^conf\.d/} && $lines[ $n - 1 ] =~ /^[^#]*\breuseport\b/;
        found("$file:$n", 'width', length $lines[ $n - 1 ]) if $file =~ /\.sql$/
            && length $lines[ $n - 1 ] > 100;
        found("$file:$n", 'machine-path') if $lines[ $n - 1 ] =~ /$place/;
        found("$file:$n", 'bare-sleep') if $file =~ /\.t$/ && $lines[ $n - 1 ] =~ /^\s*sleep\b/;
        found("$file:$n", 'sql-in-c') if $file =~ m{^worker/.*\.c$}
            && $lines[ $n - 1 ] =~ /"(?:select (?!api\.(?:sparse\(api\.)?%)|insert into |update |delete from )[a-z]/;
    }
}
print "$_\n" for @found;
exit(@found ? 1 : 0);
