//! JSON, read in two ways: strictly what is signed or decides whom to trust, leniently what the service replies.

mod lenient;
mod strict;

pub(crate) use self::{
    lenient::{Document, readable},
    strict::{Json, Places, object, structure},
};
