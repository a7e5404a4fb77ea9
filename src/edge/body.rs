//! A request's body, read when somebody asks for it.

use futures_util::StreamExt as _;
use worker::web_sys;

use crate::edge::fault::fault;
use crate::http::stream::{Body, Read};
use crate::ports::{Fault, Later};

/// The body of a platform request.
pub struct Stream(pub web_sys::Request);

impl Body for Stream {
    fn read(&self, limit: usize) -> Later<'_, Result<Read, Fault>> {
        Box::pin(async move {
            if self.0.body().is_none() {
                return Ok(Read::Whole(Vec::new()));
            }
            if self.0.body_used() {
                return Err(Fault::new("body", "read twice"));
            }
            let stream = worker::Request::from(Clone::clone(&self.0)).stream();
            let mut stream = stream.map_err(|error| fault("body", error))?;
            let mut whole = Vec::new();
            while let Some(chunk) = stream.next().await {
                let Ok(chunk) = chunk else { return Ok(Read::CutShort) };
                if chunk.len() > limit.saturating_sub(whole.len()) {
                    return Ok(Read::TooLong);
                }
                whole.extend(chunk);
            }
            Ok(Read::Whole(whole))
        })
    }
}
