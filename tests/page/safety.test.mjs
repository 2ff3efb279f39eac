// Other people's pages in the same browser, other names for this machine, and an emulator that goes away.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { Emulator, Shop, Watched, cards, rows } from "./stage.mjs";

let shop;
let vipps;
let browser;

before(async () => {
  shop = await Shop.open();
});
after(() => shop.close());
beforeEach(async () => {
  vipps = await Emulator.start("--redirect-uri", shop.callback);
  browser = await Watched.open();
});
afterEach(async () => {
  await browser.close();
  await vipps.stop();
});

async function isPending(login) {
  return (await vipps.poll(login)).error === "authorization_pending";
}

for (const name of ["127.0.0.1", "localhost"]) {
  test(`a page of another site, at ${name}, can't decide a login`, async () => {
    const login = await vipps.askByPhone();
    const other = await browser.page(shop.url.replace("127.0.0.1", name));
    const target = `${vipps.url}/emulator/logins/${login.auth_req_id}/approve`;
    const answered = other.waitForResponse(target);
    await other.evaluate((url) => fetch(url, { method: "POST", mode: "no-cors" }), target);
    assert.equal((await answered).status(), 403);
    const reply = other.waitForResponse(target);
    await other.evaluate((url) => {
      const form = Object.assign(document.createElement("form"), { method: "post", action: url });
      document.body.append(form);
      form.submit();
    }, target);
    assert.equal((await reply).status(), 403);
    await other.getByText("cross-site request forgery").waitFor();
    assert.ok(await isPending(login));
  });
}

test("a sandboxed frame without an origin can't decide a login", async () => {
  const login = await vipps.askByPhone();
  const other = await browser.page(shop.url);
  const target = `${vipps.url}/emulator/logins/${login.auth_req_id}/approve`;
  const told = await other.evaluate((url) => {
    const frame = document.createElement("iframe");
    frame.sandbox = "allow-scripts";
    const ask = `fetch("${url}", { method: "POST", mode: "no-cors" })`;
    const tell = `then(() => "answered", String).then((told) => parent.postMessage(told, "*"))`;
    frame.srcdoc = `<script>${ask}.${tell}</script>`;
    const heard = new Promise((resolve) => addEventListener("message", (event) => resolve(event.data)));
    document.body.append(frame);
    return heard;
  }, target);
  assert.equal(told, "answered");
  assert.ok(await isPending(login));
});

test("a page of another site can read nothing and frame nothing", async () => {
  const other = await browser.page(shop.url);
  const ask = (url) => fetch(url).then(() => "read", () => "kept");
  const read = await other.evaluate(ask, `${vipps.url}/emulator/state`);
  assert.equal(read, "kept");
  const framed = other.waitForResponse(`${vipps.url}/`);
  await other.evaluate((url) => {
    document.body.append(Object.assign(document.createElement("iframe"), { src: `${url}/` }));
  }, vipps.url);
  assert.equal((await framed).status(), 403);
});

test("another name for this machine is refused with the reason", async () => {
  const page = await browser.page();
  const reply = await page.goto(`http://rebound.example:${vipps.port}/`);
  assert.equal(reply.status(), 403);
  await page.getByText("DNS rebinding").waitFor();
  const state = await page.goto(`http://rebound.example:${vipps.port}/emulator/state`);
  assert.equal(state.status(), 403);
});

test("localhost is this machine, and its page works", async () => {
  const page = await browser.page(`http://localhost:${vipps.port}/`);
  const login = await vipps.askByPhone();
  await cards(page).getByRole("button", { name: "Deny" }).click();
  await page.getByText("Denied Merchant 123456").waitFor();
  assert.equal((await vipps.poll(login)).error, "access_denied");
});

test("the page comes back with the emulator, and shows the new one", async () => {
  await vipps.askByPhone();
  const page = await browser.page(vipps.url);
  await cards(page).waitFor();
  await vipps.stop();
  await page.getByText("No connection to the emulator. Trying again…").waitFor();
  vipps = await Emulator.start("--port", vipps.port);
  await page.getByRole("status").getByText("Live").waitFor();
  await cards(page).waitFor({ state: "detached" });
  assert.equal(await rows(page).count(), 0);
  await vipps.askByPhone({ binding_message: "AGAIN" });
  await cards(page).getByText("AGAIN").waitFor();
});
