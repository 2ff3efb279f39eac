// How the pages look and read: any width, light and dark, contrast, names, no motion that nobody wants.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Emulator, Shop, Watched, cards, overflow, rows } from "./stage.mjs";

let shop;
let vipps;
let browser;
let pages;

before(async () => {
  shop = await Shop.open();
  vipps = await Emulator.start("--redirect-uri", shop.callback);
  browser = await Watched.open();
  await fetch(`${vipps.url}/${"a-long-path-without-any-end/".repeat(8)}`);
  const denied = await vipps.askByPhone();
  await fetch(`${vipps.url}/emulator/logins/${denied.auth_req_id}/deny`, { method: "POST" });
  await vipps.poll(denied);
  await vipps.askByPhone({ scope: "openid name phoneNumber address birthDate email" });
  const login = await browser.page(shop.request(vipps).url);
  const overview = await browser.page(vipps.url);
  await cards(overview).nth(1).waitFor();
  for (const row of await rows(overview).all()) {
    await row.locator("summary").click();
    await row.getByRole("heading", { name: "Sent" }).waitFor();
  }
  const refusal = await browser.page(shop.request(vipps, { redirect_uri: `${shop.url}/unknown` }).url);
  pages = { overview, login, refusal };
});
after(async () => {
  await browser.close();
  await vipps.stop();
  shop.close();
});

for (const name of ["overview", "login", "refusal"]) {
  test(`${name}: nothing sticks out at any width`, async () => {
    for (const width of [320, 390, 600, 900, 1280, 1920]) {
      await pages[name].setViewportSize({ width, height: 700 });
      assert.equal(await overflow(pages[name]), 0, `${width} pixels`);
    }
  });

  test(`${name}: all text has the contrast of WCAG AA, light and dark`, async () => {
    const backgrounds = [];
    for (const colorScheme of ["light", "dark"]) {
      await pages[name].emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const { checked, faint, background } = await pages[name].evaluate(contrasts);
      assert.deepEqual(faint, [], colorScheme);
      assert.ok(checked >= 5, `${checked} texts`);
      backgrounds.push(background);
    }
    assert.notEqual(backgrounds[0], backgrounds[1]);
  });

  test(`${name}: it has a language, a main part, headings in order, and a name for all that can be used`, async () => {
    const page = pages[name];
    assert.equal(await page.locator("html").getAttribute("lang"), "en");
    assert.equal(await page.getByRole("main").count(), 1);
    assert.equal(await page.getByRole("heading", { level: 1 }).count(), 1);
    assert.match(await page.locator("body").innerText(), /Testing only\..*not an official Vipps product/is);
    for (const role of ["button", "combobox", "radio", "link", "region"]) {
      const [all, named] = [page.getByRole(role), page.getByRole(role, { name: /\S/ })];
      assert.equal(await named.count(), await all.count(), role);
    }
    const tags = await page.locator("h1, h2, h3, h4").evaluateAll((all) => all.map((heading) => heading.tagName));
    const levels = tags.map((tag) => Number(tag[1]));
    levels.forEach((level, at) => assert.ok(at === 0 || level <= levels[at - 1] + 1, `heading levels ${levels}`));
  });
}

test("nothing moves for those who do not want it", async () => {
  await pages.overview.emulateMedia({ reducedMotion: "reduce" });
  const moving = await pages.overview.evaluate(() =>
    [...document.querySelectorAll("*")].filter((element) => {
      const { transitionDuration, animationName } = getComputedStyle(element);
      return transitionDuration !== "0s" || animationName !== "none";
    }).length);
  assert.equal(moving, 0);
});

test("what is new is told politely", async () => {
  for (const list of ["#pending", "#requests"]) {
    assert.equal(await pages.overview.locator(list).getAttribute("aria-live"), "polite");
  }
});

/** Runs in the page: texts whose contrast is under 4.5:1 (WCAG 2.2, 1.4.3). */
function contrasts() {
  const parse = (color) => color.match(/[\d.]+/g).map(Number);
  const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const luminance = (color) => {
    const [red, green, blue] = color.map((part) => linear(part / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const backgroundOf = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color[3] !== 0) return color;
    }
    return [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const faint = [];
  let checked = 0;
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.checkVisibility()) continue;
    const pair = [parse(getComputedStyle(element).color), backgroundOf(element)].map(luminance).sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    checked += 1;
    if (ratio < 4.5) faint.push(`${texts.currentNode.data.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return { checked, faint, background: getComputedStyle(document.body).backgroundColor };
}
