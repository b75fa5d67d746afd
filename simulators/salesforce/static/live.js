// Keeps what the page marks with data-live up to date; without it the page is the same, only older.
const EVERY = 3000;

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const old of document.querySelectorAll("[data-live]")) {
    const now = fresh.getElementById(old.id);
    const busy = old.contains(document.activeElement);
    if (now && !busy && now.outerHTML !== old.outerHTML) old.replaceWith(now);
  }
}

setInterval(() => refresh().catch(() => undefined), EVERY);
