//! CBOR (RFC 8949) as far as CTAP2's canonical form goes: definite lengths, and nesting with a bound.

/// How deep what is skipped may nest. CTAP2 allows four levels.
const DEEPEST: u8 = 8;

/// Reads items off the front of some bytes. What is not well-formed, or not of the type that is asked for, is
/// `None`, and the reader is of no use after it.
#[derive(Clone)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader(bytes)
    }

    /// What has not been read.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// The major type and the argument of the next item (§3).
    fn head(&mut self) -> Option<(u8, u64)> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        let argument = match first & 0x1f {
            small @ 0..=23 => u64::from(small),
            24 => self.number(1)?,
            25 => self.number(2)?,
            26 => self.number(4)?,
            27 => self.number(8)?,
            _ => return None,
        };
        Some((first >> 5, argument))
    }

    fn number(&mut self, bytes: u64) -> Option<u64> {
        Some(self.take(bytes)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    /// A map's number of pairs.
    pub(super) fn map(&mut self) -> Option<u64> {
        self.head().filter(|(major, _)| *major == 5).map(|(_, pairs)| pairs)
    }

    /// An integer.
    pub(super) fn int(&mut self) -> Option<i64> {
        match self.head()? {
            (0, value) => i64::try_from(value).ok(),
            (1, value) => i64::try_from(value).ok().map(|value| -1 - value),
            _ => None,
        }
    }

    /// A byte string.
    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        match self.head()? {
            (2, length) => self.take(length),
            _ => None,
        }
    }

    /// A text string.
    pub(super) fn text(&mut self) -> Option<&'a str> {
        match self.head()? {
            (3, length) => std::str::from_utf8(self.take(length)?).ok(),
            _ => None,
        }
    }

    /// Whatever comes next, as the bytes that it takes.
    pub(super) fn skip(&mut self) -> Option<&'a [u8]> {
        let before = self.0;
        self.skip_within(DEEPEST)?;
        before.get(..before.len() - self.0.len())
    }

    /// Every item takes a byte at least, so a length that promises more ends with the input.
    fn skip_within(&mut self, depth: u8) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        let (major, argument) = self.head()?;
        let items = match major {
            0 | 1 | 7 => 0,
            2 | 3 => {
                self.take(argument)?;
                0
            }
            4 => argument,
            5 => argument.checked_mul(2)?,
            _ => 1,
        };
        for _ in 0..items {
            self.skip_within(depth)?;
        }
        Some(())
    }
}
