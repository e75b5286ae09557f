# Mails of mails.py, a line of JSON each on standard input, in GMime: says ok
# and their number, or what the first one has that is not the same.
import base64
import json
import re
import sys

import gi

gi.require_version("GMime", "3.0")
from gi.repository import GMime  # noqa: E402

GMime.init()


def plain(s):
    return re.sub(r"[\x00-\x20\x7f\x85\u2028\u2029\xa0\u3000\u2000-\u200a\u1680\u202f\u205f]+", " ",
                  s or "").strip(" ")


def names(headers):
    return [headers.get_header_at(i).get_name().lower() for i in range(headers.get_count())]


n = 0
for line in sys.stdin:
    want = json.loads(line)
    n += 1
    stream = GMime.StreamMem.new_with_buffer(base64.b64decode(want["raw"]))
    message = GMime.Parser.new_with_stream(stream).construct_message(None)
    body = message.get_mime_part()
    parts = [body.get_part(i) for i in range(body.get_count())]
    senders = message.get_from()
    got = {"names": names(message.get_header_list()) + names(body.get_header_list()),
           "subject": plain(message.get_subject()),
           "from": [plain(a.get_name()) + " <" + a.get_addr() + ">"
                    for a in (senders.get_address(i) for i in range(senders.length()))],
           "text": plain(parts[0].get_text()), "html": plain(parts[1].get_text())}
    as_ = {"names": want["names"], "subject": want["subject"], "from": [want["from"] + " <shop@example.com>"],
           "text": want["text"], "html": want["html"]}
    for key in got:
        if got[key] != as_[key] or len(parts) != 2:
            print("not ok: mail %d: %s: %r is not %r" % (n, key, got[key], as_[key]))
            sys.exit(1)
print("ok %d" % n)
