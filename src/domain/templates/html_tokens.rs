//! The HTML standard's tokenizer.

use html5gum::Tokenizer;
use html5gum::emitters::default::{DefaultEmitter, Token};

/// The tokens of a text, errors among them, with where they begin.
pub(crate) fn tokens(html: &str) -> impl Iterator<Item = Token<usize>> + '_ {
    let mut emitter = DefaultEmitter::<usize>::new_with_span();
    emitter.naively_switch_states(true);
    Tokenizer::new_with_emitter(html, emitter).map(|Ok(token)| token)
}
