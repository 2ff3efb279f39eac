//! What a control is refused with.

use std::io;

pub(crate) fn not_found(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, text)
}

pub(crate) fn invalid_input(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, text)
}
