//! The web pages that a person sees. Their files are in the folder `page`; nothing is loaded from anywhere else.

use std::time::Duration;

use http::{HeaderName, StatusCode};

use crate::{login::record::RecordedLogin, page::captions, users::User, wire::reply::Reply};

/// Names the login on the page that asks, so that a script need not read HTML.
const LOGIN_ID: HeaderName = HeaderName::from_static("vipps-emulator-login");
const OVERVIEW: &str = include_str!("../../page/overview.html");
const LOGIN: &str = include_str!("../../page/login.html");
const NOTICE: &str = include_str!("../../page/notice.html");
const SCRIPT: &str = "text/javascript;charset=UTF-8";

/// Style, scripts and icon.
pub(crate) fn asset(path: &str) -> Option<Reply> {
    Some(match path {
        "/emulator/page/style.css" => Reply::asset("text/css;charset=UTF-8", include_str!("../../page/style.css")),
        "/emulator/page/icon.svg" => Reply::asset("image/svg+xml", include_str!("../../page/icon.svg")),
        "/emulator/page/live.js" => Reply::asset(SCRIPT, include_str!("../../page/live.js")),
        "/emulator/page/login.js" => Reply::asset(SCRIPT, include_str!("../../page/login.js")),
        "/emulator/page/overview.js" => Reply::asset(SCRIPT, include_str!("../../page/overview.js")),
        _ => return None,
    })
}

/// Phone and inspector.
pub(crate) fn overview() -> Reply {
    Reply::page(StatusCode::OK, OVERVIEW)
}

/// A title and a sentence.
pub(crate) fn notice(status: StatusCode, title: &str, text: &str) -> Reply {
    notice_with(status, title, text, String::new())
}

/// The same with a way back to an application.
pub(crate) fn notice_with_way_back(status: StatusCode, title: &str, text: &str, url: &str) -> Reply {
    let name = url.split_once("://").map_or(url, |(_, host)| host);
    let link = format!("<p><a class=\"button\" href=\"{}\">Back to {}</a></p>", escape(url), escape(name));
    notice_with(status, title, text, link)
}

fn notice_with(status: StatusCode, title: &str, text: &str, more: String) -> Reply {
    Reply::page(status, fill(NOTICE, &[("title", escape(title)), ("text", escape(text)), ("more", more)]))
}

/// Who asks for what, with two buttons. Works without its script.
pub(crate) fn question(login: &RecordedLogin, people: &[&User], now: Duration) -> Reply {
    let left = login.expires_at.saturating_sub(now.as_secs());
    let values = [
        ("merchant", escape(&login.merchant)),
        ("msn", escape(login.msn.as_str())),
        ("id", escape(&login.id)),
        ("binding", binding(login.binding_message.as_deref())),
        ("shares", login.scopes.iter().map(|scope| share(scope)).collect()),
        ("people", people.iter().map(|user| option(user)).collect()),
        ("left", format!("{}:{:02}", left / 60, left % 60)),
    ];
    Reply::page(StatusCode::OK, fill(LOGIN, &values)).with_text(LOGIN_ID, &login.id)
}

fn binding(message: Option<&str>) -> String {
    let shown =
        |message| format!("<p class=\"binding\">Shown on both screens: <strong>{}</strong></p>", escape(message));
    message.map(shown).unwrap_or_default()
}

fn share(scope: &str) -> String {
    format!("<li>{}</li>", escape(captions::scope_in_words(scope)))
}

fn option(user: &User) -> String {
    format!("<option value=\"{}\">{}</option>", escape(&user.msisdn), escape(&captions::label(user)))
}

/// Puts values in the places of their names, in one go: a value that looks like a place stays what it is.
fn fill(template: &str, values: &[(&str, String)]) -> String {
    let mut pieces = template.split("{{");
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, text) = piece.split_once("}}").unwrap_or(("", piece));
        filled.extend(values.iter().filter(|(known, _)| *known == name).map(|(_, value)| value.as_str()));
        filled.push_str(text);
    }
    filled
}

fn escape(text: &str) -> String {
    let escaped = |sign| match sign {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&#39;".to_owned(),
        _ => String::from(sign),
    };
    text.chars().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(reply: &Reply) -> &str {
        std::str::from_utf8(&reply.body).expect("text")
    }

    #[test]
    fn text_stays_text() {
        let reply = notice(StatusCode::BAD_REQUEST, "<b>", "a & \"b\" <script>'");
        assert!(html(&reply).contains("<title>&lt;b&gt;</title>"));
        assert!(html(&reply).contains("<p>a &amp; &quot;b&quot; &lt;script&gt;&#39;</p>"));
    }

    #[test]
    fn a_value_that_looks_like_a_place_is_not_filled() {
        let reply = notice(StatusCode::OK, "{{text}}", "{{title}}");
        assert!(html(&reply).contains("<h1>{{text}}</h1>") && html(&reply).contains("<p>{{title}}</p>"));
    }

    #[test]
    fn pages_hold_no_script_or_style_of_their_own_and_load_nothing_from_elsewhere() {
        for page in [OVERVIEW, LOGIN, NOTICE] {
            let is_handler = |word: &str| word.starts_with("on") && word.contains('=');
            assert!(!page.contains("style=") && !page.contains("<style"), "{page}");
            assert!(!page.split_whitespace().any(is_handler), "{page}");
            assert!(!page.contains("//") && !page.contains("javascript:"), "{page}");
            let own = page.matches("<script type=\"module\" src=\"/emulator/page/").count();
            assert_eq!(page.matches("<script").count(), own);
        }
    }
}
