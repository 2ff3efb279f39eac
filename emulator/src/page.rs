//! The few web pages that a person sees.

use http::{HeaderName, StatusCode};

use crate::{login_record::RecordedLogin, reply::Reply, users::User};

/// Names the login on the page that asks, so that a script need not read HTML.
const LOGIN_ID: HeaderName = HeaderName::from_static("vipps-emulator-login");

/// A title and a sentence.
pub(crate) fn notice(status: StatusCode, title: &str, text: &str) -> Reply {
    Reply::page(status, document(title, &format!("<p>{}</p>", escape(text))))
}

/// Who asks for what, with two buttons.
pub(crate) fn question(login: &RecordedLogin, users: &[&User]) -> Reply {
    let binding = login.binding_message.as_ref().map(|message| format!("<p>Check: {}</p>", escape(message)));
    let body = format!(
        "<p>{} (MSN {}) asks for: {}</p>{}<form method=\"post\"><p>{}</p><p>\
         <button formaction=\"/emulator/logins/{id}/approve\">Approve</button> \
         <button formaction=\"/emulator/logins/{id}/deny\">Deny</button></p></form>",
        escape(&login.merchant),
        login.msn,
        escape(&login.scopes.join(", ")),
        binding.unwrap_or_default(),
        choice(users),
        id = escape(&login.id),
    );
    Reply::page(StatusCode::OK, document("Log in", &body)).with_text(LOGIN_ID, &login.id)
}

fn choice(users: &[&User]) -> String {
    let option =
        |user: &&User| format!("<option value=\"{}\">{} ({0})</option>", escape(&user.msisdn), escape(&user.name()));
    let options: String = users.iter().map(option).collect();
    format!("<label>As <select name=\"user\">{options}</select></label>")
}

fn document(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title></head>\
         <body><h1>{title}</h1>{body}<p>vipps-emulator: for tests only, not an official Vipps product.</p></body></html>"
    )
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

    #[test]
    fn text_stays_text() {
        let reply = notice(StatusCode::BAD_REQUEST, "<b>", "a & \"b\" <script>'");
        let html = std::str::from_utf8(&reply.body).expect("text");
        assert!(html.contains("<h1>&lt;b&gt;</h1><p>a &amp; &quot;b&quot; &lt;script&gt;&#39;</p>"), "{html}");
    }
}
