//! What a person agreed to tell.

use pyo3::prelude::*;
use serde::Serialize;
use serde_json::Value;
use vipps_partner_auth as core;

use crate::{
    convert::{from_json, text},
    errors::{OrRaise, internal},
    values::{Repr, hash},
};

/// What a person agreed to tell this sales unit. A member that Vipps left out is ``None``; all members are in
/// ``to_dict()``. ``repr`` shows ``sub`` alone: the rest is personal data.
#[pyclass(frozen, eq, module = "vipps_partner_auth")]
#[derive(PartialEq)]
pub(crate) struct Userinfo(pub(crate) core::Userinfo);

#[pymethods]
impl Userinfo {
    /// The person, as this sales unit knows them: the same as in the ID token.
    #[getter]
    fn sub(&self) -> &str {
        self.0.sub()
    }

    /// Full name.
    #[getter]
    fn name(&self) -> Option<&str> {
        self.0.name()
    }

    /// Given names.
    #[getter]
    fn given_name(&self) -> Option<&str> {
        self.0.given_name()
    }

    /// Family name.
    #[getter]
    fn family_name(&self) -> Option<&str> {
        self.0.family_name()
    }

    /// Digits with country code and without a plus sign.
    #[getter]
    fn phone_number(&self) -> Option<&str> {
        self.0.phone_number()
    }

    /// Whether Vipps verified the phone number.
    #[getter]
    fn phone_number_verified(&self) -> Option<bool> {
        self.0.phone_number_verified()
    }

    /// E-mail address.
    #[getter]
    fn email(&self) -> Option<&str> {
        self.0.email()
    }

    /// Whether Vipps verified the e-mail address.
    #[getter]
    fn email_verified(&self) -> Option<bool> {
        self.0.email_verified()
    }

    /// ``YYYY-MM-DD``.
    #[getter]
    fn birthdate(&self) -> Option<&str> {
        self.0.birthdate()
    }

    /// ``male``, ``female`` or ``other``; ``None`` where the person did not tell, and in the test environment.
    #[getter]
    fn gender(&self) -> Option<&str> {
        self.0.gender()
    }

    /// National identity number, for sales units that Vipps approved for it. Opaque: its form differs from country to
    /// country.
    #[getter]
    fn nin(&self) -> Option<&str> {
        self.0.nin()
    }

    /// The address.
    #[getter]
    fn address(&self) -> Option<Address> {
        self.0.address().map(Address)
    }

    /// Up to two more addresses.
    #[getter]
    fn other_addresses(&self) -> Vec<Address> {
        self.0.other_addresses().into_iter().map(Address).collect()
    }

    /// What the person agreed to, of what the merchant asked. Only at the first login.
    #[getter]
    fn delegated_consents<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.delegated_consents().map(|consents| from_json(py, &consents.to_string())).transpose()
    }

    /// What the person answered in a flow of the merchant's own (scope ``customFlow``).
    #[getter]
    fn flow_result<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.flow_result().map(|flow| told(py, "FlowResult", &flow)).transpose()
    }

    /// The agreement that the person made (scope ``agreement``). Only in logins from a phone number.
    #[getter]
    fn agreement<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.agreement().map(|agreement| told(py, "Agreement", &agreement)).transpose()
    }

    /// Any member; ``default`` when it is absent.
    #[pyo3(signature = (name, default=None))]
    fn claim(&self, py: Python<'_>, name: &Bound<'_, PyAny>, default: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        match self.0.claim::<Value>(&text("name", name)?) {
            Some(claim) => Ok(from_json(py, &claim.to_string())?.unbind()),
            None => Ok(default.unwrap_or_else(|| py.None())),
        }
    }

    /// All members, those unknown to this library too.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        from_json(py, &self.0.json())
    }

    fn __hash__(&self) -> u64 {
        hash(self.0.sub())
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        Ok((py.get_type::<Self>().getattr("_restored")?, (self.0.json(),)))
    }

    #[staticmethod]
    fn _restored(py: Python<'_>, json: &str) -> PyResult<Self> {
        core::Userinfo::from_json(json).or_raise(py).map(Self)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(Repr::new(py, "Userinfo").member("sub", self.sub())?.rest().end())
    }
}

/// A value of `vipps_partner_auth._told`.
fn told<'py>(py: Python<'py>, class: &str, claim: &impl Serialize) -> PyResult<Bound<'py, PyAny>> {
    let json = serde_json::to_string(claim).map_err(|_| internal(py))?;
    py.import("vipps_partner_auth._told")?.getattr(class)?.call1((from_json(py, &json)?,))
}

/// All members of an address, in their order.
type AddressLines = [Option<String>; 6];

/// A person's address. Empty members are ``None``; ``repr`` shows none of them.
#[pyclass(frozen, eq, module = "vipps_partner_auth")]
#[derive(PartialEq)]
pub(crate) struct Address(core::Address);

#[pymethods]
impl Address {
    /// Street, with unit and floor in a second line.
    #[getter]
    fn street_address(&self) -> Option<&str> {
        self.0.street_address.as_deref()
    }

    /// Postal code.
    #[getter]
    fn postal_code(&self) -> Option<&str> {
        self.0.postal_code.as_deref()
    }

    /// City or place.
    #[getter]
    fn region(&self) -> Option<&str> {
        self.0.region.as_deref()
    }

    /// Two letters.
    #[getter]
    fn country(&self) -> Option<&str> {
        self.0.country.as_deref()
    }

    /// The whole address, in lines.
    #[getter]
    fn formatted(&self) -> Option<&str> {
        self.0.formatted.as_deref()
    }

    /// ``home``, ``work`` or ``other``.
    #[getter]
    fn address_type(&self) -> Option<&str> {
        self.0.address_type.as_deref()
    }

    fn __hash__(&self) -> u64 {
        hash((self.postal_code(), self.formatted()))
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (AddressLines,))> {
        let address = self.0.clone();
        let lines = [
            address.street_address,
            address.postal_code,
            address.region,
            address.country,
            address.formatted,
            address.address_type,
        ];
        Ok((py.get_type::<Self>().getattr("_restored")?, (lines,)))
    }

    #[staticmethod]
    fn _restored(lines: AddressLines) -> Self {
        let [street_address, postal_code, region, country, formatted, address_type] = lines;
        let mut address = core::Address::default();
        address.street_address = street_address;
        address.postal_code = postal_code;
        address.region = region;
        address.country = country;
        address.formatted = formatted;
        address.address_type = address_type;
        Self(address)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(Repr::new(py, "Address").rest().end())
    }
}
