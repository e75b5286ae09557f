// The contract as a page: every text goes in as text, nothing as markup.
'use strict';

const methods = ['get', 'post', 'put', 'patch', 'delete'];
let doc;

function el(name, attributes, ...children) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (key.startsWith('on')) e.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) e.setAttribute(key, value);
  }
  e.append(...children.flat().filter((c) => c !== undefined && c !== null && c !== ''));
  return e;
}

// follow $ref inside the document
function at(node) {
  for (let n = 0; node?.$ref && n < 16; n++) {
    node = node.$ref.slice(2).split('/')
      .map((p) => decodeURIComponent(p).replaceAll('~1', '/').replaceAll('~0', '~'))
      .reduce((o, key) => o?.[key], doc);
  }
  return node ?? {};
}

// ------------------------------------------------------------------ schemas

function kind(s) {
  if (s.const !== undefined) return JSON.stringify(s.const);
  if (s.enum) return s.enum.map((v) => JSON.stringify(v)).join(' | ');
  const type = [s.type ?? (s.properties ? 'object' : s.oneOf || s.anyOf ? 'one of' : 'any')].flat();
  const text = type.join(' | ') + (s.format ? ` (${s.format})` : '');
  return type.includes('array') && s.items ? `${text} of ${kind(at(s.items))}` : text;
}

const bounds = [['minLength', 'at least', 'characters'], ['maxLength', 'at most', 'characters'],
  ['minimum', 'from', ''], ['maximum', 'to', ''], ['minItems', 'at least', 'items'],
  ['maxItems', 'at most', 'items'], ['default', 'default', ''], ['pattern', 'pattern', '']];

function limits(s) {
  return bounds.filter(([key]) => s[key] !== undefined)
    .map(([key, before, behind]) => `${before} ${typeof s[key] === 'string' ? s[key]
      : JSON.stringify(s[key])} ${behind}`.trim()).join(', ');
}

function row(name, schema, required, depth, note) {
  const s = at(schema);
  const inner = s.properties ? s : at(s.items ?? {});
  const below = inner.properties && depth < 4 ? members(inner, depth + 1) : undefined;
  return [
    el('dt', {}, el('code', {}, name), ' ', el('span', { class: 'soft' }, kind(s)), ' ',
      required ? el('span', { class: 'must' }, 'required') : ''),
    el('dd', {}, note ?? s.description ?? '', limits(s)
      ? el('div', { class: 'soft' }, limits(s)) : '', below),
  ];
}

function members(s, depth) {
  return el('dl', {}, Object.entries(s.properties).map(([name, schema]) =>
    row(name, schema, s.required?.includes(name), depth)));
}

function shape(schema) {
  const s = at(schema);
  if (s.properties) return members(s, 0);
  return el('dl', {}, row('value', s, false, 0));
}

function sample(schema, depth = 0) {
  const s = at(schema);
  if (s.example !== undefined) return s.example;
  if (s.examples?.length) return s.examples[0];
  if (s.const !== undefined) return s.const;
  if (s.enum) return s.enum[0];
  if (s.default !== undefined) return s.default;
  if (s.oneOf || s.anyOf) return sample((s.oneOf ?? s.anyOf)[0], depth + 1);
  const type = [s.type].flat()[0];
  if (type === 'object' || s.properties) {
    const names = Object.keys(s.properties ?? {});
    const wanted = depth === 0 && s.required?.length ? s.required : names;
    return depth > 3 ? {} : Object.fromEntries(wanted.map((n) =>
      [n, sample(s.properties?.[n] ?? {}, depth + 1)]));
  }
  if (type === 'array') return depth > 3 ? [] : [sample(s.items ?? {}, depth + 1)];
  if (type === 'integer' || type === 'number') return s.minimum ?? 1;
  if (type === 'boolean') return true;
  const format = { email: 'ann@example.com', 'date-time': '2026-01-31T12:00:00Z',
    date: '2026-01-31', uri: 'https://example.com/', uuid: '00000000-0000-4000-8000-000000000000' };
  return format[s.format] ?? 'text';
}

// ---------------------------------------------------------------- operations

function bodyOf(op) {
  const body = at(op.requestBody ?? {});
  const [type, media] = Object.entries(body.content ?? {})[0] ?? [];
  if (!type) return undefined;
  const example = media.example ?? at(Object.values(media.examples ?? {})[0])?.value
    ?? (media.schema ? sample(media.schema) : '');
  return { type, schema: media.schema, required: body.required,
    text: typeof example === 'string' ? example : JSON.stringify(example, null, 2) };
}

const quote = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

function curl(method, url, op, body) {
  const lines = [`curl ${method === 'get' ? '' : `-X ${method.toUpperCase()} `}${quote(location.origin + url)}`];
  if (op['x-scope'] || op.security?.length !== 0) lines.push('-H "Authorization: Bearer $GODWIT_KEY"');
  if (body) lines.push(`-H 'Content-Type: ${body.type}'`, `-d ${quote(body.text)}`);
  return lines.join(' \\\n  ');
}

function copyable(text) {
  const button = el('button', { type: 'button', onclick: async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
  } }, 'Copy');
  return el('div', { class: 'copy' }, el('pre', { tabindex: 0 }, text), button);
}

function tryForm(method, path, op, params, body) {
  const inputs = new Map();
  const out = el('div', { role: 'status' });
  const field = (p) => {
    const input = el('input', { name: p.name, placeholder: p.in,
      required: p.required && p.in === 'path' });
    inputs.set(p, input);
    return el('label', {}, el('code', {}, p.name), input);
  };
  const area = body && el('textarea', { spellcheck: 'false', 'aria-label': 'Body' }, body.text);

  async function send(event) {
    event.preventDefault();
    let url = path;
    const query = new URLSearchParams();
    for (const [p, input] of inputs) {
      if (p.in === 'path') url = url.replace(`{${p.name}}`, encodeURIComponent(input.value));
      else if (input.value) query.append(p.name, input.value);
    }
    if (query.size ?? [...query].length) url += `?${query}`;
    const headers = {};
    const key = document.getElementById('key').value.trim();
    if (key) headers.Authorization = `Bearer ${key}`;
    if (body) headers['Content-Type'] = body.type;
    out.replaceChildren('Sending.');
    try {
      const r = await fetch(url, { method: method.toUpperCase(), headers, body: area?.value,
        cache: 'no-store', credentials: 'omit' });
      let text = await r.text();
      try { text = JSON.stringify(JSON.parse(text), null, 2); } catch { /* as it is */ }
      out.replaceChildren(el('p', {}, el('b', {}, String(r.status)), ` ${method.toUpperCase()} ${url}`),
        el('pre', { tabindex: 0 }, text || '(no body)'));
    } catch (e) {
      out.replaceChildren(el('p', {}, `No answer: ${e.message}`));
    }
  }

  return el('details', {}, el('summary', {}, 'Try it'),
    el('form', { onsubmit: send }, el('div', { class: 'fields' }, params.map(field), area),
      el('button', { class: 'main' }, 'Send')), out);
}

function answers(op) {
  return Object.entries(op.responses ?? {}).map(([status, response]) => {
    const r = at(response);
    const schema = Object.values(r.content ?? {})[0]?.schema;
    const line = el('p', {}, el('b', {}, status), ` ${r.description ?? ''}`);
    return schema && status < '300' ? [line, el('details', {}, el('summary', {}, 'Members'), shape(schema))]
      : line;
  });
}

function operation(path, method, op, shared) {
  const params = [...(shared ?? []), ...(op.parameters ?? [])].map(at);
  const body = bodyOf(op);
  return el('article', { id: op.operationId, 'data-text': `${op.operationId} ${path} ${op.summary ?? ''}`.toLowerCase() },
    el('h3', {}, op.summary ?? op.operationId),
    el('p', { class: 'line' }, el('span', { class: `method ${method}` }, method.toUpperCase()),
      el('span', { class: 'path' }, path), op['x-scope']
        ? el('span', { class: 'soft' }, `scope ${op['x-scope']}`) : ''),
    op.description ? el('p', {}, op.description) : '',
    params.length ? [el('h4', {}, 'Parameters'), el('dl', {}, params.map((p) =>
      row(p.name, p.schema, p.required, 4, p.description)))] : '',
    body ? [el('h4', {}, `Body, ${body.type}`), body.schema ? shape(body.schema) : ''] : '',
    el('h4', {}, 'Answers'), answers(op),
    el('h4', {}, 'Example'), copyable(curl(method, path, op, body)),
    tryForm(method, path, op, params, body));
}

function groups() {
  const all = new Map((doc.tags ?? []).map((t) => [t.name, { about: t.description, ops: [] }]));
  for (const [path, item] of Object.entries(doc.paths)) {
    for (const method of methods.filter((m) => item[m])) {
      const op = item[method];
      const tag = op.tags?.[0] ?? path.split('/')[3] ?? 'other';
      if (!all.has(tag)) all.set(tag, { ops: [] });
      all.get(tag).ops.push({ path, method, op, shared: item.parameters });
    }
  }
  return [...all].filter(([, g]) => g.ops.length);
}

function render() {
  const toc = document.getElementById('toc');
  const main = document.getElementById('operations');
  for (const [tag, g] of groups()) {
    main.append(el('section', {}, el('h2', { id: `tag-${tag}` }, tag), g.about ? el('p', {}, g.about) : '',
      g.ops.map((o) => operation(o.path, o.method, o.op, o.shared))));
    toc.append(el('section', {}, el('h2', {}, tag), g.ops.map((o) =>
      el('a', { href: `#${o.op.operationId}` }, o.op.summary ?? o.op.operationId))));
  }
}

function filter(event) {
  const word = event.target.value.trim().toLowerCase();
  for (const article of document.querySelectorAll('article')) {
    const hide = !article.dataset.text.includes(word);
    article.hidden = hide;
    document.querySelector(`#toc a[href="#${article.id}"]`).hidden = hide;
  }
  for (const section of document.querySelectorAll('#operations section, #toc section')) {
    section.hidden = !section.querySelector('article:not([hidden]), a:not([hidden])');
  }
}

async function start() {
  const state = document.getElementById('state');
  try {
    const r = await fetch('/openapi.json', { credentials: 'omit' });
    if (!r.ok) throw new Error(`the server answers ${r.status}`);
    doc = await r.json();
    render();
    state.remove();
    if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  } catch (e) {
    state.textContent = `The contract cannot be read: ${e.message}.`;
  }
}

document.getElementById('filter').addEventListener('input', filter);
document.getElementById('key-form').addEventListener('submit', (e) => e.preventDefault());
start();
