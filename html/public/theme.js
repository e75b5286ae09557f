// Before the first paint: what was chosen for theme and density.
;(() => {
  const root = document.documentElement
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const apply = () => {
    let taste = {}
    try {
      taste = JSON.parse(localStorage.getItem('godwit-taste')) ?? {}
    } catch {}
    const theme = taste.theme ?? 'system'
    root.classList.toggle('dark', theme === 'dark' || (theme === 'system' && dark.matches))
    root.dataset.density = taste.density ?? 'comfortable'
  }
  apply()
  dark.addEventListener('change', apply)
  addEventListener('storage', apply)
  addEventListener('godwit-taste', apply)
})()
