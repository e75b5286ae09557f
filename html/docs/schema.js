// Elements and schemas: every text goes in as text, nothing as markup.

let doc;
export const use = (contract) => { doc = contract; };

export function el(name, attributes, ...children) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (key.startsWith('on')) e.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) e.setAttribute(key, value);
  }
  e.append(...children.flat(Infinity).filter((c) => c || c === 0));
  return e;
}

export function show(place, ...children) {
  place.replaceChildren(...el('div', {}, children).childNodes);
}

// a sentence of the contract, whose `words` are code
export function prose(text) {
  const words = String(text ?? '').split('`');
  return words.length % 2 === 0 ? [words.join('`')]
    : words.map((word, n) => (n % 2 === 0 ? word : el('code', {}, word)));
}

// follow $ref inside the document
export function at(node) {
  for (let n = 0; node?.$ref && n < 16; n++) {
    node = node.$ref.slice(2).split('/')
      .map((p) => decodeURIComponent(p).replaceAll('~1', '/').replaceAll('~0', '~'))
      .reduce((o, key) => o?.[key], doc);
  }
  return node ?? {};
}

// a <details> that is filled when it is first opened
export function later(attributes, summary, make) {
  const e = el('details', { ...attributes, ontoggle: () => {
    if (e.open && e.children.length === 1) e.append(make());
  } }, el('summary', {}, summary));
  return e;
}

export function copyButton(pre) {
  const said = el('span', { 'aria-live': 'polite' }, 'Copy');
  return el('button', { type: 'button', class: 'copy', onclick: async () => {
    try {
      await navigator.clipboard.writeText(pre.textContent);
      said.textContent = 'Copied';
    } catch {                           // no clipboard outside https and this machine
      getSelection().selectAllChildren(pre);
      said.textContent = 'Selected: Ctrl+C';
    }
    setTimeout(() => { said.textContent = 'Copy'; }, 2000);
  } }, said);
}

export function code(text, label) {
  const pre = el('pre', { tabindex: 0, role: 'group', 'aria-label': label }, text);
  return el('div', { class: 'code' }, pre, copyButton(pre));
}

// ------------------------------------------------------------------ schemas

function kind(s) {
  if (s.const !== undefined) return JSON.stringify(s.const);
  const types = [s.type ?? (s.properties ? 'object' : s.enum ? 'string' : 'any')].flat();
  return types.map((t) => (t === 'array' && s.items ? `array of ${kind(at(s.items))}` : t))
    .join(' or ');
}

function range(low, high, unit) {
  if (low === undefined && high === undefined) return undefined;
  if (low === undefined) return `at most ${high}${unit}`;
  return high === undefined ? `at least ${low}${unit}` : `${low} to ${high}${unit}`;
}

function facts(s) {
  const example = s.example ?? s.examples?.[0];
  const json = (v) => (v === undefined ? undefined : JSON.stringify(v));
  const rows = [['one of', s.enum?.map(json)], ['format', s.format],
    ['', range(s.minLength, s.maxLength, ' characters')], ['', range(s.minimum, s.maximum, '')],
    ['', range(s.minItems, s.maxItems, ' items')], ['pattern', s.pattern],
    ['default', json(s.default)], ['example', json(example)]];
  const list = rows.filter(([, v]) => v !== undefined).map(([label, v]) =>
    el('li', {}, label && `${label} `,
      label ? [v].flat().map((t) => [el('code', {}, t), ' ']) : v));
  return list.length > 0 && el('ul', { class: 'facts' }, list);
}

// what is inside a value: [name, schema, required]
function parts(schema) {
  const s = at(schema);
  if (s.items) return parts(s.items);
  const named = Object.entries(s.properties ?? {})
    .map(([name, p]) => [name, p, s.required?.includes(name)]);
  const open = s.additionalProperties?.type ? [['any other name', s.additionalProperties]] : [];
  const ways = ['oneOf', 'anyOf', 'allOf'].flatMap((way) => (s[way] ?? [])
    .map((p, n) => [`${way} ${n + 1}`, p]));
  return [...named, ...open, ...ways];
}

export function row(name, schema, required, depth, note, where) {
  const s = at(schema);
  const text = note ?? schema?.description ?? s.description;
  const below = parts(s);
  const list = () => el('dl', {}, below.map(([n, p, must]) => row(n, p, must, depth + 1)));
  return el('div', {},
    el('dt', {}, el('code', {}, name), ' ', el('span', { class: 'soft' },
      kind(s) + (where ? `, ${where}` : '')),
    required && el('span', { class: 'must' }, 'required')),
    el('dd', {}, text && el('p', {}, prose(text)), facts(s.items ? { ...at(s.items), ...s } : s),
      below.length > 0 && (depth < 1 ? list()
        : later({}, `${below.length} members of ${name}`, list))));
}

export function shape(schema) {
  const all = parts(schema);
  return el('dl', {}, at(schema).items || all.length === 0 ? row('value', schema, false, 0)
    : all.map(([name, p, must]) => row(name, p, must, 0)));
}

export function sample(schema, full, depth = 0) {
  const s = at(schema);
  const given = s.example ?? s.examples?.[0] ?? s.const ?? s.default ?? s.enum?.[0];
  if (given !== undefined) return given;
  const way = s.oneOf ?? s.anyOf ?? s.allOf;
  const type = [s.type ?? (s.properties ? 'object' : '')].flat()[0];
  if (way) return sample(way[0], full, depth + 1);
  if (type === 'object') {
    const names = depth > 4 ? [] : Object.keys(s.properties ?? {});
    return Object.fromEntries(names.filter((n) => full || depth > 0 || s.required?.includes(n))
      .map((n) => [n, sample(s.properties[n], full, depth + 1)]));
  }
  if (type === 'array') return depth > 4 ? [] : [sample(s.items ?? {}, full, depth + 1)];
  if (type === 'integer' || type === 'number') return s.minimum ?? 1;
  if (type === 'boolean') return true;
  const id = /^\^([a-z]+_)\[1-9\]/.exec(s.pattern ?? '');
  return id ? `${id[1]}1` : { 'date-time': '2026-01-31T12:00:00Z', date: '2026-01-31' }[s.format]
    ?? 'text';
}
