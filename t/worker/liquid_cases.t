#!/usr/bin/perl
# The language, a row a case: a template and what it prints with the data
# below, or qr/what its error says/. A family of tags or filters a block.
use strict;
use warnings;
use utf8;
use lib 't/lib';
use Godwit;
use JSON::PP;

my $json = JSON::PP->new->utf8->allow_nonref;
my $data = '{"name":"Ann","n":null,"t":true,"f":false,"i":7,"d":2.5,"html":"<b>&amp;",
    "a":["x","y",null,"z"],"nums":[3,1,2],"deep":[1,[2,[3]]],"empty_list":[],
    "h":{"b":1,"c":"two"},"o":{"first":9},"key":"c","which":"p_name",
    "people":[{"n":"Eve","age":30},{"n":"bob","age":20},{"n":"Ann"}]}' =~ s/\n\s*/ /gr;
my %partials = (
    p => 'p:{{ p }}{{ x }}', p_name => '[{{ name }}]', 'dir/item' => '{{ item.n }};',
    count => '{% increment c %}', loop => '{{ forloop.index }}/{{ forloop.length }}:{{ v }} ',
    set => '{% assign s = 1 %}', self => '{% render "self" %}', brk => '{% break %}',
    inc => '{% include "p_name" %}', bad => "ok\n{{ x | nope }}", wrong => "\n{{ 1 | divided_by: 0 }}",
    out => '{{ forloop.parentloop.index }}{{ name }}-', mutual => '{% include "mutual2" %}',
    loops => '{% for i in (1..1) %}{% include "loops" %}{% endfor %}', mutual2 => '{% include "mutual" %}', change => '{% assign x = 5 %}{{ x }}');

my @families = (
output => [
    'Hi {{ name }}{{ nobody }}!' => 'Hi Ann!',
    '{{ h }} {{ h["b"] }}{{ h[key] }}{{ [key] }}' => '{"b"=>1, "c"=>"two"} 1two',
    "{{ h\n ['b'] }}{{ h . c }}" => '1two',
    '{{ a[-1] }}{{ a[0] }}{{ a[9] }}{{ a.first }}{{ a.last }}{{ a.size }}' => 'zxxz4',
    '{{ h.first }}|{{ h.size }}|{{ o.first }}|{{ h.last }}' => 'b1|2|9|',
    '{{ a["size"] }}{{ name["size"] }}{{ name.size }}' => '3',
    '{{ empty }}{{ blank }}{{ nil }}{{ t }}{{ (1..3) }}' => 'true1..3',
    '{{ -9223372036854775808 }} {{ 0 }} {{ 1.50 }}' => '-9223372036854775808 0 1.5',
    '{{- name -}} ! {{-name-}}' => 'Ann!Ann',
    '{{ }}x{{-}}' => 'x',
    '{{ name' => qr/^"}}" is missing/,
    '{{ a b }}' => qr/^"b " is not expected here/,
    '{{ a[ }}' => qr/^a value is missing/,
    '{{ "x }}' => qr/^a quote is not closed/,
],
conditions => [
    '{% if t or f and f %}y{% endif %}{% if f and f or t %}n{% endif %}' => 'y',
    '{% if n %}1{% elsif f %}2{% elsif i > 6.5 %}3{% else %}4{% endif %}' => '3',
    '{% if "" and 0 and empty_list %}all{% endif %}' => 'all',
    '{% if i == "7" %}y{% else %}n{% endif %}{% if 1.0 == 1 %}y{% endif %}' => 'ny',
    '{% if name contains "nn" and a contains "x" and h contains "b" %}y{% endif %}' => 'y',
    '{% if a contains nil %}y{% else %}n{% endif %}{% if (1..3) contains 3 %}y{% endif %}' => 'ny',
    '{% if a < 3 or t > 1 or n <= 1 or empty >= 1 %}y{% else %}n{% endif %}' => 'n',
    '{% if "a" < 3 %}{% endif %}' => qr/^a text can not be compared with a number/,
    '{% if empty_list == empty and n == blank and "" == blank %}y{% endif %}' => 'y',
    '{% if n == empty or blank == empty %}y{% else %}n{% endif %}' => 'n',
    '{% unless f %}a{% else %}b{% endunless %}{% unless t %}a{% elsif t %}c{% endunless %}' => 'ac',
    '[{% if t %} {% assign z = 1 %} {% endif %}{{ z }}]' => '[1]',
    '[{% if t %} {% if f %}x{% endif %} {% endif %}]' => '[  ]',
    '[{% if t %} {% elsif f %}x{% endif %}]' => '[ ]',
    '{% case i %} {% when 1, 7 %}a{% when 7 or 8 %}b{% else %}c{% endcase %}' => 'ab',
    '{% case name %}{% when "x" %}a{% else %}c{% else %}d{% endcase %}' => 'cd',
    '{% case i %}{% when 1,2,3,4,5,6,8,9,10,7 %}ten{% endcase %}' => 'ten',
    '{% if %}{% endif %}' => qr/^a value is missing/,
    '{% if t %}' => qr/^"endif" is missing/,
    '{% endif %}' => qr/^there is no tag "endif" to end here/,
    '{% if t x %}{% endif %}' => qr/^"x " is not expected here/,
],
loops => [
    '{% for x in nums limit: 2 offset: 1 %}{{ x }}{% endfor %}' => '12',
    '{% for i in (1..5) reversed limit:3 offset:1 %}{{ i }}{% endfor %}' => '432',
    '{% for i in (1..6) limit: 2 %}{{ i }}{% endfor %}-{% for i in (1..6) offset: continue %}{{ i }}{% endfor %}' => '12-3456',
    '{% for p in h %}{{ p[0] }}={{ p[1] }};{% endfor %}{% for c in name %}{{ c }}{% endfor %}' => 'b=1;c=two;Ann',
    '{% for x in n %}x{% else %}none{% endfor %}{% for x in "" %}x{% else %}none{% endfor %}' => 'nonenone',
    '{% for x in nums %}{{ forloop.index }}{{ forloop.rindex0 }}{{ forloop.first }}{{ forloop.last }} {% endfor %}'
        => '12truefalse 21falsefalse 30falsetrue ',
    '{% for x in nums limit: 1 %}{{ forloop.name }}{% endfor %}' => 'x-nums',
    '{% for x in (1..2) %}{% for y in (1..2) %}{{ forloop.parentloop.index }}{{ y }} {% endfor %}{% endfor %}' => '11 12 21 22 ',
    '{% for x in (1..9) %}{% if x == 2 %}{% continue %}{% elsif x == 4 %}{% break %}{% endif %}{{ x }}{% endfor %}' => '13',
    '[{% for x in nums %} {% endfor %}]' => '[]',
    '{% for x in nums %}{% assign l = forloop %}{% endfor %}{{ l.index }}{{ l.length }}' => '33',
    '{% for x in nums limit: 1.5 %}{% endfor %}' => qr/^limit and offset are whole numbers/,
    '{% for x in nums sideways %}{% endfor %}' => qr/^limit, offset or reversed is expected/,
    '{% for x on nums %}{% endfor %}' => qr/^write \{% for NAME in VALUES %\}/,
    '{% tablerow x in nums cols: 2 %}{{ x }}{% endtablerow %}' =>
        qq{<tr class="row1">\n<td class="col1">3</td><td class="col2">1</td></tr>\n<tr class="row2"><td class="col1">2</td></tr>\n},
    '{% tablerow x in nums limit: 1 %}{{ tablerowloop.col }}{{ tablerowloop.row }}{{ tablerowloop.col_last }}{{ tablerowloop.rindex }}{% endtablerow %}' =>
        qq{<tr class="row1">\n<td class="col1">11true1</td></tr>\n},
    '{% tablerow x in nums %}{% break %}{% endtablerow %}{% tablerow x in n %}x{% endtablerow %}' =>
        qq{<tr class="row1">\n<td class="col1"></td></tr>\n},
    '{% cycle "a", "b" %}{% cycle "a", "b" %}{% cycle "a", "b" %}{% cycle 1, 2 %}' => 'aba1',
    '{% cycle "g": 1, 2, 3 %}{% cycle "g": 4, 5 %}{% cycle name: 1, 2 %}{% cycle "g": 4, 5 %}' => '1514',
    '{% for i in (1..10) %}{% cycle 0,1,2,3,4,5,6,7,8,9 %}{% endfor %}' => '0123456789',
    'a{% break %}b' => 'a',
],
variables => [
    '{% assign x = nums | sort | join: "," %}{{ x }}' => '1,2,3',
    '{% assign name = "Bo" %}{{ name }}{% capture c %}<{{ name }}>{% endcapture %}{{ c | size }}' => 'Bo4',
    '{% capture "q" %}1{% endcapture %}{{ q }}{% assign 12 = 3 %}{{ 12 }}' => '112',
    '{% increment c %}{% increment c %}{{ c }}{% decrement d2 %}{% decrement d2 %}' => '012-1-2',
    '{% assign c = 9 %}{% increment c %}{{ c }}' => '09',
    '{% for x in (1..2) %}{% assign y = x %}{% endfor %}{{ y }}{{ x }}' => '2',
    '{% ifchanged %}a{% endifchanged %}{% ifchanged %}a{% endifchanged %}{% ifchanged %}b{% endifchanged %}' => 'ab',
    '{% assign x %}' => qr/^write \{% assign NAME = VALUE %\}/,
    '{% assign x? = 1 %}' => qr/^write/,
],
text => [
    '{% raw %}{{ a }}{% if %}{% endraw %}' => '{{ a }}{% if %}',
    'a {%- raw -%} b {%- endraw -%} c' => 'a b c',
    'x{% comment %}{% comment %}{% endcomment %}{% raw %}{% endcomment %}{% endraw %}{{ {% endcomment %}y' => 'xy',
    'x{% doc %}{{ a {% b {% enddoc %}y' => 'xy',
    "{% # one\n # two %}z{%-# three -%} !" => 'z!',
    "{% # one\n two %}" => qr/^each line of a comment begins with "#"/,
    '{% doc %}{% doc %}{% enddoc %}' => qr/^a "doc" has no other inside/,
    '{% comment %}{% endcoment %}' => qr/^"endcomment" is missing/,
    '{% raw %}{% endra' => qr/^"endraw" is missing/,
    "{% liquid\n assign x = 1\n if x\n  echo x | plus: 1\n endif\n # no\n liquid echo 'n'\n%}!" => '2n!',
    "{% liquid\r\n for i in (1..2)\r\n echo i\r\n endfor %}" => '12',
    "{% liquid\ncomment a\nb\nendcomment\necho 1 %}" => '1',
    "{% liquid\n if t\n echo 1 %}{% endif %}" => qr/^"endif" is missing/,
    "{% liquid\n echo 1\n nope\n%}" => qr/^there is no tag "nope"/,
    '{% echo name | upcase %}' => 'ANN',
],
partials => [
    '{% render "p" %}{% render "p", x: 1 %}{% render "p" with i, x: 2 %}' => 'p:p:1p:72',
    '{% render "p_name" %}{% render "p_name", name: name %}{% include "p_name" %}' => '[][Ann][Ann]',
    '{% render "dir/item" for people %}|{% render "dir/item" with people[1] %}' => 'Eve;bob;Ann;|bob;',
    '{% render "loop" for nums as v %}' => '1/3:3 2/3:1 3/3:2 ',
    '{% increment c %}{% render "count" %}{% include "count" %}{% increment c %}' => '0012',
    '{% render "set" %}{{ s }}-{% include "set" %}{{ s }}' => '-1',
    '{% for x in (1..3) %}{{ x }}{% render "brk" %}{% endfor %}{% for x in (1..3) %}{{ x }}{% include "brk" %}{% endfor %}' => '1231',
    '{% include which %}{% include "dir/item" for people %}{% include "p" with 3, x: 4 %}{{ x }}' => '[Ann]Eve;bob;Ann;p:34',
    '{% for x in (1..2) %}{% render "out" for nums %}{% endfor %}' => '------',
    '{% assign x = 1 %}{% render "change", x: 2 %}{{ x }}{% include "change", x: 2 %}{{ x }}' => '5125',
    '{% render "nope" %}' => qr/^there is no snippet "nope"/,
    '{% assign z = "nope" %}{% include z %}' => qr/^there is no snippet "nope"/,
    '{% include i %}' => qr/^the name of a snippet is no text/,
    '{% render which %}' => qr/^the name of a snippet is written out in quotes/,
    '{% render "inc" %}' => qr/"include" is not allowed in a snippet that is rendered/,
    '{% render "self" %}' => qr/^in the snippet "self": snippets are nested too deeply/,
    '{% include "mutual" %}' => qr/snippets are nested too deeply/,
    '{% include "loops" %}' => qr/there are more than 256 names in loops and snippets/,
    '{% render "p", 1 %}' => qr/^an argument like NAME: VALUE is expected/,
],
'filters of text' => [
    '{{ "aé" | upcase }}{{ "ÀB" | downcase }}{{ "hELLO wO" | capitalize }}' => 'AÉàbHello wo',
    '{{ "a" | append: "b" | prepend: 1 }}{{ " x " | strip | size }}{{ " x" | lstrip }}{{ "x " | rstrip }}' => '1ab1xx',
    '{{ "aXbXc" | replace: "X", "-" }}{{ "aXbX" | replace_first: "X", 1 }}{{ "aXbX" | replace_last: "X", 2 }}' => 'a-b-ca1bXaXb2',
    '{{ "aXbX" | remove: "X" }}{{ "aXbX" | remove_first: "X" }}{{ "aXbX" | remove_last: "X" }}' => 'ababXaXb',
    '{{ "éx" | replace: "", "-" }}' => '-é-x-',
    '{{ "Hello World" | truncate: 8 }}{{ "Hello" | truncate: 2 }}{{ "Hello" | truncate: 4, "" }}' => 'Hello......Hell',
    '{{ "a b c" | truncatewords: 2 }}{{ "a b" | truncatewords: 5 }}' => 'a b...a b',
    '{{ "hello" | slice: 1, 3 }}{{ "héllo" | slice: -4 }}{{ nums | slice: 1, 5 | join: "" }}{{ "a" | slice: 5 }}' => 'ellé12',
    '{{ "a" | slice: 1.5 }}' => qr/^"slice" takes whole numbers/,
    '{{ "a" | truncate: "x" }}' => qr/^"truncate" takes a whole number/,
    '{{ "a,b,,c,," | split: "," | join: "-" }}{{ "abc" | split: "" | size }}{{ " a  b " | split: " " | size }}' => 'a-b--c32',
    '{{ "x" | nope }}' => qr/^there is no filter "nope"/,
    '{{ "x" | append }}' => qr/^filter "append" takes 1 argument, not 0/,
    '{{ "x" | }}' => qr/^a filter's name is due after "\|"/,
],
'filters of markup' => [
    '{{ html | escape }} {{ html | escape_once }}' => '&lt;b&gt;&amp;amp; &lt;b&gt;&amp;',
    '{{ "<p>a<br>b</p><script>x</script><!-- c -->d <" | strip_html }}' => 'abd <',
    qq({{ "a\r\nb\nc" | newline_to_br }}{{ "a\r\nb\nc" | strip_newlines }}) => "a<br />\nb<br />\ncabc",
    '{{ "a b&é" | url_encode }}{{ "a+b%26%C3%A9" | url_decode }}' => 'a+b%26%C3%A9a b&é',
    '{{ "a?>é" | base64_encode }} {{ "YT8+w6k=" | base64_decode }}' => 'YT8+w6k= a?>é',
    '{{ "a?>é" | base64_url_safe_encode }} {{ "YT8-w6k" | base64_url_safe_decode }}' => 'YT8-w6k= a?>é',
    '{{ n | base64_encode }}{{ 5 | base64_encode }}' => 'NQ==',
    '{{ "YT8-w6k=" | base64_decode }}' => qr/^this is no base64/,
    '{{ "YT8" | base64_decode }}' => qr/^this is no base64/,
],
'filters of numbers' => [
    '{{ 7 | divided_by: 2 }} {{ -7 | divided_by: 2 }} {{ 7 | divided_by: 2.0 }} {{ -7 | modulo: 3 }}' => '3 -4 3.5 2',
    '{{ 0.1 | plus: 0.2 }} {{ 1 | times: 2.0 }} {{ "3.5" | plus: "1" }} {{ n | minus: 1 }}' => '0.3 2.0 4.5 -1',
    '{{ 2.5 | round }} {{ -2.5 | round }} {{ 1.234 | round: 2 }} {{ 1.2 | ceil }} {{ -1.2 | floor }}' => '3 -3 1.23 2 -2',
    '{{ -3 | abs }} {{ "-1.5" | abs }} {{ 3 | at_least: 5 }} {{ 3 | at_most: 2 }}' => '3 1.5 5 2',
    '{{ 9223372036854775807 | plus: 1 }} {{ -9223372036854775808 | abs }}' => '9.223372036854776e+18 9.223372036854776e+18',
    '{{ 20 | divided_by: 7.0 }} {{ 1.1 | times: 1.1 }} {{ 1.005 | round: 2 }} {{ 0.00001 }}' => '2.857142857142857 1.21 1.01 1.0e-05',
    '{{ 0.00012 }} {{ 123456789012345.6 }} {{ 10000000000000000.0 }} {{ 100000000000000000000 }}'
        => '0.00012 123456789012345.6 1.0e+16 1.0e+20',
    '{{ "1e2" | plus: 1 }} {{ "3 apples" | plus: 1 }} {{ " 12 " | plus: ".5" }} {{ "+4" | plus: 0 }}' => '2 4 12 4',
    '{{ 1 | divided_by: 0 }}' => qr/^divided by 0/,
    '{{ 1.0 | divided_by: 0.0 }}' => qr/^divided by 0/,
    '{{ 1 | modulo: 0 }}' => qr/^divided by 0/,
],
'filters of arrays' => [
    '{{ a | join }}|{{ deep | join: "," }}|{{ n | join }}|{{ 5 | join }}' => 'x y  z|1,2,3||5',
    '{{ a | compact | size }}{{ people | compact: "age" | size }}{{ nums | reverse | join: "" }}' => '32213',
    '{{ nums | sort | join: "" }}{{ people | sort: "age" | map: "n" | join: "" }}' => '123bobEveAnn',
    '{{ people | map: "n" | sort | join: "" }}{{ people | sort_natural: "n" | map: "n" | join: "" }}' => 'AnnEvebobAnnbobEve',
    '{{ nums | concat: a | uniq | size }}{{ "a,b,a" | split: "," | uniq | join: "" }}' => '7ab',
    '{{ people | where: "age" | size }}{{ people | where: "age", 20 | map: "n" }}{{ people | reject: "age" | map: "n" }}' => '2bobAnn',
    '{{ people | find: "age", 20 | map: "n" }}{{ people | find_index: "age", 20 }}{{ people | has: "age", 99 }}' => 'bob1false',
    '{{ people | sum: "age" }}{{ deep | sum }}{{ nums | first }}{{ nums | last }}{{ h | first | join: "=" }}' => '5063' . '2b=1',
    '{{ "zoo" | find: "oo" }}{{ "a,zoo" | split: "," | find_index: "oo" }}{{ h | has: "b" }}{{ a | where: "x" }}' => 'zoo1true',
    '{{ a | size }}{{ name | size }}{{ 5 | size }}{{ h | size }}' => '4302',
    '{{ n | default: 1 }}{{ "" | default: 2 }}{{ f | default: 3 }}{{ f | default: 4, allow_false: true }}{{ 0 | default: 5 }}' => '123false0',
    '{{ n | default: allow_false: t }}|{{ f | default: 1, allow_false: t }}|{{ f | default: allow_false: f, 2 }}' => '|false|2',
    '{{ a | concat: 1 }}' => qr/^"concat" takes an array/,
    '{{ nums | map: "x" }}' => qr/^an element has no property "x"/,
    '{{ nums | concat: a | sort }}' => qr/^"sort" takes texts or numbers/,
],
dates => [
    '{{ "2024-02-29T12:30:05Z" | date: "%Y-%m-%d %H:%M:%S %j %-d %e %a" }}' => '2024-02-29 12:30:05 060 29 29 Thu',
    '{{ 0 | date: "%s %z %Y" }} {{ "86400" | date: "%d" }}' => '0 +0000 1970 02',
    '{{ "2024-01-02 03:04:05 +0200" | date: "%H:%M %z" }} {{ -1 | date: "%s %L" }} {{ 1 | date: "%N%%" }}'
        => '01:04 +0000 -1 000 000000000%',
    '{{ 0 | date: "%p%p" }}' => 'AMAM',
    (sprintf '{{ 0 | date: "%s" }}', 'x' x 600) => qr/^the format of a date is too long/,
    '{{ "March 14, 2016" | date: "%b %d, %y" }}{{ "soon" | date: "%Y" }}{{ n | date: "%Y" }}{{ 0 | date: "" }}' => 'Mar 14, 16soon0',
],
'what is too much' => [
    "{% for i in (1..3000) %}\n{% for j in (1..3000) %}{% assign x = j %}{% endfor %}{% endfor %}"
        => qr/^the template takes more than 2000000 steps line 2/,
    '{% for i in (1..900000) %}0123456789{% endfor %}' => qr/^the output has more than 1048576 bytes line 1/,
    "\n{% for i in (1..1000001) %}{% endfor %}" => qr/^a range has more than 1000000 elements line 2/,
    '{% if t %}' x 100 => qr/^nested too deeply line 1/,
    '{{ ' . 'a[' x 101 . '1' . ']' x 101 . ' }}' => qr/^nested too deeply line 1/,
    '{% assign x = "0123456789" %}{% for i in (1..40) %}{% assign x = x | append: x %}{% endfor %}'
        => qr/^more than 4 MiB are assigned and captured line 1/,
    '{% assign x = "0123456789" %}{% for i in (1..20) %}{% capture x %}{{ x }}{{ x }}{% endcapture %}{% endfor %}'
        => qr/^the output has more than 1048576 bytes line 1/,
    '{% capture x %}{% for i in (1..10000) %}0123456789{% endfor %}{% endcapture %}'
        . '{% for i in (1..1000000) %}{{ x | append: x | size | slice: 0, 0 }}{% endfor %}'
        => qr/^the values of the template take more than 16 MiB line 1/,
    (join '', map { "{% assign v$_ = 1 %}" } 1 .. 257) => qr/^there are more than 256 variables line 1/,
],
);

my (@want, @names, $in);
while (my ($family, $rows) = splice @families, 0, 2) {
    while (my ($template, $want) = splice @$rows, 0, 2) {
        push @names, $family . ': ' . substr $template, 0, 60;
        push @want, $want;
        my %used = map { $_ => $partials{$_} } grep { $_ ne 'bad' } keys %partials;
        $in .= sprintf qq({"template":%s,"templates":%s,"data":%s}\n), $json->encode($template),
            $json->encode(\%used), $data;
    }
}

my $h = Godwit->new;
my ($code, $out) = $h->godwit({ in => $in }, 'liquid');
my @got = map { $json->decode($_) } split /\n/, $out;
is @got, @want, 'a line for each case';
for my $i (0 .. $#want) {
    my $error = $got[$i]{error};
    my $got = $error ? "$error->{message} line $error->{line}" : $got[$i]{result};
    ref $want[$i] ? like($got, $want[$i], $names[$i]) : is($got, $want[$i], $names[$i]);
}

# the place of an error is that of the partial it is in
my $place = sub {
    my (undef, $line) = $h->godwit({ in => $json->encode({ template => shift, data => {},
        templates => \%partials }) . "\n" }, 'liquid');
    return $json->decode($line)->{error};
};
is_deeply $place->("\n\n {% render 'bad' %}"), { line => 2, column => 8,
    message => 'in the snippet "bad": there is no filter "nope"' }, 'an error of a partial';
is_deeply $place->("\n\n {% render 'wrong' %}"), { line => 2, column => 1,
    message => 'in the snippet "wrong": divided by 0' }, 'at run time too';
is_deeply $place->("\n\n {% render 'none' %}"), { line => 3, column => 2,
    message => 'there is no snippet "none"' }, 'an unknown one is where it is called';

done_testing;
