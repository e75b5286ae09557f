// The page: the operations of the contract by tag, opened, found, linked.
import { at, code, copyButton, el, later, prose, row, sample, shape, use } from './schema.js';
import { level, workbench } from './request.js';

const verbs = ['get', 'post', 'put', 'patch', 'delete'];
const byId = (id) => document.getElementById(id);
let operations = [];

// ---------------------------------------------------------------- operations

function bodyOf(op) {
  const body = at(op.requestBody);
  const [type, media] = Object.entries(body.content ?? {})[0] ?? [];
  if (!type) return undefined;
  const value = media.example ?? at(Object.values(media.examples ?? {})[0]).value
    ?? (media.schema ? sample(media.schema, false) : '');
  return { type, schema: media.schema,
    text: typeof value === 'string' ? value : JSON.stringify(value, null, 2) };
}

// statuses that every operation has, headers that every answer has
let everywhere;

function shared(lists) {
  const [first = [], ...others] = lists;
  return first.filter((name) => others.every((list) => list.includes(name)));
}

const headersOf = (response) => Object.entries(at(response).headers ?? {});

function common(all) {
  const answers = all.flatMap((o) => Object.values(o.op.responses ?? {}));
  return { statuses: shared(all.map((o) => Object.keys(o.op.responses ?? {}))),
    headers: shared(answers.map((r) => headersOf(r).map(([name]) => name))) };
}

function answer([status, response]) {
  const r = at(response);
  const media = Object.entries(r.content ?? {});
  const schema = media[0]?.[1].schema;
  const headers = headersOf(r);
  const own = headers.filter(([name]) => !everywhere.headers.includes(name));
  return el('li', {}, el('p', { class: 'line' }, el('b', { class: `tag ${level(status)}` }, status),
    el('span', {}, prose(r.description), status >= '300' && own.length > 0 && [' Headers: ',
      own.map(([name]) => [el('code', {}, name), ' '])])), status < '300' && [
    media.length > 0 && el('p', { class: 'soft' }, media.map(([type]) => type).join(' or ')),
    schema && [later({}, 'Members', () => shape(schema)), later({}, 'Example', () =>
      code(JSON.stringify(sample(schema, true), null, 2), 'Example of the answer'))],
    headers.length > 0 && later({}, 'Headers', () => el('dl', {}, headers.map(([name, h]) =>
      row(name, at(h).schema, false, 1, at(h).description))))]);
}

function answers(op) {
  const all = Object.entries(op.responses ?? {});
  const is = (entry) => everywhere.statuses.includes(entry[0]) && entry[0] >= '300';
  const rest = all.filter(is);
  const list = (some) => el('ul', { class: 'answers' }, some.map(answer));
  return [el('h4', {}, 'Answers'), list(all.filter((entry) => !is(entry))), rest.length > 0
    && later({}, `As of every operation: ${rest.map(([status]) => status).join(', ')}`,
      () => list(rest))];
}

function operation(o) {
  const { op, body, params } = o;
  return el('div', { class: 'inside' }, el('div', {},
    op.description && el('p', {}, prose(op.description)),
    el('p', { class: 'line soft' },
      el('span', {}, 'Scope ', el('code', {}, op['x-scope'] ?? 'none')),
      el('a', { href: `#${op.operationId}` }, op.operationId)),
    params.length > 0 && [el('h4', {}, 'Parameters'), op['x-any-of'] && el('p', {},
      'One of these is needed: ', op['x-any-of'].map((name) => [el('code', {}, name), ' '])), el('dl', {}, params.map((p) =>
      row(p.name, p.schema, p.required, 1, p.description, p.in)))],
    body && [el('h4', {}, 'Body'), el('p', { class: 'soft' }, body.type + (op['x-max-body']
      ? `, at most ${op['x-max-body']}` : '')), body.schema && shape(body.schema)],
    answers(op)), workbench(o));
}

function read(doc) {
  return Object.entries(doc.paths).flatMap(([path, item]) =>
    verbs.filter((method) => item[method]).map((method) => {
      const op = item[method];
      const words = [method, path, op.operationId, op.summary, op.description, op['x-scope']];
      return { path, method, op, tag: op.tags?.[0] ?? 'other', body: bodyOf(op),
        text: words.join(' ').toLowerCase(),
        params: [...(item.parameters ?? []), ...(op.parameters ?? [])].map(at) };
    }));
}

function card(o) {
  const { op, method, path } = o;
  const base = path.startsWith('/api/v1/') ? '/api/v1' : '';
  o.card = later({ class: 'op', id: op.operationId }, [
    el('span', { class: `tag method ${method}` }, method.toUpperCase()),
    el('span', { class: 'path' }, el('span', { class: 'soft' }, base), path.slice(base.length)),
    el('h3', {}, op.summary ?? op.operationId),
    op['x-scope'] && el('code', { class: 'scope', title: 'Scope' }, op['x-scope'])],
  () => operation(o));
  o.card.addEventListener('toggle', () => {
    if (o.card.open && location.hash !== `#${op.operationId}`) {
      history.replaceState(null, '', `#${op.operationId}`);
    }
    mark();
  });
  o.link = el('a', { href: `#${op.operationId}` }, op.summary ?? op.operationId);
  return o.card;
}

function render(doc) {
  const about = new Map((doc.tags ?? []).map((t) => [t.name, t.description]));
  operations = read(doc);
  everywhere = common(operations);
  byId('operations').replaceChildren();
  document.querySelectorAll('#toc section ~ section').forEach((s) => s.remove());
  for (const tag of new Set([...about.keys(), ...operations.map((o) => o.tag)])) {
    const all = operations.filter((o) => o.tag === tag);
    if (all.length === 0) continue;
    byId('operations').append(el('section', { 'aria-labelledby': `tag-${tag}` },
      el('h2', { id: `tag-${tag}` }, tag), el('p', { class: 'soft' }, about.get(tag) ?? ''),
      all.map(card)));
    byId('toc').append(el('section', {}, el('h2', {}, tag), all.map((o) => o.link)));
  }
}

// --------------------------------------------------------------------- moves

function filter() {
  const words = byId('filter').value.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (text) => words.every((word) => text.includes(word));
  for (const o of operations) o.card.hidden = o.link.hidden = !fits(`${o.tag} ${o.text}`);
  for (const a of document.querySelectorAll('#toc section:first-child a')) {
    a.hidden = !fits(a.textContent.toLowerCase());
  }
  byId('guide').hidden = words.length > 0;
  for (const section of document.querySelectorAll('#operations section, #toc section')) {
    section.hidden = !section.querySelector('.op:not([hidden]), a:not([hidden])');
  }
  byId('found').textContent = words.length === 0 ? ''
    : `${operations.filter((o) => !o.card.hidden).length} of ${operations.length} operations`;
}

function mark() {
  for (const a of document.querySelectorAll('#toc a')) {
    if (a.hash === location.hash) a.setAttribute('aria-current', 'true');
    else a.removeAttribute('aria-current');
  }
}

// what the address names: shown, opened, with the focus
function reveal() {
  const target = byId(location.hash.slice(1));
  if (target?.closest('[hidden]')) {
    byId('filter').value = '';
    filter();
  }
  if (target?.matches('.op')) {
    target.open = true;
    target.querySelector('summary').focus({ preventScroll: true });
  }
  target?.scrollIntoView();
  mark();
}

const narrow = matchMedia('(max-width: 900px)');
const fold = () => { byId('menu').open = !narrow.matches; };

function keys(event) {
  const { key, target } = event;
  if (key === '/' && !target.closest('input, textarea, select')) {
    event.preventDefault();
    byId('menu').open = true;
    byId('filter').focus();
  } else if (key === 'Escape' && target === byId('filter')) {
    target.value = '';
    filter();
  } else if (target.closest('.search, #toc')) {
    const stops = [byId('filter'), ...document.querySelectorAll('#toc a')]
      .filter((e) => !e.closest('[hidden]'));
    const to = stops[stops.indexOf(target) + ({ ArrowDown: 1, ArrowUp: -1 }[key] ?? NaN)];
    if (to) event.preventDefault();
    to?.focus();
    if (key === 'Enter' && target === byId('filter')) stops[1]?.click();
  }
}

async function start() {
  const state = byId('state');
  const say = (...what) => {
    state.className = what.length > 0 ? 'notice bad' : '';
    state.replaceChildren(...what);
  };
  say();
  byId('found').textContent = 'Loading the operations.';
  try {
    const r = await fetch('/openapi.json', { credentials: 'omit',
      signal: AbortSignal.timeout(20000) });
    if (!r.ok) throw new Error(`the server answers ${r.status}`);
    const doc = await r.json();
    if (!doc.paths) throw new Error('what the server sends is no contract');
    use(doc);
    render(doc);
    if (operations.length === 0) say('The contract of this server has no operations.');
    filter();
    if (location.hash) reveal();
  } catch (e) {
    byId('found').textContent = '';
    say(el('p', {}, `The operations cannot be shown: ${e.message}. The guide holds all the same.`),
      el('button', { type: 'button', onclick: start }, 'Try again'));
  }
}

for (const e of document.querySelectorAll('.origin')) e.textContent = location.origin;
for (const pre of document.querySelectorAll('#guide pre')) {
  const box = el('div', { class: 'code' });
  pre.replaceWith(box);
  box.append(pre, copyButton(pre));
  pre.tabIndex = 0;
}
byId('filter').addEventListener('input', filter);
byId('key-form').addEventListener('submit', (e) => e.preventDefault());
byId('menu').addEventListener('click', (e) => {
  if (e.target.closest('a') && narrow.matches) byId('menu').open = false;
});
addEventListener('keydown', keys);
addEventListener('hashchange', reveal);
narrow.addEventListener('change', fold);
fold();
start();
