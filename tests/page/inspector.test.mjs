// The inspector: what was sent, what was wrong with it and how to mend it, and no secret.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { Emulator, MSN, Shop, Watched, cards, rows, tabTo } from "./stage.mjs";

const USERINFO = "/vipps-userinfo-api/userinfo";
const LOGIN_TOKEN = "/access-management-1.0/access/oauth2/token";

let shop;
let vipps;
let browser;
let page;

before(async () => {
  shop = await Shop.open();
});
after(() => shop.close());
beforeEach(async () => {
  vipps = await Emulator.start("--redirect-uri", shop.callback);
  browser = await Watched.open();
  page = await browser.page(vipps.url);
  await page.getByText("No requests yet.").waitFor();
});
afterEach(async () => {
  await browser.close();
  await vipps.stop();
});

/** Opens a row and returns what stands in it. */
async function opened(row) {
  await row.locator("summary").click();
  await row.getByRole("heading", { name: "Sent" }).waitFor();
  return row.locator(".detail").innerText();
}

async function reasonOf(row) {
  const text = await opened(row);
  assert.equal(await row.locator(".verdict").textContent(), "refused");
  assert.match(text, /^Refused\n/);
  return text.split("\n")[1];
}

test("a subscription key at userinfo is refused with its reason", async () => {
  const token = await vipps.token();
  const key = vipps.printed.VIPPS_SUBSCRIPTION_KEY;
  const headers = { Authorization: `Bearer ${token}`, "Ocp-Apim-Subscription-Key": key };
  await fetch(vipps.url + USERINFO, { headers });
  const row = rows(page).filter({ hasText: "Login: userinfo" });
  assert.equal(await row.locator(".status").textContent(), "401");
  assert.equal(await reasonOf(row), "Ocp-Apim-Subscription-Key: must not be sent here: leave it out");
  const shown = await page.locator("body").innerText();
  assert.ok(!shown.includes(token) && !shown.includes(key));
  assert.match(shown, /Bearer eyJh… \(\d+ characters\)/);
});

test("a partner's Basic at Login's token endpoint is refused with its reason", async () => {
  const pair = `${vipps.printed.VIPPS_CLIENT_ID}:${encodeURIComponent(vipps.printed.VIPPS_CLIENT_SECRET)}`;
  const headers = { Authorization: `Basic ${btoa(pair)}`, "Merchant-Serial-Number": MSN };
  await fetch(vipps.url + LOGIN_TOKEN, { method: "POST", headers, body: new URLSearchParams({ code: "x" }) });
  const reason = await reasonOf(rows(page).filter({ hasText: "Login: token" }));
  const expected = "partner keys work neither with Basic nor with post here: send Bearer and the MSN";
  assert.equal(reason, `Authorization: ${expected}`);
  assert.ok(!(await page.locator("body").innerText()).includes(btoa(pair)));
});

test("grant type and scope in one field are refused with the reason, and shown as they were sent", async () => {
  const { VIPPS_CLIENT_ID, VIPPS_CLIENT_SECRET } = vipps.special;
  const form = new URLSearchParams({ grant_type: "client_credentials&scope=donations:read" });
  const headers = { Authorization: `Basic ${btoa(`${VIPPS_CLIENT_ID}:${VIPPS_CLIENT_SECRET}`)}` };
  await fetch(`${vipps.url}/miami/v1/token`, { method: "POST", headers, body: form });
  const row = rows(page).filter({ hasText: "Specialised token" });
  const reason = "grant_type and scope were sent as one field: encode each by itself and join them with a plain &";
  assert.equal(await reasonOf(row), `grant_type: ${reason}`);
  assert.match(await row.locator(".detail").innerText(), /^client_credentials&scope=donations:read$/m);
});

test("what is right is told as well", async () => {
  await vipps.token();
  const text = await opened(rows(page).filter({ hasText: "API token" }));
  assert.match(text, /Passed\n(?:.*\n)*client_id: known/);
  assert.match(text, /Let through, but mend it\n(?:.*\n)*Vipps-System-Plugin-Name: missing/);
});

test("the list can be narrowed and cleared", async () => {
  await vipps.token();
  await fetch(`${vipps.url}/access-management-1.0/access/.well-known/jwks.json`);
  await fetch(`${vipps.url}/no/such/path`);
  await page.getByText("3 requests").waitFor();
  assert.equal(await rows(page).count(), 3);
  assert.match(await rows(page).first().innerText(), /no\/such\/path/, "the newest comes first");
  await page.getByRole("radio", { name: "refused" }).check();
  await page.getByText("1 of 3 requests").waitFor();
  assert.match(await rows(page).innerText(), /no\/such\/path/);
  await page.getByRole("radio", { name: "with remarks" }).check();
  await page.getByText("2 of 3 requests").waitFor();
  await page.getByRole("button", { name: "Clear the list" }).click();
  await page.getByText("No requests yet.").waitFor();
  assert.equal(await rows(page).count(), 0);
  browser.assertQuiet(vipps);
});

test("a row is opened with keys and stays open when more requests come", async () => {
  await fetch(`${vipps.url}/first`);
  await rows(page).first().waitFor();
  await tabTo(page, rows(page).locator("summary"));
  await page.keyboard.press("Enter");
  await rows(page).getByText("no such path: check its spelling and the base URL").waitFor();
  await fetch(`${vipps.url}/second`);
  await page.getByText("2 requests").waitFor();
  const first = rows(page).filter({ hasText: "/first" });
  assert.equal(await first.locator("details").evaluate((details) => details.open), true);
  assert.equal(await first.locator("summary").evaluate((summary) => summary === document.activeElement), true);
});

test("hostile text stays text", async () => {
  const hostile = `<img src=x onerror="document.title='caught'"><script>document.title='caught'</script>`;
  const redirect_uri = `${shop.callback}?x=${hostile}`;
  const fields = { state: hostile, redirect_uri, scope: `openid ${hostile}`, [hostile]: hostile };
  const headers = { "User-Agent": hostile, "X-Hostile": hostile };
  await fetch(shop.request(vipps, fields).url, { headers, redirect: "follow" });
  const body = JSON.stringify({ hostile });
  await fetch(`${vipps.url}/${encodeURIComponent(hostile)}`, { method: "POST", headers, body });
  await vipps.askByPhone({ login_hint: hostile, binding_message: hostile });
  await page.getByText("5 requests").waitFor();
  for (const row of await rows(page).all()) await opened(row);
  const shown = await page.locator("body").innerText();
  assert.ok(shown.includes(hostile), "seen as what it is");
  assert.equal(await page.title(), "vipps-emulator");
  assert.equal(await page.locator("img:not(.mark), #requests script, #pending script").count(), 0);
  const refusal = await browser.page();
  const reply = await refusal.goto(shop.request(vipps, fields).url);
  const html = await reply.text();
  assert.ok(!html.includes("<script>document"));
  assert.notEqual(await refusal.title(), "caught");
});

test("a hostile state goes to the application and to no page", async () => {
  const hostile = `"><script>document.title='caught'</script>`;
  const login = await browser.page(shop.request(vipps, { state: hostile }).url);
  await login.getByRole("timer").waitFor();
  assert.equal(await login.title(), "Log in to Merchant 123456");
  await cards(page).getByRole("button", { name: "Approve" }).click();
  await login.getByRole("heading", { name: "Welcome back" }).waitFor();
  assert.equal(shop.visits.at(-1).state, hostile);
});

test("the reply is shown, and no secret in it", async () => {
  const token = await vipps.token();
  const text = await opened(rows(page).filter({ hasText: "API token" }));
  assert.match(text, /Answered\n(?:.*\n)*Status 200/);
  assert.match(text, /"access_token": "eyJh… \(\d+ characters\)"/);
  assert.ok(!text.includes(token));
});

test("an outage is made by a button, and counted when callers go on", async () => {
  const token = await vipps.token();
  await page.getByRole("button", { name: "Take the token endpoints down" }).click();
  await page.getByText("The token endpoints are down. Callers with a token go on.").waitFor();
  const refused = await fetch(`${vipps.url}/accesstoken/get`, { method: "POST" });
  assert.equal(refused.status, 503);
  const headers = {
    Authorization: `Bearer ${token}`,
    "Ocp-Apim-Subscription-Key": vipps.printed.VIPPS_SUBSCRIPTION_KEY,
    "Merchant-Serial-Number": MSN,
    "Vipps-System-Name": "acme",
    "Vipps-System-Version": "3.1.2",
  };
  assert.equal((await fetch(`${vipps.url}/epayment/v1/payments`, { headers })).status, 200);
  await page.locator("#tally-outage").filter({ hasText: "1" }).waitFor();
  assert.equal(await page.locator("#tally-merchants").textContent(), "1");
  await page.getByRole("button", { name: "Bring the token endpoints back" }).click();
  await page.getByText("The token endpoints are up.").waitFor();
});

test("the clock goes on and back to real time", async () => {
  const real = page.getByRole("button", { name: "Back to real time" });
  assert.equal(await real.isVisible(), false);
  await page.getByRole("button", { name: "+ 1 day" }).click();
  await real.click();
  await real.waitFor({ state: "hidden" });
});

test("on a narrow screen phone and requests are tabs", async () => {
  await page.setViewportSize({ width: 375, height: 700 });
  const inspector = page.getByRole("heading", { name: "The inspector" });
  assert.equal(await inspector.isVisible(), false);
  await page.getByRole("tab", { name: /Requests/ }).click();
  await inspector.waitFor();
  assert.equal(await page.getByRole("heading", { name: "The phone" }).isVisible(), false);
  await page.keyboard.press("ArrowLeft");
  await page.getByRole("heading", { name: "The phone" }).waitFor();
});
