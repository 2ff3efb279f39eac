// The page of one login: counts down, and goes on when the login was decided elsewhere or nobody decided in time.

import { Clock, duration, follow } from "./live.js";

const form = document.querySelector("form[data-login]");
const left = document.getElementById("left");
const id = form.dataset.login;
const clock = new Clock();
let expiresAt = null;

const following = follow(() => ({ login: id }), see, () => {});
const counting = setInterval(count, 1000);
// The answer to the form leads on by itself; leading on twice would show the application its code twice.
form.addEventListener("submit", stop);

function see(state) {
  const [login] = state.logins;
  if (!login || login.status !== "pending") return leadOn();
  clock.set(state.clock);
  expiresAt = login.expires_at;
  count();
}

function count() {
  if (expiresAt === null) return;
  const seconds = clock.secondsUntil(expiresAt);
  left.textContent = duration(seconds);
  if (seconds === 0) leadOn();
}

function leadOn() {
  stop();
  location.replace(`/emulator/logins/${encodeURIComponent(id)}`);
}

function stop() {
  following.stop();
  clearInterval(counting);
}
