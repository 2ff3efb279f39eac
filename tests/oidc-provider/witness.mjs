import { BACKCHANNEL, TOKEN } from "./paths.mjs";

const WATCHED = [TOKEN, BACKCHANNEL];

/** What arrived where clients authenticate: names only, for values are secrets. */
export class Witness {
  #seen = [];

  get seen() {
    return this.#seen;
  }

  /** Koa middleware around the provider. */
  async watch(ctx, next) {
    if (!WATCHED.includes(ctx.path)) {
      return next();
    }
    const form = overheard(ctx.req);
    await next();
    this.#seen.push({ ...described(ctx), form: fieldNames(form) });
  }
}

function described({ method, path, status, req }) {
  return {
    method,
    path,
    status,
    authorization: req.headers.authorization?.split(" ")[0] ?? null,
    // As the client spelt them; Node also has them in lower case.
    headers: req.rawHeaders.filter((_, index) => index % 2 === 0),
  };
}

// Not what the provider has parsed: it adds fields of its own. The pause leaves it to the provider to read the body;
// listening alone would start the flow, and the provider would come too late for the first bytes.
function overheard(req) {
  const chunks = [];
  req.pause().on("data", (chunk) => chunks.push(chunk));
  return chunks;
}

function fieldNames(chunks) {
  return [...new URLSearchParams(Buffer.concat(chunks).toString()).keys()];
}
