//! Requests that a browser on this machine sends for web pages of strangers. Such a page is known by
//! where the browser says that it comes from, and, if its own name leads to this machine ("DNS
//! rebinding"), by that name in `Host`.

use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, Uri, header};

/// Whether `Host` is a name that leads to this service only. Browsers always send it; it is
/// missing in requests of HTTP/1.0 only, which no browser sends.
pub(super) fn knows_host(headers: &HeaderMap, in_container: bool) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    hosts.all(|host| {
        let authority = host.to_str().ok().and_then(|text| text.parse().ok());
        authority.is_some_and(|authority: Authority| {
            let host = authority.host();
            is_this_machine(host) || in_container && cannot_be_rebound(host)
        })
    })
}

/// Whether a browser sent this for a page that is not of this machine. Browsers add `Origin` to
/// whatever may change something but GET, and scripts cannot forge it. For a link, an image or a
/// form that is sent by GET they say at least `Sec-Fetch-Site: cross-site`, or older ones the
/// `Referer`. Other clients send none of these.
pub(super) fn is_of_foreign_page(headers: &HeaderMap) -> bool {
    let is_foreign = |name: &HeaderName| {
        let mut pages = headers.get_all(name).iter();
        pages.any(|page| {
            let page = page.to_str().ok().and_then(|text| text.parse().ok());
            !page.is_some_and(|page: Uri| is_this_machine(page.host().unwrap_or_default()))
        })
    };
    if headers.contains_key(header::ORIGIN) {
        return is_foreign(&header::ORIGIN);
    }
    let is_cross_site = headers
        .get("sec-fetch-site")
        .is_some_and(|site| site.as_bytes().eq_ignore_ascii_case(b"cross-site"));
    is_cross_site || is_foreign(&header::REFERER)
}

fn is_this_machine(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback())
}

/// Whether no web page can have this name and lead it elsewhere: an address, or a name such as
/// `log-fetcher`, which only the network of a container knows. Names of web pages have a dot.
fn cannot_be_rebound(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_word = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    host.parse::<std::net::IpAddr>().is_ok() || !host.is_empty() && host.chars().all(is_word)
}
