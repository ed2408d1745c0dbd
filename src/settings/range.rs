//! Checks of numbers against their range.

use std::fmt::Display;
use std::ops::RangeInclusive;

use crate::{Error, Result};

/// Fails with the setting's name and value unless the value is in the range.
pub(crate) fn within<T: PartialOrd + Display>(name: &'static str, value: T, range: RangeInclusive<T>) -> Result<()> {
    match outside("it", &value, range.start()..=range.end()) {
        Some(allowed) => Err(Error::setting(name, value, allowed)),
        None => Ok(()),
    }
}

/// Returns what is allowed, about `subject`, unless the value is in the range.
pub(super) fn outside<T: PartialOrd + Display>(subject: &str, value: T, range: RangeInclusive<T>) -> Option<String> {
    (!range.contains(&value)).then(|| format!("{subject} must be {} to {}", range.start(), range.end()))
}
