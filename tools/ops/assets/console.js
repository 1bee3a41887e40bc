// Server-sent events: each is the whole page, and what is new in it is shown in its place. A part that
// did not change stays, and with it the focus in it.
const REOPEN_AFTER_MS = 5_000;
const unreachable = document.getElementById("unreachable");
const address = new URL(location);
address.searchParams.set("events", "");
let events;

function open() {
  events?.close();
  if (document.hidden) return;
  events = new EventSource(address);
  events.onmessage = ({ data }) => show(new DOMParser().parseFromString(data, "text/html"));
  events.onerror = () => {
    unreachable.hidden = false;
    if (events.readyState === EventSource.CLOSED) setTimeout(open, REOPEN_AFTER_MS);
  };
}

function show(page) {
  unreachable.hidden = true;
  // Another console, perhaps of another stack, has taken the port.
  if (page.body.dataset.console !== document.body.dataset.console) location.reload();
  for (const part of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(part.id);
    if (part.innerHTML === fresh.innerHTML) continue;
    const focused = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    part.replaceChildren(...fresh.childNodes);
    if (focused) part.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
  }
}

// A hidden page asks for nothing.
document.addEventListener("visibilitychange", open);
open();
