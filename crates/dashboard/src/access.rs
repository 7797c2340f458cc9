//! Who may ask and who may change something by the page.
//!
//! Reading: everybody who reaches the page, but without a token no web page of strangers (the guard
//! of all services says which). Changing: a request has to come from the page itself, which adds a
//! header that pages of other origins cannot send unasked, and from a session or with the token.

use axum::http::{HeaderMap, StatusCode, Uri, header};
use service::{ErrorBody, Guard};

use crate::session::Sessions;

/// The header that the page adds to changes.
const OWN_HEADER: &str = "x-loadlab-request";

/// What a client may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Viewer,
    Operator,
    /// Changes need no token.
    Local,
}

impl Role {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Local => "local",
        }
    }
}

/// Decides about requests. Clones decide alike.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    guard: Guard,
    sessions: Sessions,
}

impl Access {
    pub(crate) fn new(guard: Guard, sessions: Sessions) -> Self {
        Self { guard, sessions }
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// Whether the text is the token.
    pub(crate) fn is_token(&self, text: &str) -> bool {
        let mut headers = HeaderMap::new();
        let Ok(value) = format!("Bearer {text}").parse() else {
            return false;
        };
        headers.insert(header::AUTHORIZATION, value);
        self.guard.needs_token() && self.guard.permits(&headers).is_ok()
    }

    /// What the sender of these headers may do.
    pub(crate) fn role(&self, headers: &HeaderMap) -> Role {
        if !self.guard.needs_token() {
            Role::Local
        } else if self.guard.permits(headers).is_ok() || self.sessions.is_valid(headers) {
            Role::Operator
        } else {
            Role::Viewer
        }
    }

    /// Whether these headers may ask something.
    pub(crate) fn may_read(&self, headers: &HeaderMap) -> Result<(), ErrorBody> {
        if self.guard.needs_token() {
            return Ok(());
        }
        self.guard.permits(headers)
    }

    /// Whether these headers may change something.
    pub(crate) fn may_change(&self, headers: &HeaderMap) -> Result<(), ErrorBody> {
        if headers.contains_key(header::AUTHORIZATION) {
            return self.guard.permits(headers);
        }
        if !headers.contains_key(OWN_HEADER) || !is_of_own_page(headers) {
            return Err(ErrorBody::new(
                StatusCode::FORBIDDEN,
                "foreign_page",
                "only the dashboard's own page may change something here",
            ));
        }
        if self.guard.needs_token() && self.sessions.is_valid(headers) {
            return Ok(());
        }
        self.guard.permits(headers)
    }
}

/// Whether the browser says that the request comes from a page of the origin that is asked.
fn is_of_own_page(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        // Browsers add it to every change; what else sends none is no page.
        return true;
    };
    let origin: Option<Uri> = origin.to_str().ok().and_then(|text| text.parse().ok());
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let authority = origin.as_ref().and_then(|origin| origin.authority());
    authority.is_some_and(|authority| Some(authority.as_str()) == host)
}

#[cfg(test)]
mod tests {
    use service::{Token, loopback};

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        headers
    }

    fn access(token: Option<&str>) -> Access {
        let token = token.map(|text| Token::new(text).unwrap());
        let sessions = Sessions::new(token.as_ref());
        let guard = Guard::new(loopback(4200), token, false).unwrap();
        Access::new(guard, sessions)
    }

    #[test]
    fn without_a_token_only_pages_of_this_machine_and_origin_change_something() {
        let access = access(None);
        let may = |pairs: &[(&'static str, &str)]| access.may_change(&headers(pairs)).is_ok();
        let own = ("x-loadlab-request", "1");
        let host = ("host", "localhost:4200");
        assert!(may(&[own, host, ("origin", "http://localhost:4200")]));
        assert!(
            !may(&[host, ("origin", "http://localhost:4200")]),
            "no header"
        );
        assert!(
            !may(&[own, host, ("origin", "http://localhost:8000")]),
            "port"
        );
        assert!(!may(&[own, host, ("origin", "null")]));
        let rebound = ("host", "evil.example:4200");
        assert!(!may(&[
            own,
            rebound,
            ("origin", "http://evil.example:4200")
        ]));
        assert!(access.may_read(&headers(&[rebound])).is_err(), "rebinding");
        assert!(access.may_read(&headers(&[host])).is_ok());
        assert_eq!(access.role(&headers(&[host])), Role::Local);
    }

    #[test]
    fn with_a_token_a_session_or_the_token_is_needed_to_change_something() {
        let access = access(Some("correct-horse-battery"));
        let host = ("host", "lab.example");
        let own = [
            ("x-loadlab-request", "1"),
            host,
            ("origin", "https://lab.example"),
        ];
        assert!(access.may_read(&headers(&[host])).is_ok());
        assert!(access.may_change(&headers(&own)).is_err());
        assert_eq!(access.role(&headers(&own)), Role::Viewer);
        assert!(access.is_token("correct-horse-battery"));
        assert!(!access.is_token("correct-horse-batterz") && !access.is_token("a\nb"));
        let cookie = access.sessions().begin().unwrap().0;
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let mut with = headers(&own);
        with.insert("cookie", cookie.parse().unwrap());
        assert!(access.may_change(&with).is_ok());
        assert_eq!(access.role(&with), Role::Operator);
        with.insert("origin", "https://evil.example".parse().unwrap());
        assert!(
            access.may_change(&with).is_err(),
            "another page with the cookie"
        );
        let bearer = [host, ("authorization", "Bearer correct-horse-battery")];
        assert!(access.may_change(&headers(&bearer)).is_ok());
    }
}
