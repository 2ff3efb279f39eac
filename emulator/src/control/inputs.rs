//! What operations take.

use std::{collections::BTreeMap, time::Duration};

use http::HeaderValue;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    accounts::{
        keys::SubscriptionKey,
        portal::{LoginAuthMethod, ScopeOutsidePlan},
    },
    choices::{BasicEncoding, DiscoveryDocument, Fields, Numbers, PartnerTokenRefusal, TokenKind},
    endpoint::Endpoint,
    id_token::{AuthReqIdName, IdTokenSpec, SignedBy, SigningAlg},
    staging::{Failure, ScriptedReply},
    values::{Limit, Moment, MsnText, Span, Status, Times},
    webhook::pings::Webhook,
    wire::reply::ErrorShape,
    words::words,
};

use super::error::ControlError;

/// Declares the input of an operation: an object of these members and no others.
macro_rules! input {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field:meta])* $member:ident: $type:ty),* $(,)? })+) => {
        $($(#[$meta])*
        #[derive(Debug, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            $($(#[$field])* pub(crate) $member: $type),*
        })+
    };
}

fn yes() -> bool {
    true
}

fn once() -> Times {
    Times { 0: 1 }
}

fn access_denied() -> String {
    "access_denied".to_owned()
}

input! {
    /// Takes nothing.
    Nothing {}
    /// A sales unit.
    OfMerchant {
        /// Its merchant serial number.
        msn: MsnText,
    }
    /// On or off.
    Switch {
        /// On by default.
        #[serde(default = "yes")]
        on: bool,
    }
    EnvironmentOf {
        /// The sales unit whose own keys are named; without it the partner's keys are.
        #[serde(default)]
        msn: Option<MsnText>,
    }
    Which {
        /// The key that is regenerated.
        which: SubscriptionKey,
    }
    NameMerchant {
        /// The sales unit.
        msn: MsnText,
        /// What the person reads.
        name: String,
    }
    RegisterRedirectUri {
        /// The sales unit.
        msn: MsnText,
        /// A `redirect_uri` or `app_callback_uri`, compared byte for byte.
        redirect_uri: String,
    }
    AuthMethod {
        /// The sales unit.
        msn: MsnText,
        /// How its own keys authenticate.
        method: LoginAuthMethod,
    }
    Scopes {
        /// The sales unit.
        msn: MsnText,
        /// The scopes in its plan.
        scopes: Vec<String>,
    }
    AdvancedTier {
        /// The sales unit.
        msn: MsnText,
        /// Whether it is in the advanced tier; yes by default.
        #[serde(default = "yes")]
        on: bool,
    }
    AfterId {
        /// Only requests with a greater id; 0, the default, gives all.
        #[serde(default)]
        after: u64,
    }
    AtPath {
        /// As sent, without the query.
        path: String,
    }
    Advance {
        /// How far.
        seconds: Span,
    }
    SetTime {
        /// Where the clock is to stand.
        at: Moment,
    }
    NumbersOf {
        /// The spelling.
        numbers: Numbers,
    }
    FieldsOf {
        /// How many.
        fields: Fields,
    }
    TokenLifetime {
        /// Which tokens.
        kind: TokenKind,
        /// How long those live that are issued from now on.
        seconds: Span,
    }
    BasicAt {
        /// One that takes Basic.
        endpoint: Endpoint,
        /// How it reads the two parts.
        encoding: BasicEncoding,
    }
    RefusedBy {
        /// Who refuses.
        by: PartnerTokenRefusal,
    }
    Discovery {
        /// Which document; the newest by default.
        #[serde(default)]
        document: DiscoveryDocument,
        /// Whether it names the `revocation_endpoint`; yes by default.
        #[serde(default = "yes")]
        revocation: bool,
    }
    CacheControl {
        /// The header's value; `null` or nothing: no such header.
        #[serde(default)]
        value: Option<String>,
    }
    /// Exactly one of `status`, `kind` and `delay` says what happens.
    FailNext {
        /// Which requests.
        endpoint: Endpoint,
        /// How many of them; one by default.
        #[serde(default = "once")]
        times: Times,
        /// An error reply with this HTTP status; nothing is done.
        #[serde(default)]
        status: Option<Status>,
        /// The shape of the error's body, with `status`; `apim` by default.
        #[serde(default)]
        shape: Option<ErrorShape>,
        /// The OAuth error code, with `status`, in the shapes that have one.
        #[serde(default)]
        error: Option<String>,
        /// The `Retry-After` header, with `status`: seconds or an HTTP date.
        #[serde(default)]
        retry_after: Option<RetryAfter>,
        /// Something worse than an error reply.
        #[serde(default)]
        kind: Option<Mishap>,
        /// The request is served after this much real time.
        #[serde(default)]
        delay: Option<Span>,
    }
    Script {
        /// Exactly this path, with any method.
        path: String,
        /// One reply for each of the next requests.
        replies: Vec<Reply>,
    }
    /// A reply, as it is to be sent.
    Reply {
        /// The HTTP status.
        status: Status,
        /// Headers by name.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// The body; empty by default.
        #[serde(default)]
        body: String,
    }
    Latency {
        /// Which requests.
        endpoint: Endpoint,
        /// How much real time passes before each is served.
        seconds: Span,
    }
    TakeDown {
        /// Which requests are answered with 503.
        endpoint: Endpoint,
        /// Down or up again; down by default.
        #[serde(default = "yes")]
        down: bool,
    }
    OfPerson {
        /// The person's phone number.
        msisdn: String,
    }
    Approve {
        /// The login.
        id: String,
        /// Who approves; by default who was asked, or in the browser flow the first person there is.
        #[serde(default)]
        msisdn: Option<String>,
    }
    Deny {
        /// The login.
        id: String,
        /// How it ends; `access_denied` by default.
        #[serde(default = "access_denied")]
        error: String,
    }
    AutoDeny {
        /// How logins end; `access_denied` by default.
        #[serde(default = "access_denied")]
        error: String,
    }
    OutsidePlan {
        /// What becomes of them.
        outside: ScopeOutsidePlan,
    }
    NameOfId {
        /// The claim's name.
        name: AuthReqIdName,
    }
    WaitingLimit {
        /// How many may wait for one person at a time.
        logins: Limit,
    }
    PingUrl {
        /// Where pings go; `null` or nothing ends them.
        #[serde(default)]
        url: Option<String>,
        /// The secret of the registration; without it pings are not signed.
        #[serde(default)]
        #[schemars(extend("format" = "password"))]
        secret: Option<String>,
        /// The id of the registration; invented by default.
        #[serde(default)]
        webhook_id: Option<String>,
        /// Whether the body names the merchant, as for a registration without an MSN.
        #[serde(default)]
        whole_partner: bool,
    }
    SignWebhook {
        /// Where it is posted.
        url: String,
        /// The secret of the registration.
        #[schemars(extend("format" = "password"))]
        secret: String,
        /// The id of the registration; invented by default.
        #[serde(default)]
        webhook_id: Option<String>,
        /// The body, byte for byte.
        body: String,
    }
    OfLogin {
        /// The login.
        id: String,
    }
    ConsentRevoked {
        /// The sales unit.
        msn: MsnText,
        /// The person's phone number.
        msisdn: String,
    }
}

words! {
    "mishap";
    /// What is worse than an error reply.
    pub(crate) enum Mishap {
        /// The connection is dropped with the body unread; nothing was done.
        DropBeforeReading = "drop_before_reading",
        /// The request is served, then the connection is dropped instead of the reply: the caller can't know.
        DropAfterReading = "drop_after_reading",
        /// No reply until `release_hung`; then the request is served.
        Hang = "hang",
    }
}

/// Seconds or an HTTP date.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "must be a number of seconds or an HTTP date")]
pub(crate) enum RetryAfter {
    Seconds(u32),
    Text(String),
}

impl RetryAfter {
    fn header(self) -> Result<String, ControlError> {
        let text = match self {
            Self::Seconds(seconds) => return Ok(seconds.to_string()),
            Self::Text(text) => text,
        };
        if HeaderValue::from_str(&text).is_err() {
            return Err(ControlError::invalid("retry_after".to_owned(), "must be a value that a header can have"));
        }
        Ok(text)
    }
}

impl FailNext {
    pub(crate) fn failure(self) -> Result<Failure, ControlError> {
        let with_status = self.shape.is_some() || self.error.is_some() || self.retry_after.is_some();
        match (self.status, self.kind, self.delay) {
            (Some(status), None, None) => {
                let failure =
                    Failure::status(u16::try_from(status.0).unwrap_or(500), self.shape.unwrap_or(ErrorShape::Apim));
                let failure = self.error.into_iter().fold(failure, Failure::with_error);
                let wait = self.retry_after.map(RetryAfter::header).transpose()?;
                Ok(wait.into_iter().fold(failure, Failure::with_retry_after))
            }
            (None, _, _) if with_status => {
                Err(ControlError::invalid("status".to_owned(), "is missing: shape, error and retry_after go with it"))
            }
            (None, Some(kind), None) => Ok(match kind {
                Mishap::DropBeforeReading => Failure::DropBeforeReading,
                Mishap::DropAfterReading => Failure::DropAfterReading,
                Mishap::Hang => Failure::Hang,
            }),
            (None, None, Some(Span(delay))) => Ok(Failure::Delay(delay)),
            _ => Err(ControlError::invalid(None, "needs exactly one of status, kind and delay")),
        }
    }
}

impl Script {
    /// Path and replies, all of them checked.
    pub(crate) fn checked(self) -> Result<(String, Vec<ScriptedReply>), ControlError> {
        if !self.path.starts_with('/') || self.path == "/" || self.path.starts_with("/emulator/") {
            let rule = "must begin with a slash, and be none of the emulator's own";
            return Err(ControlError::invalid("path".to_owned(), rule));
        }
        let reply = |(at, reply): (usize, Reply)| {
            let headers = reply.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            let status = u16::try_from(reply.status.0).unwrap_or_default();
            ScriptedReply::new(status, headers, reply.body.clone())
                .map_err(|error| ControlError::invalid(format!("replies[{at}].headers"), error.to_string()))
        };
        let replies = self.replies.into_iter().enumerate().map(reply).collect::<Result<_, _>>()?;
        Ok((self.path, replies))
    }
}

impl PingUrl {
    pub(crate) fn webhook(self) -> Result<Option<Webhook>, ControlError> {
        let Self { url, secret, webhook_id, whole_partner } = self;
        match url {
            Some(url) => Ok(Some(Webhook { url, secret, webhook_id, whole_partner })),
            None if secret.is_some() || webhook_id.is_some() || whole_partner => {
                Err(ControlError::invalid("url".to_owned(), "is missing: the other members go with it"))
            }
            None => Ok(None),
        }
    }
}

/// Declares what differs from a good ID token, once with the sales unit in front and once without.
macro_rules! id_token_changes {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field:meta])* $member:ident: $type:ty,)* })+) => {
        $(input! {
            $(#[$meta])*
            $name {
                $($(#[$field])* $member: $type,)*
                /// The person; by default the one who logged in, or Kari Fixture.
                #[serde(default)]
                subject: Option<String>,
                /// The `nonce`.
                #[serde(default)]
                nonce: Option<String>,
                /// The access token that came along, from which `at_hash` is computed.
                #[serde(default)]
                access_token: Option<String>,
                /// The authentication context.
                #[serde(default)]
                acr: Option<String>,
                /// How long the token is valid from now; an hour by default.
                #[serde(default)]
                lifetime: Option<Span>,
                /// The algorithm, and with it which of the two current keys signs.
                #[serde(default)]
                alg: Option<SigningAlg>,
                /// Who signs.
                #[serde(default)]
                signed_by: Option<SignedBy>,
                /// The id of the backchannel request, by the name of its claim; several names at once are possible.
                #[serde(default)]
                auth_req_id: BTreeMap<AuthReqIdName, String>,
                /// Any claims with any values, also over what the other members say.
                #[serde(default)]
                claims: Map<String, Value>,
                /// Claims to leave out.
                #[serde(default)]
                without_claims: Vec<String>,
                /// Any members of the header with any values.
                #[serde(default)]
                header: Map<String, Value>,
                /// Members of the header to leave out.
                #[serde(default)]
                without_header: Vec<String>,
            }
        }

        impl $name {
            /// The recipe with all of this changed.
            pub(crate) fn applied_to(self, spec: IdTokenSpec) -> IdTokenSpec {
                let spec = self.subject.into_iter().fold(spec, IdTokenSpec::subject);
                let spec = self.nonce.into_iter().fold(spec, IdTokenSpec::nonce);
                let spec = self.access_token.iter().fold(spec, |spec, token| spec.access_token(token));
                let spec = self.acr.into_iter().fold(spec, IdTokenSpec::acr);
                let lifetime = self.lifetime.map(|Span(lifetime): Span| -> Duration { lifetime });
                let spec = lifetime.into_iter().fold(spec, IdTokenSpec::lifetime);
                let spec = self.alg.into_iter().fold(spec, IdTokenSpec::alg);
                let spec = self.signed_by.into_iter().fold(spec, IdTokenSpec::signed_by);
                let spec = self.auth_req_id.into_iter().fold(spec, |spec, (name, id)| spec.auth_req_id(name, id));
                let spec = self.claims.into_iter().fold(spec, |spec, (name, value)| spec.claim(name, value));
                let spec = self.without_claims.into_iter().fold(spec, IdTokenSpec::without_claim);
                let spec = self.header.into_iter().fold(spec, |spec, (name, value)| spec.header(name, value));
                self.without_header.into_iter().fold(spec, IdTokenSpec::without_header)
            }
        })+
    };
}

id_token_changes! {
    /// An ID token for a sales unit, good except for what you change.
    MintIdToken {
        /// The sales unit; one that is not there gets an invented `client_id`.
        msn: MsnText,
    }
    /// What is changed about the next ID token of a login.
    BendNextIdToken {}
}
