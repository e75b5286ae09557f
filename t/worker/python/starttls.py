# An SMTP client for t/worker/receive_tls.t: starttls.py PORT CA VERSION. VERSION is what TLS is
# limited to, or "any". It puts a command in clear behind STARTTLS, then says inside what stands in
# its input, a command a line; prints the version of TLS and each answer, its lines joined by |.
import socket
import ssl
import sys
import warnings

port, ca, version = int(sys.argv[1]), sys.argv[2], sys.argv[3]
warnings.simplefilter("ignore")
s = socket.create_connection(("127.0.0.1", port), timeout=10)


def answer(f):
    lines = []
    while not lines or lines[-1][3:4] == "-":
        line = f.readline().decode()
        if not line:
            break
        lines.append(line.rstrip("\r\n"))
    return "|".join(lines)


plain = s.makefile("rb", buffering=0)
answer(plain)
s.sendall(b"STARTTLS\r\nMAIL FROM:<evil@example.com>\r\n")
answer(plain)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname = False
context.load_verify_locations(ca)
if version != "any":
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
try:
    s = context.wrap_socket(s)
except ssl.SSLError as e:
    print("refused")
    sys.exit(0)

print(s.version())
f = s.makefile("rb")
for line in sys.stdin:
    s.sendall(line.rstrip("\n").encode().decode("unicode_escape").encode() + b"\r\n")
    print(answer(f))
