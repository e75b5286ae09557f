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

addEventListener('message', ({ source, data }) => {
  if (source !== parent || typeof data !== 'string') return
  const mail = tame(new DOMParser().parseFromString(data, 'text/html'))
  document.replaceChild(document.adoptNode(mail.documentElement), document.documentElement)
})
for (const name of ['click', 'auxclick', 'submit'])
  addEventListener(name, (event) => event.preventDefault(), true)
