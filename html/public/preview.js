// The frame that shows a mail: it has a policy of its own, no origin, and asks
// nobody for anything. What a mail would fetch is left out, links lead nowhere.
const gone = 'script, iframe, object, embed, link, meta, base'
const fetching = /url\((?!\s*['"]?data:)[^)]*\)|@import[^;]*;?/gi

function tame(mail) {
  for (const node of mail.querySelectorAll(gone)) node.remove()
  for (const node of mail.querySelectorAll('*')) {
    for (const { name, value } of [...node.attributes]) {
      const away =
        /^(on|srcset$|action$|background$|poster$|xlink:href$|autofocus$)/i.test(name) ||
        (/^src$/i.test(name) && !/^data:image\//i.test(value))
      if (away) node.removeAttribute(name)
      else if (name === 'style') node.setAttribute(name, value.replace(fetching, 'none'))
    }
    if (node.localName === 'style') node.textContent = node.textContent.replace(fetching, 'none')
    if (node.localName === 'img' && !node.hasAttribute('src'))
      node.style.cssText +=
        ';outline:1px dashed gray;display:inline-block;min-width:48px;min-height:32px'
  }
  return mail
}

// As it is in the dark: by the mail's own rules for that, else turned round, as
// many programs do it.
const darkRule = /\(\s*prefers-color-scheme\s*:\s*dark\s*\)/gi
const lightRule = /\(\s*prefers-color-scheme\s*:\s*light\s*\)/gi

function darken(mail) {
  const styles = [...mail.querySelectorAll('style')]
  const own = styles.some(({ textContent }) => textContent.search(darkRule) >= 0)
  for (const style of styles)
    style.textContent = style.textContent
      .replace(darkRule, '(min-width: 0)')
      .replace(lightRule, '(max-width: 0)')
  const turned = mail.createElement('style')
  turned.textContent = own
    ? ':root { color-scheme: dark }'
    : 'html { background: white; filter: invert(1) hue-rotate(180deg) } img { filter: invert(1) hue-rotate(180deg) }'
  mail.head.append(turned)
  return mail
}

// As it is in the light, whatever the theme around it.
function lighten(mail) {
  for (const style of mail.querySelectorAll('style'))
    style.textContent = style.textContent
      .replace(darkRule, '(max-width: 0)')
      .replace(lightRule, '(min-width: 0)')
  const light = mail.createElement('style')
  light.textContent = ':root { color-scheme: light }'
  mail.head.append(light)
  return mail
}

addEventListener('message', ({ source, data }) => {
  if (source !== parent || typeof data?.html !== 'string') return
  const parsed = tame(new DOMParser().parseFromString(data.html, 'text/html'))
  const mail = data.dark ? darken(parsed) : lighten(parsed)
  document.replaceChild(document.adoptNode(mail.documentElement), document.documentElement)
})
for (const name of ['click', 'auxclick', 'submit'])
  addEventListener(name, (event) => event.preventDefault(), true)
