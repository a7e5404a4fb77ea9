//! `GET /portcullis.css`: the hosted pages' style sheet, part of the module so that no page waits for an
//! asset lookup.

use crate::cx::Cx;
use crate::http::guard::Answer;
use crate::http::request::Request;
use crate::http::response::Response;

pub(super) async fn style(_: &Cx, _: &Request) -> Answer {
    let css = include_str!("../../../static/portcullis.css");
    let response = Response {
        status: 200,
        headers: vec![("content-type", "text/css; charset=utf-8".into())],
        body: css.into(),
    };
    Ok(response.with("cache-control", "public, max-age=3600"))
}
