//! Webhooks, signed here by hand: what comes from Vipps, and all that only looks like it.

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac,
};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    Sheet,
    base::{AUTH_REQ_ID, IAT, MSN},
    members::{Members, quote},
};

/// The registration that calls, unless a case says otherwise. Its secret is base64 as Vipps' are, and not to be decoded.
const ID: &str = "3cc1dd85-0000-4000-8000-000000000001";
const SECRET: &str = "Zml4dHVyZS1TZWNyZXQtbnVtYmVyLW9uZQ==";
const OTHER_ID: &str = "3cc1dd85-0000-4000-8000-000000000002";
const OTHER_SECRET: &str = "Zml4dHVyZS1TZWNyZXQtbnVtYmVyLXR3bw==";
/// The one that takes the place of the first.
const NEW_SECRET: &str = "Zml4dHVyZS1TZWNyZXQtbnVtYmVyLW5ldw==";

const DATE: &str = "Thu, 01 Jan 2026 00:00:00 GMT";
const HOST: &str = "shop.example";
const PATH: &str = "/webhooks/vipps?shop=7";
const BODY: &str = r#"{"auth_req_id":"fixture-auth-req-0001"}"#;

pub(super) fn webhooks() -> Sheet {
    let pairs = |pairs: &[(&str, &str)]| {
        let pairs: Vec<_> = pairs.iter().map(|(id, secret)| format!("[{}, {}]", quote(id), quote(secret))).collect();
        format!("[{}]", pairs.join(", "))
    };
    let groups = [good(), hosts(), dates(), bodies(), secrets(), forms(), settings(), pings(), signing()];
    Sheet {
        file: "webhook.json",
        comment: "Webhooks: whether a call comes from Vipps, and what differs where it does not. Nothing is sent.",
        shared: vec![
            ("one", pairs(&[(ID, SECRET)])),
            ("two", pairs(&[(ID, SECRET), (OTHER_ID, OTHER_SECRET)])),
            ("mixed-up", pairs(&[(ID, OTHER_SECRET), (OTHER_ID, SECRET)])),
            ("rotating", pairs(&[(ID, SECRET), (ID, NEW_SECRET)])),
            ("rotated", pairs(&[(ID, NEW_SECRET)])),
        ],
        cases: groups.into_iter().flatten().map(|case| case.render()).collect(),
    }
}

fn good() -> Vec<Case> {
    vec![
        verified("webhook", "as Vipps sends it"),
        verified(
            "webhook-query-as-it-is",
            "path and query are signed as they were called, with all that is odd in them",
        )
        .called("/a%20b/../c//?x=1&&y=%2F+%c3%a5&z"),
        verified("webhook-root", "no more path than a slash").called("/"),
        verified("webhook-whole-url", "the whole URL will do").handed("path", &format!("https://shop.example{PATH}")),
        verified("webhook-names-in-capitals", "names of headers have no letter case").renamed(str::to_uppercase),
        verified("webhook-names-in-small-letters", "nor when a framework lowers them").renamed(str::to_lowercase),
        verified("webhook-more-headers", "what is not signed is not looked at")
            .adding("content-type", "application/json")
            .adding("User-Agent", "Vipps")
            .adding("X-Forwarded-Host", "evil.example")
            .adding("X-Forwarded-For", "10.0.0.1"),
        verified("webhook-white-space", "white space around a value is none of it (RFC 9110 section 5.5)").padded(),
        verified("webhook-scheme-in-small-letters", "the scheme of authorization has no letter case").authorized(
            |signature| format!("hmac-sha256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}"),
        ),
        verified("webhook-empty-body", "a body of nothing has a hash, too").saying(""),
        verified("webhook-bytes", "a body is bytes, of whatever encoding").saying_bytes(b"\xff\xfe{\"a\"\0"),
        verified("webhook-not-ascii", "letters that are no ASCII, an escape and a line end stay as they are")
            .saying("{ \"name\": \"\u{c5}se \\u00c5 \u{1f600}\" }\r\n"),
        verified("webhook-authority", "HTTP/2 names the host elsewhere").without("Host").adding(":authority", HOST),
        verified("webhook-host-of-the-url", "a host that no header names, but the URL does")
            .without("Host")
            .handed("path", &format!("https://shop.example{PATH}")),
    ]
}

fn hosts() -> Vec<Case> {
    let bent = |id, comment| verified(id, comment).set("Host", "10.0.0.7:8080");
    vec![
        verified("webhook-host-port", "a port that is not the scheme's own is signed").for_host("shop.example:8443"),
        bent("webhook-public-host", "a proxy changes Host, so the public one is a setting").given("public_host", HOST),
        bent("webhook-public-host-capitals", "as it is called, whatever the setting's letter case and the usual port")
            .given("public_host", "Shop.Example:443"),
        bent("webhook-public-host-port", "with a port where it is not the usual one")
            .for_host("shop.example:8443")
            .given("public_host", "shop.example:8443"),
        verified("webhook-public-host-no-host", "then the request need not name one")
            .without("Host")
            .given("public_host", HOST),
        verified("webhook-public-host-idn", "a name that is no ASCII, as it is called")
            .for_host("xn--blbr-roah.example")
            .given("public_host", "bl\u{e5}b\u{e6}r.example"),
        bent(
            "webhook-proxy",
            "a proxy changes Host and says so: nobody may be believed who says so, but the hint is good",
        )
        .adding("X-Forwarded-Host", HOST)
        .refused("host"),
        bent("webhook-proxy-list", "the same by a chain of proxies")
            .adding("x-forwarded-host", "a.example, shop.example")
            .refused("host"),
        bent("webhook-proxy-forwarded", "the same by RFC 7239")
            .adding("Forwarded", "for=10.0.0.1;proto=https;host=\"shop.example\"")
            .refused("host"),
        bent(
            "webhook-proxy-silent",
            "a proxy changes Host and says nothing: no more is known than that it does not fit",
        )
        .refused("signature"),
        verified("webhook-host-with-usual-port", "a proxy adds the usual port")
            .set("Host", "shop.example:443")
            .refused("host"),
        verified("webhook-wrong-public-host", "the setting is not the host of the registered URL")
            .given("public_host", "www.shop.example")
            .refused("host"),
        verified("webhook-wrong-public-host-port", "nor its port")
            .for_host("shop.example:8443")
            .given("public_host", HOST)
            .refused("host"),
        verified("webhook-no-host", "no host at all").without("Host").refused("form"),
    ]
}

fn dates() -> Vec<Case> {
    vec![
        verified("webhook-date-oldest", "five minutes old").at(IAT + 300),
        verified("webhook-date-newest", "five minutes ahead").at(IAT - 300),
        verified("webhook-date-old", "a second older").at(IAT + 301).refused("date"),
        verified("webhook-date-ahead", "a second further ahead").at(IAT - 301).refused("date"),
        verified("webhook-tolerance", "as far as is set").at(IAT + 3_600).given_number("tolerance", 3_600),
        verified("webhook-tolerance-narrow", "and no further")
            .at(IAT + 31)
            .given_number("tolerance", 30)
            .refused("date"),
        verified("webhook-tolerance-none", "the very second").at(IAT).given_number("tolerance", 0),
        verified("webhook-date-iso", "another kind of date").dated("2026-01-01T00:00:00Z").refused("date"),
        verified("webhook-date-none", "no date").dated("soon").refused("date"),
        verified("webhook-date-rfc-850", "an old form of HTTP date (RFC 9110 section 5.6.7)")
            .dated("Thursday, 01-Jan-26 00:00:00 GMT"),
        verified("webhook-date-other", "another date than was signed")
            .set("x-ms-date", "Thu, 01 Jan 2026 00:00:01 GMT")
            .refused("signature"),
    ]
}

fn bodies() -> Vec<Case> {
    let came = |id, body: &str, comment| verified(id, comment).handed("body", body);
    vec![
        came("webhook-body-written-again", r#"{"auth_req_id": "fixture-auth-req-0001"}"#, "parsed and written again")
            .refused("hash"),
        came("webhook-body-line-end", &format!("{BODY}\n"), "a line end at the end").refused("hash"),
        came("webhook-body-other", r#"{"auth_req_id":"fixture-auth-req-0002"}"#, "another body").refused("hash"),
        came("webhook-body-read-before", "", "a parser read it, and nothing is left").refused("hash"),
        verified("webhook-body-escapes", "the same JSON, other bytes")
            .saying("{\"name\":\"\\u00c5se\"}")
            .handed("body", "{\"name\":\"\u{c5}se\"}")
            .refused("hash"),
        verified("webhook-body-utf-8", "bytes that are no UTF-8, replaced by a framework that made text of them")
            .saying_bytes(b"{\"name\":\"\xc5\"}")
            .handed("body", "{\"name\":\"\u{fffd}\"}")
            .refused("hash"),
        verified("webhook-hash-forged", "another body with its own hash, under the old signature")
            .handed("body", "{}")
            .set("x-ms-content-sha256", &hash(b"{}"))
            .refused("signature"),
        verified("webhook-hash-hex", "a hash in hexadecimal digits")
            .set("x-ms-content-sha256", &hexadecimal(digest(&SHA256, BODY.as_bytes()).as_ref()))
            .refused("hash"),
        verified("webhook-hash-empty", "no hash").set("x-ms-content-sha256", "").refused("hash"),
    ]
}

fn secrets() -> Vec<Case> {
    let decoded = STANDARD.decode(SECRET).unwrap_or_default();
    vec![
        verified("webhook-second-id", "each registration has a secret of its own")
            .of(OTHER_ID, OTHER_SECRET)
            .knowing("two"),
        verified("webhook-rotating-old", "while a secret is rotated the old one holds").knowing("rotating"),
        verified("webhook-rotating-new", "and so does the new one").of(ID, NEW_SECRET).knowing("rotating"),
        verified("webhook-rotated", "afterwards the old one does not").knowing("rotated").refused("signature"),
        verified("webhook-unknown-id", "a registration that nobody knows")
            .of(OTHER_ID, OTHER_SECRET)
            .refused("webhook_id"),
        verified("webhook-mixed-up", "the secret of another registration").knowing("mixed-up").refused("webhook_id"),
        verified("webhook-decoded-secret", "a sender that decodes the secret")
            .signed_with(&decoded)
            .refused("signature"),
        verified("webhook-forged", "a signature by whoever").signed_with(b"guess").refused("signature"),
        verified("webhook-crlf", "lines that end in CRLF").joined_by("\r\n").refused("signature"),
        verified("webhook-other-path", "another path than was signed")
            .handed("path", "/webhooks/other?shop=7")
            .refused("signature"),
        verified("webhook-no-query", "a query that got lost").handed("path", "/webhooks/vipps").refused("signature"),
        verified("webhook-query-decoded", "a query that was decoded")
            .called("/w?a=%2F")
            .handed("path", "/w?a=/")
            .refused("signature"),
        verified("webhook-slash", "a slash at the end that was taken away")
            .called("/w/")
            .handed("path", "/w")
            .refused("signature"),
        verified("webhook-signature-empty", "no signature").authorized(|_| SIGNED.to_owned()).refused("signature"),
        verified("webhook-signature-cut", "a signature that was cut")
            .authorized(|signature| format!("{SIGNED}{}", &signature[..20]))
            .refused("signature"),
        verified("webhook-signature-url-safe", "a signature in another alphabet")
            .authorized(|signature| {
                format!("{SIGNED}{}", signature.replace('+', "-").replace('/', "_").trim_end_matches('='))
            })
            .refused("signature"),
    ]
}

const SIGNED: &str = "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=";

fn forms() -> Vec<Case> {
    let lacking = |id, name, comment| verified(id, comment).without(name).refused("form");
    let twice = |id, name, comment| verified(id, comment).again(name).refused("form");
    let authorized = |id, text: fn(&str) -> String, comment| verified(id, comment).authorized(text).refused("form");
    vec![
        verified("webhook-get", "no POST").handed("method", "GET").refused("form"),
        lacking("webhook-no-date", "x-ms-date", "without its date"),
        lacking("webhook-no-hash", "x-ms-content-sha256", "without the hash"),
        lacking("webhook-no-id", "Webhook-Id", "without an id"),
        lacking("webhook-no-authorization", "Authorization", "without a signature"),
        twice("webhook-two-dates", "x-ms-date", "two dates: nobody knows which one another reader takes"),
        twice("webhook-two-hashes", "x-ms-content-sha256", "two hashes"),
        twice("webhook-two-ids", "Webhook-Id", "two ids"),
        twice("webhook-two-authorizations", "Authorization", "two signatures"),
        twice("webhook-two-hosts", "Host", "two hosts"),
        verified("webhook-two-hosts-capitals", "also in other letters").adding("HOST", "evil.example").refused("form"),
        authorized("webhook-bearer", |_| "Bearer abc".to_owned(), "another scheme"),
        authorized(
            "webhook-other-mac",
            |signature| format!("HMAC-SHA1 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}"),
            "another algorithm: it is never the sender's choice",
        ),
        authorized(
            "webhook-fewer-headers",
            |signature| format!("HMAC-SHA256 SignedHeaders=x-ms-date;host&Signature={signature}"),
            "fewer headers: what is not covered would be the sender's choice",
        ),
        authorized(
            "webhook-no-headers",
            |signature| format!("HMAC-SHA256 SignedHeaders=&Signature={signature}"),
            "no headers at all",
        ),
        authorized(
            "webhook-signature-alone",
            |signature| format!("HMAC-SHA256 Signature={signature}"),
            "no list of headers",
        ),
        authorized("webhook-authorization-empty", |_| String::new(), "empty"),
        verified("webhook-path-none", "a path that no request has").handed("path", "webhooks/vipps").refused("form"),
        verified("webhook-path-empty", "no path").handed("path", "").refused("form"),
        verified("webhook-path-line-end", "a path that would write a line of its own")
            .handed("path", "/w\n/vipps")
            .refused("form"),
        verified("webhook-consent-revoked", "the callback that is not signed is no webhook")
            .handed("body", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJjMGZmZWUiLCJldmVudCI6IkNPTlNFTlRfUkVWT0tFRCJ9.")
            .without("Authorization")
            .without("Webhook-Id")
            .without("x-ms-date")
            .without("x-ms-content-sha256")
            .refused("form"),
    ]
}

fn settings() -> Vec<Case> {
    let wrong = |id, pairs: &str, field, comment| verified(id, comment).given_json("secrets", pairs).wrong(field);
    vec![
        wrong("webhook-secrets-none", "[]", "secrets", "without a secret nothing could ever pass"),
        wrong("webhook-secret-empty", r#"[["webhook-1", ""]]"#, "secret", "an empty secret"),
        wrong(
            "webhook-secret-line-end",
            r#"[["webhook-1", "fixture-Secret\n"]]"#,
            "secret",
            "a stray line end, as files have it",
        ),
        wrong("webhook-secret-space", r#"[["webhook-1", "fixture Secret"]]"#, "secret", "a space"),
        wrong("webhook-id-empty", r#"[["", "fixture-Secret"]]"#, "webhook_id", "an empty id"),
        wrong("webhook-id-space", r#"[["webhook 1", "fixture-Secret"]]"#, "webhook_id", "an id with a space"),
        verified("webhook-public-host-url", "a URL where a host belongs")
            .given("public_host", "https://shop.example")
            .wrong("public_host"),
        verified("webhook-public-host-empty", "an empty host").given("public_host", "").wrong("public_host"),
        verified("webhook-public-host-user", "a user before the host")
            .given("public_host", "a@shop.example")
            .wrong("public_host"),
        verified("webhook-tolerance-most", "a day").given_number("tolerance", 86_400),
        verified("webhook-tolerance-too-much", "more than a day").given_number("tolerance", 86_401).wrong("tolerance"),
    ]
}

fn pings() -> Vec<Case> {
    let ping = |id, body: &str, comment| verified(id, comment).saying(body).op("webhook_ping");
    let told = |msn: &str| format!("{{ \"ok\": {{ \"auth_req_id\": {}, \"msn\": {msn} }} }}", quote(AUTH_REQ_ID));
    let of_all = format!(r#"{{"auth_req_id":"{AUTH_REQ_ID}","msn":"{MSN}"}}"#);
    vec![
        ping("webhook-ping", BODY, "a login by phone number was decided").ends(told("null")),
        ping("webhook-ping-of-partner", &of_all, "the registration of a whole partner names the merchant")
            .ends(told(&quote(MSN))),
        ping("webhook-ping-forged", BODY, "a ping that is not signed tells nothing")
            .signed_with(b"guess")
            .refused("signature"),
        ping("webhook-ping-other-event", r#"{"reference":"acme-1"}"#, "another event").wrong("body"),
    ]
}

fn signing() -> Vec<Case> {
    vec![
        signed("webhook-sign", "the other direction, for tests: what Vipps would send"),
        signed("webhook-sign-port", "a port is signed")
            .called_at("http://127.0.0.1:4000", PATH)
            .for_host("127.0.0.1:4000"),
        signed("webhook-sign-usual-port", "unless it is the scheme's own").called_at("https://shop.example:443", PATH),
        signed("webhook-sign-capitals", "a host is called in small letters").called_at("https://SHOP.example", PATH),
        signed("webhook-sign-no-path", "without a path a slash is called")
            .called_at("https://shop.example", "")
            .called("/"),
        signed("webhook-sign-rotating", "of two secrets the first signs").knowing("rotating"),
        signed("webhook-sign-bytes", "bytes of whatever encoding").saying_bytes(b"\xff\xfe"),
        signed("webhook-sign-unknown-id", "no secret is known").given("webhook_id", OTHER_ID).wrong("webhook_id"),
        signed("webhook-sign-path", "a path alone names no host").given("url", PATH).wrong("url"),
        signed("webhook-sign-scheme", "webhooks are called by HTTP").given("url", "ftp://shop.example/").wrong("url"),
    ]
}

/// One case in the making: a call as Vipps makes it, bent by the methods below.
struct Case {
    id: &'static str,
    comment: &'static str,
    op: &'static str,
    given: Members,
    webhook_id: &'static str,
    key: Vec<u8>,
    line_end: &'static str,
    target: String,
    date: &'static str,
    host: &'static str,
    body: Vec<u8>,
    edits: Vec<Edit>,
    result: Option<String>,
}

/// What happens to the headers once they are signed.
type Edit = Box<dyn Fn(&mut Vec<(String, String)>)>;

fn verified(id: &'static str, comment: &'static str) -> Case {
    let given = [("secrets", r#""one""#), ("now", ""), ("method", r#""POST""#)];
    Case {
        id,
        comment,
        op: "webhook_verify",
        given: given.into(),
        webhook_id: ID,
        key: SECRET.into(),
        line_end: "\n",
        target: PATH.to_owned(),
        date: DATE,
        host: HOST,
        body: BODY.into(),
        edits: Vec::new(),
        result: None,
    }
    .at(IAT)
}

fn signed(id: &'static str, comment: &'static str) -> Case {
    let case = verified(id, comment).op("webhook_sign").given("webhook_id", ID);
    Case { given: without(case.given, "method"), ..case }.called_at("https://shop.example", PATH)
}

fn without(mut members: Members, name: &str) -> Members {
    members.remove(name);
    members
}

impl Case {
    fn op(self, op: &'static str) -> Self {
        Self { op, ..self }
    }

    fn at(self, now: u64) -> Self {
        self.given_number("now", now)
    }

    fn knowing(self, secrets: &str) -> Self {
        self.given("secrets", secrets)
    }

    fn given(self, name: &str, text: &str) -> Self {
        self.given_json(name, &quote(text))
    }

    fn given_number(self, name: &str, number: u64) -> Self {
        self.given_json(name, &number.to_string())
    }

    fn given_json(mut self, name: &str, json: &str) -> Self {
        self.given.set(name, json);
        self
    }

    /// What comes is another than what was signed.
    fn handed(self, name: &str, text: &str) -> Self {
        self.given(name, text)
    }

    fn of(self, webhook_id: &'static str, secret: &str) -> Self {
        Self { webhook_id, key: secret.into(), ..self }
    }

    fn signed_with(self, key: &[u8]) -> Self {
        Self { key: key.into(), ..self }
    }

    fn joined_by(self, line_end: &'static str) -> Self {
        Self { line_end, ..self }
    }

    fn called(self, target: &str) -> Self {
        Self { target: target.to_owned(), ..self }
    }

    fn called_at(self, origin: &str, target: &str) -> Self {
        self.given("url", &format!("{origin}{target}")).called(target)
    }

    fn for_host(self, host: &'static str) -> Self {
        Self { host, ..self }
    }

    fn dated(self, date: &'static str) -> Self {
        Self { date, ..self }
    }

    fn saying(self, body: &str) -> Self {
        self.saying_bytes(body.as_bytes())
    }

    fn saying_bytes(self, body: &[u8]) -> Self {
        Self { body: body.into(), ..self }
    }

    fn edited(mut self, edit: impl Fn(&mut Vec<(String, String)>) + 'static) -> Self {
        self.edits.push(Box::new(edit));
        self
    }

    fn set(self, name: &'static str, value: &str) -> Self {
        let value = value.to_owned();
        self.edited(move |headers| {
            headers.iter_mut().filter(|(known, _)| known == name).for_each(|header| header.1.clone_from(&value));
        })
    }

    fn without(self, name: &'static str) -> Self {
        self.edited(move |headers| headers.retain(|(known, _)| known != name))
    }

    fn adding(self, name: &'static str, value: &'static str) -> Self {
        self.edited(move |headers| headers.push((name.to_owned(), value.to_owned())))
    }

    fn again(self, name: &'static str) -> Self {
        self.edited(move |headers| {
            let known = headers.iter().find(|(known, _)| known == name).cloned();
            headers.extend(known);
        })
    }

    fn renamed(self, rename: fn(&str) -> String) -> Self {
        self.edited(move |headers| headers.iter_mut().for_each(|(name, _)| *name = rename(name)))
    }

    fn padded(self) -> Self {
        self.edited(|headers| headers.iter_mut().for_each(|(_, value)| *value = format!(" {value}\t")))
    }

    fn authorized(self, text: fn(&str) -> String) -> Self {
        self.edited(move |headers| {
            for (name, value) in headers {
                if name == "Authorization" {
                    *value = text(value.rsplit_once("Signature=").map_or("", |(_, signature)| signature));
                }
            }
        })
    }

    fn ends(self, result: String) -> Self {
        Self { result: Some(result), ..self }
    }

    fn refused(self, reason: &str) -> Self {
        self.ends(format!(
            r#"{{ "error": {{ "code": "invalid_webhook", "reason": {}, "has_hint": true, "field": null }} }}"#,
            quote(reason)
        ))
    }

    fn wrong(self, field: &str) -> Self {
        self.ends(format!(r#"{{ "error": {{ "code": "invalid_config", "field": {} }} }}"#, quote(field)))
    }

    /// The five headers, by the contract and not by the library.
    fn headers(&self) -> Vec<(String, String)> {
        let Self { line_end, target, date, host, .. } = self;
        let hash = hash(&self.body);
        let text = format!("POST{line_end}{target}{line_end}{date};{host};{hash}");
        let headers = [
            ("x-ms-date", (*date).to_owned()),
            ("x-ms-content-sha256", hash),
            ("Host", (*host).to_owned()),
            ("Webhook-Id", self.webhook_id.to_owned()),
            ("Authorization", format!("{SIGNED}{}", signature(&self.key, &text))),
        ];
        headers.map(|(name, value)| (name.to_owned(), value)).into()
    }

    fn render(&self) -> String {
        let mut given = self.given.clone();
        let mut headers = self.headers();
        let result = self.result.clone().unwrap_or_else(|| self.success(&headers));
        if self.op != "webhook_sign" {
            self.edits.iter().for_each(|edit| edit(&mut headers));
            set_if_missing(&mut given, "path", &quote(&self.target));
            given.set("headers", &listed(&headers));
        }
        match std::str::from_utf8(&self.body) {
            Ok(body) => set_if_missing(&mut given, "body", &quote(body)),
            Err(_) if given.has("body") => {}
            Err(_) => given.set("body_base64", &quote(&STANDARD.encode(&self.body))),
        }
        let members = [
            format!("\"id\": {}", quote(self.id)),
            format!("\"comment\": {}", quote(self.comment)),
            format!("\"op\": {}", quote(self.op)),
            format!("\"given\": {}", given.render_spaced()),
            format!("\"result\": {result}"),
        ];
        format!("    {{\n      {}\n    }}", members.join(",\n      "))
    }

    fn success(&self, headers: &[(String, String)]) -> String {
        if self.op == "webhook_sign" {
            let told: Vec<_> = headers
                .iter()
                .map(|(name, value)| format!("{}: {}", quote(&name.to_lowercase()), quote(value)))
                .collect();
            return format!(r#"{{ "ok": {{ "headers": {{ {} }} }} }}"#, told.join(", "));
        }
        format!(r#"{{ "ok": {{ "webhook_id": {}, "sent_at": {IAT} }} }}"#, quote(self.webhook_id))
    }
}

fn set_if_missing(members: &mut Members, name: &str, json: &str) {
    if !members.has(name) {
        members.set(name, json);
    }
}

fn listed(headers: &[(String, String)]) -> String {
    let pairs: Vec<_> = headers.iter().map(|(name, value)| format!("[{}, {}]", quote(name), quote(value))).collect();
    format!("[{}]", pairs.join(", "))
}

fn hash(body: &[u8]) -> String {
    STANDARD.encode(digest(&SHA256, body))
}

/// The key is the secret's bytes as text.
fn signature(key: &[u8], text: &str) -> String {
    STANDARD.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf 'POST\n/hooks?a=b\n…' | openssl dgst -sha256 -hmac 'c2VjcmV0LXdpdGgtPT0=' -binary | base64`
    #[test]
    fn a_signature_is_the_one_that_openssl_makes() {
        let hash = hash(br#"{"auth_req_id":"r-1"}"#);
        assert_eq!(hash, "r2hFxlQBCDOiWq/gwOhzAD34u7Drqf0rDR9Moc4wXIs=");
        let text = format!("POST\n/hooks?a=b\nThu, 01 Jan 2026 00:00:00 GMT;shop.example;{hash}");
        assert_eq!(signature(b"c2VjcmV0LXdpdGgtPT0=", &text), "yw0KvtvGXo/idhImIIu/jW4tnBHYYAuURJnqBbqj8mA=");
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
