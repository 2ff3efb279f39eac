// Pictures for the guide, light and dark: what a reader will see. They go into the folder that PICTURES names, or nowhere.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { join } from "node:path";
import { Emulator, MSN, Shop, Watched, cards, rows } from "./stage.mjs";

/** A page of the guide loads in a moment with one that is no larger. */
const MOST_BYTES = 120_000;
const FOLDER = process.env.PICTURES;

let shop;
let vipps;
let browser;

before(async () => {
  shop = await Shop.open();
});
after(() => shop.close());
beforeEach(async () => {
  vipps = await Emulator.start("--redirect-uri", shop.callback);
});
afterEach(async () => {
  await browser.close();
  await vipps.stop();
});

/** A page of this size, in dots for each of its pixels. */
async function opened(url, { width, height, dots }) {
  browser = await Watched.open({ viewport: { width, height }, deviceScaleFactor: dots, reducedMotion: "reduce" });
  return browser.page(url);
}

/** Both pictures of a part of a page. */
async function take(name, part) {
  const taken = [];
  for (const colorScheme of ["light", "dark"]) {
    await part.page().emulateMedia({ colorScheme });
    const path = FOLDER && join(FOLDER, `emulator-${name}-${colorScheme}.png`);
    const picture = await part.screenshot({ path });
    assert.ok(picture.length <= MOST_BYTES, `${name}, ${colorScheme}: ${picture.length} bytes`);
    taken.push(picture);
  }
  assert.notDeepEqual(taken[0], taken[1]);
}

test("the page that a login in the browser opens", async () => {
  const page = await opened(shop.request(vipps).url, { width: 420, height: 700, dots: 2 });
  await page.getByRole("timer").waitFor();
  await take("login", page.locator(".phone"));
});

test("the phone of a login by phone number", async () => {
  const page = await opened(vipps.url, { width: 1280, height: 1000, dots: 2 });
  await vipps.askByPhone({ binding_message: "A1B2-C3" });
  await cards(page).getByText("A1B2-C3").waitFor();
  await take("phone", page.locator("#part-phone .phone"));
});

test("the inspector with a request that was refused, and why", async () => {
  const headers = {
    Authorization: `Bearer ${await vipps.token()}`,
    "Ocp-Apim-Subscription-Key": vipps.printed.VIPPS_SUBSCRIPTION_KEY,
    "Merchant-Serial-Number": MSN,
    "Vipps-System-Name": "acme",
    "Vipps-System-Version": "3.1.2",
  };
  await fetch(`${vipps.url}/epayment/v1/payments/acme-order-1`, { headers });
  await fetch(`${vipps.url}/vipps-userinfo-api/userinfo`, { headers });
  const page = await opened(vipps.url, { width: 1280, height: 1000, dots: 1 });
  const refused = rows(page).filter({ hasText: "Login: userinfo" });
  await refused.locator("summary").click();
  await refused.getByRole("heading", { name: "Sent" }).waitFor();
  await take("inspector", page.locator("#part-inspector"));
});
