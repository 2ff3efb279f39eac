//! Declarations of Swift's sources. No compiler is asked, since the one of this machine is far away; the sources are plain enough.

/// A type whose body is being read.
struct Scope {
    name: String,
    /// How deep its body is.
    depth: usize,
    /// What stands in it without a word about access: members of a public protocol or extension, cases of a public enum.
    opens: Opens,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Opens {
    Nothing,
    Cases,
    Everything,
}

const TYPES: [&str; 6] = ["actor", "class", "enum", "extension", "protocol", "struct"];
const MEMBERS: [&str; 7] = ["associatedtype", "func", "init", "let", "static", "subscript", "var"];

/// What others may use, each with the type that it stands in: signatures and defaults, no bodies.
pub(super) fn declarations(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut scopes: Vec<Scope> = Vec::new();
    let mut depth = 0;
    let mut lines = text.lines().map(code);
    while let Some(line) = lines.next() {
        let mut whole = line.to_owned();
        while unbalanced(&whole) {
            let Some(next) = lines.next() else { break };
            whole = format!("{whole} {next}");
        }
        let words: Vec<&str> = signature(&whole).split_whitespace().collect();
        let is_public = words.contains(&"public") && !whole.contains("@_spi");
        let kind = words.iter().position(|word| TYPES.contains(word)).filter(|at| !words[..*at].contains(&"func"));
        let scope = scopes.last();
        let is_open = scope.is_some_and(|scope| scope.depth == depth && opens(scope.opens, &words));
        if is_public || is_open {
            let owner = scope.map(|scope| format!("{}: ", scope.name)).unwrap_or_default();
            found.push(format!("{owner}{}", words.join(" ").replace("( ", "(").replace(" )", ")")));
        }
        let opened = braces(&whole, '{');
        let closed = braces(&whole, '}');
        if let Some(at) = kind.filter(|_| opened > closed) {
            let name = words.get(at + 1).map_or("", |name| name.trim_end_matches([':', '{']));
            let opens = match words[at] {
                "enum" if is_public => Opens::Cases,
                "protocol" | "extension" if is_public => Opens::Everything,
                _ => Opens::Nothing,
            };
            scopes.push(Scope { name: name.to_owned(), depth: depth + 1, opens });
        }
        depth = (depth + opened).saturating_sub(closed);
        scopes.retain(|scope| scope.depth <= depth);
    }
    found
}

fn opens(opens: Opens, words: &[&str]) -> bool {
    let Some(first) = words.iter().find(|word| !word.starts_with('@')) else { return false };
    let is_member = MEMBERS.iter().any(|member| first.split('(').next() == Some(member));
    match opens {
        Opens::Nothing => false,
        Opens::Cases => *first == "case",
        Opens::Everything => is_member,
    }
}

/// A line without its comment.
fn code(line: &str) -> &str {
    let trimmed = line.trim();
    if trimmed.starts_with("//") || trimmed.starts_with('*') || trimmed.starts_with("/*") {
        return "";
    }
    trimmed.split("  //").next().unwrap_or_default()
}

/// A list of parameters that goes on in the next line.
fn unbalanced(text: &str) -> bool {
    let has_begun = text.contains("func ") || text.contains("init") || text.contains("case ");
    has_begun && braces(text, '(') > braces(text, ')') && !text.contains('{')
}

/// All before the body.
fn signature(text: &str) -> &str {
    text.split(" {").next().unwrap_or_default().trim()
}

fn braces(text: &str, brace: char) -> usize {
    text.matches(brace).count()
}

#[cfg(test)]
mod tests {
    use super::declarations;

    #[test]
    fn what_others_may_use_is_listed_with_its_type() {
        let text = "\
/// Keys.
public struct Keys: Sendable {
    let hidden: Int
    /// Makes one.
    public static func partner(
        clientID: String, second: String? = nil
    ) throws -> Keys {
        let inner = 1
        return Keys(hidden: inner)
    }
    public var kind: String { \"partner\" }
}

public enum Market: String {
    case norway = \"NO\"
    case denmark = \"DK\"
    func inner() { switch self { case .norway: break; default: break } }
}

enum Hidden {
    case none
}

public protocol Caller: Sendable {
    func covers(_ url: String) -> Bool
}

extension Keys {
    public func more() {}
    func less() {}
}
";
        assert_eq!(
            declarations(text),
            [
                "public struct Keys: Sendable",
                "Keys: public static func partner(clientID: String, second: String? = nil) throws -> Keys",
                "Keys: public var kind: String",
                "public enum Market: String",
                "Market: case norway = \"NO\"",
                "Market: case denmark = \"DK\"",
                "public protocol Caller: Sendable",
                "Caller: func covers(_ url: String) -> Bool",
                "Keys: public func more()",
            ]
        );
    }
}
