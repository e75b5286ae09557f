/* Godwit: page views and forms, by the write key in data-key */
{
let d = document, n = navigator, script = d.currentScript, set = script.dataset, path, me

// what the browser remembers; '' forgets it
let keep = (name, value) => {
  try {
    if (value != null) localStorage['gw_' + name] = value
    return localStorage['gw_' + name]
  } catch {}
}

let id = () => crypto.getRandomValues(new Uint32Array(4)).join('-')

let send = (type, event) => {
  if (n.doNotTrack == 1 || n.globalPrivacyControl || 'consent' in set && !keep('ok')) return
  keep('id', me = keep('id') || me || id())
  n.sendBeacon(new URL('/api/v1/' + type, script.src), JSON.stringify({
    ...event, visit, writeKey: set.key, messageId: id(), anonymousId: me,
    userId: keep('user') || null, context: { page: { url: location.href.split('#')[0] } } }))
  visit = null
}

let page = name => send('page', { name, properties: {
  path: path = location.pathname, title: d.title, referrer: d.referrer } })
let look = () => 'manual' in set || path == location.pathname || page()

// a link of a mail says whose visit it is
let [all, visit] = location.href.match(/[?#&]gw=([\w-]{54})$/) || []
if (all) history.replaceState(history.state, '', location.href.replace(all, ''))

let push = history.pushState
history.pushState = (...to) => (push.apply(history, to), look())
addEventListener('popstate', look)

d.addEventListener('submit', ({ target }) => {
  let properties = {}, event = target.dataset.gw
  for (let f of target.elements)
    if (f.name && !/password|hidden|file|submit|cc-/.test(f.type + f.autocomplete)
      && (f.checked || !/checkbox|radio/.test(f.type))) properties[f.name] = f.value
  event && send('track', { event, properties })
}, true)

window.gw = {
  page,
  track: (event, properties) => send('track', { event, properties }),
  identify: (user, traits) => (keep('user', user), send('identify', { traits })),
  consent: () => (keep('ok', 1), path = '', look()),
  forget: () => ['id', 'user', 'ok'].map(name => keep(name, me = ''))
}
look()
}
