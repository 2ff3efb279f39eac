//! People with phones.

use pyo3::{exceptions::PyTypeError, prelude::*, types::PyDict};
use vipps_emulator as emu;

use super::choice;
use crate::{
    convert::{json_members, text},
    settings::flag,
};

/// A person with a phone, known by its number (8 to 15 digits with country code). All of it is invented.
///
/// Named arguments change what the person is: ``person`` (what ``sub`` is derived from), ``given_name``,
/// ``family_name``, ``email``, ``email_verified``, ``birthdate``, ``gender``, ``nin``, ``app`` (``current``,
/// ``outdated`` or ``inactive``), ``customer_token``, ``addresses`` (dicts) and ``more_claims`` (a dict).
#[pyclass(frozen, module = "vipps_partner_auth")]
pub(crate) struct User(pub(crate) emu::User);

#[pymethods]
impl User {
    #[new]
    #[pyo3(signature = (msisdn, **about))]
    fn new(msisdn: &Bound<'_, PyAny>, about: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let mut user = emu::User { msisdn: text("msisdn", msisdn)?, ..emu::User::default() };
        for (name, value) in about.into_iter().flatten() {
            set(&mut user, &text("about", &name)?, &value)?;
        }
        Ok(Self(user))
    }

    /// The phone number, which names the person in all controls.
    #[getter]
    fn msisdn(&self) -> &str {
        &self.0.msisdn
    }

    /// First and last name.
    #[getter]
    fn name(&self) -> String {
        self.0.name()
    }

    /// The person's ``sub`` at a sales unit; another one at each.
    #[pyo3(signature = (msn, /))]
    fn sub(&self, msn: &Bound<'_, PyAny>) -> PyResult<String> {
        Ok(self.0.sub(&crate::convert::msn(msn)?))
    }

    fn __repr__(&self) -> String {
        format!("<User {}>", self.0.msisdn)
    }
}

fn set(user: &mut emu::User, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
    match name {
        "person" => user.person = Some(text(name, value)?),
        "given_name" => user.given_name = text(name, value)?,
        "family_name" => user.family_name = text(name, value)?,
        "email" => user.email = text(name, value)?,
        "email_verified" => user.email_verified = flag(name, value)?,
        "birthdate" => user.birthdate = text(name, value)?,
        "gender" => user.gender = Some(text(name, value)?),
        "nin" => user.nin = Some(text(name, value)?),
        "app" => user.app = app(value)?,
        "customer_token" => user.customer_token = Some(text(name, value)?),
        "addresses" => user.addresses = addresses(value)?,
        "more_claims" => user.more_claims = json_members(name, Some(value))?.into_iter().collect(),
        _ => return Err(PyTypeError::new_err(format!("a person has no {name}"))),
    }
    Ok(())
}

fn app(value: &Bound<'_, PyAny>) -> PyResult<emu::App> {
    use emu::App::{Current, Inactive, Outdated};
    choice("app", value, &[("current", Current), ("outdated", Outdated), ("inactive", Inactive)])
}

fn addresses(value: &Bound<'_, PyAny>) -> PyResult<Vec<emu::Address>> {
    value.try_iter()?.map(|item| address(&item?)).collect()
}

fn address(value: &Bound<'_, PyAny>) -> PyResult<emu::Address> {
    use emu::AddressKind::{Home, Other, Work};
    let mut address = emu::Address::default();
    for (name, value) in value.cast::<PyDict>().map_err(|_| crate::errors::wrong_type("addresses", "dicts", value))? {
        match text("addresses", &name)?.as_str() {
            "kind" => address.kind = choice("kind", &value, &[("home", Home), ("work", Work), ("other", Other)])?,
            "street_address" => address.street_address = text("street_address", &value)?,
            "postal_code" => address.postal_code = text("postal_code", &value)?,
            "region" => address.region = text("region", &value)?,
            "country" => address.country = text("country", &value)?,
            other => return Err(PyTypeError::new_err(format!("an address has no {other}"))),
        }
    }
    Ok(address)
}
