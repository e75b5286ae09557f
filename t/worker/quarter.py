"""The numbers of a quarter from what the sink has taken (index.jsonl) and from what the crowd has
done (crowd.jsonl), by counting alone: nothing of Godwit is read or imported here."""
import json
import re
import sys
from collections import defaultdict
from datetime import datetime, timedelta

RATE = 0.02
HOSTS = {"gmail.com": "google", "googlemail.com": "google", "hotmail.com": "microsoft"}


def lines(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


mails = {m["n"]: m for m in lines(sys.argv[1])}
log = lines(sys.argv[2])
for m in mails.values():
    m["campaign"], m["variant"] = m["subject"].split(": ")
    m["to"] = m["rcpt"][0]
acts = defaultdict(list)
for entry in log:
    if "mail" in entry and entry["act"] != "decided":
        entry.update({k: mails[entry["mail"]][k] for k in ("campaign", "to", "variant")})
    entry["time"] = datetime.fromisoformat(entry["at"].replace("Z", "+00:00"))
    acts[entry["act"]].append(entry)


def host(address):
    domain = address.split("@")[1]
    return HOSTS.get(domain, domain)


# ---- who was there, and when: rows in the order of the files, an address once
people, imports = {}, []
for name in ("january", "february"):
    rows = [r for r in acts["row"] if r["file"] == name]
    good = [r for r in rows if "@" in r["email"]]
    new = {r["email"]: r for r in good if r["email"] not in people}
    imports.append([len(rows), len(new), len(good) - len(new), len(rows) - len(good)])
    people.update(new)
address_of = {r["id"]: r["email"] for r in people.values()}

orders = {}
for o in acts["order"]:
    orders.setdefault(o["number"], dict(o, to=address_of[o["user"]]))
sent_at = {c: min(datetime.fromisoformat(s) for s in v) for c, v in {
    "january": ["2031-01-06T08:00:00+00:00"], "february": ["2031-02-03T08:00:00+00:00"],
    "march": ["2031-03-03T08:00:00+00:00"]}.items()}


def human(e):
    """An image proxy opens for a person, nothing clicks for one."""
    return e["as"] == "person" or e["as"] == "proxy" and e["act"] == "open"


def share(x, n, z=1.959963984540054):
    """x of n, and the interval of Wilson."""
    mid = (x + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * (x * (n - x) / n + z * z / 4) ** 0.5
    return ["%.7f" % v for v in (n, x / n, mid - half, mid + half)]


# ---- who gets no more mail, and of which time on
stopped = {}
for e in acts["unsubscribe"] + acts["bounce"] + acts["complaint"]:
    why = {"bounce": "hard_bounce"}.get(e["act"], e["act"])
    stopped.setdefault(e["to"], []).append((e["time"], why))
dead = {a for a in people if a.startswith("gone")}


def buyers(when):
    return {o["to"] for o in orders.values() if o["time"] <= when}


# ---- the campaigns
campaigns, refused = {}, set()
for c in sent_at:
    took = {m["to"]: m for m in mails.values() if m["campaign"] == c}
    asked = {a for a, r in people.items() if r["time"] <= sent_at[c]}
    if c == "march":
        asked &= buyers(sent_at[c])
    bounced = {e["to"] for e in acts["bounce"] if e["campaign"] == c}
    no = (asked & dead) - refused
    refused |= no
    opens, clicks, leaves = ([e for e in acts[a] if e["campaign"] == c]
                             for a in ("open", "click", "unsubscribe"))
    ho, hc = [e for e in opens if human(e)], [e for e in clicks if human(e)]

    def who(events):
        return {e["to"] for e in events}

    complaints = {e["to"] for e in acts["complaint"] if e["campaign"] == c}
    hosts = defaultdict(lambda: [0, 0, 0, 0, 0])
    for i, group in enumerate((set(took) - bounced, bounced, complaints, who(ho), who(hc))):
        for a in group:
            hosts[host(a)][i] += 1
    for a in no:
        hosts[host(a)]
    for a in asked - set(took):
        hosts[host(a)]
    links = {}
    for name in ("shop", "blog"):
        mine = [e for e in hc if e["link"] == name]
        links[name] = [len(mine), len(who(mine)), sum(e["link"] == name for e in clicks)]
    sent = len(took) - len(bounced)
    campaigns[c] = {
        "sent": sent, "failed": len(no) + len(bounced), "suppressed": len(asked - set(took) - no),
        "opens": len(ho), "unique_opens": len(who(ho)), "clicks": len(hc),
        "unique_clicks": len(who(hc)), "unsubscribes": len(who(leaves)),
        "all": {"opens": len(opens), "unique_opens": len(who(opens)), "clicks": len(clicks),
                "unique_clicks": len(who(clicks))},
        "bounced": len(bounced), "complaints": len(complaints), "domains": dict(hosts),
        "links": links, "shares": {"opened": share(len(who(ho)), sent),
                                   "clicked": share(len(who(hc)), sent),
                                   "unsubscribed": share(len(who(leaves)), sent)},
        "cost": "%.2f" % (sent * RATE)}
    # nobody who has said no, or who was gone, is written to
    late = {a for a in took if any(t <= sent_at[c] for t, _ in stopped.get(a, []))}
    if late or len(took) != sum(m["campaign"] == c for m in mails.values()):
        sys.exit("%s has gone to %s, or to somebody twice" % (c, sorted(late)))

# ---- what it brought: of each order the clicks of 45 days before it
clicks = [e for e in acts["click"] if human(e)]
credit = {m: {c: [0, 0] for c in campaigns} for m in ("first", "last", "linear")}
untouched = 0
for o in orders.values():
    way = [e["campaign"] for e in sorted(clicks, key=lambda e: e["time"])
           if e["to"] == o["to"] and o["time"] - timedelta(days=45) <= e["time"] <= o["time"]]
    untouched += not way
    for model, shares in (("first", way[:1]), ("last", way[-1:]), ("linear", way)):
        for c in shares:
            credit[model][c][0] += 1 / len(shares)
            credit[model][c][1] += o["total"] / len(shares)
for c, row in campaigns.items():
    cost = row["sent"] * RATE
    row["credit"] = {m: ["%.6f" % credit[m][c][0], "%.6f" % credit[m][c][1],
                         "%.6f" % ((credit[m][c][1] - cost) / cost)] for m in credit}

# ---- the test: who was written to before it was decided
decided = acts["decided"][0]["mail"]
test = {v: {m["to"] for m in mails.values() if m["campaign"] == "february" and m["n"] <= decided
            and m["variant"] == v} for v in ("plain", "better")}
clicked = {e["to"] for e in clicks if e["campaign"] == "february" and e["mail"] <= decided}
experiment = {v: [len(test[v]), len(test[v] & clicked)] for v in test}
experiment["winner"] = max(test, key=lambda v: len(test[v] & clicked) / len(test[v]))
rest = {m["variant"] for m in mails.values() if m["campaign"] == "february" and m["n"] > decided}
if rest != {experiment["winner"]}:
    sys.exit("the rest has got %s" % rest)

# ---- january: sent, then clicked, then bought within 7 days
got = {m["to"] for m in mails.values() if m["campaign"] == "january"}
got -= {e["to"] for e in acts["bounce"] if e["campaign"] == "january"}
came = {e["to"] for e in clicks if e["campaign"] == "january"} & got
paid = {o["to"] for o in orders.values() if o["to"] in came
        and timedelta(0) <= o["time"] - sent_at["january"] <= timedelta(days=7)}

# ---- by the month in which they came: who clicked in that month and in each after it
cohorts = []
for month in (1, 2):
    mine = {a for a, r in people.items() if r["time"].month == month}
    cohorts.append([len(mine)] + [len({e["to"] for e in clicks if e["time"].month == m} & mine)
                                  for m in range(month, 4)])

print(json.dumps({
    "campaigns": campaigns, "experiment": experiment, "imports": imports, "cohorts": cohorts,
    "buyers": len(buyers(sent_at["march"])),
    "stopped": {**{a: min(v)[1] for a, v in stopped.items()}, **{a: "hard_bounce" for a in refused}},
    "orders": [len(orders), "%.2f" % sum(o["total"] for o in orders.values()), untouched],
    "funnel": [len(got), len(came), len(paid)]}))
