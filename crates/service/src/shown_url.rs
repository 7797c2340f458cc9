//! Addresses as people may see them.

use url::Url;

/// The address without user, password, query and fragment, which may be secret.
#[must_use]
pub fn shown_url(url: &Url) -> String {
    let mut shown = url.clone();
    shown.set_query(None);
    shown.set_fragment(None);
    match shown.set_username("").and(shown.set_password(None)) {
        Ok(()) => shown.as_str().trim_end_matches('/').to_owned(),
        // It has no host, so no user.
        Err(()) => shown.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::shown_url;

    #[test]
    fn an_address_shows_nothing_secret() {
        for (url, shown) in [
            (
                "http://lab:secret@host.example:4000/",
                "http://host.example:4000",
            ),
            (
                "https://h/v1/online?token=secret#secret",
                "https://h/v1/online",
            ),
            ("s3://key:secret@bucket/a/b?x=1", "s3://bucket/a/b"),
            ("file:///archive", "file:///archive"),
            ("mailto:somebody", "mailto:somebody"),
        ] {
            assert_eq!(shown_url(&url.parse().unwrap()), shown);
        }
    }
}
