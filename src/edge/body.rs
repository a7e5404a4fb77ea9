//! A request's body, read when somebody asks for it.

use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use worker::{ByteStream, web_sys};

use crate::http::stream::{Body, Read};
use crate::ports::Fault;

/// The body of a platform request.
pub(crate) struct Stream(pub web_sys::Request);

impl Body for Stream {
    fn read(&self, limit: usize) -> LocalBoxFuture<'_, Result<Read, Fault>> {
        Box::pin(async move {
            let Some(stream) = self.0.body() else { return Ok(Read::Whole(Vec::new())) };
            if self.0.body_used() {
                return Err(Fault::new("body", "read twice"));
            }
            let mut stream = ByteStream::from(stream);
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
