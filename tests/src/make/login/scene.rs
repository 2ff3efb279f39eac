//! One case of a login in the making.

use super::{
    super::{
        base::NOW,
        keys::Key,
        members::{Members, quote},
        token::{Seal, Signer, Token, base64url},
    },
    shared::{ISSUER, at_hash},
};

/// A login that starts as one that goes well and is bent by the methods below.
#[derive(Clone)]
pub(in crate::make) struct Scene {
    id: &'static str,
    comment: &'static str,
    op: &'static str,
    given: Members,
    options: Members,
    id_token: IdToken,
    steps: Vec<String>,
    plays_keys: bool,
    plays_token: bool,
    result: String,
}

/// An ID token of a reply.
#[derive(Clone)]
pub(in crate::make) struct IdToken {
    claims: Members,
    seal: Seal,
    kid: Key,
    base_url: &'static str,
    /// Whether a server of another address may play one that says the same.
    is_ordinary: bool,
    whole: Option<&'static str>,
    is_shared: bool,
}

impl Scene {
    pub(in crate::make) fn new(id: &'static str, op: &'static str, id_token: IdToken, comment: &'static str) -> Self {
        let given = [("keys", r#""partner""#), ("system", r#""system""#), ("msn", r#""123456""#), ("now", "")];
        let mut given: Members = given.into();
        given.set("now", &NOW.to_string());
        Self {
            id,
            comment,
            op,
            given,
            options: Members::default(),
            id_token,
            steps: Vec::new(),
            plays_keys: false,
            plays_token: false,
            result: String::new(),
        }
    }

    pub(in crate::make) fn render(&self, signer: &mut Signer) -> String {
        let mut given = self.given.clone();
        if !self.options.is_empty() {
            given.set("options", &self.options.render_spaced());
        }
        if self.plays_keys {
            given.set("jwks", r#""jwks""#);
        }
        if self.plays_token {
            given.set("id_token", &self.id_token.render_or_name(signer));
        }
        let mut members = vec![
            format!("\"id\": {}", quote(self.id)),
            format!("\"comment\": {}", quote(self.comment)),
            format!("\"op\": {}", quote(self.op)),
            format!("\"given\": {}", given.render_spaced()),
        ];
        if !self.steps.is_empty() {
            members.push(format!("\"exchange\": [\n        {}\n      ]", self.steps.join(",\n        ")));
        }
        members.push(format!("\"result\": {}", self.result));
        format!("    {{\n      {}\n    }}", members.join(",\n      "))
    }
}

/// Who asks.
impl Scene {
    /// A member of `given`, as JSON.
    pub(in crate::make) fn given(mut self, name: &str, json: &str) -> Self {
        self.given.set(name, json);
        self
    }

    pub(in crate::make) fn giving(self, name: &str, text: &str) -> Self {
        self.given(name, &quote(text))
    }

    pub(in crate::make) fn option(mut self, name: &str, text: &str) -> Self {
        self.options.set(name, &quote(text));
        self
    }

    pub(in crate::make) fn by_sales_unit(self) -> Self {
        self.giving("keys", "sales-unit")
    }

    pub(in crate::make) fn in_test_environment(mut self) -> Self {
        self.id_token = self.id_token.not_shared();
        self.id_token.base_url = "https://apitest.vipps.no";
        self.giving("environment", "test")
    }
}

/// The ID token.
impl Scene {
    pub(in crate::make) fn claim(self, name: &str, text: &str) -> Self {
        self.claim_raw(name, &quote(text))
    }

    pub(in crate::make) fn claim_raw(mut self, name: &str, json: &str) -> Self {
        self.id_token = self.id_token.not_shared();
        self.id_token.claims.set(name, json);
        self
    }

    pub(in crate::make) fn without_claim(mut self, name: &str) -> Self {
        self.id_token = self.id_token.not_shared();
        self.id_token.claims.remove(name);
        self
    }

    /// ES256 by the EC key, or RS256 by the RSA key.
    pub(in crate::make) fn signed(mut self, seal: Seal, kid: Key) -> Self {
        self.id_token = self.id_token.not_shared();
        (self.id_token.seal, self.id_token.kid) = (seal, kid);
        self
    }

    /// A token that no honest server would issue, so that none but this very one will do.
    pub(in crate::make) fn that_nobody_would_sign(mut self) -> Self {
        self.id_token = self.id_token.not_shared();
        self.id_token.is_ordinary = false;
        self
    }

    /// This text in the place of a token.
    pub(in crate::make) fn whole_token(mut self, text: &'static str) -> Self {
        self = self.that_nobody_would_sign();
        self.id_token.whole = Some(text);
        self
    }
}

/// What is sent and answered.
impl Scene {
    /// Discovery and the key set.
    pub(in crate::make) fn asks_keys(mut self) -> Self {
        self.plays_keys = true;
        self.step(&quote("discovery")).step(&quote("fetch-keys"))
    }

    /// The partner's own token.
    pub(in crate::make) fn asks_token(self) -> Self {
        self.step(&quote("fetch-token"))
    }

    /// A whole step of `shared`.
    pub(in crate::make) fn sends_named(self, step: &str) -> Self {
        self.step(&quote(step))
    }

    /// A request of `shared` and what it is answered.
    pub(in crate::make) fn sends(self, request: &str, reply: &Reply) -> Self {
        self.sends_own(&quote(request), reply)
    }

    /// A request of this case's own.
    pub(in crate::make) fn sends_own(mut self, request: &str, Reply(reply): &Reply) -> Self {
        self.plays_keys |= reply.contains("{jwks}");
        self.plays_token |= reply.contains("{id_token}") || reply == TOKENS;
        self.step(&format!("{{ \"request\": {request}, \"reply\": {reply} }}"))
    }

    fn step(mut self, json: &str) -> Self {
        self.steps.push(json.to_owned());
        self
    }

    /// What must come out.
    pub(in crate::make) fn ends(mut self, result: String) -> Self {
        self.result = result;
        self
    }
}

impl IdToken {
    /// The claims have `{base_url}` where the address of the server belongs.
    pub(in crate::make) fn new(claims: Members, seal: Seal, kid: Key) -> Self {
        let base_url = "https://api.vipps.no";
        Self { claims, seal, kid, base_url, is_ordinary: true, whole: None, is_shared: true }
    }

    /// Told in each case, since it is not the one of the file's `shared` member.
    pub(in crate::make) fn not_shared(mut self) -> Self {
        self.is_shared = false;
        self
    }

    fn render_or_name(&self, signer: &mut Signer) -> String {
        if self.is_shared { quote("id-token") } else { self.render(signer) }
    }

    pub(in crate::make) fn render(&self, signer: &mut Signer) -> String {
        let mut members = Members::default();
        if self.is_ordinary {
            members.set("alg", &quote(self.alg()));
            members.set("claims", &self.claims.render_spaced());
        }
        let jwt = self.whole.map_or_else(|| self.compact(signer), str::to_owned);
        members.set("jwt", &quote(&jwt));
        members.render_spaced()
    }

    fn compact(&self, signer: &mut Signer) -> String {
        let header: Members =
            [("alg", quote(self.alg()).as_str()), ("kid", quote(self.kid.kid()).as_str()), ("typ", r#""JWT""#)].into();
        let token = Token {
            header: header.render().into(),
            payload: self.claims.render().replace("{base_url}", self.base_url).into(),
            spell_header: base64url,
            spell_payload: base64url,
            seal: self.seal,
            tamper: None,
        };
        token.compact(signer)
    }

    fn alg(&self) -> &'static str {
        match self.seal {
            Seal::Es256(_) => "ES256",
            Seal::Empty => "none",
            _ => "RS256",
        }
    }

    /// The usual claims.
    pub(in crate::make) fn claims_with(nonce: &str, access_token: &str) -> Members {
        let mut claims = super::super::base::payload();
        claims.set("iss", &quote(ISSUER));
        claims.set("nonce", &quote(nonce));
        claims.set("at_hash", &quote(&at_hash(access_token)));
        claims
    }
}

/// A reply, as JSON or as the name of one.
#[derive(Clone)]
pub(in crate::make) struct Reply(String);

const TOKENS: &str = "\"tokens\"";

impl Reply {
    /// The tokens of a login that goes well.
    pub(in crate::make) fn tokens() -> Self {
        Self(TOKENS.to_owned())
    }

    pub(in crate::make) fn json(status: u16, body: &str) -> Self {
        Self::of(status, r#"{ "content-type": "application/json" }"#, body)
    }

    /// The gateway's own form.
    pub(in crate::make) fn gateway(status: u16, message: &str) -> Self {
        Self::json(status, &format!(r#"{{"statusCode":{status},"message":{}}}"#, quote(message)))
    }

    /// Held back by the gateway, with this many seconds to wait.
    pub(in crate::make) fn rate_limited(seconds: u32) -> Self {
        let headers = format!(r#"{{ "content-type": "application/json", "retry-after": "{seconds}" }}"#);
        let body =
            format!(r#"{{"statusCode":429,"message":"Rate limit is exceeded. Try again in {seconds} seconds."}}"#);
        Self::of(429, &headers, &body)
    }

    pub(in crate::make) fn html(status: u16) -> Self {
        Self::of(status, r#"{ "content-type": "text/html" }"#, "<html><body>Oops</body></html>")
    }

    pub(in crate::make) fn empty(status: u16) -> Self {
        Self::of(status, "{}", "")
    }

    /// An error in OAuth's form.
    pub(in crate::make) fn oauth(status: u16, error: &str) -> Self {
        let text = format!("{{\"error\":{},\"error_description\":\"Fixture\"}}", quote(error));
        Self::of(status, r#"{ "content-type": "application/json;charset=UTF-8" }"#, &text)
    }

    pub(in crate::make) fn of(status: u16, headers: &str, body: &str) -> Self {
        Self(format!(r#"{{ "status": {status}, "headers": {headers}, "body": {} }}"#, quote(body)))
    }

    pub(in crate::make) fn as_json(&self) -> &str {
        &self.0
    }
}
