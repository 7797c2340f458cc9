//! Parameters of a command after its references were replaced by values.

use serde_json::{Map, Value};

use super::exact::Exact;

/// Resolved parameters of an action, as they were written.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Params(Vec<(String, Exact)>);

impl Params {
    /// The parameters as one object.
    #[must_use]
    pub fn to_values(&self) -> Map<String, Value> {
        let values = self.0.iter();
        values
            .map(|(name, exact)| (name.clone(), exact.to_value()))
            .collect()
    }
}

impl From<Vec<(String, Exact)>> for Params {
    fn from(params: Vec<(String, Exact)>) -> Self {
        Self(params)
    }
}

impl From<Map<String, Value>> for Params {
    fn from(params: Map<String, Value>) -> Self {
        let exact = |(name, value): (String, Value)| (name, Exact::of(&value));
        Self(params.into_iter().map(exact).collect())
    }
}

impl IntoIterator for Params {
    type Item = (String, Exact);
    type IntoIter = std::vec::IntoIter<(String, Exact)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
