//! Reading resolved parameters of actions.

use mina::{Amount, PrivateKey, PublicKey};
use serde_json::Value;

use crate::json;
use crate::script::exact::Exact;

/// A parameter of the wrong type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: expected {expected}, got {got}")]
pub struct ParamsError {
    /// Name of the parameter.
    pub name: &'static str,
    /// What should be there.
    pub expected: &'static str,
    /// What is there, without secrets.
    pub got: String,
}

/// A type of parameters.
pub(crate) trait Parameter: Sized {
    /// What has to be written.
    const EXPECTS: &'static str;
    /// Whether values must not be shown.
    const SECRET: bool = false;

    /// The value, if it is one of this type.
    fn read(value: &Value) -> Option<Self>;

    /// The value as it was written, if it is one of this type.
    fn read_exact(exact: &Exact) -> Option<Self> {
        Self::read(&exact.to_value())
    }

    /// The value, or what is wrong with it.
    fn of(name: &'static str, exact: &Exact) -> Result<Self, ParamsError> {
        Self::read_exact(exact).ok_or_else(|| ParamsError {
            name,
            expected: Self::EXPECTS,
            got: if Self::SECRET {
                "something else".to_owned()
            } else {
                json::describe(&exact.to_value().to_string())
            },
        })
    }
}

macro_rules! parameter_types {
    ($($type:ty, $expects:literal, $value:ident => $read:expr;)*) => {
        $(impl Parameter for $type {
            const EXPECTS: &'static str = $expects;

            fn read($value: &Value) -> Option<Self> {
                $read
            }
        })*
    };
}

parameter_types! {
    u64, "a whole number, not negative", value => value.as_u64();
    i64, "a whole number", value => value.as_i64();
    f64, "a number", value => value.as_f64();
    bool, "true or false", value => value.as_bool();
    String, "a text", value => value.as_str().map(str::to_owned);
    Amount, "a whole number of nanomina, not negative",
        value => value.as_u64().map(Amount::from_nanomina);
    Option<i32>, "a whole number of at most 32 bits, or null",
        value => value.as_i64()?.try_into().ok().map(Some);
    Option<u32>, "a whole number of at most 32 bits, not negative, or null",
        value => value.as_u64()?.try_into().ok().map(Some);
    Option<PublicKey>, "a public key", value => value.as_str()?.parse().ok().map(Some);
    Vec<String>, "a list of texts", value => list(value, Parameter::read);
    Vec<f64>, "a list of numbers", value => list(value, Parameter::read);
    Vec<u64>, "a list of whole numbers", value => list(value, Parameter::read);
    Vec<PublicKey>, "a list of public keys", value => list(value, |key| key.as_str()?.parse().ok());
}

impl Parameter for Vec<Exact> {
    const EXPECTS: &'static str = "a list";

    fn read(value: &Value) -> Option<Self> {
        Some(value.as_array()?.iter().map(Exact::of).collect())
    }

    fn read_exact(exact: &Exact) -> Option<Self> {
        exact.elements()
    }
}

impl Parameter for Vec<PrivateKey> {
    const EXPECTS: &'static str = "a list of private keys";
    const SECRET: bool = true;

    fn read(value: &Value) -> Option<Self> {
        list(value, |key| key.as_str()?.parse().ok())
    }
}

pub(super) fn list<T>(value: &Value, read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    value.as_array()?.iter().map(read).collect()
}

/// Declares the parameters of an action: a struct with a default, a list of names, and reading.
macro_rules! params {
    ($(#[$about:meta])* $name:ident {
        $($(#[$member:meta])* $field:ident: $type:ty = $key:literal,)*
    }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Default)]
        pub struct $name {
            $($(#[$member])* pub $field: $type,)*
        }

        impl $name {
            /// The names in scripts.
            pub(crate) const NAMES: &'static [&'static str] = &[$($key),*];

            /// Reads resolved parameters.
            pub(crate) fn from_params(
                params: $crate::script::params::Params,
            ) -> Result<Self, $crate::action::decode::ParamsError> {
                let mut this = Self::default();
                for (name, value) in params {
                    if value.is_null() {
                        continue;
                    }
                    $(if name.eq_ignore_ascii_case($key) {
                        this.$field = $crate::action::decode::Parameter::of($key, &value)?;
                    } else)* {
                        // other names mean nothing, as in the original
                    }
                }
                Ok(this)
            }
        }
    };
}

pub(crate) use params;
