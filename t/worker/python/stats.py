# Cases for `godwit stats` and what it must answer, by other ways: sums and
# integrals instead of continued fractions, fractions instead of sweeps, sets
# instead of closed forms. A line of JSON each: {"in": ..., "want": ...}.
import hashlib
import itertools
import json
import math
import random
import sys
from fractions import Fraction
from statistics import NormalDist

rng = random.Random(int(sys.argv[1]))
Z = NormalDist()


def say(method, want, **given):
    print(json.dumps({"in": dict(given, method=method), "want": want}))


def simpson(f, a, b, n=4000):
    h = (b - a) / n
    return h / 3 * (f(a) + f(b) + sum((4 if i % 2 else 2) * f(a + i * h) for i in range(1, n)))


def t_tails(t, df):
    # over the angle: t = sqrt(df) tan u, of which the density is a power of the cosine
    c = math.exp(math.lgamma((df + 1) / 2) - math.lgamma(df / 2)) / math.sqrt(math.pi)
    return 1 - 2 * simpson(lambda u: c * math.cos(u) ** (df - 1), 0, math.atan(abs(t) / math.sqrt(df)))


def chi_tail(x, df):
    # by parts down to 2 or 1 degree of freedom
    q = math.erfc(math.sqrt(x / 2)) if df % 2 else math.exp(-x / 2)
    k = 3 if df % 2 else 4
    while k <= df:
        q += math.exp((k / 2 - 1) * math.log(x / 2) - x / 2 - math.lgamma(k / 2))
        k += 2
    return q


def wilson(x, n, z):
    # the two shares from which x is z deviations away
    a, b, c = n + z * z, 2 * x + z * z, x * x / n
    r = math.sqrt(b * b - 4 * a * c)
    return (b - r) / (2 * a), (b + r) / (2 * a)


def shares():
    na, nb = rng.randint(20, 5000), rng.randint(20, 5000)
    xa, xb = rng.randint(1, na - 1), rng.randint(1, nb - 1)
    alpha = rng.choice([.05, .01, .1])
    z = Z.inv_cdf(1 - alpha / 2)
    pa, pb, p = xa / na, xb / nb, (xa + xb) / (na + nb)
    (la, ua), (lb, ub) = wilson(xa, na, z), wilson(xb, nb, z)
    stat = (pa - pb) / math.sqrt(p * (1 - p) * (na + nb) / (na * nb))
    say("shares", {"difference": pb - pa, "z": stat, "p": 2 * (1 - Z.cdf(abs(stat))) if abs(stat) < 5 else None,
                   "interval": [pb - pa - math.sqrt((pb - lb) ** 2 + (ua - pa) ** 2),
                                pb - pa + math.sqrt((ub - pb) ** 2 + (pa - la) ** 2)],
                   "a": {"share": pa, "interval": [la, ua]}},
        a={"n": na, "count": xa}, b={"n": nb, "count": xb}, alpha=alpha)


def size():
    a = rng.uniform(.01, .5)
    b = a + rng.uniform(.01, .2)
    za, zb = Z.inv_cdf(.975), Z.inv_cdf(.8)
    m = (a + b) / 2
    say("size", {"n": math.ceil(((za * math.sqrt(2 * m * (1 - m))
                                  + zb * math.sqrt(a * (1 - a) + b * (1 - b))) / (b - a)) ** 2)}, a=a, b=b)


def moments(v):
    m = sum(v) / len(v)
    return m, sum((x - m) ** 2 for x in v) / (len(v) - 1)


def sums(v):
    return {"n": len(v), "sum": sum(v), "sum_squares": sum(x * x for x in v)}


def means():
    a = [rng.gauss(10, 3) for _ in range(rng.randint(5, 60))]
    b = [rng.gauss(11, 4) for _ in range(rng.randint(5, 60))]
    (ma, va), (mb, vb) = moments(a), moments(b)
    qa, qb = va / len(a), vb / len(b)
    df = (qa + qb) ** 2 / (qa ** 2 / (len(a) - 1) + qb ** 2 / (len(b) - 1))
    t = (mb - ma) / math.sqrt(qa + qb)
    say("means", {"difference": mb - ma, "se": math.sqrt(qa + qb), "df": df, "t": t, "p": t_tails(t, df)},
        a=sums(a), b=sums(b))


def cuped():
    def both(n, lift):
        x = [rng.gauss(5, 2) for _ in range(n)]
        return x, [lift + .8 * v + rng.gauss(0, 1) for v in x]

    (xa, ya), (xb, yb) = both(rng.randint(40, 80), 1), both(rng.randint(40, 80), 1.3)
    ma, mb, mya, myb = (sum(v) / len(v) for v in (xa, xb, ya, yb))
    theta = (sum((x - ma) * (y - mya) for x, y in zip(xa, ya)) + sum((x - mb) * (y - myb) for x, y in zip(xb, yb))) / (
        sum((x - ma) ** 2 for x in xa) + sum((x - mb) ** 2 for x in xb))
    (na, va), (nb, vb) = moments([y - theta * x for x, y in zip(xa, ya)]), moments([y - theta * x for x, y in zip(xb, yb)])

    def given(x, y):
        return dict(sums(y), before_sum=sum(x), before_sum_squares=sum(v * v for v in x),
                    product_sum=sum(u * v for u, v in zip(x, y)))

    say("means", {"theta": theta, "difference": nb - na, "se": math.sqrt(va / len(xa) + vb / len(xb))},
        a=given(xa, ya), b=given(xb, yb))


def sequence():
    a, b = ({"n": rng.randint(100, 9000), "sum": 0, "sum_squares": 0} for _ in "ab")
    for s in (a, b):
        s["sum"] = s["n"] * rng.uniform(1, 1.2)
        s["sum_squares"] = s["sum"] ** 2 / s["n"] + (s["n"] - 1) * 2.5
    n, tight, alpha = a["n"] + b["n"], rng.randint(100, 10000), .05
    d = b["sum"] / b["n"] - a["sum"] / a["n"]
    se = math.sqrt(2.5 / a["n"] + 2.5 / b["n"])
    r = (-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / tight
    # the mixture itself: exp(l s - l^2 v / 2) over l of a normal, s = d / se * sqrt(n), v = n
    s = d / se * math.sqrt(n)
    e = simpson(lambda k: math.exp(k * math.sqrt(r) * s - k * k * r * n / 2 - k * k / 2) / math.sqrt(2 * math.pi), -9, 9)
    say("sequence", {"difference": d, "rho_squared": r, "e_value": e, "p": min(1, 1 / e)}, a=a, b=b, tightest=tight)


def ratio():
    k = rng.randint(2, 6)
    w = [rng.randint(1, 5) for _ in range(k)]
    c = [rng.randint(900, 1100) * x for x in w]
    want = [sum(c) * x / sum(w) for x in w]
    chi = sum((x - y) ** 2 / y for x, y in zip(c, want))
    p = chi_tail(chi, k - 1)
    say("sample_ratio", {"chi_square": chi, "p": p if p > 1e-6 else None}, counts=c, weights=w)


def holm():
    p = [rng.random() ** 3 for _ in range(rng.randint(1, 8))]
    order = sorted(range(len(p)), key=p.__getitem__)
    # of each: the largest of what it and the smaller ones become
    say("holm", {"p": [min(1, max((len(p) - k) * p[j] for k, j in enumerate(order) if p[j] <= p[i])) for i in range(len(p))]}, p=p)


def ln_beta(a, b):
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def above(aa, ba, ab, bb):
    # P(B > A), the exact sum
    return sum(math.exp(ln_beta(aa + i, ba + bb) - math.log(bb + i) - ln_beta(1 + i, bb) - ln_beta(aa, ba)) for i in range(ab))


def best():
    arms = [{"n": rng.randint(50, 900)} for _ in range(2)]
    for a in arms:
        a["count"] = rng.randint(1, a["n"] // 3)
    (aa, ba), (ab, bb) = ((a["count"] + 1, a["n"] - a["count"] + 1) for a in arms)
    p = above(aa, ba, ab, bb)
    # E[max(B - A, 0)] = E[B] P(B+ > A) - E[A] P(B > A+), the pluses by one more success
    loss = ab / (ab + bb) * above(aa, ba, ab + 1, bb) - aa / (aa + ba) * above(aa + 1, ba, ab, bb)
    say("best", {"best": [1 - p, p], "loss": [loss, None]}, arms=arms)


def best_many():
    arms = [{"n": n, "count": rng.randint(n // 8, n // 4)} for n in (rng.randint(100, 4000) for _ in range(rng.randint(3, 5)))]
    ab = [(a["count"] + 1, a["n"] - a["count"] + 1) for a in arms]
    xs = [i / 20000 for i in range(1, 20000)]
    dens = [[math.exp((a - 1) * math.log(x) + (b - 1) * math.log1p(-x) - ln_beta(a, b)) for x in xs] for a, b in ab]
    cum = [[(s - d / 2) / 20000 for s, d in zip(itertools.accumulate(r), r)] for r in dens]
    p = [sum(dens[k][i] * math.prod(c[i] for j, c in enumerate(cum) if j != k) for i in range(len(xs))) / 20000 for k in range(len(ab))]
    say("thompson", {"best": p, "shares": [.02 + (1 - .02 * len(p)) * s for s in p]}, arms=arms, floor=.02)


def bucket(salt, unit):
    return int(hashlib.sha256(f"{salt}:{unit}".encode()).hexdigest()[:8], 16) * 10000 >> 32


def assign():
    salt, n = f"cmp_{rng.randint(1, 99)}", rng.randint(1, 10 ** 12)
    unit = f"ct_{n}" if n % 4 else f"\\{n}\u00fc"
    held, test = rng.randint(0, 3000), rng.randint(1000, 7000)
    w = [rng.randint(1, 100) for _ in range(rng.randint(1, 6))]
    part = bucket(salt + ":part", unit)
    part = "hold_out" if part < held else "test" if part >= 10000 - test else "rest"
    at, v = bucket(salt + ":variant", unit), 0
    while sum(w[:v + 1]) * 10000 <= at * sum(w):
        v += 1
    say("assign", {"part": part, "variant": v if part == "test" else None}, salt=salt, unit=unit, hold_out=held, test=test, weights=w)


def paths():
    return [{"touches": [rng.choice("abcd") for _ in range(rng.randint(1, 5))], "converts": rng.random() < .5,
             "count": rng.randint(1, 9)} for _ in range(rng.randint(4, 12))] + [{"touches": ["a"], "converts": True}]


def solve(edges, without):
    # P(convert), by Gauss and Jordan on fractions
    states = ["start"] + [s for s in edges if s != "start"]
    n = len(states)
    m = [[Fraction(0)] * (n + 1) for _ in range(n)]
    for i, s in enumerate(states):
        m[i][i] = Fraction(1)
        out = sum(edges[s].values())
        for to, c in edges[s].items():
            if to == "yes":
                m[i][n] += Fraction(c, out)
            elif to != "no" and to[-1] != without:
                m[i][states.index(to)] -= Fraction(c, out)
    for i in range(n):
        k = next(r for r in range(i, n) if m[r][i])
        m[i], m[k] = m[k], m[i]
        m[i] = [v / m[i][i] for v in m[i]]
        for r in range(n):
            if r != i and m[r][i]:
                m[r] = [x - m[r][i] * y for x, y in zip(m[r], m[i])]
    return m[0][n]


def markov(order):
    ps = paths()
    edges = {}
    for p in ps:
        at = "start"
        for i in range(len(p["touches"]) + 1):
            to = tuple(p["touches"][max(0, i + 1 - order):i + 1]) if i < len(p["touches"]) else "yes" if p["converts"] else "no"
            edges.setdefault(at, {})
            edges[at][to] = edges[at].get(to, 0) + p.get("count", 1)
            at = to
    base = solve(edges, None)
    names = sorted({t for p in ps for t in p["touches"]})
    effect = {c: float(1 - solve(edges, c) / base) for c in names}
    done = sum(p.get("count", 1) for p in ps if p["converts"])
    say("attribution", {"base": float(base), "effect": effect,
                        "credit": {c: done * e / sum(effect.values()) for c, e in effect.items()}},
        model="markov", order=order, paths=ps)


def shapley():
    ps = paths()
    names = sorted({t for p in ps for t in p["touches"]})

    def worth(s):
        return sum(p.get("count", 1) for p in ps if p["converts"] and set(p["touches"]) <= set(s))

    n = len(names)
    credit = {c: 0 for c in names}
    for c in names:
        rest = [x for x in names if x != c]
        for k in range(n):
            for s in itertools.combinations(rest, k):
                credit[c] += (worth(s + (c,)) - worth(s)) * math.factorial(k) * math.factorial(n - k - 1) / math.factorial(n)
    say("attribution", {"credit": credit}, model="shapley", paths=ps)


def depth(events, steps, window, mode, exclude):
    # of one person, by trying every choice of events
    if mode == "any_order":
        best = 0
        for i, (start, _) in enumerate(events):
            seen = set()
            for at, name in events[i:]:
                if name in exclude or at - start > window:
                    break
                seen |= {name} & set(steps)
                best = max(best, len(seen))
        return best

    def go(i, k, start):
        # the furthest from event i on, with k steps made
        if k == len(steps):
            return k
        best = k
        for j in range(i, len(events)):
            at, name = events[j]
            if k and (name in exclude or at - start > window):
                break
            if name == steps[k] and name not in exclude:
                best = max(best, go(j + 1, k + 1, start if k else at))
            if k and mode == "strict":
                break
        return best

    return go(0, 0, 0)


def funnel():
    names, mode = "abcx", rng.choice(["ordered", "strict", "any_order"])
    steps = rng.sample("abc", rng.randint(1, 3)) if mode == "any_order" else [rng.choice("abc") for _ in range(rng.randint(1, 4))]
    window, exclude = rng.randint(3, 30), ["x"] if rng.random() < .5 else []
    events = [{"who": str(rng.randint(1, 4)), "at": rng.randint(0, 40), "name": rng.choice(names)} for _ in range(rng.randint(1, 40))]
    by = {}
    for e in sorted(events, key=lambda e: e["at"]):
        by.setdefault(e["who"], []).append((e["at"], e["name"]))
    far = [depth(v, steps, window, mode, exclude) for v in by.values()]
    say("funnel", {"people": len(by), "steps": [{"people": sum(d > k for d in far)} for k in range(len(steps))]},
        steps=steps, window=window, mode=mode, exclude=exclude, events=events)


for _ in range(1250):
    funnel()
for _ in range(40):
    for f in (shares, size, means, cuped, sequence, ratio, holm, best, assign, shapley):
        f()
    for order in (1, 2, 3):
        markov(order)
for _ in range(4):
    best_many()
for _ in range(400):
    assign()
