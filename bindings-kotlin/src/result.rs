//! What a login brings.

use std::{sync::Arc, time::SystemTime};

use serde_json::Value;
use vipps_partner_auth::{Address, Agreement, FlowElement, FlowLink, FlowResult, FlowScreen, LoginResult, Userinfo};

use crate::verifier::ClaimsParts;

/// A login, for `userinfo`.
#[derive(Debug, uniffi::Object)]
pub struct ResultHandle(pub(crate) LoginResult);

/// A login that passed every check.
#[derive(Clone, uniffi::Record, derive_more::Debug)]
#[debug("ResultParts {{ claims: {claims:?}, scopes: {scopes:?}, .. }}")]
pub struct ResultParts {
    /// For `userinfo`.
    pub handle: Arc<ResultHandle>,
    /// Who logged in.
    pub claims: ClaimsParts,
    /// Opens userinfo. A secret.
    pub access_token: String,
    /// Until when it does.
    pub access_token_expires_at: SystemTime,
    /// The ID token itself. Personal data.
    pub id_token: String,
    /// The scopes that were granted.
    pub scopes: Vec<String>,
    /// The scopes that were asked for.
    pub asked_scopes: Vec<String>,
    /// Those asked for and not granted.
    pub missing_scopes: Vec<String>,
}

impl From<LoginResult> for ResultParts {
    fn from(result: LoginResult) -> Self {
        Self {
            claims: ClaimsParts::from(result.claims()),
            access_token: result.access_token().secret().to_owned(),
            access_token_expires_at: result.access_token().expires_at(),
            id_token: result.id_token().to_owned(),
            scopes: result.scopes().to_vec(),
            asked_scopes: result.asked_scopes().to_vec(),
            missing_scopes: result.missing_scopes().into_iter().map(str::to_owned).collect(),
            handle: Arc::new(ResultHandle(result)),
        }
    }
}

/// What a person agreed to tell.
#[derive(Clone, uniffi::Record, derive_more::Debug)]
#[debug("UserinfoParts {{ sub: {sub:?}, .. }}")]
pub struct UserinfoParts {
    /// The person, as this sales unit knows them.
    pub sub: String,
    /// Full name.
    pub name: Option<String>,
    /// Given names.
    pub given_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
    /// Digits with country code.
    pub phone_number: Option<String>,
    /// Whether Vipps verified it.
    pub phone_number_verified: Option<bool>,
    /// E-mail address.
    pub email: Option<String>,
    /// Whether Vipps verified it.
    pub email_verified: Option<bool>,
    /// `YYYY-MM-DD`.
    pub birthdate: Option<String>,
    /// As Vipps words it.
    pub gender: Option<String>,
    /// National identity number.
    pub nin: Option<String>,
    /// The address.
    pub address: Option<AddressParts>,
    /// Up to two more addresses.
    pub other_addresses: Vec<AddressParts>,
    /// What the person agreed to, as JSON.
    pub delegated_consents: Option<String>,
    /// What the person answered in a flow of the merchant's own.
    pub flow_result: Option<FlowResultParts>,
    /// The agreement that the person made.
    pub agreement: Option<AgreementParts>,
    /// All members, as JSON.
    pub json: String,
}

/// What a person answered in a flow of the merchant's own.
#[derive(Clone, uniffi::Record, derive_more::Debug)]
#[debug("FlowResultParts(***)")]
pub struct FlowResultParts {
    /// The language that the person read.
    pub language: Option<String>,
    /// In order.
    pub screens: Vec<FlowScreenParts>,
    /// All members, as JSON.
    pub json: String,
}

/// One screen of a flow.
#[derive(Clone, uniffi::Record, derive_more::Debug)]
#[debug("FlowScreenParts(***)")]
pub struct FlowScreenParts {
    /// Its heading.
    pub title: Option<String>,
    /// The text beneath.
    pub description: Option<String>,
    /// The terms it links to.
    pub links: Vec<FlowLinkParts>,
    /// What the person could answer.
    pub elements: Vec<FlowElementParts>,
}

/// A link of a screen.
#[derive(Clone, uniffi::Record, derive_more::Debug)]
#[debug("FlowLinkParts(***)")]
pub struct FlowLinkParts {
    /// What the person reads.
    pub title: Option<String>,
    /// Where it leads.
    pub url: Option<String>,
}

/// One thing that the person could answer.
#[derive(Clone, uniffi::Record, derive_more::Debug)]
#[debug("FlowElementParts(***)")]
pub struct FlowElementParts {
    /// Its type, such as `checkbox`.
    pub kind: Option<String>,
    /// What the merchant named it.
    pub id: Option<String>,
    /// What the person read.
    pub title: Option<String>,
    /// Whether the person ticked it.
    pub checked: Option<bool>,
    /// All members, as JSON.
    pub json: String,
}

/// The agreement that a person made.
#[derive(Clone, uniffi::Record, derive_more::Debug)]
#[debug("AgreementParts(***)")]
pub struct AgreementParts {
    /// The language that the person read.
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
    /// All members, as JSON.
    pub json: String,
}

/// A person's address.
#[derive(Clone, uniffi::Record, derive_more::Debug)]
#[debug("AddressParts(***)")]
pub struct AddressParts {
    /// Street.
    pub street_address: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// City or place.
    pub region: Option<String>,
    /// Two letters.
    pub country: Option<String>,
    /// The whole address, in lines.
    pub formatted: Option<String>,
    /// `home`, `work` or `other`.
    pub address_type: Option<String>,
}

impl From<&Userinfo> for UserinfoParts {
    fn from(userinfo: &Userinfo) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Self {
            sub: userinfo.sub().to_owned(),
            name: owned(userinfo.name()),
            given_name: owned(userinfo.given_name()),
            family_name: owned(userinfo.family_name()),
            phone_number: owned(userinfo.phone_number()),
            phone_number_verified: userinfo.phone_number_verified(),
            email: owned(userinfo.email()),
            email_verified: userinfo.email_verified(),
            birthdate: owned(userinfo.birthdate()),
            gender: owned(userinfo.gender()),
            nin: owned(userinfo.nin()),
            address: userinfo.address().map(AddressParts::from),
            other_addresses: userinfo.other_addresses().into_iter().map(AddressParts::from).collect(),
            delegated_consents: userinfo.delegated_consents().map(ToString::to_string),
            flow_result: userinfo.flow_result().map(FlowResultParts::from),
            agreement: userinfo.agreement().map(AgreementParts::from),
            json: userinfo.json(),
        }
    }
}

impl From<FlowResult> for FlowResultParts {
    fn from(flow: FlowResult) -> Self {
        Self {
            language: flow.language,
            screens: flow.screens.into_iter().map(FlowScreenParts::from).collect(),
            json: Value::from(flow.members).to_string(),
        }
    }
}

impl From<FlowScreen> for FlowScreenParts {
    fn from(screen: FlowScreen) -> Self {
        Self {
            title: screen.title,
            description: screen.description,
            links: screen.links.into_iter().map(FlowLinkParts::from).collect(),
            elements: screen.elements.into_iter().map(FlowElementParts::from).collect(),
        }
    }
}

impl From<FlowLink> for FlowLinkParts {
    fn from(link: FlowLink) -> Self {
        Self { title: link.title, url: link.url }
    }
}

impl From<FlowElement> for FlowElementParts {
    fn from(element: FlowElement) -> Self {
        Self {
            kind: element.kind,
            id: element.id,
            title: element.title,
            checked: element.checked,
            json: Value::from(element.members).to_string(),
        }
    }
}

impl From<Agreement> for AgreementParts {
    fn from(agreement: Agreement) -> Self {
        Self {
            language: agreement.language,
            description: agreement.description,
            button_text: agreement.button_text,
            terms_link_text: agreement.terms_link_text,
            terms_link_url: agreement.terms_link_url,
            privacy_statement_link_text: agreement.privacy_statement_link_text,
            privacy_statement_link_url: agreement.privacy_statement_link_url,
            timestamp: agreement.timestamp,
            accepted: agreement.accepted,
            json: Value::from(agreement.members).to_string(),
        }
    }
}

impl From<Address> for AddressParts {
    fn from(address: Address) -> Self {
        Self {
            street_address: address.street_address,
            postal_code: address.postal_code,
            region: address.region,
            country: address.country,
            formatted: address.formatted,
            address_type: address.address_type,
        }
    }
}
