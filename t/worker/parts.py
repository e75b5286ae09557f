# The parts of mails as Python's email sees them, a line of JSON for each file
# named: what each is, its name, its Content-ID, the SHA-256 of its bytes.
import email
import email.policy
import hashlib
import json
import sys


def part(p):
    body = None if p.is_multipart() else hashlib.sha256(p.get_payload(decode=True)).hexdigest()
    return {"type": p.get_content_type(), "as": p.get_content_disposition(), "name": p.get_filename(),
            "id": p.get("content-id"), "method": p.get_param("method"), "sha256": body,
            "parts": [part(q) for q in p.iter_parts()] if p.is_multipart() else [],
            "defects": [str(d) for d in p.defects] + [str(d) for h in p.values() for d in getattr(h, "defects", [])]}


for path in sys.argv[1:]:
    with open(path, "rb") as f:
        print(json.dumps(part(email.message_from_binary_file(f, policy=email.policy.default))))
