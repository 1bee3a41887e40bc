// Shows in its place whatever is new: each event is the whole page. A part that did not change stays,
// and with it the focus in it.
const unreachable = document.getElementById("unreachable");
const address = new URL(location);
address.searchParams.set("events", "");
const events = new EventSource(address);

events.onmessage = ({ data }) => {
  unreachable.hidden = true;
  const page = new DOMParser().parseFromString(data, "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(part.id);
    if (part.innerHTML === fresh.innerHTML) continue;
    const focused = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    part.replaceChildren(...fresh.childNodes);
    if (focused) part.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
  }
};
events.onerror = () => { unreachable.hidden = false; };
