// The overview: the phone on one side, the inspector on the other. Whatever comes from a request is set as text.

import { Clock, duration, follow, moment } from "./live.js";

const VERDICTS = {
  refused: ["Refused", "refused"],
  staged: ["As the emulator was told", "as told"],
  person: ["Up to the person", "up to the person"],
  tolerated: ["Let through, but mend it", "let through"],
  right: ["Passed", "right"],
};
/** Nothing was checked: anybody may ask for it. */
const PUBLIC = "public";

const at = (id) => document.getElementById(id);
const clock = new Clock();
let people = [];
let seen = null;

const following = follow(() => ({ show: chosenFilter() }), show, showLink);
setInterval(tick, 1000);
at("clock").addEventListener("submit", advance);
at("show").addEventListener("change", () => following.again());
at("clear").addEventListener("click", () => post("/emulator/requests/clear"));
at("real").addEventListener("click", () => post("/emulator/clock/real"));
at("outage").addEventListener("submit", toggleOutage);
for (const name of ["phone", "inspector"]) at(`tab-${name}`).addEventListener("click", () => choosePart(name));
document.querySelector("[role=tablist]").addEventListener("keydown", moveAlongTabs);

function show(state) {
  seen = state;
  people = state.people;
  clock.set(state.clock);
  showTally(state.tally);
  showLogins();
  showRequests(state);
  showPings(state.pings);
  tick();
}

function showLink(isUp) {
  const text = isUp ? "Live" : "No connection to the emulator. Trying again…";
  if (at("link").textContent === text) return;
  at("link").textContent = text;
  at("link").classList.toggle("down", !isUp);
}

// The strip and the tabs

function showTally(tally) {
  at("tally-tokens").textContent = tally.token_requests;
  at("tally-calls").textContent = tally.calls;
  at("tally-merchants").textContent = tally.merchants;
  at("tally-outage").textContent = tally.served_in_outage;
  const down = tally.tokens_are_down;
  const said = down ? "The token endpoints are down. Callers with a token go on." : "The token endpoints are up.";
  if (at("outage-state").textContent !== said) at("outage-state").textContent = said;
  at("outage").classList.toggle("down", down);
  at("outage-button").value = String(!down);
  at("outage-button").textContent = down ? "Bring the token endpoints back" : "Take the token endpoints down";
}

function toggleOutage(event) {
  event.preventDefault();
  post("/emulator/tokens/down", new FormData(event.target, event.submitter));
}

/** On a narrow screen one part is shown at a time; on a wide one both are. */
function choosePart(chosen) {
  for (const name of ["phone", "inspector"]) {
    const isChosen = name === chosen;
    at(`part-${name}`).classList.toggle("chosen", isChosen);
    at(`tab-${name}`).setAttribute("aria-selected", String(isChosen));
    at(`tab-${name}`).tabIndex = isChosen ? 0 : -1;
  }
}

function moveAlongTabs(event) {
  if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
  const next = at("tab-phone").getAttribute("aria-selected") === "true" ? "inspector" : "phone";
  choosePart(next);
  at(`tab-${next}`).focus();
}

function showBadge(name, count) {
  at(`badge-${name}`).hidden = count === 0;
  at(`badge-${name}`).textContent = count;
}

// The phone

/** A running clock ends logins without telling anyone. */
function isPending(login) {
  return login.status === "pending" && clock.secondsUntil(login.expires_at) > 0;
}

function showLogins() {
  const pending = seen.logins.filter(isPending);
  const ended = seen.logins.filter((login) => !isPending(login)).slice(0, 5);
  const hadFocus = at("pending").contains(document.activeElement);
  fill(at("pending"), pending, (login) => login.id, newCard, refreshCard);
  fill(at("ended"), ended, (login) => login.id, () => document.createElement("li"), refreshEnded);
  showBadge("phone", pending.length);
  at("nobody").hidden = pending.length > 0;
  at("ended-part").hidden = ended.length === 0;
  if (hadFocus && !at("pending").contains(document.activeElement)) focusNext();
}

/** Where a keyboard goes on once its card is gone. */
function focusNext() {
  (at("pending").querySelector(".merchant") ?? at("phone-title")).focus();
}

function newCard(login) {
  const card = at("login-card").content.firstElementChild.cloneNode(true);
  const path = `/emulator/logins/${encodeURIComponent(login.id)}`;
  const [yes, no] = card.querySelectorAll("button");
  yes.formAction = `${path}/approve`;
  no.formAction = `${path}/deny`;
  const form = card.querySelector("form");
  if (login.kind === "backchannel_redirect") {
    // The phone's own browser opens what comes next: another tab.
    yes.setAttribute("formtarget", "_blank");
  }
  form.addEventListener("submit", decide);
  part(card, ".merchant").textContent = login.merchant;
  part(card, ".shares").replaceChildren(...login.shares.map((share) => element("li", "", share)));
  part(card, ".binding").hidden = login.binding_message === null;
  part(card, ".binding strong").textContent = login.binding_message ?? "";
  return card;
}

function refreshCard(card, login) {
  const asks = login.msisdn === null;
  part(card, ".about").textContent = `Sales unit (MSN) ${login.msn}, ${login.way}`;
  part(card, ".asked").hidden = asks;
  part(card, ".choice").hidden = !asks;
  part(card, "select").disabled = !asks;
  if (asks) offerPeople(part(card, "select"));
  else part(card, ".asked").textContent = `Asked: ${nameOf(login.msisdn)}`;
  part(card, ".merchant").textContent = login.merchant;
}

function offerPeople(select) {
  const offered = [...select.options].map((option) => option.text).join("\n");
  if (offered === people.map((person) => person.label).join("\n")) return;
  const chosen = select.value;
  select.replaceChildren(...people.map((person) => new Option(person.label, person.msisdn)));
  if (people.some((person) => person.msisdn === chosen)) select.value = chosen;
}

function nameOf(msisdn) {
  return people.find((person) => person.msisdn === msisdn)?.label ?? msisdn;
}

function refreshEnded(row, login) {
  const outcome = login.status === "pending" ? "Expired" : login.outcome;
  if (row.dataset.outcome === outcome) return;
  row.dataset.outcome = outcome;
  row.className = outcome.toLowerCase().replace(" ", "-");
  row.replaceChildren(element("strong", "", outcome), ` ${login.merchant}, ${login.way}`);
}

/** Only the redirect variant's approval is a visit of its own; everything else leaves this page where it is. */
function decide(event) {
  if (event.submitter?.formTarget === "_blank") return;
  event.preventDefault();
  post(event.submitter.formAction, new FormData(event.target));
}

// The clock

function advance(event) {
  event.preventDefault();
  post("/emulator/clock/advance", new FormData(event.target, event.submitter));
}

function tick() {
  if (seen === null) return;
  at("now").textContent = `${moment(clock.now)} UTC`;
  at("phone-time").textContent = moment(clock.now).slice(11, 16);
  at("standing").hidden = clock.running;
  for (const id of ["unreal", "clock-advice", "real"]) at(id).hidden = clock.real;
  if (seen.logins.some((login) => login.status === "pending")) showLogins();
  for (const card of at("pending").children) {
    const login = seen.logins.find((known) => known.id === card.dataset.key);
    if (login) part(card, ".timer").textContent = duration(clock.secondsUntil(login.expires_at));
  }
}

// The inspector

function chosenFilter() {
  return document.querySelector("input[name=show]:checked").value;
}

function showRequests({ requests, matching, total }) {
  fill(at("requests"), requests, (request) => String(request.id), newRow, refreshRow);
  showBadge("inspector", total);
  at("count").textContent = counted(requests.length, matching, total);
}

function counted(shown, matching, total) {
  if (total === 0) return "No requests yet.";
  const all = total === 1 ? "1 request" : `${total} requests`;
  if (matching < total) return `${matching} of ${all}${shown < matching ? `, the newest ${shown} shown` : ""}`;
  return shown < total ? `${all}, the newest ${shown} shown` : all;
}

function newRow(request) {
  const row = at("request-row").content.firstElementChild.cloneNode(true);
  part(row, ".method").textContent = request.method;
  part(row, ".path").textContent = request.path;
  part(row, ".what").textContent = `${request.endpoint ?? "unknown path"}, ${moment(request.at * 1000).slice(11)}`;
  part(row, "details").addEventListener("toggle", () => openRow(row, request.id));
  return row;
}

function refreshRow(row, request) {
  const version = `${request.status} ${request.verdict}`;
  if (row.dataset.version === version) return;
  row.dataset.version = version;
  const verdict = VERDICTS[request.verdict];
  row.className = request.verdict ?? "open";
  const unjudged = request.status === null ? "no reply" : PUBLIC;
  part(row, ".status").textContent = request.status ?? "–";
  part(row, ".status").title = request.status === null ? "no reply" : "";
  part(row, ".verdict").textContent = verdict ? verdict[1] : unjudged;
  openRow(row, request.id);
}

async function openRow(row, id) {
  if (!part(row, "details").open) return;
  const detail = part(row, ".detail");
  try {
    detail.replaceChildren(...describe(await get(`/emulator/requests/${id}`)));
  } catch (error) {
    detail.replaceChildren(element("p", "trouble", error.message));
  }
}

function describe(request) {
  const judged = Object.entries(VERDICTS).flatMap(([verdict, [title]]) => {
    const findings = request.findings.filter((finding) => finding.verdict === verdict);
    return findings.length === 0 ? [] : [element("h3", verdict, title), findingList(findings, verdict)];
  });
  return [
    ...judged,
    element("h3", "", "Sent"),
    element("p", "line", `${request.method} ${request.path}`),
    ...fieldList("Query", request.query),
    ...fieldList("Form", request.form),
    ...bodyText(request.body),
    ...fieldList("Headers", request.headers),
    ...described(request),
  ];
}

/** The reply, once there is one. */
function described({ status, reply }) {
  if (reply === null) return [element("h3", "", "No reply"), element("p", "quiet", "The connection is open or was dropped.")];
  return [
    element("h3", "", "Answered"),
    element("p", "line", `Status ${status}`),
    ...bodyText(reply.body),
    ...fieldList("Headers", reply.headers),
  ];
}

function findingList(findings, verdict) {
  const list = element("ul", `findings ${verdict}`);
  list.append(...findings.map((finding) => {
    const item = element("li");
    item.append(element("code", "", finding.about), `: ${finding.text}`);
    return item;
  }));
  return list;
}

function fieldList(title, fields) {
  if (!fields || fields.length === 0) return [];
  const list = element("dl", "fields");
  for (const { name, value } of fields) {
    list.append(element("dt", "", name), element("dd", "", value === "" ? "(empty)" : value));
  }
  return [element("h4", "", title), list];
}

function bodyText(body) {
  return body === null ? [] : [element("h4", "", "Body"), element("pre", "", body)];
}

function showPings(pings) {
  at("pings-part").hidden = pings.length === 0;
  at("pings").replaceChildren(...pings.map((ping) => {
    const item = element("li");
    item.append(element("strong", "", ping.outcome), ` ${ping.url}, auth_req_id ${ping.auth_req_id}`);
    return item;
  }));
}

// Tools

/** Makes a list show these items in this order, and leaves alone what is there already, so that no focus is lost. */
function fill(list, items, keyOf, make, refresh) {
  const keys = new Set(items.map(keyOf));
  const known = new Map([...list.children].map((child) => [child.dataset.key, child]));
  for (const [key, child] of known) if (!keys.has(key)) child.remove();
  let place = list.firstElementChild;
  for (const item of items) {
    const child = known.get(keyOf(item)) ?? make(item);
    child.dataset.key = keyOf(item);
    refresh(child, item);
    if (child === place) place = place.nextElementSibling;
    else list.insertBefore(child, place);
  }
}

function part(parent, selector) {
  return parent.querySelector(selector);
}

function element(name, className = "", text = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

async function get(path) {
  return answerOf(await fetch(path, { headers: { Accept: "application/json" } }));
}

async function post(path, fields = new FormData()) {
  const headers = { Accept: "application/json" };
  try {
    await answerOf(await fetch(path, { method: "POST", headers, body: new URLSearchParams(fields) }));
    at("trouble").textContent = "";
  } catch (error) {
    at("trouble").textContent = `That did not work: ${error.message}`;
  }
}

async function answerOf(response) {
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ?? `status ${response.status}`);
  return answer;
}
