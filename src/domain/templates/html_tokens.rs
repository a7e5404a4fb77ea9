//! The HTML standard's tokenizer at a small size. Its states are generic over what reads and what emits, and
//! would each hold a copy of both: here they call one.

use std::convert::Infallible;

use html5gum::emitters::default::{DefaultEmitter, Token};
use html5gum::{Emitter, Error, Readable as _, Reader, State, StringReader, Tokenizer};

/// The tokens of a text, errors among them, with where they begin.
pub(crate) fn tokens(html: &str) -> impl Iterator<Item = Token<usize>> + '_ {
    let mut emitter = DefaultEmitter::<usize>::new_with_span();
    emitter.naively_switch_states(true);
    let tokenizer = Tokenizer::new_with_emitter(Called(html.to_reader()), Called(emitter));
    tokenizer.map(|token| match token {
        Ok(token) => token,
    })
}

/// One that is called, and never copied into its callers.
struct Called<T>(T);

impl Reader for Called<StringReader<'_>> {
    type Error = Infallible;

    #[inline(never)]
    fn read_byte(&mut self) -> Result<Option<u8>, Infallible> {
        self.0.read_byte()
    }

    #[inline(never)]
    fn try_read_string(&mut self, text: &[u8], case_sensitive: bool) -> Result<bool, Infallible> {
        self.0.try_read_string(text, case_sensitive)
    }

    #[inline(never)]
    fn read_until<'b>(
        &'b mut self,
        needle: &[u8],
        buffer: &'b mut [u8; 4],
    ) -> Result<Option<&'b [u8]>, Infallible> {
        self.0.read_until(needle, buffer)
    }
}

macro_rules! called {
    ($($name:ident($($argument:ident: $type:ty)?) $(-> $answer:ty)?;)*) => {
        $(
            #[inline(never)]
            fn $name(&mut self $(, $argument: $type)?) $(-> $answer)? {
                self.0.$name($($argument)?)
            }
        )*
    };
}

impl Emitter for Called<DefaultEmitter<usize>> {
    type Token = Token<usize>;

    called! {
        set_last_start_tag(tag: Option<&[u8]>);
        emit_eof();
        emit_error(error: Error);
        should_emit_errors() -> bool;
        pop_token() -> Option<Token<usize>>;
        init_string();
        emit_string(text: &[u8]);
        init_start_tag();
        init_end_tag();
        init_comment();
        emit_current_tag() -> Option<State>;
        emit_current_comment();
        emit_current_doctype();
        set_self_closing();
        set_force_quirks();
        push_tag_name(text: &[u8]);
        push_comment(text: &[u8]);
        push_doctype_name(text: &[u8]);
        init_doctype();
        init_attribute();
        init_attribute_value();
        push_attribute_name(text: &[u8]);
        push_attribute_value(text: &[u8]);
        set_doctype_public_identifier(text: &[u8]);
        set_doctype_system_identifier(text: &[u8]);
        push_doctype_public_identifier(text: &[u8]);
        push_doctype_system_identifier(text: &[u8]);
        start_open_tag();
        current_is_appropriate_end_tag_token() -> bool;
        adjusted_current_node_present_but_not_in_html_namespace() -> bool;
        move_position(offset: isize);
    }
}
