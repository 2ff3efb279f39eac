//! Whether everything is as it must be: the report as JSON and as text, and the program.

use napi::{Env, bindgen_prelude::Object};
use napi_derive::napi;
use vipps_partner_auth::doctor::{DoctorOptions, command};

use crate::{cancel::CancelHandle, fault::OrFault, partner::Partner, promise::promise};

/// A report.
#[napi(object, object_from_js = false)]
pub struct Diagnosis {
    pub json: String,
    pub text: String,
}

/// What the program prints, and the code that it ends with.
#[napi(object, object_from_js = false)]
pub struct Printed {
    pub text: String,
    pub exit_code: u8,
}

/// The program `vipps-doctor` with these arguments. Blocks.
#[napi(catch_unwind)]
pub fn doctor(arguments: Vec<String>) -> Printed {
    let variable = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    let printed = command(arguments, variable);
    Printed { text: printed.text, exit_code: printed.exit_code }
}

#[napi]
impl Partner {
    #[napi(catch_unwind)]
    pub fn doctor<'env>(
        &self,
        env: &'env Env,
        cancel: Option<&CancelHandle>,
        msns: Vec<String>,
        redirect_uri: Option<String>,
        offline: bool,
    ) -> napi::Result<Object<'env>> {
        let mut options = DoctorOptions::default();
        for msn in msns {
            options = options.msn(msn.parse().or_fault()?);
        }
        if let Some(redirect_uri) = redirect_uri {
            options = options.redirect_uri(redirect_uri);
        }
        if offline {
            options = options.offline();
        }
        let partner = self.core();
        promise(env, cancel, async move {
            let report = partner.doctor_with(&options).await;
            Ok(Diagnosis { json: report.to_json(), text: report.to_string() })
        })
    }
}
