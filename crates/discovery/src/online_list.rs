//! The online list of an uptime backend.

use serde_json::value::RawValue;

use crate::submission::Submission;

/// What a list says.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct OnlineList {
    /// Its elements, in order.
    pub submissions: Vec<Submission>,
    /// Elements that are no submissions and were passed over.
    pub malformed: u64,
}

impl OnlineList {
    /// Reads a list: a JSON array. An element that is no submission is passed over: it does not
    /// spoil the others.
    pub fn parse(body: &[u8]) -> Result<Self, serde_json::Error> {
        let elements: Vec<&RawValue> = serde_json::from_slice(body)?;
        let mut list = Self::default();
        for element in elements {
            match serde_json::from_str(element.get()) {
                Ok(submission) => list.submissions.push(submission),
                Err(_) => list.malformed += 1,
            }
        }
        Ok(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Found = (&'static str, Option<u16>);

    /// An element, and the host and port that the original orchestrator finds in it; nothing where
    /// the element spoils its list, or is no node.
    const ELEMENTS: [(&str, Option<Found>); 16] = [
        (
            r#"{"remote_addr":"10.0.0.1","submitter":"B62","graphql_control_port":3086}"#,
            Some(("10.0.0.1", Some(3086))),
        ),
        (
            r#"{"REMOTE_ADDR":"10.0.0.2","Submitter":"B62","graphql_CONTROL_port":3086}"#,
            Some(("10.0.0.2", Some(3086))),
        ),
        (
            r#"{"remote_addr":"10.0.0.3","submitter":"B62","graphql_control_port":null}"#,
            Some(("10.0.0.3", None)),
        ),
        (
            r#"{"remote_addr":"10.0.0.4","submitter":"B62"}"#,
            Some(("10.0.0.4", None)),
        ),
        (
            r#"{"remote_addr":"10.0.0.5","submitter":null,"graphql_control_port":0,"more":[{}]}"#,
            Some(("10.0.0.5", None)),
        ),
        (
            r#"{"remote_addr":"a","Remote_Addr":"10.0.0.6","remote_addr":null,"graphql_control_port":1}"#,
            Some(("10.0.0.6", Some(1))),
        ),
        ("null", None),
        ("{}", None),
        ("7", None),
        ("[]", None),
        (r#""10.0.0.7""#, None),
        (r#"{"remote_addr":null,"graphql_control_port":3086}"#, None),
        (
            r#"{"remote_addr":"10.0.0.8","graphql_control_port":"3086"}"#,
            None,
        ),
        (
            r#"{"remote_addr":"10.0.0.9","graphql_control_port":70000}"#,
            None,
        ),
        (
            r#"{"remote_addr":"10.0.0.10","graphql_control_port":-1}"#,
            None,
        ),
        (r#"{"remote_addr":7,"graphql_control_port":3086}"#, None),
    ];

    #[test]
    fn every_element_stands_for_itself() {
        for (element, expected) in ELEMENTS {
            let found = OnlineList::parse(format!("[{element}]").as_bytes()).unwrap();
            let nodes: Vec<_> = found
                .submissions
                .iter()
                .map(|one| (one.remote_addr.as_str(), one.graphql_control_port))
                .collect();
            assert_eq!(nodes, Vec::from_iter(expected), "{element}");
            assert_eq!(found.malformed, u64::from(expected.is_none()), "{element}");
        }
        let all: Vec<&str> = ELEMENTS.iter().map(|(element, _)| *element).collect();
        let found = OnlineList::parse(format!("[{}]", all.join(",")).as_bytes()).unwrap();
        assert_eq!((found.submissions.len(), found.malformed), (6, 10));
    }

    #[test]
    fn what_is_no_array_is_an_error() {
        for body in ["", "{}", "[", "null", "<html>", "[1"] {
            assert!(OnlineList::parse(body.as_bytes()).is_err(), "{body}");
        }
        assert_eq!(OnlineList::parse(b" [ ] ").unwrap(), OnlineList::default());
    }
}
