//! Login against a Vipps that answers as it is told: what plain pairs of request and reply can't show, such as time,
//! crowds, resending, callers who give up, and what is kept between two steps.

#[path = "../keyring/mod.rs"]
mod keyring;
mod scene;
#[path = "../support/mod.rs"]
mod support;

mod backchannel;
mod code_once;
mod discovery;
mod exchange;
mod finish;
mod mixups;
mod ping;
mod poll;
mod redirect;
mod replies;
mod sales_unit;
mod start;
mod states;
mod storage;
mod userinfo;
mod wait;
