"""Predicates judged by the words of sql/api/predicate.schema.json alone.

Takes the lines of FILE as `godwit predicate` does, and answers {"match"}.
"""
import datetime
import hashlib
import json
import math
import re
import sys

DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")
TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:T([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]{1,6}))?"
    r"(Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9]))?"
)
SPAN = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
DAY = 86400 * 10**6
CYCLE = 146097  # days of 400 years, after which the calendar repeats


def fold(text):
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)


def number(value):
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        if not DECIMAL.fullmatch(value):
            return None
    elif not isinstance(value, (int, float)):
        return None
    v = float(value)
    return v if v == 0 or 1e-300 <= abs(v) <= 1e300 else None


def time(value):
    """Microseconds since the day 0 of Python's calendar, or None."""
    m = TIME.fullmatch(value) if isinstance(value, str) else None
    if m is None:
        return None
    try:
        day = datetime.date(int(m[1]), int(m[2]), int(m[3])).toordinal()
    except ValueError:
        return None
    at = day * 86400
    if m[4] is not None:
        at += int(m[4]) * 3600 + int(m[5]) * 60 + int(m[6])
        if m[8] != "Z":
            away = int(m[8][1:3]) * 3600 + int(m[8][4:6]) * 60
            at -= -away if m[8][0] == "-" else away
    return at * 10**6 + int((m[7] or "").ljust(6, "0"))


def span(value):
    return int(value[:-1]) * SPAN[value[-1]] * 10**6


def date(at):
    day = at // DAY
    while not 1 <= day <= 3652059:
        day += CYCLE if day < 1 else -CYCLE
    return datetime.date.fromordinal(day)


def anniversary(at, now, days):
    t, d = date(at), date(now + days * DAY)
    if (t.month, t.day) == (d.month, d.day):
        return True
    leap = d.year % 4 == 0 and (d.year % 100 != 0 or d.year % 400 == 0)
    return (t.month, t.day, d.month, d.day) == (2, 29, 2, 28) and not leap


def equal(want, value):
    if isinstance(want, bool):
        return isinstance(value, bool) and value == want
    if isinstance(want, str):
        return isinstance(value, str) and fold(value) == fold(want)
    n = number(value)
    return n is not None and n == float(want)


TEXTS = {
    "contains": lambda s, v: v in s,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
}
NUMBERS = {
    "less": lambda a, b: a < b,
    "at_most": lambda a, b: a <= b,
    "more": lambda a, b: a > b,
    "at_least": lambda a, b: a >= b,
}
TIMES = {
    "before": lambda t, v, now: t < time(v),
    "since": lambda t, v, now: t >= time(v),
    "within_last": lambda t, v, now: now - span(v) < t <= now,
    "older_than": lambda t, v, now: t <= now - span(v),
    "within_next": lambda t, v, now: now < t <= now + span(v),
    "anniversary": lambda t, v, now: anniversary(t, now, v),
}


def test_one(op, want, value, now):
    if isinstance(value, (list, dict)):
        return False
    if op == "is":
        return equal(want, value)
    if op == "in":
        return any(equal(w, value) for w in want)
    if op in TEXTS:
        return isinstance(value, str) and TEXTS[op](fold(value), fold(want))
    if op in NUMBERS:
        n = number(value)
        return n is not None and NUMBERS[op](n, float(want))
    t = time(value)
    return t is not None and TIMES[op](t, want, now)


def test(p, value, now):
    if value is None:
        return False
    if p["op"] == "set":
        return value not in ("", [])
    values = value if isinstance(value, list) else [value]
    return any(test_one(p["op"], p.get("value"), v, now) for v in values)


def get(document, name):
    return document.get(name) if isinstance(document, dict) else None


def items(array):
    return array if isinstance(array, list) else []


def counts(p, event, now):
    at = time(get(event, "at"))
    return (
        get(event, "name") == p["event"]
        and at is not None
        and at <= now
        and ("within" not in p or at > now - span(p["within"]))
        and ("since" not in p or at >= time(p["since"]))
        and ("before" not in p or at < time(p["before"]))
        and all(
            test(w, get(get(event, "properties"), w["property"]), now)
            for w in p.get("where", [])
        )
    )


def event(p, events, now):
    n = sum(counts(p, e, now) for e in events)
    times = p.get("times", 1)
    return {"at_least": n >= times, "at_most": n <= times, "exactly": n == times}[
        p.get("op", "at_least")
    ]


def near(p, attributes):
    values = [get(attributes, "latitude"), get(attributes, "longitude")]
    lat, lon = (number(v) for v in values)
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:
        return False
    r = 0.017453292519943295
    a = math.sin((lat - p["latitude"]) * r / 2)
    b = math.sin((lon - p["longitude"]) * r / 2)
    s = math.sin(p["kilometres"] / (2 * 6371.0088))
    return a * a + math.cos(p["latitude"] * r) * math.cos(lat * r) * b * b <= s * s


def bucket(p, contact_id):
    if not isinstance(contact_id, str) or len(contact_id.encode()) > 100:
        return False
    digest = hashlib.sha256((p["salt"] + ":" + contact_id).encode()).digest()
    n = int.from_bytes(digest[:4], "big") * 100 >> 32
    return p["from"] <= n < p["to"]


def match(p, contact, events, now):
    if "all" in p:
        return all(match(q, contact, events, now) for q in p["all"])
    if "any" in p:
        return any(match(q, contact, events, now) for q in p["any"])
    if "not" in p:
        return not match(p["not"], contact, events, now)
    if "field" in p:
        return test(p, contact.get(p["field"]), now)
    if "attribute" in p:
        return test(p, get(contact.get("attributes"), p["attribute"]), now)
    if "company" in p:
        return test(p, get(contact.get("company"), p["company"]), now)
    if "company_attribute" in p:
        attributes = get(contact.get("company"), "attributes")
        return test(p, get(attributes, p["company_attribute"]), now)
    if "tag" in p:
        tags = [t for t in items(contact.get("tags")) if isinstance(t, str)]
        return fold(p["tag"]) in [fold(t) for t in tags]
    if "list" in p:
        return p["list"] in items(contact.get("lists"))
    if "consent" in p:
        said = get(contact.get("consent"), p["consent"])
        return (said if isinstance(said, str) else "unknown") == p["is"]
    if "event" in p:
        return event(p, items(events), now)
    if "campaign" in p:
        return p["did"] in items(get(contact.get("campaigns"), p["campaign"]))
    if "near" in p:
        return near(p["near"], contact.get("attributes"))
    return bucket(p["bucket"], contact.get("id"))


def main():
    for line in open(sys.argv[1], encoding="utf-8"):
        doc = json.loads(line)
        now = time(doc["now"])
        verdict = match(doc["predicate"], doc["contact"], doc.get("events"), now)
        print(json.dumps({"match": verdict}))


if __name__ == "__main__":
    main()
