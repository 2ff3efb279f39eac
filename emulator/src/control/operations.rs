//! Every control and every reading as an operation by name, with JSON in and out.

use schemars::{Schema, SchemaGenerator};
use serde_json::{Value, json};
use vipps_partner_auth::Msn;

#[allow(clippy::wildcard_imports, reason = "the table names them all")]
use super::{
    Controls,
    error::ControlError,
    inputs::{self, *},
    outputs::{self, *},
};
use crate::{
    accounts::{
        NewMerchant,
        keys::{Keys, SpecializedKeys},
    },
    fault::not_found,
    id_token::IdTokenSpec,
    users::User,
    webhook::pings::Webhook,
};

/// One operation: its name, what it does, and the shapes of what it takes and gives.
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) input: fn(&mut SchemaGenerator) -> Schema,
    pub(crate) output: fn(&mut SchemaGenerator) -> Schema,
    run: fn(&Controls, Value) -> Result<Value, ControlError>,
}

impl Operation {
    pub(crate) fn named(name: &str) -> Result<&'static Self, ControlError> {
        ALL.iter().find(|operation| operation.name == name).ok_or_else(ControlError::unknown_operation)
    }

    pub(crate) fn run(&self, vipps: &Controls, input: Value) -> Result<Value, ControlError> {
        if !input.is_object() {
            return Err(ControlError::invalid(None, "must be an object"));
        }
        (self.run)(vipps, input)
    }
}

type Given<T = Done> = Result<T, ControlError>;

const DONE: Given = Ok(Done {});

macro_rules! operations {
    ($($(#[doc = $about:literal])+ $name:ident($input:ty) -> $output:ty = $run:expr;)+) => {
        /// In the order in which a configuration file has them played.
        pub(crate) const ALL: &[Operation] = &[$(Operation {
            name: stringify!($name),
            about: concat!($($about),+),
            input: |generator| generator.subschema_for::<$input>(),
            output: |generator| generator.subschema_for::<$output>(),
            run: |vipps, input| {
                let run: fn(&Controls, $input) -> Given<$output> = $run;
                let input = serde_path_to_error::deserialize(input).map_err(|error| ControlError::from_serde(&error))?;
                run(vipps, input).map(|output| json!(output))
            },
        }),+];
    };
}

operations! {
    /// Where the emulator is and what it imitates.
    info(inputs::Nothing) -> Info = |vipps, _| Ok(vipps.info());

    /// What a program needs that reads its settings from the environment: the emulator's address, the partner's keys or
    /// those of a sales unit, and an invented system.
    environment(inputs::EnvironmentOf) -> outputs::Environment = |vipps, input| {
        let variables = vipps.environment_variables(input.msn.map(Msn::from).as_ref())?;
        Ok(outputs::Environment { variables: variables.map(|(name, value)| (name.to_owned(), value)).collect() })
    };

    /// The partner's keys as they are now.
    partner_keys(Nothing) -> Keys = |vipps, _| Ok(vipps.partner_keys());
    /// The keys for `/miami/v1/token`, and the scopes they may ask for.
    specialized_keys(Nothing) -> SpecializedKeys = |vipps, _| Ok(vipps.specialized_keys());
    /// A sales unit's own keys as they are now.
    sales_unit_keys(OfMerchant) -> Keys = |vipps, input| {
        vipps.sales_unit_keys(&input.msn.0).ok_or_else(|| not_found("msn: there is no such sales unit").into())
    };
    /// Every sales unit and how it is set up.
    merchants(Nothing) -> Merchants = |vipps, _| Ok(Merchants { merchants: vipps.each_merchant(outputs::Merchant::of) });
    /// Adds a sales unit that is connected to the partner, or changes, connects and activates one that is there. Gives its
    /// keys.
    add_merchant(NewMerchant) -> Keys = |vipps, new| Ok(vipps.add_sales_unit(new)?);
    /// The name that the person reads.
    name_merchant(NameMerchant) -> Done = |vipps, input| {
        vipps.name_merchant(&input.msn.0, &input.name)?;
        DONE
    };
    /// Registers a `redirect_uri` or `app_callback_uri` of a sales unit.
    register_redirect_uri(RegisterRedirectUri) -> Done = |vipps, input| {
        vipps.register_redirect_uri(&input.msn.0, &input.redirect_uri)?;
        DONE
    };
    /// How a sales unit's own keys authenticate at Login.
    login_auth_method(AuthMethod) -> Done = |vipps, input| {
        vipps.login_auth_method(&input.msn.0, input.method)?;
        DONE
    };
    /// The scopes in a sales unit's plan.
    login_scopes(Scopes) -> Done = |vipps, input| {
        let scopes: Vec<&str> = input.scopes.iter().map(String::as_str).collect();
        vipps.login_scopes(&input.msn.0, &scopes)?;
        DONE
    };
    /// Whether a sales unit is in Login's advanced tier, which `acr_values` and the scope `customFlow` need.
    login_advanced_tier(AdvancedTier) -> Done = |vipps, input| {
        vipps.login_advanced_tier(&input.msn.0, input.on)?;
        DONE
    };
    /// The partner may no longer act for a sales unit (403); its own keys go on working.
    disconnect_merchant(OfMerchant) -> Done = |vipps, input| {
        vipps.must_exist(&input.msn.0)?;
        vipps.disconnect_merchant(&input.msn.0);
        DONE
    };
    /// A sales unit is blocked: calls for it end in the old payment APIs' error 37.
    deactivate_merchant(OfMerchant) -> Done = |vipps, input| {
        vipps.must_exist(&input.msn.0)?;
        vipps.deactivate_merchant(&input.msn.0);
        DONE
    };
    /// The partner itself is deactivated: every call of its keys for a merchant ends in error 37.
    deactivate_partner(Switch) -> Done = |vipps, input| {
        vipps.deactivate_partner(input.on);
        DONE
    };
    /// Regenerates one subscription key of every pair: the old one is refused from now on.
    reject_subscription_key(Which) -> Done = |vipps, input| {
        vipps.reject_subscription_key(input.which);
        DONE
    };
    /// Behaves as if all keys were for the other environment.
    wrong_environment(Switch) -> Done = |vipps, input| {
        vipps.wrong_environment(input.on);
        DONE
    };
    /// Lets through and reports what the documents forbid but the service may forgive, instead of refusing it.
    forgiving(Switch) -> Done = |vipps, input| {
        vipps.forgiving(input.on);
        DONE
    };

    /// Adds a person, or replaces the one with this phone number. What is left out is as Kari Fixture has it.
    add_user(User) -> Done = |vipps, user| {
        vipps.add_user(user)?;
        DONE
    };
    /// Forgets a person; logins that were approved stay.
    remove_user(OfPerson) -> Done = |vipps, input| {
        vipps.remove_user(&input.msisdn);
        DONE
    };
    /// Everybody.
    users(Nothing) -> Users = |vipps, _| Ok(Users { users: vipps.users() });

    /// The emulator's time.
    now(Nothing) -> Now = |vipps, _| Ok(vipps.time());
    /// Moves the emulator's clock ahead.
    advance(Advance) -> Now = |vipps, input| {
        vipps.advance(input.seconds.0);
        Ok(vipps.time())
    };
    /// Stops the emulator's clock at a moment; from then on only `advance` moves it.
    set_time(SetTime) -> Now = |vipps, input| {
        vipps.stand_at(input.at.0);
        Ok(vipps.time())
    };
    /// The emulator's clock shows the real time again, and runs.
    real_time(Nothing) -> Now = |vipps, _| {
        vipps.real_time();
        Ok(vipps.time())
    };

    /// How the token endpoints spell numbers.
    numbers(NumbersOf) -> Done = |vipps, input| {
        vipps.numbers(input.numbers);
        DONE
    };
    /// How many fields `/accesstoken/get` replies with.
    fields(FieldsOf) -> Done = |vipps, input| {
        vipps.fields(input.fields);
        DONE
    };
    /// How long tokens live that are issued from now on.
    token_lifetime(TokenLifetime) -> Done = |vipps, input| {
        vipps.token_lifetime(input.kind, input.seconds.0);
        DONE
    };
    /// All tokens issued so far, Login's included, are refused from now on (401).
    revoke_tokens(Nothing) -> Done = |vipps, _| {
        vipps.revoke_tokens();
        DONE
    };
    /// How an endpoint reads `Authorization: Basic`: by default raw at `specialized_token`, and either way elsewhere.
    basic_encoding(BasicAt) -> Done = |vipps, input| {
        vipps.basic_encoding(input.endpoint, input.encoding)?;
        DONE
    };
    /// Whether `/miami/v1/token` takes form-encoded parts beside raw ones: `basic_encoding` with `any`, or `raw` when off.
    accept_form_encoded_basic(Switch) -> Done = |vipps, input| {
        vipps.accept_form_encoded_basic(input.on);
        DONE
    };
    /// Whether `/accesstoken/get` refuses a `Merchant-Serial-Number` that the keys may not act for; else it only reports
    /// it.
    check_msn_on_token(Switch) -> Done = |vipps, input| {
        vipps.check_msn_on_token(input.on);
        DONE
    };
    /// Who refuses a partner's token that has ended, at Login's token endpoint and the backchannel.
    partner_token_refusal(RefusedBy) -> Done = |vipps, input| {
        vipps.partner_token_refusal(input.by);
        DONE
    };

    /// Makes an ID token, good or wrong, on the emulator's clock.
    mint_id_token(MintIdToken) -> IdToken = |vipps, input| {
        let spec = IdTokenSpec::new(&input.msn.0);
        Ok(IdToken { id_token: vipps.mint_id_token(&input.applied_to(spec)) })
    };
    /// Bends the ID token of the next login that is exchanged; several calls queue up.
    bend_next_id_token(BendNextIdToken) -> Done = |vipps, input| {
        vipps.bend_next_id_token(|spec| input.applied_to(spec));
        DONE
    };
    /// The published keys.
    jwks(Nothing) -> Jwks = |vipps, _| Ok(Jwks { jwks: vipps.key_set() });
    /// Publishes new keys and signs with them from now on; the old ones stay published.
    rotate_keys(Nothing) -> Done = |vipps, _| {
        vipps.rotate_keys();
        DONE
    };
    /// Publishes the current keys only.
    withdraw_old_keys(Nothing) -> Done = |vipps, _| {
        vipps.withdraw_old_keys();
        DONE
    };
    /// Whether the published keys are out of reach (503).
    jwks_outage(Switch) -> Done = |vipps, input| {
        vipps.jwks_outage(input.on);
        DONE
    };
    /// The `Cache-Control` of the published keys; none by default.
    jwks_cache_control(CacheControl) -> Done = |vipps, input| {
        vipps.jwks_cache_control(input.value.as_deref())?;
        DONE
    };
    /// Which of the known discovery documents is served.
    discovery(inputs::Discovery) -> Done = |vipps, input| {
        vipps.discovery(input.document, input.revocation);
        DONE
    };

    /// The next requests to an endpoint fail; several calls queue up.
    fail_next(FailNext) -> Done = |vipps, input| {
        let endpoint = input.endpoint;
        let times = input.times.small();
        vipps.fail_next(endpoint, times, input.failure()?);
        DONE
    };
    /// Every request to an endpoint is answered with 503, until it is up again; what was staged comes first.
    take_down(inputs::TakeDown) -> Done = |vipps, input| {
        vipps.take_down(input.endpoint, input.down);
        DONE
    };
    /// Forgets failures and scripts that have not been played yet, and ends outages.
    clear_failures(Nothing) -> Done = |vipps, _| {
        vipps.clear_failures();
        DONE
    };
    /// Lets every request go on that hangs now.
    release_hung(Nothing) -> Done = |vipps, _| {
        vipps.release_hung();
        DONE
    };
    /// The next requests to exactly this path get these replies, one each, before any failure.
    script(Script) -> Done = |vipps, input| {
        let (path, replies) = input.checked()?;
        vipps.script(&path, replies);
        DONE
    };
    /// Each request to this endpoint is served only after so much real time.
    set_latency(Latency) -> Done = |vipps, input| {
        vipps.set_latency(input.endpoint, input.seconds.0);
        DONE
    };

    /// The latest 10,000 logins, oldest first.
    logins(Nothing) -> Logins = |vipps, _| Ok(Logins { logins: vipps.logins() });
    /// A person approves a login.
    approve(Approve) -> Next = |vipps, input| {
        let msisdn = input.msisdn.unwrap_or_else(|| vipps.who_decides(&input.id));
        Ok(Next { url: vipps.approve(&input.id, &msisdn)? })
    };
    /// A person denies a login, or it ends with another error.
    deny(Deny) -> Next = |vipps, input| Ok(Next { url: vipps.deny_with(&input.id, &input.error)? });
    /// From now on this person approves every login in the browser at once.
    auto_approve(OfPerson) -> Done = |vipps, input| {
        vipps.auto_approve(&input.msisdn)?;
        DONE
    };
    /// From now on every login in the browser ends at once with an error.
    auto_deny(AutoDeny) -> Done = |vipps, input| {
        vipps.auto_deny(&input.error);
        DONE
    };
    /// A person decides again.
    ask_person(Nothing) -> Done = |vipps, _| {
        vipps.ask_person();
        DONE
    };
    /// What becomes of scopes that a sales unit's plan does not have.
    scopes_outside_plan(OutsidePlan) -> Done = |vipps, input| {
        vipps.scopes_outside_plan(input.outside);
        DONE
    };
    /// Under which name ID tokens of the backchannel's redirect variant carry the id of the request.
    auth_req_id_name(NameOfId) -> Done = |vipps, input| {
        vipps.auth_req_id_name(input.name);
        DONE
    };
    /// Whether errors of the backchannel's start come in `error_code` instead of `error`.
    backchannel_error_code(Switch) -> Done = |vipps, input| {
        vipps.backchannel_error_code(input.on);
        DONE
    };
    /// How many logins by phone number may wait for one person at a time before the next gets a 429; 3 by default.
    backchannel_limit(WaitingLimit) -> Done = |vipps, input| {
        vipps.backchannel_limit(usize::try_from(input.logins.0).unwrap_or(usize::MAX));
        DONE
    };

    /// Has every decision about a login by phone number posted to an address: `login.merchant-initiated.ping.v1`.
    ping_url(PingUrl) -> Done = |vipps, input| {
        vipps.webhook(input.webhook()?)?;
        DONE
    };
    /// The latest 1,000 pings and what came of them.
    pings(Nothing) -> Pings = |vipps, _| Ok(Pings { pings: vipps.pings().into_iter().map(Into::into).collect() });
    /// The body of the ping for a login that is finished by polling.
    ping_body(OfLogin) -> Body = |vipps, input| Ok(Body { body: vipps.ping_body(&input.id)? });
    /// The headers of a webhook, signed as the service signs them, for tests of code that checks signatures.
    sign_webhook(SignWebhook) -> SignedHeaders = |vipps, input| {
        let SignWebhook { url, secret, webhook_id, body } = input;
        let webhook = Webhook { url, secret: Some(secret), webhook_id, whole_partner: false };
        let headers = vipps.sign_webhook(&webhook, body.as_bytes())?;
        Ok(SignedHeaders { headers: headers.into_iter().collect() })
    };
    /// The body of the consent-revoked callback, which nobody signed, for a person at a sales unit.
    consent_revoked_body(ConsentRevoked) -> Body = |vipps, input| {
        Ok(Body { body: vipps.consent_revoked_body(&input.msn.0, &input.msisdn)? })
    };

    /// The latest 10,000 requests, oldest first, each with what was right and wrong about it.
    requests(AfterId) -> Requests = |vipps, input| {
        let new = vipps.requests().into_iter().filter(|record| record.id > input.after);
        Ok(Requests { requests: new.map(Into::into).collect() })
    };
    /// How many requests came to this path, answered or not.
    count(AtPath) -> Count = |vipps, input| Ok(Count { count: vipps.count(&input.path) });
    /// Empties the log, that of the pings included, and sets all counts to zero.
    clear_requests(Nothing) -> Done = |vipps, _| {
        vipps.clear_requests();
        DONE
    };
}
