// Login in the browser: the application sends the person to the emulator, and the person comes back.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { Emulator, Shop, Watched, cards, tabTo } from "./stage.mjs";

let shop;
let vipps;
let browser;

before(async () => {
  shop = await Shop.open();
  vipps = await Emulator.start("--redirect-uri", shop.callback);
});
after(async () => {
  await vipps.stop();
  shop.close();
});
beforeEach(async () => {
  browser = await Watched.open();
  shop.visits.length = 0;
});
afterEach(() => browser.close());

async function assertLoggedIn(request) {
  const [visit] = shop.visits;
  assert.equal(visit.state, request.state);
  assert.equal(shop.visits.length, 1, "the application sees its code once");
  const reply = await shop.exchange(vipps, request, visit.code);
  assert.equal(reply.status, 200);
  assert.equal(reply.id_token.split(".").length, 3);
}

test("a person approves and the application gets its tokens", async () => {
  const request = shop.request(vipps);
  const page = await browser.page(request.url);
  await page.getByRole("heading", { name: "Log in to Merchant 123456" }).waitFor();
  const shares = await page.getByRole("listitem").allTextContents();
  assert.deepEqual(shares, ["That it is you, by an id made for this merchant", "Your name", "Your e-mail address"]);
  assert.match(await page.getByRole("timer").textContent(), /^(10:00|9:5\d)$/);
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByRole("heading", { name: "Welcome back" }).waitFor();
  await assertLoggedIn(request);
  browser.assertQuiet(vipps, shop);
});

test("a person denies and the application hears of it", async () => {
  const request = shop.request(vipps);
  const page = await browser.page(request.url);
  await page.getByRole("button", { name: "Deny" }).click();
  await page.getByRole("heading", { name: "Welcome back" }).waitFor();
  assert.equal(shop.visits[0].error, "access_denied");
  assert.equal(shop.visits[0].state, request.state);
  browser.assertQuiet(vipps, shop);
});

test("keys alone will do, in the order of the page", async () => {
  const request = shop.request(vipps);
  const page = await browser.page(request.url);
  await page.getByRole("timer").waitFor();
  await tabTo(page, page.getByRole("combobox", { name: "Log in as" }));
  await tabTo(page, page.getByRole("button", { name: "Approve" }));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Welcome back" }).waitFor();
  await assertLoggedIn(request);
});

test("without scripts the buttons work as well", async () => {
  await browser.close();
  browser = await Watched.open({ javaScriptEnabled: false });
  const request = shop.request(vipps);
  const page = await browser.page(request.url);
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByRole("heading", { name: "Welcome back" }).waitFor();
  await assertLoggedIn(request);
});

test("approved on the phone, the browser goes on by itself", async () => {
  const request = shop.request(vipps);
  const waiting = await browser.page(request.url);
  const phone = await browser.page(vipps.url);
  await cards(phone).getByRole("combobox", { name: "Log in as" }).selectOption({ label: "Kari Fixture (4791234567)" });
  await cards(phone).getByRole("button", { name: "Approve" }).click();
  await waiting.getByRole("heading", { name: "Welcome back" }).waitFor();
  await phone.getByText("Approved Merchant 123456, in a browser").first().waitFor();
  await assertLoggedIn(request);
  browser.assertQuiet(vipps, shop);
});

test("denied on the phone, the browser goes on as well", async () => {
  const waiting = await browser.page(shop.request(vipps).url);
  const phone = await browser.page(vipps.url);
  await cards(phone).getByRole("button", { name: "Deny" }).click();
  await waiting.getByRole("heading", { name: "Welcome back" }).waitFor();
  assert.equal(shop.visits[0].error, "access_denied");
});

test("when nobody decides the login expires and both pages say so", async () => {
  const waiting = await browser.page(shop.request(vipps).url);
  const phone = await browser.page(vipps.url);
  await cards(phone).waitFor();
  await phone.getByRole("button", { name: "+ 10 minutes" }).click();
  await waiting.getByRole("heading", { name: "Expired" }).waitFor();
  await cards(phone).waitFor({ state: "detached" });
  await phone.getByText("Expired Merchant 123456, in a browser").first().waitFor();
  assert.deepEqual(shop.visits, []);
});
