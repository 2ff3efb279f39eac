//! What a person answered in a flow of the merchant's own, and the agreement they made. Pure.

use serde::Serialize;
use serde_json::{Map, Value};

/// What a person answered on the screens of a flow that the merchant had set up with Vipps (scope `customFlow`, claim
/// `flowResult`). A member that Vipps left out, or sent as another type than its documents say, is `None`.
///
/// Source: Vipps MobilePay, Login API, "Custom flow".
#[derive(Clone, PartialEq, Serialize, derive_more::Debug)]
#[debug("FlowResult(***)")]
#[non_exhaustive]
pub struct FlowResult {
    /// The language that the person read, such as `nb`.
    pub language: Option<String>,
    /// In order.
    pub screens: Vec<FlowScreen>,
    /// All that Vipps sent, those members too that are unknown to this library.
    pub members: Map<String, Value>,
}

/// One screen of a flow.
#[derive(Clone, PartialEq, Serialize, derive_more::Debug)]
#[debug("FlowScreen(***)")]
#[non_exhaustive]
pub struct FlowScreen {
    /// Its heading.
    pub title: Option<String>,
    /// The text beneath.
    pub description: Option<String>,
    /// The terms it links to.
    pub links: Vec<FlowLink>,
    /// What the person could answer, in order.
    pub elements: Vec<FlowElement>,
}

/// A link of a screen.
#[derive(Clone, PartialEq, Serialize, derive_more::Debug)]
#[debug("FlowLink(***)")]
#[non_exhaustive]
pub struct FlowLink {
    /// What the person reads.
    pub title: Option<String>,
    /// Where it leads.
    pub url: Option<String>,
}

/// One thing that the person could answer. Of types that are unknown to this library the `members` say all.
#[derive(Clone, PartialEq, Serialize, derive_more::Debug)]
#[debug("FlowElement(***)")]
#[non_exhaustive]
pub struct FlowElement {
    /// `checkbox`, the only one that Vipps documents.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// What the merchant named it.
    pub id: Option<String>,
    /// What the person read.
    pub title: Option<String>,
    /// Whether the person ticked it.
    pub checked: Option<bool>,
    /// All that Vipps sent of it.
    pub members: Map<String, Value>,
}

/// The agreement that a person made in a login from a phone number (scope and claim `agreement`); asked for at every login.
///
/// Source: Vipps MobilePay, Login API, "Agreement".
#[derive(Clone, PartialEq, Serialize, derive_more::Debug)]
#[debug("Agreement(***)")]
#[non_exhaustive]
pub struct Agreement {
    /// The language that the person read, such as `nb`.
    pub language: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// The text of the button that was pressed.
    pub button_text: Option<String>,
    /// What the link to the terms said.
    pub terms_link_text: Option<String>,
    /// Where it led.
    pub terms_link_url: Option<String>,
    /// What the link to the privacy statement said.
    pub privacy_statement_link_text: Option<String>,
    /// Where it led.
    pub privacy_statement_link_url: Option<String>,
    /// When, as Vipps writes it.
    pub timestamp: Option<String>,
    /// Whether the person accepted.
    pub accepted: Option<bool>,
    /// All that Vipps sent, those members too that are unknown to this library.
    pub members: Map<String, Value>,
}

impl FlowResult {
    pub(super) fn read(claim: &Value) -> Option<Self> {
        let members = claim.as_object()?;
        let screens = items(members.get("screens")).filter_map(FlowScreen::read).collect();
        Some(Self { language: text(members, "language"), screens, members: members.clone() })
    }
}

impl FlowScreen {
    fn read(screen: &Value) -> Option<Self> {
        let members = screen.as_object()?;
        let links = members.get("terms").and_then(|terms| terms.get("links"));
        Some(Self {
            title: text(members, "title"),
            description: text(members, "description"),
            links: items(links).filter_map(FlowLink::read).collect(),
            elements: items(members.get("elements")).filter_map(FlowElement::read).collect(),
        })
    }
}

impl FlowLink {
    fn read(link: &Value) -> Option<Self> {
        let members = link.as_object()?;
        Some(Self { title: text(members, "title"), url: text(members, "url") })
    }
}

impl FlowElement {
    fn read(element: &Value) -> Option<Self> {
        let members = element.as_object()?;
        Some(Self {
            kind: text(members, "type"),
            id: text(members, "id"),
            title: text(members, "title"),
            checked: flag(members, "checked"),
            members: members.clone(),
        })
    }
}

impl Agreement {
    pub(super) fn read(claim: &Value) -> Option<Self> {
        let members = claim.as_object()?;
        let link = |name| text(members.get("links")?.as_object()?, name);
        Some(Self {
            language: text(members, "language"),
            description: text(members, "description"),
            button_text: text(members, "buttonText"),
            terms_link_text: link("termsLinkText"),
            terms_link_url: link("termsLinkUrl"),
            privacy_statement_link_text: link("privacyStatementLinkText"),
            privacy_statement_link_url: link("privacyStatementLinkUrl"),
            timestamp: text(members, "timestamp"),
            accepted: flag(members, "accepted"),
            members: members.clone(),
        })
    }
}

fn items(list: Option<&Value>) -> impl Iterator<Item = &Value> {
    list.and_then(Value::as_array).into_iter().flatten()
}

fn text(members: &Map<String, Value>, name: &str) -> Option<String> {
    members.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn flag(members: &Map<String, Value>, name: &str) -> Option<bool> {
    members.get(name)?.as_bool()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_documents_name_is_read_and_all_else_is_kept() {
        let claim = json!({ "language": "nb", "later": 1, "screens": [
            { "title": "Kundeklubb", "description": "", "terms": { "links": [{ "title": "Vilkår", "url": "https://shop.example/terms" }, 5] },
              "elements": [{ "type": "checkbox", "id": "club", "title": "Ja", "checked": true, "hint": "x" }, { "type": "slider", "value": 3 }, null] },
            "no screen",
        ] });
        let flow = FlowResult::read(&claim).expect("a flow");
        assert_eq!((flow.language.as_deref(), flow.screens.len()), (Some("nb"), 1));
        assert_eq!(Value::from(flow.members), claim);
        let screen = &flow.screens[0];
        assert_eq!((screen.title.as_deref(), screen.description.as_deref()), (Some("Kundeklubb"), None));
        assert_eq!(screen.links.len(), 1);
        let ticked = &screen.elements[0];
        assert_eq!(
            (ticked.kind.as_deref(), ticked.id.as_deref(), ticked.checked),
            (Some("checkbox"), Some("club"), Some(true))
        );
        assert_eq!(screen.elements[1].members["value"], 3);
        assert_eq!(screen.elements.len(), 2);
        assert_eq!(format!("{screen:?}{ticked:?}"), "FlowScreen(***)FlowElement(***)");
    }

    #[test]
    fn members_of_other_types_cost_themselves() {
        let flow = FlowResult::read(&json!({ "language": 1, "screens": { "title": "x" } })).expect("a flow");
        assert_eq!((flow.language, flow.screens.len()), (None, 0));
        let agreement =
            Agreement::read(&json!({ "accepted": "true", "links": [], "timestamp": "2026-01-01T00:00:00Z" }));
        let agreement = agreement.expect("an agreement");
        assert_eq!((agreement.accepted, agreement.terms_link_url), (None, None));
        assert_eq!(agreement.timestamp.as_deref(), Some("2026-01-01T00:00:00Z"));
        for claim in [json!([]), json!("x"), Value::Null] {
            assert!(FlowResult::read(&claim).is_none() && Agreement::read(&claim).is_none());
        }
    }
}
