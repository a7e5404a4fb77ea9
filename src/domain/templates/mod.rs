//! A tenant's own HTML in the place of ours: checked when it is saved, filled in when it is served.
//!
//! `check` holds what such a page may contain, `rules` which elements and attributes, `own_pages` which pages there are.

pub(crate) mod check;
pub(crate) mod html_tokens;
mod own_pages;
mod rules;

pub(crate) use self::own_pages::{
    KINDS, Kind, OwnTemplates, StoredTemplate, find, kind, list, look_ahead, preview, problem, render,
    with_hidden_field,
};
