//! The pages. `html!` escapes every text that is put into it.

use maud::{DOCTYPE, Markup, html};

use super::{
    Shop, Store,
    api::Called,
    person::Person,
    till::{Customer, Till, Waiting},
};

pub(crate) fn home(shop: &Shop, person: Option<&Person>) -> Markup {
    page(
        "Two merchants, one partner",
        &html! {
            @if let Some(person) = person {
                p.card role="status" { "Logged in at " (person.store) " as " a href="/me" { (person.called()) } "." }
            }
            div.cards { @for store in &shop.stores { (card(store)) } }
            section.card {
                h2 { "At the counter" }
                p { "The customer gives a phone number and confirms on the phone." }
                p { a href="/till" { "Open the till" } }
            }
            (hints(shop))
        },
    )
}

fn card(store: &Store) -> Markup {
    html! {
        section.card {
            h2 { (store.name) }
            p.quiet { "Sales unit (MSN) " (store.msn()) }
            form method="post" action="/login" {
                button.main name="msn" value=(store.msn()) aria-label={ "Log in with Vipps at " (store.name) } {
                    "Log in with Vipps"
                }
            }
            p { a href={ "/api/" (store.msn()) } { "Call an API for " (store.name) } }
        }
    }
}

fn hints(shop: &Shop) -> Markup {
    let hints = &shop.hints;
    html! {
        section.card {
            h2 { "To try it" }
            p { (hints.person) ", phone number " code { (hints.msisdn) } ", can log in. "
                "The " a href=(hints.vipps_page) target="_blank" { "offline Vipps" } " (a new tab) is the phone, and shows "
                "what the shop sent." }
        }
    }
}

pub(crate) fn me(person: &Person) -> Markup {
    page(
        &format!("Hello, {}", person.called()),
        &html! {
            section.card { (details(person)) }
            section.card { (scopes(person)) }
            form method="post" action="/logout" { button { "Log out" } }
        },
    )
}

fn details(person: &Person) -> Markup {
    let rows = [
        ("Merchant", Some(&person.store)),
        ("Name", person.name.as_ref()),
        ("Phone number", person.phone.as_ref()),
        ("E-mail", person.email.as_ref()),
        ("Customer id at this merchant (sub)", Some(&person.sub)),
        ("Sales unit (msn)", Some(&person.msn)),
        ("Issuer (iss)", person.issuer.as_ref()),
    ];
    html! {
        dl {
            @for (name, value) in rows {
                @if let Some(value) = value { dt { (name) } dd { (value) } }
            }
        }
    }
}

/// For logins in the browser; by phone number Vipps does not tell.
fn scopes(person: &Person) -> Markup {
    html! {
        dl {
            dt { "Scopes granted" } dd { (person.granted.join(", ")) }
            @if !person.missing.is_empty() { dt { "Asked, not granted" } dd { (person.missing.join(", ")) } }
        }
    }
}

pub(crate) fn till(shop: &Shop, till: &Till) -> Markup {
    match till {
        Till::Free => till_form(shop, &Customer::default(), None),
        Till::Waiting(waiting) => self::waiting(shop, waiting),
        Till::Served(person) => page(
            &format!("{} confirmed", person.called()),
            &html! {
                section.card { (details(person)) }
                (clear("Next customer"))
            },
        ),
        Till::Failed(why) => page(
            "Not confirmed",
            &html! {
                p.card role="alert" { (why) }
                (clear("Start again"))
            },
        ),
    }
}

pub(crate) fn till_form(shop: &Shop, customer: &Customer, mistake: Option<&str>) -> Markup {
    page(
        "Till",
        &html! {
            form.card method="post" action="/till" {
                p { label for="msn" { "Merchant" }
                    select id="msn" name="msn" {
                        @for store in &shop.stores {
                            option value=(store.msn()) selected[store.msn().as_str() == customer.msn] { (store.name) }
                        }
                    } }
                p { label for="phone" { "The customer's phone number, with country code" }
                    input id="phone" name="phone" type="tel" value=(customer.phone) required autocomplete="off"
                        aria-describedby="phone-note phone-mistake" aria-invalid=[mistake.map(|_| "true")];
                    span #phone-note .quiet { "For example " (shop.hints.msisdn) ", the number of " (shop.hints.person) "." } }
                @if let Some(rule) = mistake { p #phone-mistake .mistake role="alert" { (rule) } }
                button.main { "Ask on the phone" }
            }
            (hints(shop))
        },
    )
}

pub(crate) fn waiting(shop: &Shop, waiting: &Waiting) -> Markup {
    page(
        "Confirm on the phone",
        &html! {
            section.card {
                p { "The phone shows " (waiting.store) " and the same code:" }
                p.message { (waiting.message) }
                p.quiet { "This page updates by itself. " a href="/till" { "Look now" } }
            }
            (clear("Cancel"))
            (hints(shop))
        },
    )
}

fn clear(what: &str) -> Markup {
    html! { form method="post" action="/till/clear" { button { (what) } } }
}

pub(crate) fn called(called: &Called) -> Markup {
    page(
        &format!("An API call for {}", called.store),
        &html! {
            section.card {
                h2 { "Sent" }
                pre tabindex="0" { "GET " (called.url) @for (name, value) in &called.headers { "\n" (name) ": " (value) } }
                p.quiet { "One token serves every merchant; the serial number says whom the call is for. Token and "
                    "subscription key are hidden here." }
                h2 { "Received" }
                pre tabindex="0" { (called.status) "\n\n" (called.body) }
            }
        },
    )
}

pub(crate) fn problem(title: &str, text: &str, codes: &str) -> Markup {
    page(
        title,
        &html! {
            section.card {
                p role="alert" { (text) }
                @if !codes.is_empty() { details { summary { "For the developer" } p.quiet { code { (codes) } } } }
            }
            p { a href="/" { "Back to the shop" } }
        },
    )
}

fn page(title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " – Sample shop" }
                link rel="icon" href="/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/style.css";
            }
            body {
                header { nav { a.home href="/" { "Sample shop" } a href="/till" { "Till" } } }
                main { h1 { (title) } (content) }
                footer { p { strong { "Testing only." } " A sample, not an official Vipps product." } }
            }
        }
    }
}
