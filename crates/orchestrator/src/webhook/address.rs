//! Where webhooks may lead: public addresses, others only where the operator permits.

use std::net::IpAddr;

use itn::{AddressPolicy, AddressRefusal};
use url::{Host, Url};

/// Checks a URL and every address that its host resolves to. The error is what the client is told
/// behind `invalid webhook_url: `.
pub(crate) async fn check(text: &str, permitted: &AddressPolicy) -> Result<Url, String> {
    let (url, host, port) = parse(text)?;
    let addresses: Vec<IpAddr> = match host {
        Host::Ipv4(address) => vec![address.into()],
        Host::Ipv6(address) => vec![address.into()],
        Host::Domain(name) => {
            let found = tokio::net::lookup_host((name.as_str(), port))
                .await
                .map_err(|error| format!("cannot resolve host {name:?}: {error}"))?;
            found.map(|address| address.ip()).collect()
        }
    };
    let shown = url.host_str().unwrap_or_default();
    let shown = shown.trim_start_matches('[').trim_end_matches(']');
    check_all(shown, &addresses, permitted)?;
    Ok(url)
}

/// A host is refused for any of its addresses: which of them is taken for a connection is not told.
fn check_all(host: &str, addresses: &[IpAddr], permitted: &AddressPolicy) -> Result<(), String> {
    for address in addresses {
        if let Some(reason) = refusal(*address, permitted) {
            return Err(format!("host {host:?} resolves to {address}: {reason}"));
        }
    }
    if addresses.is_empty() {
        return Err(format!("cannot resolve host {host:?}: no address"));
    }
    Ok(())
}

fn parse(text: &str) -> Result<(Url, Host<String>, u16), String> {
    // The parser of URLs takes the first part of the path for a missing host.
    let is_empty_host = text
        .split_once("://")
        .is_some_and(|(_, rest)| rest.is_empty() || rest.starts_with(['/', '?', '#', ':']));
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let scheme = url.scheme();
    if !matches!(scheme, "http" | "https") {
        return Err(format!(
            "scheme {scheme:?} is not supported (use http or https)"
        ));
    }
    if is_empty_host {
        return Err("no host".to_owned());
    }
    let host = url.host().ok_or_else(|| "no host".to_owned())?.to_owned();
    let port = url.port_or_known_default().unwrap_or(443);
    Ok((url, host, port))
}

/// Why an address is refused, and what lifts that.
fn refusal(address: IpAddr, permitted: &AddressPolicy) -> Option<String> {
    let refused = permitted.refusal(address)?;
    Some(match refused.reason {
        AddressRefusal::Private => {
            format!("{refused} (set allow-private-webhooks to permit this)")
        }
        _ => refused.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use itn::Reach;

    use super::*;

    fn public() -> AddressPolicy {
        AddressPolicy::new(Reach::Public)
    }

    fn private() -> AddressPolicy {
        AddressPolicy::new(Reach::PublicAndPrivate)
    }

    #[test]
    fn metadata_services_are_refused_even_in_permitted_networks() {
        let networks = ["0.0.0.0/0", "::/0"].map(|net| net.parse().unwrap());
        let policy = private().with_networks(networks);
        for address in itn::testing::REFUSED_ALWAYS {
            assert!(
                refusal(address.parse().unwrap(), &policy).is_some(),
                "{address}"
            );
        }
    }

    #[track_caller]
    fn check_address(address: &str, reason: Option<&str>, lifted: bool) {
        let address: IpAddr = address.parse().unwrap();
        let public = public();
        assert_eq!(refusal(address, &public).as_deref(), reason, "{address}");
        assert_eq!(refusal(address, &private()).is_none(), lifted, "{address}");
    }

    #[test]
    fn addresses_are_judged_as_the_table_says() {
        check_address("8.8.8.8", None, true);
        check_address("2606:4700::1", None, true);
        check_address("127.0.0.1", Some("a loopback address"), false);
        check_address("::1", Some("a loopback address"), false);
        check_address("::ffff:127.0.0.1", Some("a loopback address"), false);
        check_address("0.0.0.0", Some("an unspecified address"), false);
        check_address("::", Some("an unspecified address"), false);
        check_address("169.254.169.254", Some("a link-local address"), false);
        check_address("fe80::1", Some("a link-local address"), false);
        check_address("224.0.0.1", Some("a link-local address"), false);
        check_address("ff02::1", Some("a link-local address"), false);
        check_address("239.1.1.1", Some("a multicast address"), false);
        check_address(
            "255.255.255.255",
            Some("not a global unicast address"),
            false,
        );
        let private = "a private address (set allow-private-webhooks to permit this)";
        for address in ["10.0.0.5", "172.16.0.1", "192.168.1.1", "fd00::1"] {
            check_address(address, Some(private), true);
        }
        check_address(
            "fd00:ec2::254",
            Some("the address of a metadata service"),
            false,
        );
        check_address(
            "64:ff9b::7f00:1",
            Some("a NAT64 route to 127.0.0.1: a loopback address"),
            false,
        );
        check_address("64:ff9b::808:808", None, true);
        let nat64 = "a NAT64 route to 10.0.0.5: a private address (set allow-private-webhooks to \
                     permit this)";
        check_address("64:ff9b::a00:5", Some(nat64), true);
        check_address(
            "64:ff9b:1::7f00:1",
            Some("a NAT64 route to 127.0.0.1: a loopback address"),
            false,
        );
        check_address("ff05::2", Some("a multicast address"), false);
        check_address("::ffff:10.0.0.5", Some(private), true);
        for (address, range) in [
            ("100.64.0.1", "100.64.0.0/10"),
            ("192.0.0.8", "192.0.0.0/24"),
            ("198.19.0.1", "198.18.0.0/15"),
            ("192.0.2.7", "192.0.2.0/24"),
            ("198.51.100.7", "198.51.100.0/24"),
            ("0.1.2.3", "0.0.0.0/8"),
            ("240.0.0.1", "240.0.0.0/4"),
            ("203.0.113.9", "203.0.113.0/24"),
            ("2002::1", "2002::/16"),
            ("2001::1", "2001::/32"),
            ("fec0::1", "fec0::/10"),
        ] {
            let reason = format!("an address in the reserved range {range}");
            check_address(address, Some(&reason), false);
        }
    }

    #[test]
    fn a_host_is_refused_for_any_of_its_addresses() {
        let check = |addresses: &[&str], permitted: &AddressPolicy| {
            let parsed = addresses.iter().map(|address| address.parse().unwrap());
            check_all("a.example", &parsed.collect::<Vec<_>>(), permitted)
        };
        let public = public();
        assert_eq!(
            check(&["8.8.8.8", "2606:4700::1", "1.1.1.1"], &public),
            Ok(())
        );
        for addresses in [
            ["127.0.0.1", "8.8.8.8", "1.1.1.1"],
            ["8.8.8.8", "127.0.0.1", "1.1.1.1"],
            ["8.8.8.8", "1.1.1.1", "127.0.0.1"],
        ] {
            for permitted in [&public, &private()] {
                let refused = "host \"a.example\" resolves to 127.0.0.1: a loopback address";
                assert_eq!(check(&addresses, permitted), Err(refused.to_owned()));
            }
        }
        let mixed = ["8.8.8.8", "fd00::1"];
        assert!(check(&mixed, &public).is_err());
        assert_eq!(check(&mixed, &private()), Ok(()));
        let nothing = "cannot resolve host \"a.example\": no address";
        assert_eq!(check(&[], &public), Err(nothing.to_owned()));
    }

    #[tokio::test]
    async fn urls_are_checked_before_anything_is_stored() {
        for (url, message) in [
            (
                "file:///etc/passwd",
                "scheme \"file\" is not supported (use http or https)",
            ),
            (
                "gopher://a/b",
                "scheme \"gopher\" is not supported (use http or https)",
            ),
            ("http:///path", "no host"),
            (
                "http://169.254.169.254/latest",
                "host \"169.254.169.254\" resolves to 169.254.169.254: a link-local address",
            ),
            (
                "http://10.0.0.5:9200/x",
                "host \"10.0.0.5\" resolves to 10.0.0.5: a private address (set \
                 allow-private-webhooks to permit this)",
            ),
            (
                "http://[::1]/",
                "host \"::1\" resolves to ::1: a loopback address",
            ),
            (
                "http://0.0.0.0/",
                "host \"0.0.0.0\" resolves to 0.0.0.0: an unspecified address",
            ),
        ] {
            assert_eq!(
                super::check(url, &public()).await.unwrap_err(),
                message,
                "{url}"
            );
        }
        let public = public();
        let local = super::check("http://localhost:8080/x", &private())
            .await
            .unwrap_err();
        assert!(
            local.starts_with("host \"localhost\" resolves to "),
            "{local}"
        );
        // Longer than a label of a name may be: nobody is asked.
        let nowhere = format!("{}.example", "a".repeat(70));
        let unresolved = super::check(&format!("http://{nowhere}/"), &public).await;
        let expected = format!("cannot resolve host \"{nowhere}\": ");
        let unresolved = unresolved.unwrap_err();
        assert!(unresolved.starts_with(&expected), "{unresolved}");
        assert!(super::check("not a url", &public).await.is_err());
        super::check("https://8.8.8.8/hook", &public).await.unwrap();
        super::check("HTTP://8.8.8.8/hook", &public).await.unwrap();
        super::check("http://10.0.0.5/hook", &private())
            .await
            .unwrap();
    }
}
