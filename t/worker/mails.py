# Hostile mails for t/worker/hostile_mail.t: mails.py NUMBER SEED FILE composes
# so many by build/bench/render and reads them with Python's `email`. FILE gets
# a line of JSON each, for another parser: the mail and what was read in it.
import base64
import email
import email.policy
import email.utils
import json
import random
import re
import subprocess
import sys
from email.header import decode_header, make_header
from html.parser import HTMLParser

number, seed, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
rnd = random.Random(seed)

PIECES = [
    "\r\n", "\n", "\r", "\x85", "\u2028", "\u2029", "\r\nBcc: evil@example.com\r\n", "\r\n\r\n",
    "\r\n.\r\n", "\n.\n", ".", "--=_godwit_alternative\r\n", "--=_godwit_alternative--", "From ",
    "\nFrom x\n", "=?UTF-8?Q?=0D=0ABcc:_x?=", "=?UTF-8?B?DQpCY2M6IHg=?=", "?=", "=?", "=", "=\r\n",
    '"', "\\", "<", ">", "<script>", "</script>", "'", "&", "&amp;", "-->", "<!--", "`", "{{", "}}",
    "{% if %}", ",", ";", ":", "@", "(", ")", "[", "]", "a@b.c", "<evil@example.com>", " ", "   ", "\t",
    "\x01", "\x0b", "\x0c", "\x7f", "\u202e", "\u200b", "\ufeff", "\U0001f600", "\u00e9", "e\u0301",
    "\u4e2d\u6587", "\u0645", "x", "Ann", "word word", "javascript:", "data:text/html,", "%0d%0a", "%",
    "?a=1&b=2#c", "://", "Content-Type: text/html", "\r\n\tfolded", "a" * 80, "\u00e4" * 100,
]


def hostile():
    """A value: pieces in a row, seldom a very long one."""
    r = rnd.random()
    if r < 0.01:
        return rnd.choice(["x", "\u00e4", " x", "\U0001f600", "=", "."]) * rnd.randint(900, 6000)
    if r < 0.012:
        return "w" * 50000
    return "".join(rnd.choice(PIECES) for _ in range(rnd.randint(1, 8)))


def plain(s):
    """As text that a reader sees: breaks are blanks, blanks are one."""
    return re.sub(r"[\x00-\x20\x7f\x85\u2028\u2029\xa0\u3000\u2000-\u200a\u1680\u202f\u205f]+", " ",
                  s).strip(" ")


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.seen = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, tuple(name for name, _ in attrs)))

    def handle_endtag(self, tag):
        self.seen.append("/" + tag)

    def handle_comment(self, data):
        self.seen.append("!")


HTML = ('<html><body title="{{ contact.first_name }}"><p>Dear {{ contact.first_name }},</p>'
        "<!-- {{ contact.word }} --><a href=\"https://a.example/?q={{ contact.word }}\" title='"
        "{{ contact.word }}'>{{ contact.word }}</a> <a href=\"https://b.example/{{ contact.word }}\">b</a>"
        "<img src=\"https://c.example/{{ contact.first_name }}\" alt=\"\"></body></html>")
SUBJECT = "News for {{ contact.first_name }}: {{ contact.subject }}"


def message(first_name, subject, word, from_name):
    return {"subject": SUBJECT, "html": HTML, "from_name": from_name, "email": "ann@example.com",
            "first_name": first_name, "attributes": {"subject": subject, "word": word}}


def bad(i, why, raw=b""):
    print("not ok: mail %d of seed %d: %s" % (i, seed, why))
    print(raw[:3000].decode("utf-8", "backslashreplace").replace("\n", "\n# "))
    sys.exit(1)


def lines_are_right(i, raw):
    if raw.replace(b"\r\n", b"").translate(None, b"").count(b"\r") \
            or raw.replace(b"\r\n", b"").count(b"\n"):
        bad(i, "a bare CR or LF", raw)
    if b"\0" in raw or not raw.endswith(b"\r\n.\r\n"):
        bad(i, "a NUL, or its end", raw)
    for line in raw[:-3].split(b"\r\n"):
        if len(line) > 998 or line.startswith(b"."):
            bad(i, "a line is too long, or begins with a dot: %r" % line[:80], raw)


tool = subprocess.Popen(["build/bench/render", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
names = tags = None
unmade = 0
with open(path, "w") as out:
    for i in range(number):
        m = message("Ann", "s", "w", "Shop") if i == 0 else \
            message(hostile(), hostile(), hostile(), hostile())
        tool.stdin.write(json.dumps(m).encode() + b"\n")
        tool.stdin.flush()
        head = tool.stdout.readline().decode()
        size = int(head.split(" ")[0])
        if size == 0:
            # a URL that is too long for a token is no mail
            if "too long" not in head and "not enough room" not in head and "no room" not in head:
                bad(i, "none was made: %s of %r" % (head, m))
            unmade += 1
            continue
        raw = tool.stdout.read(size)
        lines_are_right(i, raw)
        got = email.message_from_bytes(raw[:-3], policy=email.policy.default)
        names = names or [k.lower() for k in got.keys()]
        if [k.lower() for k in got.keys()] != names or got.defects:
            bad(i, "its headers are %s, %s" % (got.keys(), got.defects), raw)
        parts = list(got.iter_parts())
        if [p.get_content_type() for p in parts] != ["text/plain", "text/html"] \
                or any(p.defects or list(p.keys()) != ["Content-Type", "Content-Transfer-Encoding"]
                       for p in parts):
            bad(i, "its parts", raw)
        want = plain("News for %s: %s" % (m["first_name"], m["attributes"]["subject"]))
        if plain(got["subject"]) != want:
            bad(i, "its subject is %r, not %r" % (got["subject"], want), raw)
        # the new parser of Python 3.11 puts a blank between encoded words of a
        # name, so that the name is read by the old one
        sender = got["from"].addresses
        old = email.message_from_bytes(raw[:-3])["from"].replace("\r\n", "")
        name = str(make_header(decode_header(email.utils.parseaddr(old)[0])))
        if len(sender) != 1 or sender[0].addr_spec != "shop@example.com" \
                or plain(name) != plain(m["from_name"]):
            bad(i, "From is %r, not %r" % (name, m["from_name"]), raw)
        text, html = (p.get_content() for p in parts)
        shape = Tags(html).seen
        tags = tags or shape
        if shape != tags:
            bad(i, "its HTML has tags of its own: %s" % shape, html.encode())
        out.write(json.dumps({"raw": base64.b64encode(raw[:-3]).decode(), "names": names,
                              "subject": want, "from": plain(m["from_name"]), "text": plain(text),
                              "html": plain(html)}) + "\n")
tool.stdin.close()
print("ok %d %d" % (number, unmade))
sys.exit(tool.wait())
