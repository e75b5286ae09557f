"""Random predicates and contacts: KIND SEED N, lines for `godwit predicate`.

Values come out of small pools, so that they meet, and times lie at the very
edges of windows. Kinds: `pairs`; `mutants`, whose predicates are mostly wrong;
`house`, one line with 200 contacts that Postgres can hold and N predicates,
then the pairs of each predicate with all contacts.
"""
import json
import random
import sys

import predicate

NOW = ["2026-03-01T00:00:00Z", "2028-02-28T23:59:59.999999Z", "2027-02-28T12:00:00+05:30"]
TEXTS = ["Ann", "ann", "ANNA", "annex", "gold", "Gold", "\u00c4rger", "\u00e4rger", "\U0001f600 x",
         "a%b_c", "it's", "\\", "42", "42.0", "-7", "1e3", " 42", "2026-01-30", "2025-02-29", "true"]
NUMBERS = [0, 42, 42.0, -7, 0.1, 9007199254740993, 1e21, 100, 3.5]
NAMES = ["plan", "born", "orders", "a.b", "it's", "\u00fcber", "latitude"]
EVENTS = ["purchase", "open", "click", "Purchase"]
SPANS = ["1m", "12h", "1d", "30d", "52w", "9999w"]
DATES = ["2026-01-30", "1980-02-29", "1999-03-01", "0001-01-01", "9999-12-31",
         "2026-02-28T23:59:59.5-14:59", "2026-03-02T00:00:00.000001Z", "2024-02-29"]
FIELDS = ["id", "email", "phone", "external_id", "first_name", "last_name", "zone", "locale"]
CHANNELS = ["email", "sms", "whatsapp", "voice"]
DID = ["sent", "opened", "clicked", "unsubscribed"]


class Pairs:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.now = self.r.choice(NOW)

    def pick(self, *pool):
        return self.r.choice(pool)

    def maybe(self, chance):
        return self.r.random() < chance

    def instant(self):
        """Near an edge of a window, or anywhere."""
        if self.maybe(0.2):
            return self.r.choice(DATES)
        away = predicate.span(self.r.choice(SPANS[:5])) * self.pick(-1, -1, 0, 1)
        at = predicate.time(self.now) + away + self.pick(-1, 0, 1)
        day, rest = predicate.date(at).isoformat(), at % predicate.DAY
        second, micro = divmod(rest, 10**6)
        return "%sT%02d:%02d:%02d.%06dZ" % (
            day, second // 3600, second // 60 % 60, second % 60, micro)

    def scalar(self):
        kind = self.r.random()
        if kind < 0.5:
            return self.r.choice(TEXTS)
        if kind < 0.75:
            return self.r.choice(NUMBERS)
        return self.instant() if kind < 0.9 else self.pick(True, False)

    def value(self):
        kind = self.r.random()
        if kind < 0.75:
            return self.scalar()
        if kind < 0.9:
            return [self.pick(self.scalar(), self.scalar(), [42], None)
                    for _ in range(self.r.randrange(4))]
        return self.pick(None, "", {"a": 42}, "42", [])

    def test(self, times=False):
        op = self.pick("set", "before", "since", "within_last", "older_than", "within_next",
                       "anniversary",
                       *([] if times else ["is", "in", "contains", "starts_with", "ends_with",
                                           "less", "at_most", "more", "at_least"] * 2))
        if op == "set":
            return {"op": op}
        if op in ("before", "since"):
            value = self.pick(self.instant(), self.r.choice(DATES))
        elif op in ("within_last", "older_than", "within_next"):
            value = self.r.choice(SPANS)
        elif op == "anniversary":
            value = self.pick(0, 0, 1, 2, 365, 366)
        elif op == "is":
            value = self.scalar()
        elif op == "in":
            value = [self.scalar() for _ in range(self.r.randrange(1, 5))]
        elif op in ("contains", "starts_with", "ends_with"):
            value = self.pick("a", "N", "nn", "%", "_", "\\", "'", "4", "2", *TEXTS)
        else:
            value = self.r.choice(NUMBERS)
        return {"op": op, "value": value}

    def event_test(self):
        p = {"event": self.r.choice(EVENTS)}
        if self.maybe(0.7):
            p.update(op=self.pick("at_least", "at_most", "exactly"), times=self.r.randrange(4))
        if self.maybe(0.5):
            p["within"] = self.r.choice(SPANS)
        for bound in ("since", "before"):
            if self.maybe(0.2):
                p[bound] = self.pick(self.instant(), self.r.choice(DATES))
        if self.maybe(0.4):
            p["where"] = [dict(property=self.r.choice(NAMES), **self.test())
                          for _ in range(self.r.randrange(3))]
        return p

    def leaf(self):
        kind = self.r.randrange(16)
        if kind == 14:
            return dict(company=self.pick("id", "name", "domain"), **self.test())
        if kind == 15:
            return self.pick(
                dict(company=self.pick("created_at", "updated_at"), **self.test(True)),
                dict(company_attribute=self.r.choice(NAMES), **self.test()))
        if kind < 2:
            return dict(field=self.r.choice(FIELDS), **self.test())
        if kind < 3:
            return dict(field=self.pick("created_at", "updated_at"), **self.test(True))
        if kind < 7:
            return dict(attribute=self.r.choice(NAMES), **self.test())
        if kind < 8:
            return {"tag": self.pick("vip", "VIP", "new", "\u00c4")}
        if kind < 9:
            return {"list": self.pick("lst_1", "lst_2", "lst_3")}
        if kind < 10:
            return {"consent": self.r.choice(CHANNELS),
                    "is": self.pick("granted", "revoked", "unknown")}
        if kind < 12:
            return self.event_test()
        if kind < 13:
            return {"campaign": self.pick("cmp_1", "cmp_2"), "did": self.r.choice(DID)}
        if self.maybe(0.5):
            return {"near": {"latitude": self.pick(52.52, -33.9, 90), "longitude": 13.405,
                             "kilometres": self.pick(0, 50, 1000, 20000)}}
        start = self.r.randrange(100)
        return {"bucket": {"salt": self.pick("a", "\u00fc'"), "from": start,
                           "to": self.r.randrange(start, 100) + 1}}

    def predicate(self, depth=0):
        if depth > 3 or self.maybe(0.5):
            return self.leaf()
        kind = self.pick("all", "any", "not")
        if kind == "not":
            return {"not": self.predicate(depth + 1)}
        return {kind: [self.predicate(depth + 1) for _ in range(self.r.randrange(4))]}

    def attributes(self):
        a = {name: self.value() for name in NAMES if self.maybe(0.6)}
        if self.maybe(0.5):
            a["latitude"] = self.pick(52.5, "52.6", 48.137, 90, -33.9, 95)
            a["longitude"] = self.pick(13.4, "11.57", 180, 18.4, [13.4])
        return a

    def company(self, n):
        return {"id": "com_%d" % n, "name": self.r.choice(TEXTS), "attributes": self.attributes(),
                "domain": self.pick(None, None, "a.example.com"),
                "created_at": self.instant(), "updated_at": self.instant()}

    def contact(self, n):
        c = {"id": "ct_%d" % n, "attributes": self.attributes(),
             "consent": {ch: self.pick("granted", "revoked", "unknown") for ch in CHANNELS},
             "tags": [t for t in ("vip", "New", "\u00e4") if self.maybe(0.4)],
             "lists": [i for i in ("lst_1", "lst_2") if self.maybe(0.5)],
             "campaigns": {i: [w for w in DID if self.maybe(0.5)] for i in ("cmp_1", "cmp_2")},
             "created_at": self.instant(), "updated_at": self.instant()}
        for name in FIELDS[2:]:
            if self.maybe(0.7):
                c[name] = self.pick(None, "", *TEXTS)
        if self.maybe(0.6):
            c["company"] = self.company(n)
        return c

    def events(self):
        return [{"name": self.r.choice(EVENTS), "at": self.instant(),
                 "properties": self.attributes()} for _ in range(self.r.randrange(6))]

    def broken(self, c):
        """What no contact of ours has: other kinds where the grammar expects one."""
        name = self.r.choice(list(c))
        c[name] = self.pick(None, 42, "x", [], {}, [None, 1, "vip"])
        return c

    def pair(self, n):
        self.now = self.r.choice(NOW)
        c = self.contact(n)
        return {"predicate": self.predicate(), "contact": self.broken(c) if self.maybe(0.1) else c,
                "events": self.events(), "now": self.now}


    def spot(self, node, path=()):
        """All places in a JSON value."""
        yield path
        inside = node.items() if isinstance(node, dict) else (
            enumerate(node) if isinstance(node, list) else ())
        for key, value in inside:
            yield from self.spot(value, path + (key,))

    def mutant(self, n):
        """A predicate of which one place is changed, taken or added to."""
        doc = {"predicate": self.predicate(), "contact": {}, "now": self.now}
        node, path = doc, self.r.choice([p for p in self.spot(doc["predicate"])])
        path = ("predicate",) + path
        for key in path[:-1]:
            node = node[key]
        at, kind = node[path[-1]], self.r.randrange(4)
        if kind == 0 and len(path) > 1:
            del node[path[-1]]
        elif kind == 1 and isinstance(at, dict):
            at[self.pick("op", "value", "is", "all", "x")] = self.pick("is", 1, [], True)
        else:
            node[path[-1]] = self.pick(
                None, True, -1, 0, 1, 2.0, 2.5, 1e301, "", "x", "set", "is", "in", "since", "30d",
                "0d", "10000d", "1y", "2026-02-29", "2024-02-29", "0000-01-01", "2026-1-1",
                "2026-01-31T24:00:00Z", "2026-01-31T23:59:60Z", "2026-01-31T10:00:00.1234567Z",
                "2026-01-31T10:00:00+14:59", "2026-01-31T10:00:00-15:00", "2026-01-31t10:00:00z",
                "lst_0", "lst_1", "lst_1234567890123456789", "cmp_1 ", "x" * 201, "x" * 501, [], {},
                [1], ["x", None], {"tag": "x"}, [{"tag": "x"}])
        return doc


    def mail(self, e):
        """Opens and clicks have the properties that ours have."""
        if e["name"] in ("open", "click"):
            e["properties"] = {"campaign": "cmp_1", "link": None}
        return e

    def house(self, n):
        people = [{"contact": self.contact(i + 1), "events": [self.mail(e) for e in self.events()]}
                  for i in range(200)]
        for i, one in enumerate(people):
            known = one["contact"].get("external_id")           # one contact has it, or none
            one["contact"]["external_id"] = known + str(i) if known else None
            if one["contact"].get("company", {}).get("domain"):
                one["contact"]["company"]["domain"] = "%d.example.com" % i
        predicates = [self.predicate() for _ in range(n)]
        print(json.dumps({"now": self.now, "people": people, "predicates": predicates}))
        for p in predicates:
            for one in people:
                print(json.dumps(dict(one, predicate=p, now=self.now)))


def main():
    pairs = Pairs(int(sys.argv[2]))
    if sys.argv[1] == "house":
        pairs.house(int(sys.argv[3]))
        return
    make = {"pairs": pairs.pair, "mutants": pairs.mutant}[sys.argv[1]]
    for n in range(int(sys.argv[3])):
        print(json.dumps(make(n + 1)))


if __name__ == "__main__":
    main()
