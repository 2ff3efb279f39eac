//! Which handler meets a request, and what the emulator was told to do instead.

use crate::{
    api::{donations, management, payments, settlement},
    call::Call,
    endpoint::Endpoint,
    gateway,
    log::Arrival,
    login::{authorize, backchannel, discovery, exchange, revocation, userinfo},
    staging::{Failure, Step},
    state::State,
    token::{specialized, standard},
    wire::{
        reply::{Outcome, Refusal, Reply},
        request::Request,
    },
};

/// Meets a request as planned and writes the outcome to the log. `None`: the connection is to be dropped.
pub(crate) fn conclude(state: &mut State, arrival: Arrival, request: &Request, step: Step) -> Option<Reply> {
    let mut call = Call::new(request, arrival.at, state.settings.forgiving);
    let reply = play(state, &mut call, step);
    let tokens_are_down = state.staging.is_down(Endpoint::StandardToken);
    let status = reply.as_ref().map(|reply| reply.status);
    state.tally.count(&request.path, request.header(gateway::MSN), status, tokens_are_down);
    state.log.concluded(arrival.id, reply.as_ref(), call.findings);
    reply
}

fn play(state: &mut State, call: &mut Call<'_>, step: Step) -> Option<Reply> {
    match step {
        Step::Serve => Some(serve(state, call)),
        Step::RefuseTooLarge => Some(refused(call, gateway::too_large())),
        Step::Script(script) => {
            call.staged("reply", "answered from the script");
            Some(script.into_reply())
        }
        Step::Fail(failure) => fail(state, call, &failure),
    }
}

fn fail(state: &mut State, call: &mut Call<'_>, failure: &Failure) -> Option<Reply> {
    call.staged("reply", "the emulator was told to fail or wait here");
    match failure {
        Failure::Reply { .. } => failure.reply(state.clock.now()),
        Failure::DropBeforeReading => None,
        Failure::DropAfterReading => {
            serve(state, call);
            None
        }
        Failure::Hang | Failure::Delay(_) => Some(serve(state, call)),
    }
}

fn serve(state: &mut State, call: &mut Call<'_>) -> Reply {
    route(state, call).unwrap_or_else(|refusal| refused(call, refusal))
}

fn route(state: &mut State, call: &mut Call<'_>) -> Outcome {
    if let Some(name) = call.request.doubled() {
        return Err(gateway::doubled(name));
    }
    let endpoint = Endpoint::of(&call.request.path).ok_or_else(gateway::unknown_path)?;
    gateway::check_method(endpoint, call)?;
    match endpoint {
        Endpoint::StandardToken => standard::issue(state, call),
        Endpoint::SpecializedToken => specialized::issue(state, call),
        Endpoint::Discovery => discovery::document(state, call),
        Endpoint::Jwks => discovery::jwks(state, call),
        Endpoint::Authorize => authorize::authorize(state, call),
        Endpoint::LoginToken => exchange::exchange(state, call),
        Endpoint::Userinfo => userinfo::userinfo(state, call),
        Endpoint::Backchannel => backchannel::start(state, call),
        Endpoint::UserExists => backchannel::user_exists(state, call),
        Endpoint::Payments => payments::payments(state, call),
        Endpoint::Revocation => revocation::revoke(state, call),
        Endpoint::SalesUnits => management::sales_units(state, call),
        Endpoint::Ledgers => settlement::ledgers(state, call),
        Endpoint::Donations => donations::payments(state, call),
    }
}

fn refused(call: &mut Call<'_>, refusal: Refusal) -> Reply {
    call.note(refusal.verdict, refusal.about, refusal.why);
    refusal.reply
}
