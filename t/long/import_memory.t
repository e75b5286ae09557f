#!/usr/bin/perl
# The memory of an import does not grow between row 100,000 and a million.
use strict;
use warnings;

$ENV{IMPORT_ROWS} = 1_000_000;
do './t/worker/import_memory.t' or die $@ || $!;
