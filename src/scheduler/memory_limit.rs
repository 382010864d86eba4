//! `limits.memory`

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base::units::{BadUnit, ByteSize, Scalar};

/// `limits.memory`: `"auto"`, or a size; 0 = no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MemoryLimit {
    /// Half of the memory that the machine or the control group of the process has.
    #[default]
    Auto,
    /// This limit; 0 = no limit.
    Bytes(ByteSize),
}

impl MemoryLimit {
    /// Returns the limit in bytes where the process has `available` bytes; `None` if there is no limit.
    pub(crate) fn resolve(self, available: Option<u64>) -> Option<u64> {
        match self {
            Self::Auto => available.map(|available| available / 2),
            Self::Bytes(size) => Some(size.0).filter(|size| *size > 0),
        }
    }
}

impl fmt::Display for MemoryLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => formatter.write_str("auto"),
            Self::Bytes(size) => size.fmt(formatter),
        }
    }
}

impl FromStr for MemoryLimit {
    type Err = BadUnit;

    fn from_str(text: &str) -> Result<Self, BadUnit> {
        if text.trim() == "auto" { Ok(Self::Auto) } else { text.parse().map(Self::Bytes) }
    }
}

impl Serialize for MemoryLimit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MemoryLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "\"auto\" or a size such as \"2 GiB\"";
        deserializer.deserialize_any(Scalar(expected, str::parse, std::marker::PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_auto_are_read() {
        for (text, limit, resolved) in [
            ("auto", MemoryLimit::Auto, Some(500)),
            ("2 KiB", MemoryLimit::Bytes(ByteSize(2048)), Some(2048)),
            ("0", MemoryLimit::Bytes(ByteSize(0)), None),
        ] {
            let read: MemoryLimit = text.parse().unwrap();
            assert_eq!((read, read.resolve(Some(1000))), (limit, resolved));
            assert_eq!(read.to_string().parse::<MemoryLimit>().unwrap(), read);
        }
        assert_eq!(MemoryLimit::Auto.resolve(None), None);
        assert!("half".parse::<MemoryLimit>().is_err());
    }
}
