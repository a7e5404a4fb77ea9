//! A platform request as ours.

use std::cell::RefCell;

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

use crate::edge::glue;
use crate::http::request::Request;
use crate::http::stream::{Body, Read};
use crate::model::headers::Headers;
use crate::ports::{Fault, Later};

/// Reads a request's head in one crossing; the body stays where it is.
pub fn read(raw: &JsValue) -> Result<Request, Fault> {
    let bad = || Fault::new("request", "no head");
    let head = head(raw).ok_or_else(bad)?;
    let mut lines = head.splitn(3, '\n');
    let method = lines.next().ok_or_else(bad)?;
    let url = lines.next().ok_or_else(bad)?;
    let headers = Headers::from_lines(lines.next().unwrap_or_default().to_owned());
    // The platform has parsed and normalised the URL (WHATWG): scheme://host/path?query.
    let rest = url.split_once(':').and_then(|(_, rest)| rest.strip_prefix("//")).ok_or_else(bad)?;
    let (host, path_and_query) = match rest.find(['/', '?']) {
        Some(at) => rest.split_at_checked(at).ok_or_else(bad)?,
        None => (rest, "/"),
    };
    let (path, query) = match path_and_query.find('?') {
        Some(at) => path_and_query.split_at_checked(at).ok_or_else(bad)?,
        None => (path_and_query, ""),
    };
    let query = query.split('#').next().unwrap_or_default();
    Ok(Request {
        method: method.to_owned(),
        host: host.to_ascii_lowercase(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body: Box::new(Stream(raw.clone())),
    })
}

thread_local! {
    /// Where a head is written: as large as the largest so far.
    static HEAD: RefCell<Vec<u8>> = RefCell::new(vec![0; 4_096]);
}

fn head(raw: &JsValue) -> Option<String> {
    HEAD.with_borrow_mut(|into| {
        let mut length = glue::head(raw, into);
        if length < 0 {
            into.resize(usize::try_from(length.unsigned_abs()).ok()?, 0);
            length = glue::head(raw, into);
        }
        let written = into.get(..usize::try_from(length).ok()?)?;
        Some(std::str::from_utf8(written).ok()?.to_owned())
    })
}

struct Stream(JsValue);

impl Body for Stream {
    fn read(&self, limit: usize) -> Later<'_, Result<Read, Fault>> {
        Box::pin(async move {
            let limit = u32::try_from(limit).unwrap_or(u32::MAX);
            let read =
                glue::read_body(&self.0, limit).await.map_err(|e| Fault::new("body", glue::said(&e)))?;
            Ok(match read {
                read if read.is_undefined() => Read::TooLong,
                read if read.is_null() => Read::CutShort,
                read => Read::Whole(Uint8Array::new(&read).to_vec()),
            })
        })
    }
}
