//! Who may ask and who may change something by the page.
//!
//! Reading: everybody who reaches the page unless reading needs a token, but without a token no web
//! page of strangers (the guard of all services says which). Changing: a request has to come from the
//! page itself, which adds a header that pages of other origins cannot send unasked, and from a
//! session or with a token of the role operator.

use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use service::{Caller, ErrorBody, Guard, Need, Role, Token, Verdict};

use crate::session::Sessions;

/// The header that the page adds to changes.
const OWN_HEADER: &str = "x-loadlab-request";

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

    /// Whether reading needs a token.
    pub(crate) fn reading_needs_token(&self) -> bool {
        self.guard.reading_needs_token()
    }

    /// Whose token this is.
    pub(crate) async fn holder(&self, token: &Token) -> Result<Option<Caller>, ErrorBody> {
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, token.bearer())]);
        Ok(match self.guard.verdict(&headers).await? {
            Verdict::Known(caller) => Some(caller),
            Verdict::NoTokens | Verdict::Unknown | Verdict::Expired => None,
        })
    }

    /// The header `Authorization` of the sender: its own, or that of its session.
    pub(crate) fn authorization(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let own = headers.get(header::AUTHORIZATION).cloned();
        own.or_else(|| Some(self.sessions.of(headers)?.token.bearer()))
    }

    /// The headers as a guard is to see them: with the token of the session.
    fn with_session(&self, headers: &HeaderMap) -> HeaderMap {
        let mut headers = headers.clone();
        if let Some(authorization) = self.authorization(&headers) {
            headers.insert(header::AUTHORIZATION, authorization);
        }
        headers
    }

    /// What the sender of these headers may do, and the name of its token. Everybody may read.
    pub(crate) async fn role(&self, headers: &HeaderMap) -> (Role, Option<String>) {
        match self.guard.verdict(&self.with_session(headers)).await {
            Ok(Verdict::Known(caller)) => (caller.role, Some(caller.name)),
            Ok(verdict) if !self.guard.needs_token_after(&verdict) => (Role::Local, None),
            Ok(_) | Err(_) => (Role::Viewer, None),
        }
    }

    /// Whether these headers may ask something.
    pub(crate) async fn may_read(&self, headers: &HeaderMap) -> Result<(), ErrorBody> {
        if self.guard.reading_needs_token() {
            let headers = self.with_session(headers);
            return self.guard.permits(&headers, Need::Read).await.map(drop);
        }
        self.may_see(headers).await
    }

    /// Whether these headers may see that there is a dashboard at all: on this machine, a page of
    /// strangers may not, unless there are tokens, which say more than a name.
    pub(crate) async fn may_see(&self, headers: &HeaderMap) -> Result<(), ErrorBody> {
        if !self.guard.is_local() {
            return Ok(());
        }
        let Err(refusal) = self.guard.permits_locally(headers) else {
            return Ok(());
        };
        match self.guard.verdict(headers).await {
            Ok(Verdict::NoTokens) | Err(_) => Err(refusal),
            Ok(_) => Ok(()),
        }
    }

    /// Whether these headers may ask what is for holders of a token.
    pub(crate) async fn may_ask(&self, headers: &HeaderMap) -> Result<(), ErrorBody> {
        let headers = self.with_session(headers);
        self.guard.permits(&headers, Need::Ask).await.map(drop)
    }

    /// Whether these headers may change something.
    pub(crate) async fn may_change(&self, headers: &HeaderMap) -> Result<(), ErrorBody> {
        if !headers.contains_key(header::AUTHORIZATION)
            && (!headers.contains_key(OWN_HEADER) || !is_of_own_page(headers))
        {
            return Err(ErrorBody::new(
                StatusCode::FORBIDDEN,
                "foreign_page",
                "only the dashboard's own page may change something here",
            ));
        }
        let headers = self.with_session(headers);
        self.guard.permits(&headers, Need::Change).await.map(drop)
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
    use service::loopback;

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

    #[tokio::test]
    async fn without_a_token_only_pages_of_this_machine_and_origin_change_something() {
        let access = access(None);
        let may =
            async |pairs: &[(&'static str, &str)]| access.may_change(&headers(pairs)).await.is_ok();
        let own = ("x-loadlab-request", "1");
        let host = ("host", "localhost:4200");
        assert!(may(&[own, host, ("origin", "http://localhost:4200")]).await);
        assert!(
            !may(&[host, ("origin", "http://localhost:4200")]).await,
            "no header"
        );
        assert!(
            !may(&[own, host, ("origin", "http://localhost:8000")]).await,
            "port"
        );
        assert!(!may(&[own, host, ("origin", "null")]).await);
        let rebound = ("host", "evil.example:4200");
        assert!(!may(&[own, rebound, ("origin", "http://evil.example:4200")]).await);
        assert!(
            access.may_read(&headers(&[rebound])).await.is_err(),
            "rebinding"
        );
        assert!(access.may_read(&headers(&[host])).await.is_ok());
        assert_eq!(access.role(&headers(&[host])).await.0, Role::Local);
    }

    #[tokio::test]
    async fn with_a_token_a_session_or_the_token_is_needed_to_change_something() {
        let access = access(Some("correct-horse-battery"));
        let host = ("host", "lab.example");
        let own = [
            ("x-loadlab-request", "1"),
            host,
            ("origin", "https://lab.example"),
        ];
        assert!(access.may_read(&headers(&[host])).await.is_ok());
        assert!(access.may_change(&headers(&own)).await.is_err());
        assert_eq!(access.role(&headers(&own)).await.0, Role::Viewer);
        let holder = async |text: &str| access.holder(&Token::new(text).unwrap()).await.unwrap();
        let holds = holder("correct-horse-battery").await.unwrap();
        assert_eq!(holds.role, Role::Operator);
        assert_eq!(holder("correct-horse-batterz").await, None);
        let mine = Token::new("correct-horse-battery").unwrap();
        let cookie = access.sessions().begin(&mine, None, false).unwrap().0;
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let mut with = headers(&own);
        with.insert("cookie", cookie.parse().unwrap());
        assert!(access.may_change(&with).await.is_ok());
        assert_eq!(access.role(&with).await.0, Role::Operator);
        with.insert("origin", "https://evil.example".parse().unwrap());
        assert!(
            access.may_change(&with).await.is_err(),
            "another page with the cookie"
        );
        let bearer = [host, ("authorization", "Bearer correct-horse-battery")];
        assert!(access.may_change(&headers(&bearer)).await.is_ok());
    }
}
