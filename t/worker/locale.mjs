// What Intl writes for each of the locales of locale.t: a line of JSON a tag.
const { tags, money, number, plural, day } = JSON.parse(process.argv[2]);
const decimals = (text) => (text.split(".")[1] ?? "").length;
for (const tag of tags) {
  const price = (currency, currencyDisplay) => money.map((n) =>
    new Intl.NumberFormat(tag, { style: "currency", currency, currencyDisplay }).format(n));
  const name = (options, type) => day.map((seconds) =>
    new Intl.DateTimeFormat(tag, { ...options, timeZone: "UTC", calendar: "gregory" })
      .formatToParts(seconds * 1000).find((part) => part.type === type).value);
  console.log(JSON.stringify({
    eur: price("EUR", "narrowSymbol"), chf: price("CHF", "code"), jpy: price("JPY", "narrowSymbol"),
    number: number.map((n) => new Intl.NumberFormat(tag, { maximumFractionDigits: 20 }).format(n)),
    plural: plural.map((n) => new Intl.PluralRules(tag, { minimumFractionDigits: decimals(n) }).select(n)),
    month: name({ month: "long", day: "numeric" }, "month"),
    weekday: name({ weekday: "long" }, "weekday"), short: name({ weekday: "short" }, "weekday"),
  }));
}
