//! Where languages differ on purpose.

/// A member, the languages that have its type and not the member, and why that is so.
pub(crate) struct Lacking {
    pub(crate) member: &'static str,
    pub(crate) languages: &'static [&'static str],
    pub(crate) why: &'static str,
}

const fn lacking(member: &'static str, languages: &'static [&'static str], why: &'static str) -> Lacking {
    Lacking { member, languages, why }
}

pub(crate) const DIFFERENCES: &[Lacking] = &[
    lacking(
        "AccessToken.json",
        &["jvm", "python", "swift"],
        "JSON.stringify calls it in JavaScript; it leaves out what is secret",
    ),
    lacking(
        "Agreement.text",
        &["jvm", "node", "python"],
        "`description` elsewhere; in Swift that is the text of the value itself",
    ),
    lacking(
        "Authorization.in",
        &["node", "swift"],
        "an adapter in these languages sees what it sent itself, and need not look for the token in headers",
    ),
    lacking(
        "Backchannel.states",
        &["jvm", "python", "swift"],
        "an async iterator is how Node.js shows progress; elsewhere a loop of `poll` and `next_poll_in` is as short",
    ),
    lacking(
        "BackchannelOptions.login_hint",
        &["jvm", "python", "swift"],
        "Node.js has named arguments only as one object, so these two stand in it",
    ),
    lacking(
        "BackchannelOptions.scopes",
        &["jvm", "python", "swift"],
        "Node.js has named arguments only as one object, so these two stand in it",
    ),
    lacking(
        "BackchannelOptions.signal",
        &["jvm", "python", "swift"],
        "an AbortSignal is how a call is given up in JavaScript; elsewhere the task, the coroutine or a timeout",
    ),
    lacking("BackchannelPing.parse", &["swift"], "an initializer does it in Swift"),
    lacking("Caller.aiohttp_middleware", &["jvm", "node", "swift"], "an HTTP client of Python"),
    lacking(
        "Caller.cached_authorization",
        &["node", "python"],
        "adapters wait in one way there, which costs nothing while a token is there",
    ),
    lacking(
        "Caller.cached_headers",
        &["node", "python"],
        "`Partner` and `Merchant` have it; what adapters need is `authorization`",
    ),
    lacking(
        "Caller.headers",
        &["node"],
        "Node.js has it on `Partner` and `Merchant`; what adapters need is `authorization`",
    ),
    lacking("Caller.headers_withheld", &["jvm", "node"], "only the package's own adapters tell it there"),
    lacking("Caller.httpx_auth", &["jvm", "node", "swift"], "an HTTP client of Python"),
    lacking(
        "Caller.note_refused",
        &["node", "python"],
        "`refused` brings another token for whoever can wait, as everybody can there",
    ),
    lacking("Caller.partner", &["node", "python", "swift"], "`Merchant` has it"),
    lacking("Caller.requests_auth", &["jvm", "node", "swift"], "an HTTP client of Python"),
    lacking("DoctorReport.environment", &["python"], "attributes of the object, which are set when it is made"),
    lacking("DoctorReport.findings", &["python"], "attributes of the object, which are set when it is made"),
    lacking("DoctorReport.json", &["node"], "in Node.js it is a plain object, which is JSON"),
    lacking("DoctorReport.keys", &["python"], "attributes of the object, which are set when it is made"),
    lacking("DoctorReport.outcome", &["python"], "attributes of the object, which are set when it is made"),
    lacking("DoctorReport.version", &["python"], "attributes of the object, which are set when it is made"),
    lacking(
        "Environment.from_env",
        &["node"],
        "`Partner.fromEnv` reads it in Node.js, where variables may come from anywhere",
    ),
    lacking("Environment.of", &["node", "python"], "a text does it there: `\"production\"`, `\"test\"` or an address"),
    lacking(
        "Environment.production",
        &["node", "python"],
        "a text does it there: `\"production\"`, `\"test\"` or an address",
    ),
    lacking(
        "Environment.test",
        &["node", "python"],
        "a text does it there: `\"production\"`, `\"test\"` or an address",
    ),
    lacking("Expect.msn", &["python"], "an argument of the call in Python"),
    lacking(
        "FlowScreen.text",
        &["jvm", "node", "python"],
        "`description` elsewhere; in Swift that is the text of the value itself",
    ),
    lacking("IdTokenClaims.bool", &["node", "python"], "a claim has its type by itself there: see `claim`"),
    lacking("IdTokenClaims.list", &["node", "python"], "a claim has its type by itself there: see `claim`"),
    lacking("IdTokenClaims.long", &["node", "python"], "a claim has its type by itself there: see `claim`"),
    lacking("IdTokenClaims.read", &["node", "python"], "a claim has its type by itself there: see `claim`"),
    lacking("IdTokenClaims.text", &["node", "python"], "a claim has its type by itself there: see `claim`"),
    lacking(
        "IdTokenVerifier.close",
        &["node", "python"],
        "only the JVM frees what is native late, and so has a way to say when",
    ),
    lacking("LoginOptions.app_auth", &["jvm", "node", "python"], "a constant of the package there"),
    lacking(
        "LoginOptions.signal",
        &["jvm", "python", "swift"],
        "an AbortSignal is how a call is given up in JavaScript; elsewhere the task, the coroutine or a timeout",
    ),
    lacking(
        "LoginResult.json",
        &["jvm", "python", "swift"],
        "JSON.stringify calls it in JavaScript; it leaves out what is secret",
    ),
    lacking(
        "LoginToken.json",
        &["jvm", "python", "swift"],
        "JSON.stringify calls it in JavaScript; it leaves out what is secret",
    ),
    lacking("Merchant.aiohttp_middleware", &["jvm", "node", "swift"], "an HTTP client of Python"),
    lacking("Merchant.axios", &["jvm", "python", "swift"], "an HTTP client of JavaScript"),
    lacking(
        "Merchant.cached_authorization",
        &["node", "python"],
        "adapters wait in one way there, which costs nothing while a token is there",
    ),
    lacking("Merchant.fetch", &["jvm", "python", "swift"], "an HTTP client of JavaScript"),
    lacking("Merchant.headers_withheld", &["jvm", "node"], "only the package's own adapters tell it there"),
    lacking("Merchant.httpx_auth", &["jvm", "node", "swift"], "an HTTP client of Python"),
    lacking(
        "Merchant.note_refused",
        &["node", "python"],
        "`refused` brings another token for whoever can wait, as everybody can there",
    ),
    lacking("Merchant.requests_auth", &["jvm", "node", "swift"], "an HTTP client of Python"),
    lacking("Merchant.undici", &["jvm", "python", "swift"], "an HTTP client of JavaScript"),
    lacking(
        "MerchantCheck.findings",
        &["jvm", "node", "swift"],
        "all findings by name, besides each by itself: a dict is how Python goes through them",
    ),
    lacking("Partner.aiohttp_middleware", &["jvm", "node", "swift"], "an HTTP client of Python"),
    lacking("Partner.axios", &["jvm", "python", "swift"], "an HTTP client of JavaScript"),
    lacking(
        "Partner.cached_authorization",
        &["node", "python"],
        "adapters wait in one way there, which costs nothing while a token is there",
    ),
    lacking(
        "Partner.close",
        &["node", "python", "swift"],
        "only the JVM frees what is native late, and so has a way to say when",
    ),
    lacking("Partner.fetch", &["jvm", "python", "swift"], "an HTTP client of JavaScript"),
    lacking("Partner.headers_withheld", &["jvm", "node"], "only the package's own adapters tell it there"),
    lacking("Partner.httpx_auth", &["jvm", "node", "swift"], "an HTTP client of Python"),
    lacking(
        "Partner.note_refused",
        &["node", "python"],
        "`refused` brings another token for whoever can wait, as everybody can there",
    ),
    lacking(
        "Partner.partner",
        &["node", "swift"],
        "on the JVM and in Python every caller has its partner, a partner itself",
    ),
    lacking("Partner.requests_auth", &["jvm", "node", "swift"], "an HTTP client of Python"),
    lacking("Partner.sales_units_of", &["swift"], "`salesUnits(of:id:)` in Swift"),
    lacking("Partner.undici", &["jvm", "python", "swift"], "an HTTP client of JavaScript"),
    lacking("Settings.environment", &["jvm"], "an argument of its own on the JVM, as it is for keys and system"),
    lacking("Settings.key_source", &["jvm"], "an argument of its own on the JVM: apps have the settings, and no keys"),
    lacking(
        "Settings.token_cache",
        &["jvm"],
        "an argument of its own on the JVM: apps have the settings, and no tokens",
    ),
    lacking("Settings.trusted_origin", &["node", "python"], "a builder takes one at a time, an object all at once"),
    lacking("Settings.trusted_origins", &["jvm"], "a builder takes one at a time, an object all at once"),
    lacking("SystemInfo.fit", &["node"], "functions of the package in Node.js, where it is a plain object"),
    lacking("SystemInfo.from_env", &["node"], "functions of the package in Node.js, where it is a plain object"),
    lacking("SystemInfo.headers", &["node"], "functions of the package in Node.js, where it is a plain object"),
    lacking("UnverifiedConsentRevoked.parse", &["swift"], "an initializer does it in Swift"),
    lacking("Userinfo.bool", &["node", "python"], "a claim has its type by itself there: see `claim`"),
    lacking(
        "Userinfo.decoded",
        &["jvm", "node", "python"],
        "a typed claim of Swift; `long` and `read` on the JVM, by itself elsewhere",
    ),
    lacking(
        "Userinfo.int",
        &["jvm", "node", "python"],
        "a typed claim of Swift; `long` and `read` on the JVM, by itself elsewhere",
    ),
    lacking("Userinfo.list", &["node", "python"], "a claim has its type by itself there: see `claim`"),
    lacking(
        "Userinfo.long",
        &["node", "python", "swift"],
        "a typed claim of the JVM; `int` and `decoded` in Swift, by itself elsewhere",
    ),
    lacking(
        "Userinfo.read",
        &["node", "python", "swift"],
        "a typed claim of the JVM; `int` and `decoded` in Swift, by itself elsewhere",
    ),
    lacking("Userinfo.text", &["node", "python"], "a claim has its type by itself there: see `claim`"),
    lacking(
        "VerifiedWebhook.text",
        &["jvm", "python", "swift"],
        "one short call makes text of bytes there; JavaScript needs a decoder for it",
    ),
    lacking("VippsAuthError.kind", &["node", "python"], "the class in Python, `code` in Node.js"),
    lacking(
        "WebhookVerifier.close",
        &["node", "python", "swift"],
        "only the JVM frees what is native late, and so has a way to say when",
    ),
];
