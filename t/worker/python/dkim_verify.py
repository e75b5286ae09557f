# Judges the signatures of messages by dkimpy: a line {"file","records"} in, a
# line {"good":[...],"changed":[...]} out, an entry a signature; changed: after
# one bit of the body, or of a header that is signed, was flipped.
import json
import sys

import dkim


def judge(message, records):
    found = []
    look = lambda name, timeout=5: records.get(name.decode().rstrip('.'), '').encode() or None
    for n in range(message.count(b'DKIM-Signature:')):
        try:
            found.append(bool(dkim.DKIM(message).verify(idx=n, dnsfunc=look)))
        except dkim.DKIMException:
            found.append(False)
    return found


def flip(message, at):
    return message[:at] + bytes([message[at] ^ 1]) + message[at + 1:]


for line in sys.stdin:
    case = json.loads(line)
    message = open(case['file'], 'rb').read()
    places = [message.index(b'\nSubject: ') + 10, message.index(b'\r\n\r\n') + 8]
    added = b'Reply-To: evil@example.com\r\n' + message
    changed = [judge(flip(message, at), case['records']) for at in places]
    changed.append(judge(added, case['records']))
    print(json.dumps({'good': judge(message, case['records']),
                      'changed': any(any(c) for c in changed)}))
