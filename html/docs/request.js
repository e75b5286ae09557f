// The request of an operation: as a snippet, and sent.
import { at, code, copyButton, el, later, sample, show } from './schema.js';

const most = 200000;                    // characters of an answer that are shown
const drawn = new Set();                // what shows a snippet, to follow the language
let language = 'curl';

// ----------------------------------------------------------------- snippets

function parsed(request) {
  try { return JSON.stringify(JSON.parse(request.body), null, 2); } catch { return undefined; }
}

const indent = (text, by) => text.replaceAll('\n', `\n${by}`);

const snippets = {
  curl({ method, url, headers, body }) {
    const quote = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
    return [`curl ${method === 'GET' ? '' : `-X ${method} `}${quote(url)}`,
      '-H "Authorization: Bearer $GODWIT_KEY"',
      ...Object.entries(headers).map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`),
      ...(body === undefined ? [] : [`--data-binary ${quote(body)}`])].join(' \\\n  ');
  },
  JavaScript(r) {
    const json = parsed(r);
    const value = json ? `JSON.stringify(${indent(json, '  ')})` : JSON.stringify(r.body);
    const body = r.body === undefined ? '' : `\n  body: ${value},`;
    const headers = Object.entries(r.headers).map(([name, value]) =>
      `\n    ${JSON.stringify(name)}: ${JSON.stringify(value)},`).join('');
    return `const answer = await fetch(${JSON.stringify(r.url)}, {\n  method: "${r.method}",\n`
      + `  headers: {\n    Authorization: \`Bearer \${process.env.GODWIT_KEY}\`,${headers}\n  },`
      + `${body}\n});\nconsole.log(answer.status, await answer.text());`;
  },
  Python(r) {
    const words = { true: 'True', false: 'False', null: 'None' };
    const json = parsed(r)?.replace(/"(?:[^"\\]|\\.)*"|true|false|null/g, (w) => words[w] ?? w);
    const value = json ? `json.dumps(${indent(json, '    ')})` : JSON.stringify(r.body);
    const data = r.body === undefined ? '' : `\n    data=${value}.encode(),`;
    const headers = Object.entries(r.headers).map(([name, value]) =>
      `\n        ${JSON.stringify(name)}: ${JSON.stringify(value)},`).join('');
    return `import json, os, urllib.error, urllib.request\n\nrequest = urllib.request.Request(\n`
      + `    ${JSON.stringify(r.url)},\n    method="${r.method}",\n    headers={\n`
      + `        "Authorization": "Bearer " + os.environ["GODWIT_KEY"],${headers}\n    },${data}\n`
      + ')\ntry:\n    answer = urllib.request.urlopen(request)\n'
      + 'except urllib.error.HTTPError as problem:\n    answer = problem\n'
      + 'print(answer.status, answer.read().decode())';
  },
};

function example(request) {
  const pre = el('pre', { tabindex: 0, role: 'group', 'aria-label': 'Request' });
  const tabs = Object.keys(snippets).map((name) => el('button', { type: 'button', onclick: () => {
    language = name;
    drawn.forEach((draw) => draw());
  } }, name));
  const draw = () => {
    pre.textContent = snippets[language](request());
    tabs.forEach((t) => t.setAttribute('aria-pressed', t.textContent === language));
  };
  drawn.add(draw);
  draw();
  return { draw, block: el('div', {}, el('div', { class: 'tabs', role: 'group',
    'aria-label': 'Language' }, tabs, copyButton(pre)), pre) };
}

// ------------------------------------------------------------------- try it

async function firstPart(r) {
  const reader = r.body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (let part; reader && !(part = await reader.read()).done;) {
    text += decoder.decode(part.value, { stream: true });
    if (text.length > most) {
      await reader.cancel();
      return `${text.slice(0, most)}\n(cut here)`;
    }
  }
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

export const level = (status) => ['', '', 'ok', 'info', 'warn', 'bad'][Math.floor(status / 100)];

async function ask(o, request, out) {
  const key = document.getElementById('key').value.trim();
  const { method, url, headers, body } = request();
  const began = performance.now();
  show(out, el('p', { class: 'soft' }, 'Sending.'));
  try {
    const r = await fetch(url, { method, body, cache: 'no-store', credentials: 'omit',
      headers: key ? { ...headers, Authorization: `Bearer ${key}` } : headers });
    const text = await firstPart(r);
    const problem = /"type": "(\/docs\/problems#[a-z_]+)"/.exec(r.ok ? '' : text);
    show(out, el('p', { class: 'line' }, el('b', { class: `tag ${level(r.status)}` },
      r.status), el('span', { class: 'soft' }, `${Math.round(performance.now() - began)} ms`),
    problem && el('a', { href: problem[1] }, 'What this is, and what to do')),
    r.status === 401 && !key && el('p', {}, 'No key was sent: give one at the top of the page.'),
    code(text || '(no body)', 'Answer'), later({}, 'Headers', () =>
      code([...r.headers].map((h) => h.join(': ')).join('\n'), 'Headers of the answer')));
  } catch (e) {
    show(out, el('p', { class: 'error' }, `No answer: ${e.message}`));
  }
}

function field(p, changed) {
  const s = at(p.schema);
  const options = s.enum ?? (s.type === 'boolean' ? [true, false] : undefined);
  const required = p.required === true;
  const input = options ? el('select', { required, oninput: changed }, ['', ...options].map((v) =>
    el('option', { value: v }, String(v)))) : el('input', { required, oninput: changed,
    spellcheck: 'false', autocomplete: 'off', placeholder: String(p.in === 'path' ? sample(s)
      : s.default ?? '') });
  return { input, label: el('label', {}, el('span', {}, el('code', {}, p.name), ' ',
    el('span', { class: 'soft' }, required ? 'required' : p.in === 'header' ? 'header' : '')),
  input) };
}

export function workbench(o) {
  const out = el('div', { class: 'answer', role: 'status' });
  const fields = o.params.map((p) => ({ p, ...field(p, () => shown.draw()) }));
  const area = o.body && el('textarea', { spellcheck: 'false', rows: 8, oninput: () => shown.draw(),
    onkeydown: (e) => {
      if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) form.requestSubmit();
    } });
  if (area) area.value = o.body.text;
  const request = () => {
    let path = o.path;
    const query = new URLSearchParams();
    const headers = o.body ? { 'Content-Type': o.body.type } : {};
    for (const { p, input } of fields) {
      if (p.in === 'path') {
        path = path.replace(`{${p.name}}`, encodeURIComponent(input.value || input.placeholder));
      } else if (input.value && p.in === 'query') query.append(p.name, input.value);
      else if (input.value) headers[p.name] = input.value;
    }
    return { method: o.method.toUpperCase(), url: location.origin + path + (String(query) && '?')
      + query, headers, body: area?.value };
  };
  const shown = example(request);
  const form = el('form', { onsubmit: (e) => { e.preventDefault(); ask(o, request, out); } },
    el('div', { class: 'fields' }, fields.map((f) => f.label),
      area && el('label', { class: 'wide' }, el('span', {}, 'Body ', el('span', { class: 'soft' },
        `${o.body.type}, Ctrl+Enter sends`)), area)),
    el('p', { class: 'line' }, el('button', { class: 'main' }, 'Send'), o.method !== 'get'
      && el('span', { class: 'soft' }, 'This is done for real.')));
  return el('div', { class: 'bench' }, el('h4', {}, 'Request'), shown.block,
    el('details', {}, el('summary', {}, 'Try it'), form, out));
}
