//! One case in the making.

use super::{
    base::{CLIENT_ID, MSN, NONCE, NOW},
    keys::{Jwk, Key, key_set},
    members::{Members, quote},
    token::{Seal, Signer, Spelling, Tamper, Token, base64url},
};

/// A case that starts as the contract's own fixture and is bent by the methods below.
pub(super) struct Draft {
    id: &'static str,
    comment: &'static str,
    environment: &'static str,
    jwks: Option<(&'static str, String)>,
    exchange: Vec<String>,
    now: u64,
    leeway: Option<u64>,
    expect: Members,
    header: Members,
    payload: Members,
    raw_header: Option<Vec<u8>>,
    raw_payload: Option<Vec<u8>>,
    spell_header: Spelling,
    spell_payload: Spelling,
    seal: Seal,
    tamper: Option<Tamper>,
    result: String,
}

/// The token passes.
pub(super) fn accepts(id: &'static str, comment: &'static str) -> Draft {
    let claims = format!(r#"{{ "sub": "{}", "msn": "{MSN}" }}"#, super::base::SUB);
    Draft::new(id, comment, format!(r#"{{ "ok": {{ "claims": {claims} }} }}"#))
}

/// The token is refused by this check.
pub(super) fn refuses(id: &'static str, claim: &'static str, comment: &'static str) -> Draft {
    Draft::new(id, comment, format!(r#"{{ "error": {{ "code": "invalid_id_token", "claim": "{claim}" }} }}"#))
}

/// What was asked for is wrong, whatever the token says.
pub(super) fn misconfigured(id: &'static str, field: &'static str, comment: &'static str) -> Draft {
    Draft::new(id, comment, format!(r#"{{ "error": {{ "code": "invalid_config", "field": "{field}" }} }}"#))
}

/// The keys can't be loaded, so nothing can be said about the token.
pub(super) fn has_to_wait(id: &'static str, comment: &'static str) -> Draft {
    Draft::new(id, comment, r#"{ "error": { "code": "unavailable" } }"#.to_owned())
}

impl Draft {
    fn new(id: &'static str, comment: &'static str, result: String) -> Self {
        Self {
            id,
            comment,
            environment: "production",
            jwks: Some(("jwks", quote("one-rsa"))),
            exchange: Vec::new(),
            now: NOW,
            leeway: None,
            expect: [("msn", quote(MSN).as_str()), ("nonce", quote(NONCE).as_str())].into(),
            header: [("alg", r#""RS256""#), ("kid", quote(Key::A.kid()).as_str()), ("typ", r#""JWT""#)].into(),
            payload: super::base::payload(),
            raw_header: None,
            raw_payload: None,
            spell_header: base64url,
            spell_payload: base64url,
            seal: Seal::Rs256(Key::A),
            tamper: None,
            result,
        }
    }

    pub(super) fn render(&self, signer: &mut Signer) -> String {
        let token = Token {
            header: self.raw_header.clone().unwrap_or_else(|| self.header.render().into()),
            payload: self.raw_payload.clone().unwrap_or_else(|| self.payload.render().into()),
            spell_header: self.spell_header,
            spell_payload: self.spell_payload,
            seal: self.seal,
            tamper: self.tamper,
        };
        let mut given = Members::default();
        given.set("environment", &quote(self.environment));
        if let Some((name, keys)) = &self.jwks {
            given.set(name, keys);
        }
        given.set("jwt", &quote(&token.compact(signer)));
        given.set("now", &self.now.to_string());
        if let Some(leeway) = self.leeway {
            given.set("leeway", &leeway.to_string());
        }
        given.set("expect", &self.expect.render_spaced());
        let mut members = vec![
            format!("\"id\": {}", quote(self.id)),
            format!("\"comment\": {}", quote(self.comment)),
            "\"op\": \"id_token\"".to_owned(),
            format!("\"given\": {}", given.render_spaced()),
        ];
        if !self.exchange.is_empty() {
            members.push(format!("\"exchange\": [\n        {}\n      ]", self.exchange.join(",\n        ")));
        }
        members.push(format!("\"result\": {}", self.result));
        format!("    {{\n      {}\n    }}", members.join(",\n      "))
    }
}

/// The token.
impl Draft {
    /// A payload member with this string.
    pub(super) fn text(self, name: &str, value: &str) -> Self {
        self.raw(name, &quote(value))
    }

    /// A payload member with this JSON text.
    pub(super) fn raw(mut self, name: &str, json: &str) -> Self {
        self.payload.set(name, json);
        self
    }

    pub(super) fn without(mut self, name: &str) -> Self {
        self.payload.remove(name);
        self
    }

    /// One more payload member of a name that may be there already.
    pub(super) fn again(mut self, name: &str, json: &str) -> Self {
        self.payload.add(name, json);
        self
    }

    pub(super) fn header(self, name: &str, value: &str) -> Self {
        self.header_raw(name, &quote(value))
    }

    pub(super) fn header_raw(mut self, name: &str, json: &str) -> Self {
        self.header.set(name, json);
        self
    }

    pub(super) fn header_without(mut self, name: &str) -> Self {
        self.header.remove(name);
        self
    }

    pub(super) fn header_again(mut self, name: &str, json: &str) -> Self {
        self.header.add(name, json);
        self
    }

    /// These bytes in the place of the header.
    pub(super) fn whole_header(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.raw_header = Some(bytes.into());
        self
    }

    /// These bytes in the place of the payload.
    pub(super) fn whole_payload(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.raw_payload = Some(bytes.into());
        self
    }

    /// The header's own text, changed.
    pub(super) fn header_text(self, change: impl Fn(String) -> String) -> Self {
        let text = change(self.header.render());
        self.whole_header(text)
    }

    /// The payload's own text, changed.
    pub(super) fn payload_text(self, change: impl Fn(String) -> String) -> Self {
        let text = change(self.payload.render());
        self.whole_payload(text)
    }

    pub(super) fn spelled_header(mut self, spelling: Spelling) -> Self {
        self.spell_header = spelling;
        self
    }

    pub(super) fn spelled_payload(mut self, spelling: Spelling) -> Self {
        self.spell_payload = spelling;
        self
    }

    /// Another algorithm or key signs; the header says so too.
    pub(super) fn sealed(mut self, seal: Seal) -> Self {
        self.seal = seal;
        let (alg, key) = match seal {
            Seal::Rs256(key) => ("RS256", key),
            Seal::Rs512(key) => ("RS512", key),
            Seal::Ps256(key) => ("PS256", key),
            Seal::Es256(key) => ("ES256", key),
            Seal::Hs256WithPublicKey => ("HS256", Key::A),
            Seal::Empty => ("none", Key::A),
        };
        self.header("alg", alg).header("kid", key.kid())
    }

    /// Another key signs; the header still names the usual one.
    pub(super) fn forged_by(mut self, key: Key) -> Self {
        self.seal = Seal::Rs256(key);
        self
    }

    /// What happens to the token after it was signed.
    pub(super) fn tampered(mut self, tamper: Tamper) -> Self {
        self.tamper = Some(tamper);
        self
    }
}

/// The reader's side.
impl Draft {
    pub(super) fn environment(mut self, environment: &'static str) -> Self {
        self.environment = environment;
        self
    }

    /// A key set of the file's `shared` member.
    pub(super) fn known_keys(mut self, name: &'static str) -> Self {
        self.jwks = Some(("jwks", quote(name)));
        self
    }

    /// A key set of this case's own.
    pub(super) fn keys(mut self, entries: &[Jwk]) -> Self {
        self.jwks = Some(("jwks", key_set(entries)));
        self
    }

    /// A key set of this case's own, as text that need not be JSON.
    pub(super) fn keys_text(mut self, text: &str) -> Self {
        self.jwks = Some(("jwks_text", quote(text)));
        self
    }

    /// Keys come over the network: these paths are asked for, in this order, and answer so.
    pub(super) fn fetching(mut self, steps: &[(&str, u16, &str)]) -> Self {
        self.jwks = None;
        self.exchange = steps.iter().map(|step| render_step(*step)).collect();
        self
    }

    pub(super) fn now(mut self, now: u64) -> Self {
        self.now = now;
        self
    }

    pub(super) fn leeway(mut self, seconds: u64) -> Self {
        self.leeway = Some(seconds);
        self
    }

    /// The reader expects this string under this name.
    pub(super) fn expecting(mut self, name: &str, value: &str) -> Self {
        self.expect.set(name, &quote(value));
        self
    }

    /// The reader expects nothing under this name.
    pub(super) fn not_expecting(mut self, name: &str) -> Self {
        self.expect.remove(name);
        self
    }

    pub(super) fn client_id_known(self) -> Self {
        self.expecting("client_id", CLIENT_ID)
    }

    pub(super) fn flow(self, flow: &str) -> Self {
        self.expecting("flow", flow)
    }

    /// The refusal has a hint, or none.
    pub(super) fn with_hint(mut self, has_hint: bool) -> Self {
        self.result = self.result.replace(" } }", &format!(r#", "has_hint": {has_hint} }} }}"#));
        self
    }

    /// Other claims than `sub` and `msn` are compared, given as the members of a JSON object.
    pub(super) fn giving(mut self, claims: &str) -> Self {
        self.result = format!(r#"{{ "ok": {{ "claims": {claims} }} }}"#);
        self
    }
}

fn render_step((path, status, body): (&str, u16, &str)) -> String {
    let absent =
        r#"["authorization", "ocp-apim-subscription-key", "merchant-serial-number", "client_id", "client_secret"]"#;
    let request = format!(
        r#"{{ "method": "GET", "path": {}, "headers": {{ "accept": "application/json" }}, "absent": {absent}, "body": "" }}"#,
        quote(path)
    );
    let headers = r#"{ "content-type": "application/json" }"#;
    let reply = format!(r#"{{ "status": {status}, "headers": {headers}, "body": {} }}"#, quote(body));
    format!("{{\n          \"request\": {request},\n          \"reply\": {reply}\n        }}")
}
