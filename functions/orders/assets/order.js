// Asks for the order again, ever less often, and shows the page anew when something came of it.
const shown = document.getElementById("status").dataset;
const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 5000;
const fulfilled = shown.status === "fulfilled";
// Shipment and coupon come in any order, and most orders earn no coupon: for one alone it is not waited as long.
const GIVE_UP_AFTER_MS = fulfilled ? 30000 : 120000;

async function follow(pause, waited) {
  if ((fulfilled && shown.coupon === "true") || waited > GIVE_UP_AFTER_MS) return;
  await new Promise((wake) => setTimeout(wake, pause));
  const answer = await fetch(location.href, { headers: { accept: "application/json" } }).catch(() => null);
  const order = answer?.ok ? await answer.json() : null;
  if (order && (order.status !== shown.status || String(order.coupon !== null) !== shown.coupon)) {
    location.reload();
    return;
  }
  follow(Math.min(pause * 1.5, LONGEST_PAUSE_MS), waited + pause);
}

follow(FIRST_PAUSE_MS, 0);
