// Follows the order: asks for it again, ever less often, and shows in its place whatever is new of it.
const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 30_000;
const GIVE_UP_AFTER_MS = 600_000;
const ANSWER_WITHIN_MS = 10_000;
const shown = document.getElementById("status");

async function ask(accept, read) {
  try {
    const answer = await fetch(location.href, { headers: { accept }, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    return answer.ok ? await read(answer) : null;
  } catch {
    return null;
  }
}

const isNew = (order) =>
  order.status !== shown.dataset.status || (order.coupon !== null) !== (shown.dataset.coupon === "true");

// A part that is as it was stays, and with it the focus in it.
function show(page) {
  document.title = page.title;
  for (const part of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(part.id);
    Object.assign(part.dataset, fresh.dataset);
    if (part.innerHTML !== fresh.innerHTML) part.replaceChildren(...fresh.childNodes);
  }
}

async function follow() {
  let pause = FIRST_PAUSE_MS;
  for (let waited = 0; waited < GIVE_UP_AFTER_MS; waited += pause) {
    await new Promise((wake) => setTimeout(wake, pause));
    const order = await ask("application/json", (answer) => answer.json());
    const page = order && isNew(order) ? await ask("text/html", (answer) => answer.text()) : null;
    if (page) show(new DOMParser().parseFromString(page, "text/html"));
    if (shown.dataset.awaits === "false") return;
    pause = page ? FIRST_PAUSE_MS : Math.min(pause * 1.5, LONGEST_PAUSE_MS);
  }
  shown.append(" This page has stopped looking; reload it to see what is new.");
}

follow();
