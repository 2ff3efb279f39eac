// Login by phone number: the application asks, the phone shows it, and the application polls.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { Emulator, Shop, Watched, cards, tabTo } from "./stage.mjs";

let shop;
let vipps;
let browser;
let page;
let pinged;
let receiver;

before(async () => {
  shop = await Shop.open();
  receiver = createServer(async (request, response) => {
    const chunks = await request.toArray();
    pinged.push(JSON.parse(Buffer.concat(chunks)));
    response.writeHead(204).end();
  });
  await once(receiver.listen(0, "127.0.0.1"), "listening");
  const pings = `http://127.0.0.1:${receiver.address().port}/pings`;
  vipps = await Emulator.start("--redirect-uri", shop.callback, "--ping-url", pings);
});
after(async () => {
  await vipps.stop();
  shop.close();
  receiver.close();
});
beforeEach(async () => {
  pinged = [];
  shop.visits.length = 0;
  browser = await Watched.open();
  page = await browser.page(vipps.url);
  await page.getByRole("status").getByText("Live").waitFor();
});
afterEach(() => browser.close());

/** The emulator's clock runs while the tests do, but far slower than polls may come. */
async function waitOutTheInterval() {
  const clock = page.locator("#now");
  const before = await clock.textContent();
  await page.getByRole("button", { name: "+ 1 minute" }).click();
  await page.waitForFunction(([element, text]) => element.textContent.slice(0, 16) > text.slice(0, 16), [
    await clock.elementHandle(),
    before,
  ]);
}

test("a person approves on the phone and the poll gets the tokens", async () => {
  const login = await vipps.askByPhone();
  await cards(page).getByRole("heading", { name: "Merchant 123456" }).waitFor();
  assert.equal(await cards(page).locator(".binding strong").textContent(), "K7-42");
  assert.match(await cards(page).locator(".asked").textContent(), /Kari Fixture \(4791234567\)/);
  assert.equal((await vipps.poll(login)).error, "authorization_pending");
  await cards(page).getByRole("button", { name: "Approve" }).click();
  await page.getByText("Approved Merchant 123456, by phone number").waitFor();
  await waitOutTheInterval();
  const tokens = await vipps.poll(login);
  assert.equal(tokens.status, 200);
  assert.equal(tokens.id_token.split(".").length, 3);
  await page.getByText("Logged in Merchant 123456, by phone number").waitFor();
  browser.assertQuiet(vipps);
});

test("a decision is pinged, and the page shows what came of it", async () => {
  const { auth_req_id } = await vipps.askByPhone();
  await cards(page).getByRole("button", { name: "Deny" }).click();
  await page.getByRole("region", { name: "Pings sent" }).getByText(`auth_req_id ${auth_req_id}`).waitFor();
  await page.getByText("answered 204").first().waitFor();
  assert.deepEqual(pinged, [{ auth_req_id }]);
});

test("a person denies on the phone and the poll is refused", async () => {
  const login = await vipps.askByPhone();
  await cards(page).getByRole("button", { name: "Deny" }).click();
  await page.getByText("Denied Merchant 123456, by phone number").first().waitFor();
  await cards(page).waitFor({ state: "detached" });
  assert.equal((await vipps.poll(login)).error, "access_denied");
});

test("when nobody decides the login expires", async () => {
  const login = await vipps.askByPhone({ requested_expiry: 60 });
  await cards(page).waitFor();
  await page.getByRole("button", { name: "+ 1 minute" }).click();
  await page.getByText("Expired Merchant 123456, by phone number").waitFor();
  assert.equal((await vipps.poll(login)).error, "expired_token");
});

test("keys alone will do, and the focus is never lost", async () => {
  const first = await vipps.askByPhone({ binding_message: "FIRST" });
  const second = await vipps.askByPhone({ binding_message: "SECOND" });
  await cards(page).nth(1).waitFor();
  await tabTo(page, cards(page).filter({ hasText: "SECOND" }).getByRole("button", { name: "Approve" }));
  await page.keyboard.press("Enter");
  await cards(page).filter({ hasText: "SECOND" }).waitFor({ state: "detached" });
  const focused = () =>
    page.evaluate(() => document.activeElement.closest("li")?.textContent ?? document.activeElement.id);
  assert.match(await focused(), /FIRST/, "on to the next login");
  await tabTo(page, cards(page).getByRole("button", { name: "Deny" }));
  await page.keyboard.press("Space");
  await cards(page).waitFor({ state: "detached" });
  assert.equal(await focused(), "phone-title", "and back to the phone when there is none");
  assert.equal((await vipps.poll(first)).error, "access_denied");
  assert.equal((await vipps.poll(second)).status, 200);
});

test("in the redirect variant the phone opens the merchant's page with a code", async () => {
  await vipps.askByPhone({ requested_flow: "login_to_webpage", redirect_uri: shop.callback });
  const opened = browser.context.waitForEvent("page");
  await cards(page).getByRole("button", { name: "Approve" }).click();
  const next = await opened;
  await next.getByRole("heading", { name: "Welcome back" }).waitFor();
  assert.deepEqual(Object.keys(shop.visits[0]), ["code"]);
  await page.getByText("Approved Merchant 123456, by phone number, on to a web page").waitFor();
  const grant = { grant_type: "urn:vipps:params:grant-type:ciba-redirect", code: shop.visits[0].code };
  assert.equal((await vipps.post("/access-management-1.0/access/oauth2/token", grant)).status, 200);
  browser.assertQuiet(vipps, shop);
});

test("a button that comes too late says so", async () => {
  await vipps.askByPhone();
  const stale = await browser.page();
  let answers = 0;
  // It hears of the login, and of nothing after that.
  await stale.route("**/emulator/state*", (route) => (answers++ === 0 ? route.continue() : undefined));
  await stale.goto(vipps.url);
  await cards(stale).waitFor();
  await cards(page).getByRole("button", { name: "Deny" }).click();
  await cards(page).waitFor({ state: "detached" });
  await cards(stale).getByRole("button", { name: "Approve" }).click();
  await stale.getByRole("alert").getByText("That did not work: the login was decided before").waitFor();
});
