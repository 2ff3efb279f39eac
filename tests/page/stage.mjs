// What the tests share: the emulator as a program, an application that logs people in, and a browser that is watched.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { createServer } from "node:http";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const KARI = "4791234567";
export const MSN = "123456";
/** Partners must say which system calls. */
const SYSTEM = { "Vipps-System-Name": "acme", "Vipps-System-Version": "3.1.2" };
const ACCESS = "/access-management-1.0/access/oauth2";
const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const PROGRAM = process.env.VIPPS_EMULATOR ?? join(REPOSITORY, "target", "debug", "vipps-emulator");

/** A running `vipps-emulator`: its address and the partner's keys as it printed them. */
export class Emulator {
  static async start(...options) {
    const port = options.includes("--port") ? [] : ["--port", "0"];
    const child = spawn(PROGRAM, [...port, "--merchant", MSN, ...options], { stdio: ["ignore", "pipe", "inherit"] });
    const [printed, special] = [{}, {}];
    let keys = printed;
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith("# or ")) keys = line.startsWith("# or specialised keys") ? special : {};
      const [, name, value] = /^(?:# )?export (\w+)='(.*)'$/.exec(line) ?? [];
      if (name) keys[name] = value;
      if (special.VIPPS_CLIENT_SECRET) break;
    }
    return new Emulator(child, printed, special);
  }

  constructor(child, printed, special) {
    this.child = child;
    this.printed = printed;
    this.special = special;
    this.url = printed.VIPPS_ENVIRONMENT;
    this.port = new URL(this.url).port;
  }

  async stop() {
    this.child.kill("SIGKILL");
    await once(this.child, "exit");
  }

  /** A partner's API token. */
  async token() {
    const headers = {
      client_id: this.printed.VIPPS_CLIENT_ID,
      client_secret: this.printed.VIPPS_CLIENT_SECRET,
      "Ocp-Apim-Subscription-Key": this.printed.VIPPS_SUBSCRIPTION_KEY,
      ...SYSTEM,
    };
    const response = await fetch(`${this.url}/accesstoken/get`, { method: "POST", headers });
    return (await response.json()).access_token;
  }

  /** A form as a partner posts it for the merchant; the reply's status and JSON. */
  async post(path, fields, headers = {}) {
    const credentials = { Authorization: `Bearer ${await this.token()}`, "Merchant-Serial-Number": MSN, ...SYSTEM };
    const body = new URLSearchParams(fields);
    const response = await fetch(this.url + path, { method: "POST", headers: { ...credentials, ...headers }, body });
    return { status: response.status, ...(await response.json()) };
  }

  askByPhone(fields = {}) {
    const usual = { login_hint: `urn:msisdn:${KARI}`, scope: "openid name phoneNumber", binding_message: "K7-42" };
    return this.post("/vipps-login-ciba/api/backchannel/authentication", { ...usual, ...fields });
  }

  poll({ auth_req_id }) {
    return this.post(`${ACCESS}/token`, { grant_type: "urn:openid:params:grant-type:ciba", auth_req_id });
  }
}

/** An application with a redirect URI of its own; it keeps each query that came back, and the path it came to. */
export class Shop {
  static async open() {
    const shop = new Shop();
    shop.visits = [];
    shop.server = createServer((request, response) => {
      const url = new URL(request.url, shop.url);
      if (url.pathname.startsWith("/callback")) shop.visits.push(Object.fromEntries(url.searchParams));
      response.setHeader("Content-Type", "text/html");
      response.end('<!doctype html><link rel="icon" href="data:,"><title>Shop</title><h1>Welcome back</h1>');
    });
    await once(shop.server.listen(0, "127.0.0.1"), "listening");
    shop.url = `http://127.0.0.1:${shop.server.address().port}`;
    shop.callback = `${shop.url}/callback`;
    return shop;
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** An authorisation request with PKCE, as a partner sends it. */
  request(emulator, fields = {}) {
    const verifier = randomBytes(32).toString("base64url");
    const state = randomBytes(24).toString("base64url");
    const query = new URLSearchParams({
      response_type: "code",
      msn: MSN,
      redirect_uri: this.callback,
      scope: "openid name email",
      state,
      nonce: randomBytes(24).toString("base64url"),
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
      ...fields,
    });
    const url = `${emulator.url}${ACCESS}/auth?${query.toString().replaceAll("+", "%20")}`;
    return { url, state, verifier };
  }

  exchange(emulator, { verifier }, code) {
    const grant = { grant_type: "authorization_code", code, redirect_uri: this.callback, code_verifier: verifier };
    return emulator.post(`${ACCESS}/token`, grant);
  }
}

let browser;
after(() => browser?.close());

function launched() {
  const asRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const args = [...asRoot, "--host-resolver-rules=MAP rebound.example 127.0.0.1"];
  return chromium.launch({ executablePath: onSearchPath("chromium"), args });
}

/** A browser's fresh profile, every page of which is watched: what it logs, what its policy stops, whom it talks to. */
export class Watched {
  static async open(options = {}) {
    browser ??= await launched();
    const watched = new Watched();
    watched.troubles = [];
    watched.origins = new Set();
    watched.context = await browser.newContext(options);
    // To give up is better than to hang; no test is about speed.
    watched.context.setDefaultTimeout(120_000);
    await watched.context.addInitScript(() => {
      addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective}`));
    });
    watched.context.on("request", (request) => watched.origins.add(new URL(request.url()).origin));
    watched.context.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) watched.troubles.push(message.text());
    });
    watched.context.on("weberror", (error) => watched.troubles.push(String(error.error())));
    return watched;
  }

  async page(url) {
    const page = await this.context.newPage();
    if (url) await page.goto(url);
    return page;
  }

  /** Nothing was logged as an error, nothing stopped by the policy, and nobody else was talked to. */
  assertQuiet(...servers) {
    assert.deepEqual(this.troubles, []);
    assert.deepEqual([...this.origins].sort(), servers.map((server) => server.url).sort());
  }

  close() {
    return this.context.close();
  }
}

/** The cards of the logins that wait, on the overview. */
export function cards(page) {
  return page.locator("#pending > li");
}

/** The rows of the inspector, newest first. */
export function rows(page) {
  return page.locator("#requests > li");
}

/** Presses Tab until this has the focus, as somebody without a mouse would; what has it must be seen to have it. */
export async function tabTo(page, locator) {
  for (let pressed = 0; pressed < 100; pressed += 1) {
    await page.keyboard.press("Tab");
    assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), "none");
    if (await locator.evaluate((element) => element === document.activeElement)) return;
  }
  assert.fail(`${locator} can't be reached by Tab`);
}

/** What sticks out of the page sideways, as a number of pixels; 0 when nothing has to be scrolled to. */
export function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

function onSearchPath(name) {
  const isThere = (path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  };
  const found = process.env.PATH.split(delimiter).map((folder) => join(folder, name)).find(isThere);
  if (!found) throw new Error(`${name} is not on the search path`);
  return found;
}
