//! Templates of hosts, for nodes behind a common gateway: the port that a node
//! submits says which template and which number.

/// Ports of a template begin at its number times this.
const PORTS_PER_TEMPLATE: u16 = 10_000;
/// The port of every host that comes from a template.
const TEMPLATE_PORT: u16 = 80;

/// The templates, in order.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct HostOverrides(Vec<String>);

/// A template that gives the same host for every number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the host template `{0}` has no `{{}}` for the number of the node")]
pub struct HostOverridesError(String);

impl HostOverrides {
    /// Each template must have a place for the number.
    pub fn new(templates: Vec<String>) -> Result<Self, HostOverridesError> {
        match templates.iter().find(|template| !template.contains("{}")) {
            Some(template) => Err(HostOverridesError(template.clone())),
            None => Ok(Self(templates)),
        }
    }

    /// Host and port for a submitted port of 10000 or more whose template
    /// exists.
    #[must_use]
    pub fn apply(&self, port: u16) -> Option<(String, u16)> {
        from_template(&self.0, port)
    }
}

/// Host and port for a submitted port of 10000 or more whose template exists,
/// whether or not that has a place for the number: 10003 is number 3 of the
/// first.
#[must_use]
pub fn from_template(templates: &[String], port: u16) -> Option<(String, u16)> {
    let index = (port / PORTS_PER_TEMPLATE).checked_sub(1)?;
    let template = templates.get(usize::from(index))?;
    let number = (port % PORTS_PER_TEMPLATE).to_string();
    Some((template.replace("{}", &number), TEMPLATE_PORT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_says_which_template_and_which_number() {
        let templates = ["a-{}-{}", "b-{}"].map(str::to_owned).to_vec();
        let overrides = HostOverrides::new(templates).unwrap();
        assert_eq!(overrides.apply(10_000), Some(("a-0-0".to_owned(), 80)));
        assert_eq!(overrides.apply(29_999), Some(("b-9999".to_owned(), 80)));
        assert_eq!(overrides.apply(9_999), None);
        assert_eq!(overrides.apply(30_000), None);
        assert_eq!(HostOverrides::default().apply(10_000), None);
        assert!(HostOverrides::new(vec!["a".to_owned()]).is_err());
    }
}
