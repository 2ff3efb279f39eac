//! Query strings, written and bent.

/// Adds fields to a URI, a space as `%20`.
pub(crate) fn append(uri: &str, fields: &[(&str, &str)]) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    let joint = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{joint}{}", fields.join("&"))
}

/// Puts another field in the place of one, leaves out a second one, and keeps every other byte.
pub(crate) fn replace(query: &str, name: &str, by: &str, without: &str) -> String {
    let keep = |field: &&str| !is_named(field, without);
    let replace = |field| if is_named(field, name) { by } else { field };
    query.split('&').filter(keep).map(replace).collect::<Vec<_>>().join("&")
}

/// The raw value of a field, percent-encoding kept.
pub(crate) fn raw<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find(|field| is_named(field, name)).and_then(|field| field.split_once('=')).map(|(_, value)| value)
}

/// Names may be percent-encoded as well.
fn is_named(field: &str, name: &str) -> bool {
    form_urlencoded::parse(field.as_bytes()).next().is_some_and(|(known, _)| known == name)
}

fn encode(value: &str) -> String {
    form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>().replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_and_signs_are_encoded() {
        assert_eq!(append("x://y", &[("a", "b c"), ("d", "e+f&g")]), "x://y?a=b%20c&d=e%2Bf%26g");
        assert_eq!(append("x://y?z", &[("a", "")]), "x://y?z&a=");
    }

    #[test]
    fn one_field_is_replaced_and_the_rest_stays() {
        let query = "a=%2f+%20&msn=123456&&b&client_id=x&c==";
        assert_eq!(replace(query, "msn", "client_id=y", "client_id"), "a=%2f+%20&client_id=y&&b&c==");
        assert_eq!(replace("%6dsn=1&a", "msn", "client_id=y", "client_id"), "client_id=y&a");
        assert_eq!(raw(query, "a"), Some("%2f+%20"));
        assert_eq!((raw(query, "b"), raw(query, "z")), (None, None));
    }
}
