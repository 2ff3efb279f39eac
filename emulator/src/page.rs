//! The emulator's own pages, and who may see them.

pub(crate) mod ask;
pub(crate) mod captions;
pub(crate) mod guard;
pub(crate) mod html;
pub(crate) mod mask;
pub(crate) mod serve;
pub(crate) mod view;
